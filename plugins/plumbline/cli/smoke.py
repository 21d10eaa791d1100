"""``plumbline smoke``: does BigQuery do on this project what plumbline relies on?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import FOLDER, flag, target_option
from plumbline.cli.output import write_message, write_text
from plumbline.cli.session import current_session


def smoke(target: str | None, write: bool, out: Path) -> int:
    """Test on BigQuery what only BigQuery can confirm: that jobs have labels, overlap, are
    cancelled at their deadline and keep to their limits, that partitions are pruned, and that every
    model runs; and that secrets, deployed commits and logs can be read.

    Ends within ten minutes and costs as much as one run of all monitors. Writes only with --write,
    which creates the dataset plumbline_smoke. The report holds no secrets and can be attached to an
    issue. For a quick check of the setup, use `plumbline debug`.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.doctor.smoke import open_smoke, run_steps, write_results
    from plumbline.doctor.smoke_context import Shown

    project = current_session().project()
    opened = open_smoke(project, project.target(target), write=write)
    at, results = datetime.now(UTC), []
    for result in run_steps(opened):
        write_text(result.render())
        results.append(result)
    page = write_results(out, opened.target, at, results)
    write_message(f"written to {page} and .json")
    return EXIT_ERROR if any(one.verdict is Shown.FAIL for one in results) else EXIT_OK


command = Command(
    name="smoke",
    callback=smoke,
    params=[
        target_option(),
        flag("--write", "Also test writes: create the dataset plumbline_smoke and append to it."),
        click.Option(
            ["--out"],
            type=FOLDER,
            default=Path("smoke"),
            show_default=True,
            help="Folder for the results, as Markdown and JSON.",
        ),
    ],
    examples=(
        Example("plumbline smoke --target bigquery", "test once on your project"),
        Example("plumbline smoke --target bigquery --write --out build/smoke", "also test writes"),
    ),
    exit_codes={0: "no step failed", 3: "ERROR: a step failed"},
)
