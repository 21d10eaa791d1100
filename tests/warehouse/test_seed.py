"""The embedded warehouse is filled once, and again only when what goes in has changed."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from google.cloud import bigquery

from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.project.files import Files
from plumbline.project.targets import Seed, Target
from plumbline.warehouse.client import endpoint_of, open_client
from plumbline.warehouse.embedded import EmbeddedWarehouse
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from plumbline.warehouse.ready import ensure_ready, seed_again
from support.small_project import runs_of
from support.targets import bigquery_target, embedded_target, foreign_emulator

pytestmark = pytest.mark.warehouse

JUDGED_DAY = dt.date(2026, 2, 2)


@pytest.fixture
def target(shared_state_dir: Path, small_project: Path) -> Target:
    """The small project on the session's server, under a Google project of its own."""
    return embedded_target(
        shared_state_dir,
        project=f"seed-{uuid.uuid4().hex[:12]}",
        project_dir=small_project,
        seed=Seed(command=("make.py",), judged_day=JUDGED_DAY),
    )


def rows(target: Target, sql: str) -> list[dict[str, object]]:
    return [dict(row) for row in JobRunner(target).run(QueryRequest("look", sql)).rows]


def count(target: Target, table: str) -> object:
    return rows(target, f"select count(*) as n from {table}")[0]["n"]


def test_names_are_rendered_and_what_cannot_be_made_is_left_alone(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = target.project_dir / "models" / "sources.yml"
    text = file.read_text().replace(
        "  - name: nba\n", "  - name: nba\n    schema: \"{{ env_var('NBA', 'nba') }}\"\n"
    )
    text = text.replace("- name: games\n", "- name: games\n        identifier: gam*\n")
    text += """
  - name: theirs
    tables: [{name: without_columns}, {name: INFORMATION_SCHEMA.TABLES}]
  - name: unknown
    schema: "{{ env_var('NOT_SET') }}"
    tables: [{name: t, columns: [{name: a, data_type: INT64}]}]
"""
    file.write_text(text)

    ensure_ready(target, print)

    assert count(target, "nba.predictions") == 2
    assert count(target, "nba.games") == 2
    ensure_ready(target, print)
    assert runs_of(target.project_dir) == 1


def test_the_declared_tables_are_made_and_filled(target: Target) -> None:
    said: list[str] = []

    assert ensure_ready(target, said.append) == target

    assert rows(target, "select * from nba.predictions order by player") == [
        {"player": "a", "game_date": dt.date(2026, 2, 1), "features": [1.0, 2.0],
         "points": Decimal("21.5"), "created_at": dt.datetime(2026, 2, 2, 15, tzinfo=dt.UTC)},
        {"player": "b", "game_date": dt.date(2026, 2, 2), "features": [],
         "points": None, "created_at": dt.datetime(2026, 2, 2, 15, tzinfo=dt.UTC)},
    ]  # fmt: skip
    assert rows(target, "select * from nba.games order by game_id") == [
        {"game_id": "0022500001", "status": 3},
        {"game_id": "0022500002", "status": None},
    ]
    assert count(target, "nba.notes") == 0
    assert "generating the demo data" in said
    assert "loading table 2 of 3: nba.games" in said
    assert said[-1].startswith("loaded 4 rows into 2 tables")


def test_a_warm_warehouse_is_ready_without_a_word(target: Target) -> None:
    ensure_ready(target)
    said: list[str] = []
    began = time.monotonic()

    ensure_ready(target, said.append)

    assert said == []
    assert runs_of(target.project_dir) == 1
    assert time.monotonic() - began < 0.5


def test_after_a_stop_the_data_is_still_there(own_target: Target, small_project: Path) -> None:
    target = replace(own_target, project_dir=small_project, seed=Seed(("make.py",), JUDGED_DAY))
    ensure_ready(target)
    EmbeddedWarehouse.of(target).stop()

    ensure_ready(target)

    assert count(target, "nba.predictions") == 2
    assert runs_of(small_project) == 1


def test_after_a_reset_it_is_filled_again(own_target: Target, small_project: Path) -> None:
    target = replace(own_target, project_dir=small_project, seed=Seed(("make.py",), JUDGED_DAY))
    ensure_ready(target)
    EmbeddedWarehouse.of(target).reset()

    ensure_ready(target)

    assert count(target, "nba.predictions") == 2
    assert runs_of(small_project) == 2


def change_generator(target: Target) -> Target:
    script = target.project_dir / "make.py"
    script.write_text(script.read_text() + "# a change\n")
    return target


def change_sources(target: Target) -> Target:
    sources = target.project_dir / "models" / "sources.yml"
    sources.write_text(sources.read_text() + "# a change\n")
    return replace(target, files=Files())


def change_judged_day(target: Target) -> Target:
    return replace(target, seed=Seed(("make.py",), dt.date(2026, 2, 3)))


def change_arguments(target: Target) -> Target:
    return replace(target, seed=Seed(("make.py", "--small"), JUDGED_DAY))


@pytest.mark.parametrize(
    "change", [change_generator, change_sources, change_judged_day, change_arguments]
)
def test_what_goes_in_has_changed_so_it_is_filled_again(
    target: Target, change: Callable[[Target], Target]
) -> None:
    ensure_ready(target)
    said: list[str] = []

    ensure_ready(change(target), said.append)

    assert "the demo data changed since the last load; generating it again" in said
    assert runs_of(target.project_dir) == 2
    assert count(target, "nba.predictions") == 2


def test_compiled_files_beside_the_generator_are_no_change(target: Target) -> None:
    folder = target.project_dir / "generator"
    folder.mkdir()
    (target.project_dir / "make.py").rename(folder / "__main__.py")
    target = replace(target, seed=Seed(("generator",), JUDGED_DAY))
    ensure_ready(target)
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "x.cpython-311.pyc").touch()

    ensure_ready(target)

    assert runs_of(target.project_dir) == 1


