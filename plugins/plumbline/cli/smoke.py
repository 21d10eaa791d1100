"""``plumbline smoke``: does BigQuery do on this project what plumbline relies on?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import target_option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.session import Session


def smoke(target: str | None, write: bool, out: Path) -> int:
    """Run each step and write what it showed; the exit code."""
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.doctor.smoke import Shown, open_smoke, run_steps, write_results

    project = click.get_current_context().ensure_object(Session).project()
    opened = open_smoke(project, project.target(target), write=write)
    at, results = datetime.now(UTC), []
    for result in run_steps(opened):
        write_result(result.render())
        results.append(result)
    page = write_results(out, opened.target, at, results)
    write_message(f"written to {page} and .json")
    return EXIT_ERROR if any(one.verdict is Shown.FAIL for one in results) else EXIT_OK


command = Command(
    name="smoke",
    callback=smoke,
    help="Try on BigQuery what only BigQuery can show: that jobs carry their labels, overlap, are "
    "cancelled at their deadline and keep to their limits, that partitions are pruned, and that "
    "every model runs.\n\n"
    "Takes about five minutes, and bills what one run of every monitor bills. It reads; only with "
    "--write does it make a dataset, plumbline_smoke. `plumbline debug` asks less: whether "
    "everything is there.",
    params=[
        target_option(),
        click.Option(
            ["--write"],
            is_flag=True,
            help="Also try writes: make the dataset plumbline_smoke, and append to it.",
        ),
        click.Option(
            ["--out"],
            type=click.Path(file_okay=False, path_type=Path),
            default=Path("smoke"),
            show_default=True,
            help="The folder of the results, as Markdown and as JSON.",
        ),
    ],
    examples=(
        Example("plumbline smoke --target bigquery", "once, on a project of yours"),
        Example("plumbline smoke --target bigquery --write --out build/smoke", "writes, too"),
    ),
    exit_codes={0: "no step failed", 3: "ERROR: one did"},
)
