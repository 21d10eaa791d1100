"""The pages of the data docs: what they say, that data stay text, and what they cost."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from posixpath import dirname, join, normpath

import pytest
from markupsafe import Markup, escape

from plumbline.alerts.incidents.model import REASONS_NOT_SENT
from plumbline.core.alert_line import EVENT_MEANINGS
from plumbline.core.failure import FailingColumn, FailingRows, Failure
from plumbline.core.group_key import GroupKey
from plumbline.core.mute import Mute
from plumbline.core.status import MEANINGS, RunStatus, Status
from plumbline.site import paths
from plumbline.site.pages import Pages, coverage, incidents, layout, render_site
from plumbline.site.pages.frame import cell, frame_page, parted, tight
from plumbline.site.pages.overview import calendar, headline, measured, render
from plumbline.site.rows import RunRow
from plumbline.site.view_models import (
    CheckpointView,
    CoverageRow,
    DayView,
    MonitorView,
    MonthView,
    SiteData,
    SuiteLine,
    days_of,
)
from support.site_data import many_monitors, site_data

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&</title>{{ 7*7 }}"


class Read(HTMLParser):
    """A page's elements and its text, as a browser's parser sees them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def words(self) -> str:
        return " ".join(self.text.split())


def html(pages: Pages) -> dict[str, bytes]:
    return {path: content for path, content in pages.files.items() if path.endswith(".html")}


@pytest.fixture(scope="module")
def pages() -> Pages:
    return render_site(site_data())


def test_the_overview_says_what_is_wrong_since_when_and_what_to_do(pages: Pages) -> None:
    words = Read(pages.files["index.html"]).words
    for said in (
        "2 of 5 monitors failing: 2 CRITICAL",
        "score 60 of 100",
        "44.2 %",
        "mean of coverage_pct: critical < 50 %",
        "26 Jan 7 d",
        "gcloud run services describe nba-phase4-precompute-processors",
        "Accuracy of the listed prediction systems is unknown.",
        "line_coverage-3f9c2a71",
        "acked by ana",
        "BigDataBall answers a day late this week",
        "Last good run end of 25 Jan 2026, 93.0 %",
        "Suites at commit a0e0d3d86cce",
        "27 Nov 2025: health_check SKIPPED, no games: Thanksgiving",
        "11 Dec 2025: no run",
    ):
        assert said in words.replace("\N{NO-BREAK SPACE}", " ")


def test_what_nobody_silenced_comes_before_what_is_acknowledged_or_muted(pages: Pages) -> None:
    words = Read(pages.files["index.html"]).words
    assert words.index("grading_completeness") < words.index("line_coverage")


def lines_of_overview(page: bytes) -> list[dict[str, str | None]]:
    """What the filters read of each line, in the order of the page."""
    return [
        attributes
        for tag, attributes in Read(page).elements
        if tag == "tr" and "data-status" in attributes
    ]


def test_each_monitor_is_a_line_that_says_what_the_filters_read() -> None:
    data = site_data()
    first = replace(data.monitors[0], tags=("vegas", "daily"), checkpoints=("a", "b"))
    never = MonitorView("fresh", None, None, owner="ml-platform")
    page = render_site(replace(data, monitors=(never, *data.monitors[1:], first))).files[
        "index.html"
    ]
    lines = lines_of_overview(page)
    assert [line["data-status"] for line in lines] == [
        *["CRITICAL"] * 2,
        *["PASS"] * 3,
        "NEVER RAN",
    ]
    assert {line.get("data-owner") for line in lines} == {"ml-platform", "data-platform"}
    assert lines[1]["data-tags"] == "vegas\ndaily"
    assert lines[1]["data-checkpoints"] == "a\nb"
    assert "data-held" in lines[1]  # acknowledged
    assert "data-held" not in lines[0]


