"""The dataset ``plumbline`` of a target: opened, made where missing, and given new columns.

Nothing is asked before it is needed: who reads or writes tries first, and calls `OwnDataset.ensure`
when that fails, so a quiet run pays no request for a dataset that is there.
Used by whatever reads or writes one of its tables.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from plumbline.core.errors import WarehouseError
from plumbline.core.parameter import Parameter
from plumbline.history.tables import DATASET, SCHEMA_VERSION, TABLES, OwnTable
from plumbline.net.deadline import deadline
from plumbline.warehouse.client import endpoint_of, open_client
from plumbline.warehouse.failures import Call, explain_failure
from plumbline.warehouse.query import QueryRequest, new_job_id, run_query
from plumbline.warehouse.retries import PATIENCE, make_retry

if TYPE_CHECKING:
    from datetime import datetime

    from google.api_core.retry import Retry
    from google.auth.credentials import Credentials
    from google.cloud import bigquery

    from plumbline.project.targets import Target

SECONDS = 60.0
"""For one question or one load, retries and all."""

VERSION_LABEL = "plumbline_schema"

LABELS = {"component": "history"}
"""Of query jobs on the dataset, so that their cost can be told from the monitors'."""

FIXES = {
    "make": "grant the role BigQuery User (roles/bigquery.user) on the project to the account that "
    "runs plumbline; or create the dataset yourself and grant it BigQuery Data Owner "
    "(roles/bigquery.dataOwner) on the dataset",
    "use": "grant the account that runs plumbline the roles BigQuery Data Owner "
    "(roles/bigquery.dataOwner) on the dataset and BigQuery Job User (roles/bigquery.jobUser) on "
    "the project",
}

MISSING = ("notFound", "accessDenied")
"""What a query says of a dataset or table that is not there: BigQuery tells nobody who may not
know whether it exists."""


OUTDATED = (*MISSING, "invalidQuery")
"""The same, and what it says of a column that an older version did not make."""

_UNCLAIMED = "not exists (select 1 from `{dataset}.adoptions` as a where %s)"

_OWN = {
    "own": "project = @project and target = @target",
    "own_runs": "target = @target and (project = @project or project is null and "
    + _UNCLAIMED % "a.state_table = 'state' and a.project != @project"
    + ")",
    "own_events": "(project = @project and target = @target or project is null and "
    + _UNCLAIMED % "a.state_table = 'state' and (a.project != @project or a.target != @target)"
    + ")",
    "own_orphans": "project is null and "
    + _UNCLAIMED % "a.project != @project or a.target != @target",
}
"""Conditions that rows belong to the target's project: ``{own}`` in SQL. Rows of a version that
recorded no project count for ``own_runs`` (outcomes and heartbeats, which always had a target) and
``own_events`` (incidents and deliveries), as long as no other project has taken them over; those
rows alone are ``own_orphans``."""

_OWN_BEFORE = {"own": "false", "own_runs": "target = @target", "own_events": "true",
               "own_orphans": "true"}  # fmt: skip
"""The same in a dataset of that version."""

_ADDED = {name: name for name in ("metrics", "expectations")}
"""Columns that pages and baselines read, and that earlier versions did not have."""

_NO_EXPECTATIONS = {"expectations": "cast(null as string) as expectations"}
_NO_METRICS = {"metrics": "cast(null as string) as metrics", **_NO_EXPECTATIONS}

_VERSIONS = (
    {**_OWN, **_ADDED},
    {**_OWN, **_ADDED, **_NO_EXPECTATIONS},
    {**_OWN, **_NO_METRICS},
    {**_OWN_BEFORE, **_NO_METRICS},
)
"""How ``{own}``, ``{metrics}`` and ``{expectations}`` in SQL are read in a dataset of now and of
earlier versions."""


