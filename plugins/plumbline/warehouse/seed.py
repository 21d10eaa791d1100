"""The embedded warehouse is filled once with the data that the project's seed makes.

The project's seed command makes one file a table (``<dataset>.<table>.parquet`` or ``.ndjson``);
the tables are those of ``models/sources.yml``; each is filled by one load job, as on BigQuery.
A mark is written last, with a hash of all that went in: a seed that was killed is done again, one
that is done is not, and a changed generator fills the tables anew.
Used by `ready`, under the lock of the embedded warehouse.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.core.local_file import replace_file
from plumbline.core.text import count
from plumbline.net.deadline import deadline
from plumbline.net.programs import started
from plumbline.project.jinja import has_jinja
from plumbline.warehouse import embedded
from plumbline.warehouse.embedded import EmbeddedWarehouse, Progress
from plumbline.warehouse.failures import Call, explain_failure
from plumbline.warehouse.tables import SourceTable, read_makeable_tables

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud import bigquery

    from plumbline.project.targets import Seed, Target

FORMAT = 1
"""Counted up when plumbline itself loads differently, so that existing warehouses are refilled."""

MAKE_SECONDS = 300.0
LOAD_SECONDS = 120.0
SOURCES = Path("models", "sources.yml")
LOAD_FORMATS = {".parquet": "PARQUET", ".ndjson": "NEWLINE_DELIMITED_JSON"}


@dataclass(frozen=True)
class SeedPlan:
    """What a target's seed consists of, and the mark that it is loaded."""

    target: Target
    seed: Seed
    warehouse: EmbeddedWarehouse

    @classmethod
    def of(cls, target: Target, warehouse: EmbeddedWarehouse) -> SeedPlan | None:
        """The target's seed; None where it has none."""
        return cls(target, target.seed, warehouse) if target.seed else None

    @property
    def script(self) -> Path:
        """What ``python`` is given to run."""
        return self.target.project_dir / self.seed.command[0]

    @property
    def sources(self) -> Path:
        """The declaration of the tables."""
        return self.target.project_dir / SOURCES

    @property
    def mark(self) -> Path:
        """Written last, next to the data that it describes."""
        return self.warehouse.data_dir / f"seed-{self.target.project}.json"

    def digest(self) -> str:
        """A hash of all that the data depends on.

        Raises:
            ConfigError: the file of sources can't be read.
        """
        content, files = hashlib.sha256(), self.target.files
        said = [
            FORMAT,
            self.seed.command,
            self.seed.judged_day.isoformat(),
            self.target.project,
            sorted(self.target.datasets.items()),
        ]
        if self.target.dataset_prefix or self.target.dataset_suffix:
            said.append([self.target.dataset_prefix, self.target.dataset_suffix])
        content.update(json.dumps(said).encode())
        roots = [self.target.project_dir / word for word in self.seed.command]
        for root in roots:
            for file in _files(root):
                content.update(f"\0{file.relative_to(root)}\0".encode())
                content.update(file.read_bytes())
        if files.is_file(self.sources):
            sources = files.text(self.sources, error=ConfigError, what="the file of sources")
            content.update(b"\0.\0" + files.content(self.sources))
            if has_jinja(sources):
                # What they are called then depends on variables and the environment too.
                content.update(repr(sorted(self.places().items())).encode())
        return content.hexdigest()

    def places(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """Dataset and table, by source and table, of those whose names can be resolved.

        Under the names that the files give them: those of the target are put in when they are made.

        Raises:
            MonitorError: the YAML files can't be read.
        """
        from plumbline.models.sources import FoundSource, all_sources
        from plumbline.models.workspace import Workspace
        from plumbline.project.project import Project

        as_declared = replace(self.target, datasets={}, dataset_prefix="", dataset_suffix="")
        project = Project(self.target.project_dir, self.target.files)
        found = all_sources(Workspace(project, as_declared))
        return {
            at: (one.relation.dataset, one.relation.table)
            for at, one in found.items()
            if isinstance(one, FoundSource)
            and one.relation.project == self.target.project
            and not one.relation.is_view_of_metadata
        }

    def is_done(self) -> bool:
        """Whether the warehouse holds just this seed."""
        return self._marked() == self.digest() and any(self.warehouse.data_dir.glob("*.duckdb"))

    def was_done(self) -> bool:
        """Whether it holds this seed, or that of another version of the generator."""
        return self._marked() is not None

    def _marked(self) -> str | None:
        try:
            return str(json.loads(self.mark.read_text())["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Making:
    """The seed command at work, while the server starts."""

    def __init__(self, plan: SeedPlan, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.digest = plan.digest()
        """As things stood when the command began."""
        self._plan = plan
        self._folder = folder
        self._process = process

    def files(self) -> list[Path]:
        """Wait for the command; the files that it made.

        Raises:
            WarehouseError: it failed, or made nothing.
        """
        script = self._plan.script
        try:
            _, said = self._process.communicate(timeout=MAKE_SECONDS)
        except subprocess.TimeoutExpired:
            raise WarehouseError(
                f"the seed command has not finished in {MAKE_SECONDS:.0f} s",
                file=script,
                fix="run it by hand with --out FOLDER",
            ) from None
        if self._process.returncode != 0:
            lines = said.decode(errors="replace").strip().splitlines()
            raise WarehouseError(
                f"the seed command failed (exit code {self._process.returncode})"
                + (f": {lines[-1].strip()[:300]}" if lines else ""),
                file=script,
                fix="run it by hand with --out FOLDER",
            )
        files = sorted(file for file in self._folder.iterdir() if file.suffix in LOAD_FORMATS)
        if not files:
            raise WarehouseError(
                "the seed command wrote no <dataset>.<table>.parquet or .ndjson", file=script
            )
        return files


@contextlib.contextmanager
def making(plan: SeedPlan) -> Iterator[Making]:
    """Run the seed command into a folder that is removed afterwards, as the command is if alive.

    Raises:
        ConfigError: there is no such command.
    """
    if not plan.script.exists():
        raise ConfigError(
            f"the seed command {plan.seed.command[0]!r} does not exist",
            file=plan.target.project_dir / "great_expectations.yml",
            key=f"fluent_datasources.*.targets.{plan.target.name}.seed.command",
            fix="name a Python script of the project",
        )
    for left_over in plan.warehouse.folder.glob("season-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="season-", dir=plan.warehouse.folder))
    try:
        with started(
            [*embedded.python_command(), *plan.seed.command, "--out", str(folder.resolve())],
            cwd=plan.target.project_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            yield Making(plan, folder, process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load(plan: SeedPlan, made: Making, client: bigquery.Client, progress: Progress) -> None:
    """Make the declared tables and fill them, then write the mark.

    Declared tables that the command makes no file for are made where they are missing, and left
    alone where not.

    Raises:
        ConfigError: a file is of a table that is not declared, or has other columns.
        WarehouseError: the command or a load job failed.
    """
    began = time.monotonic()
    document = plan.target.files.document(plan.sources)
    declared = {table.key: table for table in read_makeable_tables(document, plan.places())}
    plan.mark.unlink(missing_ok=True)
    files = made.files()
    by_key = {file.stem: file for file in files}
    declared = _without_wildcards(declared, by_key)
    for key in by_key:
        if key not in declared:
            raise ConfigError(
                f"the seed command made {by_key[key].name}, but no table {key} is declared",
                file=plan.sources,
                fix="declare the table, or remove it from the command's output",
            )
    for dataset in sorted({table.dataset for table in declared.values()}):
        _make_dataset(plan.target, client, dataset)
    rows = {}
    for number, (key, table) in enumerate(declared.items(), start=1):
        file = by_key.get(key)
        _make_table(plan.target, client, table, replace=file is not None)
        if file is not None:
            progress(f"loading table {number} of {len(declared)}: {key}")
            rows[key] = _load_file(plan, client, table, file)
    mark = {"digest": made.digest, "rows": rows, "seeded_at": time.time()}
    replace_file(plan.mark, json.dumps(mark, indent=2))
    progress(
        f"loaded {count(sum(rows.values()), 'rows')} into {count(len(rows), 'tables')} "
        f"({time.monotonic() - began:.1f} s)"
    )


def _without_wildcards(
    declared: Mapping[str, SourceTable], files: Iterable[str]
) -> dict[str, SourceTable]:
    """With the tables that ``files`` bring for each wildcard in its place."""
    found = {key: table for key, table in declared.items() if not key.endswith("*")}
    for wildcard in (table for key, table in declared.items() if key.endswith("*")):
        for key in files:
            if key not in found and key.startswith(wildcard.key.removesuffix("*")):
                found[key] = replace(wildcard, name=key.partition(".")[2])
    return found


def _make_dataset(target: Target, client: bigquery.Client, name: str) -> None:
    from google.cloud import bigquery

    dataset = bigquery.Dataset(f"{target.project}.{target.dataset_name(name)}")
    dataset.location = target.location
    with _asking(target, f"dataset {name}"):
        client.create_dataset(dataset, exists_ok=True, retry=_briefly())


def _make_table(
    target: Target, client: bigquery.Client, table: SourceTable, *, replace: bool
) -> None:
    dataset = target.dataset_name(table.dataset)
    with _asking(target, f"table {table.key}"):
        statement = table.ddl(target.project, dataset, replace=replace)
        client.query(statement, retry=_briefly()).result(retry=_briefly(), timeout=LOAD_SECONDS)


def _load_file(plan: SeedPlan, client: bigquery.Client, table: SourceTable, file: Path) -> int:
    from google.cloud import bigquery

    target = plan.target
    config = bigquery.LoadJobConfig(
        source_format=LOAD_FORMATS[file.suffix],
        write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
    )
    if file.suffix == ".parquet":
        config.parquet_options = bigquery.ParquetOptions()  # type: ignore[no-untyped-call]
        config.parquet_options.enable_list_inference = True
    dataset = target.dataset_name(table.dataset)
    with _asking(target, f"load job of {file.name}"), _in_order(plan, table, file) as content:
        # Without `size` the client makes a resumable upload; multipart ones are refused.
        job = client.load_table_from_file(
            content,
            f"{target.project}.{dataset}.{table.name}",
            job_config=config,
            timeout=LOAD_SECONDS,
        )
        job.result(retry=_briefly(), timeout=LOAD_SECONDS)
    return int(job.output_rows or 0)


@contextlib.contextmanager
def _in_order(plan: SeedPlan, table: SourceTable, file: Path) -> Iterator[IO[bytes]]:
    """The file with its columns in the declared order: bqemulator loads Parquet by position."""
    if file.suffix != ".parquet":
        with file.open("rb") as content:
            yield content
        return
    import pyarrow.parquet as pq

    wanted = [name for name, _ in table.columns]
    found = pq.read_schema(file).names
    if sorted(found) != sorted(wanted):
        missing, unknown = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
        raise ConfigError(
            f"{file.name} doesn't have the declared columns"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; not declared: {', '.join(unknown)}" if unknown else ""),
            file=plan.sources,
            key=table.key,
            fix="declare the columns that the seed command writes",
        )
    if found == wanted:
        with file.open("rb") as content:
            yield content
        return
    ordered = io.BytesIO()
    pq.write_table(pq.read_table(file, columns=wanted).select(wanted), ordered)
    ordered.seek(0)
    yield ordered


@contextlib.contextmanager
def _asking(target: Target, what: str) -> Iterator[None]:
    call = Call(target=target, endpoint="the embedded warehouse", deadline_seconds=LOAD_SECONDS)
    with deadline(LOAD_SECONDS):
        try:
            yield
        except ConfigError:
            raise
        except Exception as fault:
            said = explain_failure(fault, call)
            raise WarehouseError(
                f"the embedded warehouse could not be filled ({what}): {said.what}",
                fix=said.fix,
                reason=said.reason,
            ) from fault


def _briefly() -> Retry:
    """The client's own retries wait ten minutes for a server that is on this machine."""
    from google.cloud.bigquery.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(3.0)


def _files(root: Path) -> list[Path]:
    """The files under ``root`` (or itself) that are written by hand."""
    if root.is_file():
        return [root]
    return sorted(
        file
        for file in root.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc"
    )