def test_filters_offer_what_tells_lines_apart_and_are_hidden_without_scripts() -> None:
    data = site_data()
    first = replace(data.monitors[0], tags=("vegas",))
    page = render_site(replace(data, monitors=(first, *data.monitors[1:]))).files["index.html"]
    elements = Read(page).elements
    offered = [values["value"] for tag, values in elements if tag == "option" and values["value"]]
    assert offered == [
        *("failing", "unattended", "CRITICAL", "PASS"),
        *("data-platform", "ml-platform"),
        "vegas",  # and one checkpoint is none to choose from
    ]
    (fold,) = [values for _, values in elements if values.get("id") == "fold"]
    assert "hidden" in fold
    assert not [tag for tag, _ in elements if tag == "form"]


@pytest.mark.parametrize(
    ("status", "thresholds", "observed", "against"),
    [
        (
            Status.CRITICAL,
            "mean of coverage_pct: warning < 80 %, critical < 50 %",
            "44.2 %",
            "mean of coverage_pct: critical < 50 %",
        ),
        (
            Status.WARNING,
            "mean of coverage_pct: warning < 80 % or > 99 %, critical < 50 %",
            "44.2 %",
            "mean of coverage_pct: warning < 80 % or > 99 %",
        ),
        (
            Status.PASS,
            "mean of coverage_pct: warning < 80 %, critical < 50 %",
            "44.2 %",
            "mean of coverage_pct: warning < 80 %, critical < 50 %",
        ),
        (Status.WARNING, "mean of a: critical < 50 %", "44.2 %", "mean of a: critical < 50 %"),
        (Status.CRITICAL, "", "44.2 %", ""),
        (Status.ERROR, "mean of a: critical < 50 %", "", "no table"),
    ],
)
def test_a_line_has_the_number_against_the_threshold_that_it_crossed(
    status: Status, thresholds: str, observed: str, against: str
) -> None:
    latest = site_data().monitors[0].latest
    assert latest is not None
    reason = "no table" if status is Status.ERROR else None
    changed = replace(latest, status=status, thresholds=thresholds, reason=reason, failures=())
    assert measured(changed) == (observed, against)


def test_without_a_schedule_there_is_no_column_for_the_next_run() -> None:
    data = site_data()
    assert b'scope="col" class="c-next"' in render(data)
    monitors = tuple(replace(view, next_run=None) for view in data.monitors)
    checkpoints = tuple(replace(view, next_run=None) for view in data.checkpoints)
    shown = render(replace(data, monitors=monitors, checkpoints=checkpoints))
    assert b"Next run" not in shown
    assert b"c-next" not in shown


def test_a_line_has_what_failed_where_that_is_not_its_number() -> None:
    latest = site_data().monitors[0].latest
    assert latest is not None
    duplicates = Failure(
        "expect_column_values_to_be_unique",
        "critical",
        "order_id must be unique",
        "order_id",
        unexpected_count=2,
        element_count=9,
    )
    thresholds = "row count: warning < 5000"
    changed = replace(latest, thresholds=thresholds, failures=(duplicates,), evaluated=2)
    assert measured(changed) == ("", "order_id must be unique: 2 of 9 rows fail")


def test_a_monitor_page_holds_its_numbers_sql_runbook_and_alerts(pages: Pages) -> None:
    words = Read(pages.files["monitors/line_coverage.html"]).words
    for said in (
        "61/150",
        "mean of coverage_pct: warning < 80 %, critical < 50 %",
        "Likely causes",
        "from {{ source('nba_predictions', 'ml_feature_store_v2') }}",
        "3 incidents, 3 notified",
        "the mean of coverage_pct must be at least 80 %",
    ):
        assert said in words