def test_a_column_that_was_added_is_there_after_the_next_seed(target: Target) -> None:
    ensure_ready(target)
    sources = target.project_dir / "models" / "sources.yml"
    sources.write_text(
        sources.read_text().replace(
            "- {name: text, data_type: STRING}",
            "- {name: text, data_type: STRING}\n          - {name: n, data_type: INT64}",
        )
    )
    sources.write_text(sources.read_text().replace("data_type: INT64}\n      - name: notes",
        "data_type: INT64}\n          - {name: home, data_type: STRING}\n      - name: notes"))  # fmt: skip

    ensure_ready(replace(target, files=Files()))

    assert rows(target, "select home from nba.games") == [{"home": None}, {"home": None}]


def test_what_others_keep_in_a_table_without_a_file_is_left_alone(target: Target) -> None:
    ensure_ready(target)
    open_client(target).query("insert into nba.notes values ('mine')").result()

    seed_again(target)

    assert rows(target, "select text from nba.notes") == [{"text": "mine"}]


def test_asked_for_it_is_filled_again(target: Target) -> None:
    ensure_ready(target)
    open_client(target).query("delete from nba.predictions where true").result()
    said: list[str] = []

    seed_again(target, said.append)

    assert "generating the demo data" in said
    assert count(target, "nba.predictions") == 2


