"""A site grows build by build in a folder; what stands for the warehouse are rows made here."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from plumbline.alerts.incidents.model import Ack
from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.core.mute import Mute
from plumbline.core.status import IMPACT_OF_ERROR, RunStatus, Status
from plumbline.project.targets import Seed
from plumbline.site import build as building
from plumbline.site import history_cache, paths, writing
from plumbline.site.build import Built, GxPage, build_site
from plumbline.site.history_cache import Keep
from plumbline.site.incident_timeline import incident_of
from plumbline.site.pages import layout
from plumbline.site.records import Record, from_meta, to_meta
from plumbline.site.rows import RunRow
from plumbline.site.suite_changes import read_changes
from plumbline.site.sync import News, StateNow
from plumbline.site.writing import FolderSite
from support.crawl import crawl
from support.projects import SmallMonitor, SmallProject, make_project
from support.repositories import git
from support.site_records import Story, at, days, every_six_hours, record, records, row_of, story
from support.targets import embedded_target

NOW = at("2026-02-20 00:10")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&../{{ 7*7 }}\u2028"


@dataclass
class Site:
    """A small project's site in a folder, and what its warehouse would say."""

    small: SmallProject
    folder: Path
    begun: Path
    """Sites that tests begin with, each built by the first of them."""
    news: News = field(default_factory=News)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def build(self, found: Iterable[Record] = (), **more: Any) -> Built:
        """One build with what a run left."""
        return build_site(
            FolderSite(self.folder),
            self.small.project,
            self.small.target,
            **{"records": list(found), "now": NOW, "with_history": False, **more},
        )

    def sync(self, **more: Any) -> Built:
        """One build with what the warehouse says."""
        return self.build(with_history=True, **more)

    def begin_with(self, name: str, build: Callable[[], object]) -> None:
        """Have what ``build`` leaves in an empty folder; it is the same for all tests that name it."""
        if (begun := self.begun / name).is_dir():
            shutil.copytree(begun, self.folder.parent, symlinks=True)
        else:
            build()
            shutil.copytree(self.folder.parent, begun, symlinks=True)

    def begin_with_season(self) -> None:
        """Have the runs of `SEASON`."""
        self.begin_with("season", lambda: self.build(records(SEASON)))

    def tell(self, *stories: Story, mutes: Sequence[Mute] = (), **more: Any) -> None:
        """Let the warehouse know of incidents, and of nothing else."""
        self.news = News(
            events=[event for one in stories for event in one.events],
            deliveries=[sent for one in stories for sent in one.deliveries],
            state=StateNow(mutes=mutes),
            **more,
        )

    def text(self, path: str) -> str:
        text = (self.folder / path).read_text(encoding="utf-8")
        return text.replace("\N{NO-BREAK SPACE}", " ").replace("<wbr>", "")

    def words(self, path: str) -> str:
        return " ".join(re.sub(r"<[^>]*>", " ", self.text(path)).split())

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def faults(self) -> list[str]:
        return crawl(self.folder, hidden=[self.small.root])

    def charted(self, monitor: str = "coverage") -> list[int]:
        """Instants in the chart of a monitor: the page's own and those that it loads."""
        page = self.text(paths.monitor(monitor))
        loaded = re.findall(r'src="\.\./(data/[^"]+)"', page)
        parts = [self._series(self.text(path)) for path in loaded]
        own = re.search(r'id="series">(.*?)</script>', page, re.DOTALL)
        assert own is not None
        return [instant for part in (*parts, json.loads(own[1])) for instant in part["at"]]

    def shades(self, monitor: str = "coverage") -> list[tuple[int, int]]:
        own = re.search(r'id="series">(.*?)</script>', self.text(paths.monitor(monitor)), re.DOTALL)
        assert own is not None
        return [(one["from"], one["to"]) for one in json.loads(own[1])["shades"]]

    @staticmethod
    def _series(script: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(script[script.index("push(") + 5 : script.rindex(")")])
        return read


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("begun")


@pytest.fixture
def site(tmp_path: Path, begun: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    small = make_project(tmp_path / "project", embedded_target(tmp_path / "state"))
    small.add("coverage", "select 92.0 as pct")
    small.checkpoint("coverage", name="health_check")
    made = Site(small, tmp_path / "docs" / "local", begun)

    def read_news(_: object, **how: Any) -> News:
        made.asked.append(how)
        return made.news

    monkeypatch.setattr(building, "read_news", read_news)
    # Waiting for the disk is tested in test_writing; here it would be half of the time.
    monkeypatch.setattr(writing, "_to_disk", lambda _: None)
    return made


SEASON = every_six_hours("2025-11-20", "2026-02-19")


# A whole site


def test_the_first_build_of_nothing_is_a_whole_site(site: Site) -> None:
    site.build()
    assert "No runs yet." in site.words("index.html")
    assert site.faults() == []


def remove_everything(site: Site) -> None:
    for folder in ("expectations", "models/monitors", "checkpoints"):
        for file in (site.small.root / folder).iterdir():
            file.unlink()


def test_a_project_without_monitors_says_so_and_what_to_do(site: Site) -> None:
    remove_everything(site)
    site.build()
    assert "No monitors No runs yet. Write the first monitor:" in site.words("index.html")
    assert "The project has no suite yet." in site.words(paths.SUITES)
    assert site.faults() == []


def test_where_all_monitors_were_removed_the_past_is_not_shown_as_the_present(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-02"), 40.0))
    remove_everything(site)
    site.build()
    words = site.words("index.html")
    assert "No monitors The project no longer has monitors." in words
    assert "CRITICAL" not in words.split("Last runs")[0].split("Checkpoints")[1]
    assert "health_check not in the project" in words
    assert site.faults() == []


def after_deployments(site: Site) -> None:
    """A second monitor that only the checkpoint of a service's deployments holds."""
    meta = {"owner": "ana", "runbook": "docs/runbooks/errors.md"}
    site.small.add("errors", SmallMonitor("select 0.0 as pct", meta=meta))
    site.small.checkpoint("errors", "coverage", name="post_deploy_worker")
    for file, text in (
        ("docs/runbooks/errors.md", "# errors\n\n## Fix\n\nLook at the log."),
        (
            "deploy/services.yml",
            "services:\n  - {name: worker, paths: [models], owner: ana, verify: "
            "post_deploy_worker, deployed: {command: [cat, DEPLOYED]}}\n",
        ),
    ):
        (site.small.root / file).parent.mkdir(parents=True, exist_ok=True)
        (site.small.root / file).write_text(text)


def test_what_is_looked_at_only_after_a_deployment_has_a_page_that_says_so(site: Site) -> None:
    after_deployments(site)
    site.build(records(SEASON[-4:]))
    page = site.words("monitors/errors.html")
    assert "This monitor runs only after a deployment of worker." in page
    assert "plumbline deploy verify worker" in page
    assert "Look at the log." in page
    assert "What is checked" in page
    assert "never run" not in page.lower()
    assert site.faults() == []


def test_what_is_looked_at_only_after_a_deployment_counts_as_no_monitor_that_never_ran(
    site: Site,
) -> None:
    site.build(records(SEASON[-4:]))
    without = site.words("index.html")
    after_deployments(site)
    site.build()
    overview = site.words("index.html")
    (headline,) = re.findall(r"<h1>(.*?)</h1>", site.text("index.html"))
    assert headline in without
    assert "After a deployment errors worker" in overview
    assert 'href="monitors/errors.html"' in site.text("index.html")


def test_a_season_is_a_whole_site(site: Site) -> None:
    site.tell(
        story("i-1", "2025-12-05").event("2025-12-09", "resolved", "recovered"),
        story("i-2", "2026-02-10"),
    )
    site.sync(records=records(SEASON))
    assert site.faults() == []
    assert len(site.charted()) == len(SEASON)


def test_what_a_season_of_builds_makes_is_what_one_build_makes(site: Site, tmp_path: Path) -> None:
    for first in range(0, len(SEASON), 13):
        site.build(records(SEASON[first : first + 13]))
    other = replace(site, folder=tmp_path / "docs" / "other")
    other.build(records(SEASON))
    assert site.files() == other.files()
    assert site.faults() == []


def test_a_build_without_news_changes_nothing(site: Site) -> None:
    site.begin_with_season()
    built = site.build()
    assert built.written.written == ()


def test_a_build_without_news_changes_the_overview_when_the_clock_has(site: Site) -> None:
    site.begin_with_season()
    assert site.build(now=at("2026-02-20 00:20")).written.written == ("index.html",)


def test_a_run_writes_its_monitor_the_overview_and_the_book_and_once_a_day_the_month(
    site: Site,
) -> None:
    site.begin_with_season()
    morning = site.build(records(every_six_hours("2026-02-20", "2026-02-20")[:1]))
    assert morning.written.written == (
        paths.HISTORY_CACHE,
        "data/coverage/2026-02.js",
        "data/coverage/2026-02.json",
        "data/days/2026-02-20.json",
        "days/2026-02-19.html",  # leads to the day's first run
        "days/2026-02-20.html",
        paths.SUITES,
        "index.html",
        "monitors/coverage.html",
        "monitors/coverage/2026-02.html",
    )
    noon = site.build(records(every_six_hours("2026-02-20", "2026-02-20")[1:2]))
    assert noon.written.written == (
        paths.HISTORY_CACHE,
        "data/days/2026-02-20.json",
        "days/2026-02-20.html",
        paths.SUITES,
        "index.html",
        "monitors/coverage.html",
    )


def test_a_day_that_is_judged_again_is_listed_as_it_was_judged_last(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-05")))
    site.build([record("2026-02-02", 12.5, run_id="again")])
    assert "12.5 %" in site.words("monitors/coverage/2026-02.html")


def test_a_part_of_the_checkpoint_is_no_run_of_it(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-02")))
    site.build([record("2026-02-03", 10.0, monitors=2)])
    words = site.words("index.html")
    assert "health_check ✓ OK 100 end of 2 Feb 2026" in words.split("Checkpoints")[1]
    assert "3 Feb 2026" not in words.split("Checkpoints")[1]


def run_of(when: str, observed: Mapping[str, float | None], **more: Any) -> list[Record]:
    """A whole run of several monitors."""
    return [
        record(when, value, monitor=name, monitors=len(observed), **more)
        for name, value in observed.items()
    ]


def changed(site: Site, day: str) -> list[str]:
    """What the page of a day says of each of its runs, newest first."""
    said = site.words(f"days/{day}.html")
    return [one.partition(" MonitorStatus")[0] for one in said.split("Since the previous run ")[1:]]


@pytest.mark.parametrize(
    ("observed", "drilldown", "is_explained"),
    [(40.0, None, True), (92.0, None, False), (40.0, "select 1", False)],
)
def test_a_failing_model_without_a_query_for_its_rows_says_where_to_declare_it(
    site: Site, observed: float, drilldown: str | None, is_explained: bool
) -> None:
    meta = {} if drilldown is None else {"drilldown": drilldown}
    site.small.add("coverage", SmallMonitor("select 92.0 as pct", meta=meta))
    site.tell(story("i-1", "2026-02-01"))
    site.sync(records=[record("2026-02-01", observed)])
    for page in (paths.monitor("coverage"), "incidents/i-1.html"):
        words = site.words(page)
        assert ("declare it as meta.monitor.drilldown in expectations/coverage.json" in words) == (
            is_explained
        )


def test_an_error_says_that_nothing_is_known_and_not_what_wrong_data_would_cost(site: Site) -> None:
    site.small.add("coverage", SmallMonitor("select 92.0 as pct", meta={"impact": "Too few."}))
    for status, said, other in (
        (Status.ERROR, IMPACT_OF_ERROR, "Too few."),
        (Status.CRITICAL, "Too few.", IMPACT_OF_ERROR),
    ):
        kind = "error" if status is Status.ERROR else "data"
        told = Story(f"i-{kind}", "coverage", at("2026-02-01"))
        site.tell(told.event("2026-02-01", "opened", status=status, kind=kind))
        failed = record(f"2026-02-0{1 + (kind == 'data')}", 40.0, status=status, impact="Too few.")
        site.sync(records=[failed])
        for page in ("index.html", paths.monitor("coverage"), f"incidents/i-{kind}.html"):
            words = site.words(page)
            assert said in words, page
            assert other not in words, page


def test_a_monitor_that_failed_before_days_without_games_is_still_failing(site: Site) -> None:
    site.build(run_of("2026-02-01 06:00", {"coverage": 40.0}))
    for when in ("2026-02-01 12:00", "2026-02-02", "2026-02-03"):
        site.build(run_of(when, {"coverage": 40.0}, status=Status.SKIPPED))
    site.build(run_of("2026-02-04", {"coverage": 41.0}))
    assert "still failing coverage ." in changed(site, "2026-02-04")[0]
    site.build(run_of("2026-02-05", {"coverage": 92.0}))
    assert "recovered coverage ." in changed(site, "2026-02-05")[0]


def test_a_day_has_its_runs_with_what_each_found_and_what_changed(site: Site) -> None:
    for name in ("other", "third"):
        site.small.add(name, "select 92.0 as pct")
    site.build(run_of("2026-02-01", {"coverage": 92.0, "other": 40.0, "third": 10.0}))
    site.build(run_of("2026-02-02 06:00", {"coverage": 60.0, "other": 90.0, "third": 5.0}))
    site.build(run_of("2026-02-02 12:00", {"coverage": 60.0, "other": None, "third": 12.0}))
    words = site.words("days/2026-02-02.html")
    assert words.index("12:00 EST ✗ CRITICAL") < words.index("06:00 EST ✗ CRITICAL")
    assert (
        "Since the previous run ( 2 Feb 2026, 06:00 EST ): new error other ; better third ."
        in words
    )
    assert (
        "Since the previous run ( end of 1 Feb 2026 ): "
        "new failing coverage ; worse third ; recovered other ." in words
    )
    assert "This is the first known run of the checkpoint." in site.words("days/2026-02-01.html")
    assert 'href="days/2026-02-02.html#health_check-170000"' in site.text("index.html")
    assert site.faults() == []


def links_of_runs(site: Site, day: str) -> list[str]:
    """Where a day's page leads to, run by run, newest first: the run before, the run after."""
    content = site.text(f"days/{day}.html").split("<h1", 1)[1]
    return re.findall(r'href="([^"]*)">(?:previous run|Next run)', content)


def test_a_run_leads_to_the_run_before_and_the_run_after(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-01")))
    assert links_of_runs(site, "2026-02-01") == []
    site.build([record("2026-02-03 06:00"), record("2026-02-03 12:00")])
    site.build(records(days("2026-02-05", "2026-02-05")))
    assert links_of_runs(site, "2026-02-01") == ["2026-02-03.html#health_check-110000"]
    assert links_of_runs(site, "2026-02-03") == [
        "#health_check-110000",
        "2026-02-05.html#health_check-050000",
        "2026-02-01.html#health_check-050000",
        "#health_check-170000",
    ]
    assert links_of_runs(site, "2026-02-05") == ["2026-02-03.html#health_check-170000"]
    assert site.faults() == []


def test_a_run_that_comes_late_is_linked_from_both_sides(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-01")))
    site.build(records(days("2026-02-03", "2026-02-03")))
    site.build(records(days("2026-02-02", "2026-02-02")))
    assert links_of_runs(site, "2026-02-01") == ["2026-02-02.html#health_check-050000"]
    assert links_of_runs(site, "2026-02-03") == ["2026-02-02.html#health_check-050000"]


def test_no_run_leads_to_a_page_that_fell_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "DAY_PAGES", 2)
    for day in days("2026-02-01", "2026-02-06"):
        site.build(records([day]))
        assert site.faults() == []
    assert links_of_runs(site, "2026-02-04") == ["2026-02-05.html#health_check-050000"]


def test_the_second_run_of_a_day_leaves_the_pages_of_the_days_before(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-02")))
    site.build([record("2026-02-03 06:00")])
    built = site.build([record("2026-02-03 12:00")])
    drawn = {path for path in built.written.written if path.startswith("days/")}
    assert drawn == {"days/2026-02-03.html"}


def test_a_run_that_comes_late_changes_its_day_and_the_next_that_stands_on_it(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-02"), 40.0))
    site.build(records(days("2026-02-04", "2026-02-08"), 40.0))
    built = site.build(records([at("2026-02-03")], 92.0))
    drawn = {path for path in built.written.written if path.startswith(("days/", "data/days/"))}
    assert drawn == {
        "data/days/2026-02-03.json",
        *(f"days/2026-02-0{day}.html" for day in (2, 3, 4)),
    }
    assert "( end of 3 Feb 2026 ): new failing coverage ." in site.words("days/2026-02-04.html")


def test_days_have_the_runs_that_the_warehouse_alone_knows(site: Site) -> None:
    found = records(days("2026-02-01", "2026-02-03"))
    news_rows = [row_of(one) for one in found]
    site.news = News(
        rows={"coverage": news_rows},
        runs=[history_cache.run_row_of([one.outcome], one.run) for one in found],
    )
    site.sync()
    before = site.text("days/2026-02-02.html")
    site.news = replace(site.news, rows={"coverage": [replace(news_rows[1], summary="other")]})
    site.sync()
    assert site.text("days/2026-02-02.html") == before
    assert site.faults() == []


def test_a_site_of_a_version_without_days_gets_them_from_what_it_kept(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.begin_with_season()
    newest = site.text("days/2026-02-19.html")
    book = json.loads(site.text(paths.HISTORY_CACHE))
    del book["days"]
    (site.folder / paths.HISTORY_CACHE).write_text(json.dumps(book))
    shutil.rmtree(site.folder / "days")
    shutil.rmtree(site.folder / "data" / "days")
    _other_layout(monkeypatch)
    site.build()
    assert site.text("days/2026-02-19.html") == newest
    assert "92.0 %" in site.words("days/2025-11-25.html")
    assert site.faults() == []


def test_a_day_whose_archive_is_lost_keeps_its_page_and_what_the_cache_has(site: Site) -> None:
    site.build(records(SEASON[:-2]))
    for day in ("2026-02-19", "2025-12-01"):
        (site.folder / paths.day_archive(date.fromisoformat(day))).unlink()
    before = site.text("days/2025-12-01.html")
    site.build(records(SEASON[-2:-1]))
    assert site.text("days/2025-12-01.html") == before
    assert site.text("days/2026-02-19.html").count("<h2") == 3
    assert site.build().written.written == ()
    assert site.faults() == []


def test_a_build_without_news_reads_the_cache_alone_and_one_of_a_run_its_day(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.begin_with_season()
    read: list[str] = []
    of_folder = FolderSite.read

    def noted(self: FolderSite, path: str) -> bytes | None:
        read.append(path)
        return of_folder(self, path)

    monkeypatch.setattr(FolderSite, "read", noted)
    site.build()
    assert read == [paths.HISTORY_CACHE]
    site.build(records(every_six_hours("2026-02-20", "2026-02-20")[:1]))
    assert not [path for path in read if "days" in path]
    del read[:]
    site.build(records(every_six_hours("2026-02-20", "2026-02-20")[1:2]))
    assert sorted(read) == [paths.HISTORY_CACHE, "data/days/2026-02-20.json"]


def judged(site: Site) -> set[str]:
    """The days that the page of the monitor names."""
    words = site.words("monitors/coverage.html").partition("Recent runs")[2]
    return set(re.findall(r"end of (\d+ \w+ \d{4})", words))


def test_records_of_another_target_are_not_among_them(site: Site) -> None:
    site.build([record("2026-02-01"), record("2026-02-02", 10.0, target="bigquery")])
    assert judged(site) == {"1 Feb 2026"}


def test_stored_results_of_another_project_are_not_among_them(site: Site) -> None:
    own, other, older = (
        replace(one, run=replace(one.run, project=project))
        for one, project in zip(
            records(days("2026-02-01", "2026-02-03")), ("small", "tills", ""), strict=True
        )
    )
    site.build(stored=[own, other, older])
    assert "2 runs" in site.words("monitors/coverage.html")


def test_a_site_of_another_project_is_left_to_it_until_it_is_built_afresh(site: Site) -> None:
    site.build([record("2026-02-01")])
    before = site.files()
    tills = replace(site.small.target, plumbline_project="tills")
    moved = replace(site, small=replace(site.small, target=tills))
    with pytest.raises(ConfigError, match="belongs to project small"):
        moved.build([record("2026-02-02")])
    assert site.files() == before
    moved.build([record("2026-02-02")], afresh=True)
    assert judged(moved) == {"2 Feb 2026"}


def test_every_page_says_whose_it_is_and_that_it_is_a_demo(site: Site) -> None:
    site.build()
    assert "Demo data" not in site.words("index.html")
    seed = Seed(("make",), date(2026, 2, 2))
    demo = replace(site, small=replace(site.small, target=replace(site.small.target, seed=seed)))
    demo.build([record("2026-02-02")])
    for page in ("index.html", "monitors/coverage.html"):
        assert "Target local." in site.words(page)
        assert site.words(page).count("Demo data: a generated season") == 1


# Stale, due, muted


def test_without_a_schedule_a_build_holds_for_a_day(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-19")))
    assert 'data-due="2026-02-21T00:10:00-05:00"' in site.text("index.html")


def test_with_a_schedule_it_holds_until_the_next_run_should_be_over(site: Site) -> None:
    due = {"health_check": at("2026-02-20 06:30")}
    site.build(records(days("2026-02-01", "2026-02-19")), next_runs=due)
    for page in ("index.html", "monitors/coverage.html"):
        assert 'data-due="2026-02-20T06:30:00-05:00"' in site.text(page)


def test_mutes_are_shown_while_they_hold(site: Site) -> None:
    (site.small.root / "checkpoints" / "mutes.yml").write_text(
        "mutes:\n"
        "  - {monitor: coverage, owner: ana, reason: the source is late, until: 2026-02-25}\n"
    )
    over = Mute("coverage", "bo", "long ago", at("2026-02-19"), "command")
    now = Mute("coverage", "cy", "by command", at("2026-02-21"), "command")
    site.tell(mutes=(over, now))
    site.sync(records=[record("2026-02-19")])
    words = site.words("index.html")
    assert "the source is late" in words
    assert "by command" in words
    assert "long ago" not in words


def test_a_mutes_file_that_cannot_be_read_hides_nothing_else(site: Site) -> None:
    (site.small.root / "checkpoints" / "mutes.yml").write_text("mutes: 3\n")
    site.build([record("2026-02-19")])
    assert site.faults() == []


# What is lost


LOST = [
    "days/2026-01-10.html",
    "days/2026-01-10.html",
    "index.html",
    "monitors/coverage.html",
    "monitors/coverage/2026-02.html",
    "monitors/coverage/2025-12.html",
    "data/coverage/2025-12.js",
    "incidents/2025-12.html",
    "incidents/i-1.html",
    f"static/{layout()}/site.css",
    "site.json",
    "data",
    "incidents",
]


def with_incidents(site: Site) -> None:
    site.tell(
        story("i-1", "2025-12-05").event("2025-12-09", "resolved", "recovered"),
        story("i-2", "2026-02-10"),
    )
    site.begin_with("incidents", lambda: site.sync(records=records(SEASON)))


@pytest.mark.parametrize("lost", [path for path in LOST if path not in ("data", "incidents")])
def test_a_page_that_is_lost_is_drawn_again_as_it_was(site: Site, lost: str) -> None:
    with_incidents(site)
    before = site.files()
    site.news = News()
    (site.folder / lost).unlink()
    site.sync()
    assert site.files() == before


def test_every_page_at_once(site: Site) -> None:
    with_incidents(site)
    before = site.files()
    site.news = News()
    for path in before:
        if path.endswith(".html"):
            (site.folder / path).unlink()
    site.sync()
    assert site.files() == before


@pytest.mark.parametrize("torn", [b"", b"{", b"[3]", b"\xff\xff", b"null"])
@pytest.mark.parametrize("archive", ["data/coverage/2025-12.json", "data/2025-12.json"])
def test_an_archive_that_cannot_be_read_leaves_the_page_that_is_there(
    site: Site, archive: str, torn: bytes
) -> None:
    with_incidents(site)
    before = site.files()
    (site.folder / archive).write_bytes(torn)
    site.news = News()
    site.sync()
    assert site.files() == before | {archive: torn}
    assert site.faults() == []


@pytest.mark.parametrize(
    ("archive", "page"),
    [
        ("data/coverage/2025-12.json", "monitors/coverage/2025-12.html"),
        ("data/2025-12.json", "incidents/i-1.html"),
    ],
)
@pytest.mark.parametrize("torn", [None, b"[3]"])
def test_a_month_whose_archive_and_page_are_lost_is_no_longer_named(
    site: Site, archive: str, page: str, torn: bytes | None
) -> None:
    with_incidents(site)
    (site.folder / page).unlink()
    (site.folder / archive).unlink()
    if torn is not None:
        (site.folder / archive).write_bytes(torn)
    site.news = News()
    site.sync()
    assert not (site.folder / page).exists()
    assert site.faults() == []
    assert site.sync().written.written == ()


def test_incidents_that_are_lost_of_a_month_do_not_have_it_drawn_at_each_build(site: Site) -> None:
    """An incident leaves after its month's archive was lost: the month has what there is."""
    long_one = story("i-3", "2025-12-20").event("2026-01-08", "resolved", "recovered")
    other = story("i-1", "2025-12-05").event("2025-12-09", "resolved", "recovered")
    site.tell(long_one, other)
    site.sync(records=records(every_six_hours("2025-11-20", "2026-01-20")))
    for path in ("data/2025-12.json", "incidents/i-1.html"):
        (site.folder / path).unlink()
    site.news = News()
    site.sync(records=records(every_six_hours("2026-01-21", "2026-02-19")))
    assert (site.folder / "incidents" / "i-3.html").is_file()
    assert not (site.folder / "incidents" / "i-1.html").exists()
    assert site.faults() == []
    assert site.sync().written.written == ()


@pytest.mark.parametrize("torn", [None, b"", b"{", b'{"format": 99}', b"[]", b"\xff"])
def test_a_book_that_cannot_be_read_is_made_anew_of_stored_results(
    site: Site, torn: bytes | None
) -> None:
    found = records(SEASON)
    site.begin_with_season()
    before = site.files()
    cache = site.folder / paths.HISTORY_CACHE
    cache.unlink()
    if torn is not None:
        cache.write_bytes(torn)
    site.build(stored=found)
    assert site.files() == before


def test_a_book_of_another_target_is_not_gone_on_with(site: Site) -> None:
    site.build(records(days("2026-02-01", "2026-02-19")))
    other = replace(site.small, target=replace(site.small.target, name="bigquery"))
    moved = replace(site, small=other)
    moved.build([record("2026-02-20", target="bigquery")])
    assert judged(moved) == {"20 Feb 2026"}
    assert "Target bigquery." in moved.words("index.html")
    assert moved.faults() == []


def test_afresh_draws_everything_again_and_forgets_what_is_not_stored(site: Site) -> None:
    site.begin_with_season()
    built = site.build(stored=records(days("2026-02-01", "2026-02-19")), afresh=True)
    assert "monitors/coverage/2025-12.html" in built.written.removed
    assert site.charted() == [round(one.timestamp()) for one in days("2026-02-01", "2026-02-19")]
    assert site.faults() == []


def test_stored_results_are_not_read_where_there_is_a_cache(site: Site) -> None:
    site.build([record("2026-02-01")])

    def stored() -> Iterable[Record]:
        raise AssertionError("they were read")
        yield

    site.build([record("2026-02-02")], stored=stored())


def test_a_link_that_somebody_removed_costs_nothing(site: Site) -> None:
    site.begin_with_season()
    before = site.files()
    site.folder.unlink()
    site.build()
    assert site.files() == before


def test_a_copy_instead_of_the_link_is_left_alone(site: Site) -> None:
    site.begin_with_season()
    copied = shutil.copytree(site.folder, site.folder.with_name("copy"))
    site.folder.unlink()
    copied.rename(site.folder)
    with pytest.raises(PlumblineError, match="did not write"):
        site.build()


# Another layout


def test_another_layout_draws_every_page_again_from_the_archives(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_incidents(site)
    before = site.files()
    site.news = News()
    _other_layout(monkeypatch)
    built = site.sync()
    after = site.files()
    assert {path for path in after if after[path] != before[path]} == {"site.json"}
    assert built.written.removed == ()
    assert site.faults() == []


def test_with_another_layout_a_month_whose_archive_is_lost_goes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_incidents(site)
    site.news = News()
    (site.folder / "data/coverage/2025-12.json").unlink()
    (site.folder / "data/2025-12.json").unlink()
    _other_layout(monkeypatch)
    site.sync()
    assert not (site.folder / "monitors/coverage/2025-12.html").exists()
    assert not (site.folder / "incidents/i-1.html").exists()
    assert (site.folder / "monitors/coverage/2026-01.html").is_file()
    assert site.faults() == []


def _other_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    from plumbline.site.pages import site as pages

    monkeypatch.setattr(pages, "layout", lambda: "another")
    monkeypatch.setattr(building, "layout", lambda: "another")


# Incidents


def test_an_incident_over_the_turn_of_months_is_shaded_from_its_opening_to_its_end(
    site: Site,
) -> None:
    long_one = story("i-1", "2025-12-20")
    for first, last in (("2025-12-01", "2026-01-05"), ("2026-01-06", "2026-01-20")):
        site.tell(long_one)
        site.sync(records=records(every_six_hours(first, last)))
    site.tell(long_one.event("2026-01-08", "resolved", "recovered"))
    site.sync(records=records(every_six_hours("2026-01-21", "2026-02-20")))
    assert site.shades() == [(at("2025-12-20").timestamp(), at("2026-01-08").timestamp())]
    assert site.faults() == []


def test_a_monitor_says_how_often_it_alerted_also_of_months_that_are_over(site: Site) -> None:
    with_incidents(site)
    words = site.words("monitors/coverage.html")
    assert "2 incidents, 2 notified" in words
    assert 'href="../incidents/i-1.html"' in site.text("monitors/coverage.html")


def test_an_incident_that_is_archived_still_says_what_was_seen(site: Site) -> None:
    instants = days("2025-12-01", "2026-02-19")
    values = [
        40.0 - index % 7 if at("2025-12-04") < one < at("2025-12-09") else 92.0
        for index, one in enumerate(instants)
    ]
    found = [record(one, value) for one, value in zip(instants, values, strict=True)]
    ended = story("i-1", "2025-12-05").event("2025-12-09", "resolved", "recovered")
    site.tell(ended)
    site.sync(records=found[:12])
    early = site.words("incidents/i-1.html")
    assert "35.0 %" in early
    site.news = News()
    for first in range(12, len(found), 9):
        site.sync(records=found[first : first + 9])
    assert site.words("incidents/i-1.html") == early


def test_who_acknowledged_stays_on_the_page_where_the_warehouse_cannot_be_asked(site: Site) -> None:
    one = story("i-1", "2026-02-18")
    (known,) = history_cache.with_stories(
        history_cache.HistoryCache(), one.events, one.deliveries
    ).incidents
    ack = Ack("ana", at("2026-02-18"), Status.CRITICAL, "on it")
    site.tell(one, mutes=(Mute("coverage", "cy", "by command", at("2026-02-25"), "command"),))
    site.news = replace(
        site.news,
        state=replace(site.news.state, incidents={"i-1": replace(incident_of(known), ack=ack)}),  # type: ignore[type-var]
    )
    site.sync(records=[record("2026-02-18", 40.0)])
    site.news = News(fault="nothing answers")
    built = site.sync(records=[record("2026-02-19", 40.0)])
    assert built.notes == ("The history could not be read: nothing answers.",)
    assert "acked by ana" in site.words("index.html")
    assert "acknowledged by ana" in site.words("incidents/i-1.html")
    assert "by command" in site.words("index.html")


def test_a_monitor_whose_files_are_gone_is_not_shown_as_wrong_now(site: Site) -> None:
    site.small.add("renamed", "select 92.0 as pct")
    site.tell(story("i-1", "2026-02-18", monitor="renamed"))
    site.sync(records=[record("2026-02-19"), record("2026-02-19", 10.0, monitor="renamed")])
    assert "1 of 2 monitors failing" in site.words("index.html")
    (site.small.root / "expectations" / "renamed.json").unlink()
    site.sync()
    assert "The monitor is healthy" in site.words("index.html")
    assert not (site.folder / "monitors/renamed.html").exists()
    assert site.faults() == []


def test_commits_of_a_suite_are_listed_and_git_is_asked_once_for_each_commit(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []

    def counted(*arguments: Any, since: datetime, **known: Any) -> Any:
        asked.append(since)
        return read_changes(*arguments, since=since, **known)

    monkeypatch.setattr(building, "read_changes", counted)
    site.sync(records=[record("2026-02-18", 40.0)])
    assert "Changes to the suite" not in site.words("monitors/coverage.html")
    root = site.small.root
    git(root, "init", "-q")
    suite = root / "expectations" / "coverage.json"
    for subject, bound in (("A monitor", 80), ("A stricter one", 85)):
        suite.write_text(suite.read_text().replace('"min_value": 80', f'"min_value": {bound}'))
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", subject)
        site.sync(records=[record("2026-02-19", 40.0)])
        site.sync()
    assert len(asked) == 2
    page = site.words("monitors/coverage.html")
    assert "A monitor Ana Lyst" in page
    assert "warning < 80 %, critical < 50 % → warning < 85 %, critical < 50 %" in unescape(page)
    (root / ".git").rename(root / "no-git")
    site.sync()
    assert "A monitor" not in site.words("monitors/coverage.html")
    assert site.faults() == []


def test_archived_incidents_link_their_monitor_while_it_has_a_page(site: Site) -> None:
    site.small.add("other", "select 92.0 as pct")
    site.tell(story("i-1", "2025-12-05", monitor="other").event("2025-12-08", "resolved", "ok"))
    site.sync(records=records(every_six_hours("2025-12-01", "2025-12-20"), monitor="other"))
    site.news = News()
    site.sync(records=records(every_six_hours("2025-12-21", "2026-02-19")))
    link = 'href="../monitors/other.html"'
    pages = ("incidents/i-1.html", "incidents/2025-12.html")
    assert [site.text(page).count(link) for page in pages] == [1, 1]
    suite = site.small.root / "expectations" / "other.json"
    text = suite.read_text()
    suite.unlink()
    site.sync()
    assert site.faults() == []
    assert [site.text(page).count(link) for page in pages] == [0, 0]
    suite.write_text(text)
    site.sync()
    assert site.faults() == []
    assert [site.text(page).count(link) for page in pages] == [1, 1]


def test_a_monitor_that_was_renamed_has_its_past(site: Site) -> None:
    found = records(SEASON)
    site.begin_with_season()
    site.small.add("lines", SmallMonitor("select 92.0 as pct", meta={"renamed_from": ["coverage"]}))
    (site.small.root / "expectations" / "coverage.json").unlink()
    site.small.checkpoint("lines", name="health_check")
    renamed = record("2026-02-20", 91.0, monitor="lines")
    rows = [row_of(one) for one in found[:-40]]
    site.news = News(rows={"lines": rows}, synced_to=NOW)

    site.build([renamed], stored=found[-60:], with_history=True)

    assert not (site.folder / "monitors" / "coverage.html").exists()
    assert site.charted("lines") == sorted(
        {round(one.timestamp()) for one in (*SEASON, at("2026-02-20"))}
    )
    assert site.faults() == []
    site.news = News()
    site.build(with_history=True)
    assert site.asked[-1]["recorded"] == NOW


def test_a_monitor_that_returns_has_its_past(site: Site) -> None:
    site.small.add("other", "select 92.0 as pct")
    site.build([*records(SEASON), *records(SEASON, monitor="other")])
    before = site.files()
    suite = site.small.root / "expectations" / "other.json"
    text = suite.read_text()
    suite.unlink()
    site.build()
    assert not (site.folder / "monitors/other/2025-12.html").exists()
    suite.write_text(text)
    site.build()
    assert site.files() == before


# What is asked of the warehouse


def test_the_first_build_asks_for_the_whole_retention_and_the_next_for_what_is_new(
    site: Site,
) -> None:
    site.news = News(synced_to=at("2026-02-19"))
    site.sync(records=[record("2026-02-19")], keep=Keep(days=30))
    site.news = News()
    site.sync(keep=Keep(days=30))
    assert [one["recorded"] for one in site.asked] == [None, at("2026-02-19")]
    assert {one["since"] for one in site.asked} == {at("2026-01-20")}


def test_what_the_warehouse_alone_knows_is_in_the_site(site: Site) -> None:
    row = row_of(record("2026-02-18", 40.0, groups=[("a", 10.0)]))
    run = RunRow("r", "health_check", row.at, RunStatus.CRITICAL, 0, {"critical": 1})
    site.news = News(rows={"coverage": [row]}, runs=[run])
    site.sync()
    assert "1 of 1 monitor failing: 1 CRITICAL" in site.words("index.html")
    assert "40.0 %" in site.words("monitors/coverage.html")
    assert site.faults() == []


# GX's pages


@dataclass
class Gx:
    """Pages as GX would make them, and how often each was asked for."""

    hashes: dict[str, str]
    asked: list[str] = field(default_factory=list)
    stored: bool = True

    def suites(self) -> Mapping[str, str]:
        return self.hashes

    def suite(self, name: str) -> GxPage | None:
        self.asked.append(name)
        return (
            None if name == "broken" else GxPage(name, f"Suite {name}", Markup("<p>all of it</p>"))
        )

    def result(self, key: tuple[str, ...]) -> GxPage | None:
        self.asked.append("/".join(key))
        return (
            GxPage("coverage", "Result", Markup("<p>{}</p>").format(key)) if self.stored else None
        )


def with_results(instants: Sequence[datetime], *, name: str = "nightly") -> list[Record]:
    """Of runs whose results are stored; GX's users give their runs names, often the same."""
    return [
        record(one, run_id=name, result=("coverage", name, f"{one:%Y%m%dT%H%M%S}Z", "batch"))
        for one in instants
    ]


def test_gxs_pages_are_drawn_once(site: Site) -> None:
    gx = Gx({"coverage": "1", "broken": "1"})
    found = [
        record(one, result=("coverage", f"{one:%d}")) for one in days("2026-02-18", "2026-02-19")
    ]
    site.build(found, gx=gx)
    assert gx.asked == ["coverage", "broken", "coverage/19", "coverage/20"]
    assert site.faults() == []
    gx.asked.clear()
    site.build(gx=gx)
    assert gx.asked == ["broken"]
    gx.hashes["coverage"] = "2"
    site.build(gx=gx)
    assert gx.asked == ["broken", "coverage", "broken"]


def test_results_of_runs_with_the_same_name_have_pages_of_their_own(site: Site) -> None:
    gx = Gx({"coverage": "1"})
    for one in days("2026-02-17", "2026-02-19"):
        site.build(with_results([one]), gx=gx)
    pages = [path for path in site.files() if path.startswith("validations/")]
    assert len(pages) == 3
    assert site.faults() == []


def test_pages_of_results_go_with_the_runs_that_a_monitors_page_lists(site: Site) -> None:
    gx = Gx({"coverage": "1"})
    instants = every_six_hours("2026-02-01", "2026-02-19")
    found = [record(one, result=("coverage", f"{one:%m%dt%H}")) for one in instants]
    for first in range(0, len(found), 5):
        site.build(found[first : first + 5], gx=gx)
    assert (
        sum(path.startswith("validations/") for path in site.files()) == history_cache.RECENT_RUNS
    )
    assert site.faults() == []


def test_a_result_that_is_not_stored_any_more_has_no_link(site: Site) -> None:
    gx = Gx({}, stored=False)
    site.build([record("2026-02-19", result=("coverage", "x"))], gx=gx)
    assert "validations" not in site.text("monitors/coverage.html")
    assert site.faults() == []


# Many groups


def test_the_worst_of_many_groups_are_charted_and_stand_first(site: Site) -> None:
    values = {f"s{number:03d}": 90.0 for number in range(100)}
    values |= {"s080": 45.0, "s070": 70.0, "s090": 10.0}
    groups = list(values.items())
    site.build([record(when, groups=groups) for when in ("2026-02-17", "2026-02-19")])
    page = site.text("monitors/coverage.html")
    charted = re.findall(r"<p><strong>(s\d+)", page)
    assert charted[:4] == ["s090", "s080", "s070", "s000"]
    assert len(charted) == 60
    assert "The 60 worst of 100 groups." in page


# Hostile


@pytest.mark.parametrize(
    "name", [HOSTILE, "../../up", "a/b", ".hidden", "con", "2026-01", "index", "é", "x" * 300, "A"]
)
def test_hostile_names_stay_in_the_folder_and_are_text(site: Site, name: str) -> None:
    found = [
        record(
            one,
            40.0,
            run_id=name,
            summary=name,
            reason=name,
            owner=name,
            notes=(name,),
            sql=name,
            unit=name,
            thresholds=name,
            groups=[(name, 40.0), ("plain", 92.0)],
            result=(name, "r"),
        )
        for one in SEASON[::4]
    ]
    site.tell(
        story(f"{name}-1", "2025-12-05").event("2025-12-09", "resolved", name, members=(name,)),
        story(f"{name}-2", "2026-02-10").event("2026-02-11", "changed", name, members=(name,)),
    )
    gx = Gx({"coverage": "1"})
    site.sync(records=found, gx=gx)
    assert site.faults() == []
    assert "<script>alert" not in "".join(
        site.text(path) for path in site.files() if path.endswith(".html")
    )
    outside = {path.name for path in site.folder.parent.parent.iterdir()}
    assert outside == {"docs", "project"}


def test_a_text_that_no_file_can_hold_costs_that_text_and_not_the_site(site: Site) -> None:
    """JSON can name half a character, and a suite is JSON."""
    site.small.add("coverage", "select 92.0 as pct")
    suite = site.small.root / "expectations" / "coverage.json"
    read = json.loads(suite.read_text())
    read["notes"] = "half \ud800 of it"
    suite.write_text(json.dumps(read))
    made = record("2026-02-19", summary="half \ud801 of it", groups=[("\ud800", 1.0)])
    as_stored = json.loads(json.dumps({"plumbline": to_meta(made)}))
    left = from_meta(as_stored)
    assert left is not None
    site.build([left])
    words = site.words("monitors/coverage.html")
    assert words.count("half ? of it") >= 2
    site.build()
    assert site.faults() == []


def dbt(when: str, name: str, **more: Any) -> Record:
    """What was recorded of a test of dbt, which has no files in the project."""
    return record(when, monitor=f"dbt.{name}", checkpoint="dbt", sql=None, **more)


def test_a_monitor_that_another_tool_checks_has_a_page_as_long_as_it_is_recorded(
    site: Site,
) -> None:
    site.build([dbt("2026-02-11 06:00", "old"), dbt("2026-02-12 06:00", "unique_id", monitors=2)])
    names = {name: (site.folder / paths.monitor(f"dbt.{name}")) for name in ("old", "unique_id")}
    assert all(page.is_file() for page in names.values())
    assert "dbt.unique_id" in site.text(paths.OVERVIEW)
    site.build([dbt("2026-02-19 05:00", "unique_id")])
    assert [name for name, page in names.items() if page.is_file()] == ["unique_id"]


def test_a_recorded_monitor_that_is_gone_has_no_page_and_its_incident_has(site: Site) -> None:
    gone = story("i-1", "2026-02-12 06:00", monitor="dbt.gone")
    gone.event("2026-02-13 06:00", "monitor_removed", "no longer in the project")
    site.news = News(events=gone.events)
    site.sync(records=[dbt("2026-02-12 06:00", "gone", observed=20.0), dbt("2026-02-13", "id")])
    assert not (site.folder / paths.monitor("dbt.gone")).exists()
    assert (site.folder / paths.monitor("dbt.id")).exists()
    assert (site.folder / paths.incident("i-1")).exists()