def test_the_chart_has_its_thresholds_as_they_were_then() -> None:
    data = site_data()
    (first,) = [view for view in data.monitors if view.name == "line_coverage"]
    rows = tuple(replace(row, is_archived=False) for row in first.rows)
    pages = render_site(replace(data, monitors=(replace(first, rows=rows),)))
    page = pages.files["monitors/line_coverage.html"].decode()
    series = json.loads(re.search(r'id="series">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    (warning,) = [line for line in series["lines"] if line["severity"] == "warning"]
    judged = [value for value in warning["values"] if value is not None]
    assert list(dict.fromkeys(judged)) == [70.0, 80.0]


def test_only_a_chart_with_thresholds_explains_dashed_lines() -> None:
    data = site_data()
    (with_thresholds,) = [view for view in data.monitors if view.name == "line_coverage"]
    rows = tuple(replace(row, lines=()) for row in with_thresholds.rows)
    counted = replace(with_thresholds, name="counted", rows=rows)
    pages = render_site(replace(data, monitors=(with_thresholds, counted)))
    said = "Dashed lines: thresholds at the time."
    assert said in Read(pages.files["monitors/line_coverage.html"]).words
    assert said not in Read(pages.files["monitors/counted.html"]).words


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("warning > 6 h, critical > 72 h", "warning_>_6_h, critical_>_72_h"),
        ("critical ≤ 50 %", "critical_≤_50_%"),
        ("graded_pct by system_id: critical < 50 %", "graded_pct by system_id: critical_<_50_%"),
        ("since 2 d in 3 minutes", "since 2_d in 3_minutes"),
        ("240 of 525 games", "240_of_525_games"),
        ("at 2026-02-01 <b>", 'at <span class="keep">2026-02-01</span> <b>'),
    ],
)
def test_a_line_of_the_page_ends_where_one_of_a_terminal_may(text: str, kept: str) -> None:
    assert tight(text).unescape().replace("\N{NO-BREAK SPACE}", "_") == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("stock_not_negative_eu", "stock_|not_|negative_|eu"),
        ("dbt.not_null__id", "dbt.|not_|null__|id"),
        ("_private", "_|private"),
        ("a<b_c", "a&lt;b_|c"),
        ("", ""),
    ],
)
def test_a_line_ends_within_a_name_only_between_its_words(name: str, kept: str) -> None:
    assert parted(name).replace("<wbr>", "|") == kept


def test_every_page_leads_to_the_meanings_of_statuses_events_and_reasons(pages: Pages) -> None:
    without = {path for path, page in html(pages).items() if b'glossary.html">Glossary' not in page}
    assert without == set()
    words = Read(pages.files["glossary.html"]).words
    meanings = (MEANINGS, EVENT_MEANINGS, REASONS_NOT_SENT)
    said = [meaning.replace("`", "") for each in meanings for meaning in each.values()]
    assert [meaning for meaning in said if meaning not in words] == []


def test_the_worst_twenty_groups_are_shown_and_the_others_folded() -> None:
    data = site_data()
    (view,) = [view for view in data.monitors if view.name == "grading_completeness"]
    assert view.latest is not None
    like = view.latest.groups[0]
    many = [
        replace(
            like,
            key=GroupKey.of({"system_id": f"system_{number:04d}"}),
            status=Status.CRITICAL if number == 4_999 else Status.PASS,
        )
        for number in range(5_000)
    ]
    latest = replace(view.latest, groups=tuple(many))
    pages = render_site(replace(data, monitors=(replace(view, latest=latest),)))
    page = pages.files["monitors/grading_completeness.html"].decode().replace("<wbr>", "")
    shown, _, folded = page.partition('id="where"')[2].partition("<details data-search>")
    names = re.findall(r"system_\d{4}", shown)
    assert names == ["system_4999", *(f"system_{number:04d}" for number in range(19))]
    assert "4,980 more groups" in folded
    assert len(re.findall(r"system_\d{4}", folded.partition("</details>")[0])) == 4_980


def test_the_groups_of_an_incident_are_folded_too_worst_first() -> None:
    data = site_data()
    view = next(one for one in data.incidents if one.incident.members)
    like = view.incident.members[0]
    members = [
        replace(like, key=f'{{"system":"s{number}"}}', label=f"s{number}", observed=49 - number)
        for number in range(30)
    ]
    members[3] = replace(members[3], label=" ")
    page = incidents.render(
        data, replace(view, incident=replace(view.incident, members=tuple(members)))
    ).decode()
    shown, folded = page.split("<summary>10 more groups</summary>")
    names = r'<th scope="row"><span class="keep">([^<]+)'
    assert re.findall(names, shown) == [f"s{number}" for number in range(29, 9, -1)]
    assert re.findall(names, folded)[-4:] == ["&#39; &#39;", "s2", "s1", "s0"]
    assert "Find a group" in folded


