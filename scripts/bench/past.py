"""A project with a past: as many stored results as asked for, made from those of one real run.

Each copy is a run six hours before the next: the files in GX's store of results, and the rows in
the history of the warehouse, are those that such a run would have left.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copy, copytree
from typing import Any

from plumbline.core.run import Run
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.outcomes import outcome_rows
from plumbline.history.tables import OUTCOMES
from plumbline.project import Project, Target
from plumbline.site.records import META_KEY, Record, from_meta, to_meta

EVERY = timedelta(hours=6)
_ROWS_A_LOAD = 20_000


def copy_project(shipped: Path, root: Path) -> Project:
    """A copy of the shipped project, with a docs site of GX's own beside plumbline's."""
    root.mkdir(parents=True)
    for name in ("models", "macros", "expectations", "checkpoints", "scripts", "docs"):
        copytree(shipped / name, root / name)
    copy(shipped / "dbt_project.yml", root)
    configuration = (shipped / "great_expectations.yml").read_text()
    # What reads all of a long past, once, takes the embedded warehouse longer than a run may wait.
    configuration = configuration.replace("deadline_seconds: 60\n", "deadline_seconds: 600\n")
    # Unlike that of any other measurement on the same warehouse.
    name = re.sub(r"\W", "_", f"{root.parent.name}_{root.name}")
    own = f"datasets: {{plumbline: {name}}}"
    configuration = configuration.replace(
        "kind: embedded\n", f"kind: embedded\n        {own}\n"
    ).replace(
        "data_docs_sites:\n",
        "data_docs_sites:\n"
        "  gx_site:\n"
        "    class_name: SiteBuilder\n"
        "    store_backend:\n"
        "      class_name: TupleFilesystemStoreBackend\n"
        "      base_directory: gx_docs/\n"
        "    site_index_builder:\n"
        "      class_name: DefaultSiteIndexBuilder\n",
    )
    (root / "great_expectations.yml").write_text(configuration)
    return Project(root)


def multiply(results: Path, target: Target, wanted: int) -> int:
    """Make ``wanted`` stored results of those of one run; how many runs they are of.

    Args:
        results: the folder of GX's store.
        target: whose history gets the rows.
        wanted: results in all, those of the run included.
    """
    rows: list[dict[str, Any]] = []
    runs = 1
    for runs, record in copied(results, wanted):  # noqa: B007 - the last one is wanted
        rows += _rows(record, target.plumbline_project)
    dataset = OwnDataset(target)
    dataset.ensure()
    for first in range(0, len(rows), _ROWS_A_LOAD):
        part = rows[first : first + _ROWS_A_LOAD]
        append(dataset, OUTCOMES, part, job_id=dataset.job_id("benchmark", first))
    return runs


def copied(results: Path, wanted: int) -> Iterator[tuple[int, Record]]:
    """Write files in GX's store until there are ``wanted``; each copy, and how many runs there are.

    Args:
        results: the folder of GX's store, with the results of one run.
        wanted: results in all, those of the run included.
    """
    originals = sorted(results.rglob("*.json"))
    made, run = len(originals), 0
    while made < wanted:
        run += 1
        for original in originals[: wanted - made]:
            made += 1
            yield run + 1, _copy(results, original, run)


def _copy(results: Path, original: Path, run: int) -> Record:
    content = json.loads(original.read_text())
    record = from_meta(content["meta"])
    assert record is not None
    earlier = _earlier(record, run)
    content["meta"][META_KEY] = to_meta(earlier)
    content["meta"]["run_id"]["run_name"] = earlier.run.run_id
    suite, _, time, batch = original.relative_to(results).parts
    file = results / suite / earlier.run.run_id / time / batch
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(content))
    return earlier


def _earlier(record: Record, run: int) -> Record:
    back = EVERY * run
    as_of = record.run.as_of - back
    observed = record.outcome.observed
    return replace(
        record,
        run=replace(
            record.run,
            run_id=f"{as_of:%Y%m%dT%H%M%SZ}-{run:08x}",
            as_of=as_of,
            started_at=record.run.started_at - back,
        ),
        ended_at=record.ended_at - back,
        # another number each time, as a real one would be: nothing is the same page twice
        outcome=replace(
            record.outcome,
            as_of=as_of,
            observed=None if observed is None else observed + run % 7 / 10,
        ),
    )


def _rows(record: Record, project: str) -> Iterator[dict[str, Any]]:
    stamp = record.run
    run = Run(stamp.run_id, stamp.checkpoint, stamp.target, stamp.as_of, None)
    yield from outcome_rows(run, [record.outcome], project=project, recorded_at=record.ended_at)