class OwnDataset:
    """Plumbline's own tables in one target.

    Args:
        endpoint: instead of the target's own, so that a proxy fits between.
        credentials: instead of the target's own.
        honours_job_ids: whether the warehouse refuses a job id that it has seen, which BigQuery
            does and the embedded one does not; None: as the target's kind says.

    Raises:
        ConfigError: the credentials are missing or malformed.
        WarehouseError: the target is embedded and its server does not run.
    """

    def __init__(
        self,
        target: Target,
        *,
        endpoint: str | None = None,
        credentials: Credentials | None = None,
        honours_job_ids: bool | None = None,
    ) -> None:
        self.target = target
        self.name = target.datasets.get(DATASET, DATASET)
        self.endpoint = endpoint or endpoint_of(target)
        self.honours_job_ids = (
            target.kind == "bigquery" if honours_job_ids is None else honours_job_ids
        )
        self.client: bigquery.Client = open_client(
            target, endpoint=self.endpoint, credentials=credentials
        )
        self._ensured = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let go of idle connections; who asks again gets new ones."""
        self.client.close()  # type: ignore[no-untyped-call]

    def table_id(self, table: OwnTable) -> str:
        """``project.dataset.table``, as load jobs and SQL name it."""
        return f"{self.target.project}.{self.name}.{table.name}"

    def job_id(self, *parts: object) -> str:
        """The job id for a write: the same for whoever makes the same write in this dataset.

        Job ids are the project's, which may hold several datasets of ours.
        """
        text = "_".join(("plumbline", self.name, *map(str, parts)))
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in text)
        if safe == text and len(text) <= 900:
            return text
        return f"{safe[:800]}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"

    def read(
        self, name: str, sql: str, parameters: Sequence[Parameter] = ()
    ) -> list[dict[str, Any]]:
        """The rows of ``sql``, in which ``{dataset}`` is ``project.dataset``, and ``{own}``,
        ``{own_runs}`` or ``{own_events}`` a condition that they are of this project and target.

        Where the dataset, a table or a column is missing, it is made, and asked again: what can't
        be read must never look like what is empty.

        Raises:
            WarehouseError: whatever went wrong.
        """
        try:
            return self._query(name, sql, parameters)
        except WarehouseError as fault:
            if fault.reason not in OUTDATED or not self.ensure():
                raise self.explained(fault, "use") from fault
        try:
            return self._query(name, sql, parameters)
        except WarehouseError as fault:
            raise self.explained(fault, "use") from fault

    def read_if_there(
        self, name: str, sql: str, parameters: Sequence[Parameter] = ()
    ) -> list[dict[str, Any]] | None:
        """As `read`, for those who only look: where the dataset, a table or a column of a later
        version is missing, nothing is made, and the answer is None.

        A dataset of an earlier version is read as that version read it: without the project, or
        with null as ``{metrics}`` and ``{expectations}``.

        Raises:
            WarehouseError: whatever else went wrong.
        """
        # Once for versions that read it alike.
        for version in {sql.format(dataset="", **one): one for one in _VERSIONS}.values():
            try:
                return self._query(name, sql, parameters, version)
            except WarehouseError as fault:
                if fault.reason not in OUTDATED:
                    raise
        return None

    def _query(
        self,
        name: str,
        sql: str,
        parameters: Sequence[Parameter],
        version: Mapping[str, str] = _VERSIONS[0],
    ) -> list[dict[str, Any]]:
        job_id = new_job_id(name)
        dataset = f"{self.target.project}.{self.name}"
        conditions = {key: text.format(dataset=dataset) for key, text in version.items()}
        request = QueryRequest(
            name=name,
            sql=sql.format(dataset=dataset, **conditions),
            parameters=(*parameters, *self._scope()) if "{own" in sql else parameters,
        )
        result = run_query(self.client, request, self.call(job_id), job_id=job_id, labels=LABELS)
        return [dict(row) for row in result.rows]

    def _scope(self) -> tuple[Parameter, Parameter]:
        return (
            Parameter("project", "STRING", self.target.plumbline_project),
            Parameter("target", "STRING", self.target.name),
        )

    def created(self, table: OwnTable) -> str:
        """When the table was made, as a short text: another for one that was dropped and remade.

        Raises:
            WarehouseError: whatever went wrong.
        """
        made = self.made_at(table)
        return f"{int(made.timestamp() * 1000):x}" if made else "0"

    def made_at(self, table: OwnTable) -> datetime | None:
        """When the table was made; made now where it is missing.

        Raises:
            WarehouseError: whatever went wrong.
        """
        from google.api_core.exceptions import NotFound

        with self.asking("use"):
            try:
                found = self.client.get_table(self.table_id(table), retry=self.retry())
            except NotFound:
                if not self.ensure():
                    raise
                found = self.client.get_table(self.table_id(table), retry=self.retry())
        made: datetime | None = found.created
        return made

    def ensure(self) -> bool:
        """Make what is missing of the dataset, its tables and their columns.

        Returns:
            False: that was done before in this process, so it can't be what is wrong.

        Raises:
            WarehouseError: it may not be made, or whatever else went wrong.
        """
        with self._lock:
            if self._ensured:
                return False
            with self.asking("make"):
                had = self._make_dataset()
                for table in TABLES:
                    self.client.create_table(self._table(table), exists_ok=True, retry=self.retry())
                if had is not None and had < SCHEMA_VERSION:
                    self._migrate()
            self._ensured = True
            return True

    def call(self, job_id: str | None = None) -> Call:
        """What is being asked, for `explain_failure`."""
        return Call(
            target=self.target, endpoint=self.endpoint, deadline_seconds=SECONDS, job_id=job_id
        )

    def retry(self, *, also: Callable[[BaseException], bool] = lambda _: False) -> Retry:
        """How long one call is repeated that BigQuery refused for the moment.

        Args:
            also: other errors that pass here.
        """
        return make_retry(self.target, patience=PATIENCE[self.target.kind], also=also)

    @contextmanager
    def asking(self, what: str, job_id: str | None = None) -> Iterator[None]:
        """Within `SECONDS`; whatever is raised inside becomes a `WarehouseError` with its fix."""
        with deadline(SECONDS):
            try:
                yield
            except Exception as fault:
                raise self.explained(fault, what, job_id) from fault

    def explained(
        self, fault: Exception, what: str, job_id: str | None = None, *, early: bool = False
    ) -> WarehouseError:
        """``fault`` in one line, with the roles that are missing where that is it.

        Args:
            what: of `FIXES`: what was being done.
            early: a timeout was that of one call, and there is time for another.
        """
        said = explain_failure(fault, self.call(job_id), early=early)
        if said.reason != "accessDenied" or said.what.startswith("the dataset"):
            return said
        return WarehouseError(
            f"the dataset {self.target.project}.{self.name} can't be "
            f"{'created' if what == 'make' else 'used'}: {said.what}",
            fix=FIXES[what],
            job_id=said.job_id,
            reason=said.reason,
        )

    def _make_dataset(self) -> int | None:
        """The version of a dataset that was there; None: it was made."""
        from google.api_core.exceptions import Conflict, NotFound
        from google.cloud import bigquery

        name = f"{self.target.project}.{self.name}"
        try:
            found = self.client.get_dataset(name, retry=self.retry())
        except NotFound:
            dataset = bigquery.Dataset(name)
            dataset.location = self.target.location
            dataset.description = (
                "Results, incidents, messages and state of plumbline. Written by plumbline only."
            )
            dataset.labels = {VERSION_LABEL: str(SCHEMA_VERSION)}
            try:
                self.client.create_dataset(dataset, retry=self.retry())
            except Conflict:  # another run was faster; it makes it of its own version
                found = self.client.get_dataset(name, retry=self.retry())
            else:
                return None
        label = str((found.labels or {}).get(VERSION_LABEL, "0"))
        return int(label) if label.isdecimal() else 0

    def _migrate(self) -> None:
        """Add the columns that the tables have not, then say so on the dataset."""
        for table in TABLES:
            found = self.client.get_table(self.table_id(table), retry=self.retry())
            have = {field.name for field in found.schema}
            # DDL: it adds a column once however many runs try, and the embedded one forgets
            # what tables.patch gets.
            for column in table.columns:
                if column.name in have:
                    continue
                said = column.description.replace("\\", "\\\\").replace('"', '\\"')
                self.client.query(
                    f"alter table `{self.table_id(table)}` add column if not exists "
                    f'`{column.name}` {column.type} options (description = "{said}")',
                    retry=self.retry(),
                ).result(retry=self.retry(), timeout=SECONDS)
        dataset = self.client.get_dataset(f"{self.target.project}.{self.name}", retry=self.retry())
        dataset.labels = {**(dataset.labels or {}), VERSION_LABEL: str(SCHEMA_VERSION)}
        self.client.update_dataset(dataset, ["labels"], retry=self.retry())

    def _table(self, table: OwnTable) -> bigquery.Table:
        from google.cloud import bigquery

        made = bigquery.Table(
            self.table_id(table),
            schema=[
                bigquery.SchemaField(
                    column.name,
                    column.type,
                    mode="REQUIRED" if column.required else "NULLABLE",
                    description=column.description,
                )
                for column in table.columns
            ],
        )
        made.description = table.description
        made.time_partitioning = bigquery.TimePartitioning(field=table.partition_by)
        made.clustering_fields = list(table.cluster_by)
        return made