def test_the_coverage_of_many_monitors_is_folded() -> None:
    data = site_data()
    rows = tuple(
        CoverageRow(f"region_{number}", *[None] * 3, (), None, None, 0, None, None)
        for number in range(150)
    )
    page = coverage.render(replace(data, coverage=rows)).decode()
    parts = page.split("<summary>50 more monitors</summary>")
    shown = [len(re.findall(r'<th scope="row">.*region_', part)) for part in parts]
    assert shown == [100, 50 + 100, 50]
    assert page.count("Find a monitor") == 2


def test_charts_over_time_need_two_instants() -> None:
    data = site_data()
    (view,) = [view for view in data.monitors if view.name == "grading_completeness"]

    def headings(runs: int) -> set[str]:
        groups = tuple(replace(one, points=one.points[-runs:]) for one in view.groups)
        shown = replace(view, rows=view.rows[-runs:], groups=groups)
        page = render_site(replace(data, monitors=(shown,))).files[paths.monitor(view.name)]
        return set(re.findall(r"<h2 id=.(time|groups).>", page.decode()))

    assert (headings(1), headings(2)) == (set(), {"time", "groups"})


def test_a_month_that_is_over_is_a_file_of_its_own_that_the_chart_loads(pages: Pages) -> None:
    page = Read(pages.files["monitors/line_coverage.html"])
    loaded = [attributes.get("src") for tag, attributes in page.elements if tag == "script"]
    assert "../data/line_coverage/2025-12.js" in loaded
    assert "data/line_coverage/2025-12.js" in pages.kept


def test_an_incident_page_tells_in_order_what_was_seen_and_said(pages: Pages) -> None:
    words = Read(pages.files["incidents/line_coverage-3f9c2a71.html"]).words
    told = [
        "opened",
        "retry: a timeout",
        "delivered on the first attempt",
        "acknowledged by ana",
        "reminder held back",
    ]
    places = [words.index(said, words.index("Timeline")) for said in told]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("runbook", "links"),
    [("https://wiki.example/x?a=1&b=2", 1), ("javascript:alert(1)", 0), ("docs/runbooks/x.md", 0)],
)
def test_a_runbook_elsewhere_is_a_link(runbook: str, links: int) -> None:
    data = site_data()
    (line,) = [view for view in data.monitors if view.name == "line_coverage"]
    assert line.latest is not None
    data = replace(
        data,
        monitors=(replace(line, latest=replace(line.latest, runbook=runbook)),),
        incidents=tuple(replace(one, runbook_link=runbook) for one in data.incidents),
    )
    files = render_site(data).files
    for path in ("monitors/line_coverage.html", "incidents/line_coverage-3f9c2a71.html"):
        assert files[path].decode().count(f'href="{escape(runbook)}"') == links


def test_personal_columns_are_masked_whatever_they_hold(pages: Pages) -> None:
    page = pages.files["monitors/line_coverage.html"]
    assert b"lebronjames" not in page
    assert Read(page).words.count("masked") >= 2