def test_a_seed_that_was_killed_is_done_again(target: Target) -> None:
    slow = target.project_dir / "make.py"
    quick_text = slow.read_text()
    slow.write_text(quick_text + "import time; time.sleep(60)\n")
    code = f"""
        import datetime as dt
        from pathlib import Path
        from support.targets import embedded_target
        from plumbline.project.targets import Seed
        from plumbline.warehouse.ready import ensure_ready
        ensure_ready(embedded_target(
            Path({str(target.state_dir)!r}), project={target.project!r},
            project_dir=Path({str(target.project_dir)!r}),
            seed=Seed(("make.py",), dt.date(2026, 2, 2)),
        ))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"PYTHONPATH": ":".join(p for p in sys.path if p)},
        start_new_session=True,
    )
    while runs_of(target.project_dir) == 0:
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    folder = EmbeddedWarehouse.of(target).folder
    left_over = set(folder.glob("season-*"))
    slow.write_text(quick_text)

    ensure_ready(target)

    assert count(target, "nba.predictions") == 2
    assert left_over
    assert not left_over & set(folder.glob("season-*"))


def test_a_load_that_failed_is_done_again(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(bigquery.Client, "load_table_from_file", refuse)
        with pytest.raises(WarehouseError, match="could not be filled"):
            ensure_ready(target)

    ensure_ready(target)

    assert count(target, "nba.predictions") == 2


def test_two_commands_at_once_fill_it_once(target: Target) -> None:
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(ensure_ready, [target, target]))

    assert runs_of(target.project_dir) == 1


def test_dataset_overrides_of_the_target_are_kept(target: Target) -> None:
    target = replace(target, datasets={"nba": "my_copy"})

    ensure_ready(target)

    assert count(target, "my_copy.predictions") == 2


def test_a_server_that_is_not_ours_is_never_filled(target: Target) -> None:
    EmbeddedWarehouse.of(target).start()
    foreign = foreign_emulator(
        endpoint_of(target),
        project=target.project,
        project_dir=target.project_dir,
        seed=target.seed,
    )

    assert ensure_ready(foreign) == foreign
    with pytest.raises(ConfigError, match="doesn't load data there"):
        seed_again(foreign)

    assert runs_of(target.project_dir) == 0
    assert list(open_client(foreign).list_datasets()) == []


def test_bigquery_is_never_filled(target: Target) -> None:
    real = bigquery_target(seed=target.seed, project_dir=target.project_dir)

    assert ensure_ready(real) == real
    with pytest.raises(ConfigError, match="doesn't load data there"):
        seed_again(real)

    assert runs_of(target.project_dir) == 0


def test_without_a_seed_the_warehouse_is_started_empty(warehouse: Target) -> None:
    assert ensure_ready(warehouse) == warehouse
    with pytest.raises(ConfigError, match="has no seed"):
        seed_again(warehouse)


# Bad input


def write(target: Target, text: str) -> None:
    (target.project_dir / "make.py").write_text(textwrap.dedent(text))


MADE_WRONG = [
    pytest.param(
        "import sys; sys.exit('the incidents file is malformed')",
        WarehouseError, "failed (exit code 1): the incidents file is malformed",
        id="the command fails",
    ),
    pytest.param("raise ValueError('boom')", WarehouseError, "ValueError: boom", id="it raises"),
    pytest.param("pass", WarehouseError, "wrote no <dataset>.<table>", id="it makes nothing"),
    pytest.param(
        "import sys, pathlib; (pathlib.Path(sys.argv[-1]) / 'nba.other.ndjson').write_text('')",
        ConfigError, "no table nba.other is declared", id="a table that is not declared",
    ),
    pytest.param(
        """
        import sys, pathlib, pyarrow as pa, pyarrow.parquet as pq
        pq.write_table(pa.table({"game_id": ["x"], "extra": [1]}),
                       pathlib.Path(sys.argv[-1]) / "nba.games.parquet")
        """,
        ConfigError, "missing: status; not declared: extra", id="other columns",
    ),
    pytest.param(
        "import sys, pathlib; (pathlib.Path(sys.argv[-1]) / 'nba.games.parquet').write_text('x')",
        WarehouseError, "nba.games.parquet", id="a file that is no Parquet",
    ),
    pytest.param(
        """
        import sys, pathlib
        (pathlib.Path(sys.argv[-1]) / "nba.games.ndjson").write_text('{"status": "x"}')
        """,
        WarehouseError, "nba.games.ndjson", id="a value of another type",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("script", "error", "what"), MADE_WRONG)
def test_a_seed_that_goes_wrong_says_why_and_leaves_no_mark(
    target: Target, script: str, error: type[Exception], what: str
) -> None:
    write(target, script)

    with pytest.raises(error) as raised:
        ensure_ready(target)

    assert what in raised.value.args[0]
    assert "\n" not in raised.value.args[0]
    with pytest.raises(error):
        ensure_ready(target)


def test_a_seed_command_that_does_not_exist_is_named(target: Target) -> None:
    target = replace(target, seed=Seed(("scripts/nope.py",), JUDGED_DAY))

    with pytest.raises(ConfigError) as raised:
        ensure_ready(target)

    assert "'scripts/nope.py' does not exist" in raised.value.what
    assert raised.value.key == "fluent_datasources.*.targets.local.seed.command"
