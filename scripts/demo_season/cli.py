"""The command line: ``python scripts/demo_season --out DIR``."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq

from demo_season.errors import DemoSeasonError
from demo_season.incidents import read_incidents
from demo_season.schedule import read_calendar
from demo_season.season import SEED, make_season
from demo_season.world import FIRST_DAY, LAST_DAY

USAGE = 64
INCIDENTS = Path(__file__).with_name("incidents.yml")


@click.command(
    epilog="Example: python scripts/demo_season --out build/season --from 2026-01-15"
    "\n\nExit codes: 0 written; 64 wrong usage or a faulty incidents file, nothing written."
)
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the load files, DATASET.TABLE.parquet; made if it is not there.",
)
@click.option("--seed", default=SEED, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--from",
    "first",
    default=str(FIRST_DAY),
    show_default=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="First game day with rows. The calendar is always whole.",
)
@click.option(
    "--to",
    "last",
    default=str(LAST_DAY),
    show_default=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last game day with rows; later games are scheduled.",
)
@click.option(
    "--incidents",
    "incidents_file",
    default=INCIDENTS,
    type=click.Path(path_type=Path),
    help="What goes wrong, and when; see incidents.yml and README.md beside this program.",
)
def command(
    out: Path, seed: int, first: dt.datetime, last: dt.datetime, incidents_file: Path
) -> None:
    """Write the demo season as load files, one Parquet file a table.

    The same seed, dates and incidents always give the same bytes.
    """
    begun = time.monotonic()
    first_day, last_day = first.date(), last.date()
    _check_range(first_day, last_day)
    incidents = read_incidents(incidents_file)
    bar = click.progressbar(
        length=(last_day - first_day).days + 1,
        label="demo season",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    )
    with bar:
        tables = make_season(
            incidents, seed=seed, first=first_day, last=last_day, progress=lambda _: bar.update(1)
        )
    write(tables, out)
    rows = sum(len(table) for table in tables.values())
    taken = time.monotonic() - begun
    click.echo(f"{len(tables)} tables, {rows:,} rows in {out} ({taken:.1f} s)", err=True)


def write(tables: dict[str, pa.Table], out: Path) -> None:
    """One load file a table."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            pq.write_table(table, out / f"{name}.parquet", compression="snappy")
    except OSError as error:
        raise DemoSeasonError(
            f"cannot write: {error.strerror}", file=out, key="--out", fix="give another folder"
        ) from error


def _check_range(first: dt.date, last: dt.date) -> None:
    begin, *_, end = read_calendar()
    if not begin <= first <= last <= end:
        raise DemoSeasonError(
            f"{first} to {last} is not part of the calendar",
            key="--from, --to",
            fix=f"choose dates from {begin} to {end}, the first not after the last",
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    try:
        command.main(
            args=None if arguments is None else list(arguments),
            prog_name="python scripts/demo_season",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return USAGE
    except DemoSeasonError as error:
        click.echo(f"error: {error}", err=True)
        return USAGE
    except click.Abort:
        click.echo("stopped", err=True)
        return 130
    return 0