def hostile() -> SiteData:
    """Every text that comes from data or files is hostile."""
    data = site_data()
    views = []
    for view in data.monitors:
        assert view.latest is not None
        latest = replace(
            view.latest,
            monitor=HOSTILE,
            summary=HOSTILE,
            unit=HOSTILE,
            thresholds=HOSTILE,
            owner=HOSTILE,
            impact=HOSTILE,
            action=HOSTILE,
            notes=(HOSTILE,),
            depends_on=(HOSTILE,),
            failures=(Failure(HOSTILE, "critical", HOSTILE, column=HOSTILE, samples=(HOSTILE,)),),
        )
        views.append(
            replace(
                view,
                name=HOSTILE + view.name,
                latest=latest,
                groups=tuple(replace(group, label=HOSTILE, unit=HOSTILE) for group in view.groups),
                rows=tuple(
                    replace(row, summary=HOSTILE, thresholds=HOSTILE, run_id=HOSTILE, unit=HOSTILE)
                    for row in view.rows
                ),
                failing=FailingRows((FailingColumn(HOSTILE),), ((HOSTILE,),), 1),
                description=HOSTILE,
                suite=(SuiteLine(HOSTILE, HOSTILE),),
                suite_name=HOSTILE,
                expectations=tuple(
                    replace(past, key=HOSTILE, severity=HOSTILE, text=HOSTILE)
                    for past in view.expectations
                ),
                sql=HOSTILE,
                runbook=f"# {HOSTILE}\n\n## {HOSTILE}\n\n{HOSTILE}\n\n[x](javascript:alert(1)) ![x](https://x/y.png)\n",
                muted=Mute(HOSTILE, HOSTILE, HOSTILE, data.built_at),
            )
        )
    incidents = tuple(
        replace(
            view,
            incident=replace(
                view.incident,
                id=view.incident.id + HOSTILE,
                monitor=HOSTILE,
                summary=HOSTILE,
                notified_channels=(HOSTILE,),
                owner=HOSTILE,
                members=tuple(
                    replace(member, label=HOSTILE, unit=HOSTILE) for member in view.incident.members
                ),
            ),
            timeline=tuple(
                replace(entry, title=HOSTILE, text=HOSTILE, members=(HOSTILE,))
                for entry in view.timeline
            ),
            impact=HOSTILE,
            action=HOSTILE,
        )
        for view in data.incidents
    )
    return replace(
        data,
        title=HOSTILE,
        target=HOSTILE,
        monitors=tuple(views),
        incidents=incidents,
        mutes=(Mute(HOSTILE, HOSTILE, HOSTILE, data.built_at),),
        days=tuple(
            replace(
                day,
                runs=tuple(replace(run, checkpoint=HOSTILE, note=HOSTILE) for run in day.runs),
            )
            for day in data.days
        ),
        checkpoints=tuple(
            replace(view, runs=tuple(replace(run, checkpoint=HOSTILE) for run in view.runs))
            for view in data.checkpoints
        ),
        runs=tuple(replace(run, checkpoint=HOSTILE, note=HOSTILE) for run in data.runs),
        revision=HOSTILE,
        gx_suites={HOSTILE: "expectations/hostile.html"},
    )


def test_hostile_data_make_no_element_no_handler_and_no_script() -> None:
    calm = {
        tag for page in html(render_site(site_data())).values() for tag, _ in Read(page).elements
    }
    for path, page in html(render_site(hostile())).items():
        read = Read(page)
        assert {tag for tag, _ in read.elements} <= calm, path
        for tag, attributes in read.elements:
            assert not [name for name in attributes if name.startswith("on")], path
            assert "javascript:" not in (attributes.get("href") or ""), path
            if tag == "script":
                assert "src" in attributes or attributes.get("type") == "application/json", path
        assert "49" not in re.findall(r"</title>(\d+)", read.text)
        assert b"<script>alert" not in page, path


def test_hostile_names_stay_inside_the_site() -> None:
    for path in render_site(hostile()).files:
        assert re.fullmatch(r"[a-zA-Z0-9._/-]+", path)
        assert ".." not in path


@pytest.mark.parametrize(
    "name", ["../up", "index", "2026-01", "CON", "con", "a/b", "é", "", ".hidden", "A", "x" * 200]
)
def test_an_unsafe_name_gets_a_file_name_of_its_own(name: str) -> None:
    found = paths.file_name(name)
    assert re.fullmatch(r"[a-z0-9_-]+\.[0-9a-f]{8}", found)
    assert found != paths.file_name(name + "2")


def test_nothing_inline_runs_and_nothing_is_fetched_from_elsewhere(pages: Pages) -> None:
    for path, page in html(pages).items():
        for tag, attributes in Read(page).elements:
            assert "style" not in attributes, path
            assert tag != "style", path
            if tag in ("script", "link", "img") and (
                source := attributes.get("src") or attributes.get("href")
            ):
                assert "//" not in source, path
        assert b"default-src &#39;none&#39;; script-src &#39;self&#39;" in page, path


def test_every_link_within_the_site_leads_to_a_page_and_a_place_on_it(pages: Pages) -> None:
    ids = {
        path: {attributes.get("id") for _, attributes in Read(page).elements}
        for path, page in html(pages).items()
    }
    for path, page in html(pages).items():
        for tag, attributes in Read(page).elements:
            target = attributes.get("href") or attributes.get("src")
            if tag not in ("a", "link", "script") or not target or target.startswith("https://"):
                continue
            file, _, place = target.partition("#")
            file = normpath(join(dirname(path), file)) if file else path
            assert file in pages.files or file in pages.kept, (path, target)
            if place:
                assert place in ids[file], (path, target)


def test_the_same_data_give_the_same_bytes() -> None:
    assert render_site(site_data()) == render_site(site_data())


def test_a_later_build_without_news_changes_the_overview_alone() -> None:
    data = site_data()
    later = replace(data, built_at=data.built_at + timedelta(hours=1))
    before, after = render_site(data).files, render_site(later).files
    assert [path for path in after if after[path] != before[path]] == ["index.html"]


def test_sixty_monitors_with_their_sparklines_stay_under_300_kb() -> None:
    assert len(render_site(many_monitors(60, 28)).files["index.html"]) < 300_000


def test_months_that_are_over_are_kept_and_not_drawn(pages: Pages) -> None:
    assert "monitors/line_coverage/2025-12.html" in pages.kept
    assert "monitors/line_coverage/2026-01.html" in pages.files
    assert {"incidents/2025-09.html", "incidents/phase_completion-00c0ffee.html"} <= pages.kept
    assert not pages.kept & set(pages.files)


def test_no_page_names_a_place_on_this_machine(pages: Pages) -> None:
    for path, content in pages.files.items():
        for place in (b"/home/", b"/root/", b"file:"):
            assert place not in content, path


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ([], "No monitors"),
        ([Status.PASS], "The monitor is healthy"),
        ([Status.PASS, Status.PASS], "All 2 monitors are healthy"),
        ([Status.WARNING], "1 of 1 monitor failing: 1 WARNING"),
        (
            [Status.ERROR, Status.CRITICAL, Status.PASS],
            "2 of 3 monitors failing: 1 CRITICAL, 1 ERROR",
        ),
        ([Status.SKIPPED, Status.SKIPPED], "Nothing was checked: 2 monitors skipped"),
        (
            [Status.SKIPPED, Status.PASS],
            "None failing: 1 of 2 monitors passed, the others skipped",
        ),
        ([None], "1 monitor, never run"),
        ([None, None], "2 monitors, never run"),
        ([None, Status.PASS], "1 of 2 monitors never ran; none is failing"),
    ],
)
def test_the_headline_never_calls_well_what_was_not_checked(
    statuses: list[Status | None], said: str
) -> None:
    latest = site_data().monitors[0].latest
    assert latest is not None
    views = [
        MonitorView("m", replace(latest, status=status) if status else None, None)
        for status in statuses
    ]
    assert headline(views) == said


def test_a_note_that_the_summary_has_is_not_said_twice() -> None:
    data = site_data()
    latest = data.monitors[0].latest
    assert latest is not None
    latest = replace(
        latest,
        summary="44.2 %; 21 games postponed; 1 game late",
        notes=("1 game late", "1 game postponed", "the window is short"),
    )
    first = replace(data.monitors[0], latest=latest)
    pages = render_site(replace(data, monitors=(first, *data.monitors[1:])))
    words = Read(pages.files[paths.monitor(first.name)]).words
    assert "Note: the window is short" in words
    assert "Note: 1 game postponed" in words
    assert "Note: 1 game late" not in words


def test_a_site_before_its_first_run_can_be_drawn() -> None:
    data = SiteData(
        title="new",
        target="local",
        zone=site_data().zone,
        built_at=site_data().built_at,
        next_build=None,
        last_run=None,
        monitors=(MonitorView("fresh", None, None, months=(MonthView("2026-01", ()),)),),
    )
    pages = render_site(data)
    overview = Read(pages.files["index.html"]).words
    assert "No runs yet." in overview
    assert "NEVER RAN" in overview
    assert "No next build is scheduled." in overview
    assert "This monitor has never run." in Read(pages.files["monitors/fresh.html"]).words


def test_a_monitor_whose_run_is_late_is_overdue_when_the_page_is_built() -> None:
    data = site_data()
    late = replace(data.monitors[2], next_run=data.built_at - timedelta(hours=3))
    page = render_site(replace(data, monitors=(late,))).files["index.html"]
    assert "overdue" in Read(page).words


def test_a_midnight_run_belongs_to_the_day_that_ended() -> None:
    data = site_data()
    day = data.days[-1].day
    run = RunRow("r", "c", data.monitors[0].points[-1].at, RunStatus.OK, 100)
    assert days_of([run], data.zone, day, day + timedelta(days=1)) == (
        DayView(day, (run,)),
        DayView(day + timedelta(days=1)),
    )


def test_a_day_is_as_its_worst_checkpoint_is_at_its_last_run() -> None:
    zone = site_data().zone

    def run(hour: int, checkpoint: str, status: RunStatus, score: int) -> RunRow:
        at = datetime(2026, 2, 2, hour, tzinfo=zone)
        return RunRow(f"{checkpoint}-{hour}", checkpoint, at, status, score)

    morning = run(6, "health_check", RunStatus.CRITICAL, 0)
    noon = run(12, "health_check", RunStatus.OK, 100)
    hourly = run(9, "hourly", RunStatus.WARNING, 50)
    (found,) = days_of([morning, noon, hourly], zone, noon.as_of.date(), noon.as_of.date())
    assert found.runs == (hourly, noon)
    assert found.status is RunStatus.WARNING


def test_the_banner_is_as_the_worst_monitor_whichever_checkpoint_ran_it() -> None:
    data = site_data()
    (fine,) = [view for view in data.monitors if view.name == "phase_completion"]
    (wrong,) = [view for view in data.monitors if view.name == "line_coverage"]
    monitors = (fine, replace(wrong, checkpoints=("hourly",)))
    healthy = replace(data.runs[0], status=RunStatus.OK, score=100)
    page = render_site(
        replace(
            data, monitors=monitors, last_run=healthy, checkpoints=(CheckpointView((healthy,)),)
        )
    ).files["index.html"]
    assert '<div class="verdict critical">' in page.decode()
    words = Read(page).words
    assert "1 of 2 monitors failing: 1 CRITICAL ✗ CRITICAL score 50 of 100 over all" in words


def test_the_calendar_has_a_row_a_weekday_and_a_column_a_week() -> None:
    found = calendar(site_data().days)
    assert found is not None
    assert [name for name, _ in found.rows] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert {len(cells) for _, cells in found.rows} == {len(found.weeks)} == {14}
    assert calendar(()) is None


def test_a_monitors_page_says_what_failed_the_worst_first(pages: Pages) -> None:
    words = Read(pages.files["monitors/line_coverage.html"]).words.replace("\u00a0", " ")
    required = (
        "mean of coverage_pct must be at least 50 %",
        "observed 44.2 %",
        "player_lookup must be unique where game_date is not null",
        "3 of 1,204 rows (0.2 % of 1,200 non-NULL) fail: "
        "'masked-3f2a9c81d0', 'masked-80513c7671' and 1 more",
    )
    after = words.split("Failed expectations in the last run")[1]
    assert [after.index(text) for text in required] == sorted(map(after.index, required))


def test_a_cell_of_a_failing_row_is_short_text() -> None:
    assert [cell(None), cell(40.70), cell("x" * 400)] == ["NULL", "40.7", "x" * 300 + "…"]


def test_a_page_of_another_builder_gets_the_sites_frame() -> None:
    page = frame_page(
        site_data(),
        "expectations/x.html",
        monitor="line_coverage",
        title="Suite <x>",
        body=Markup("<p>body</p>"),
    )
    assert b"<p>body</p>" in page
    assert b"Suite &lt;x&gt;" in page
    assert f'href="../static/{layout()}/site.css"'.encode() in page


def test_a_group_that_the_last_run_has_not_says_so() -> None:
    data = site_data()
    (view,) = (one for one in data.monitors if one.name == "grading_completeness")
    first, *others = view.groups
    gone = replace(view, groups=(replace(first, points=first.points[:-1]), *others))
    page = Read(render_site(replace(data, monitors=(gone,))).files[f"monitors/{gone.name}.html"])
    assert "not in the last run" in page.words
