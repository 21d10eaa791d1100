"""A fluent GX datasource whose assets are SQL models: one query job a batch.

GX's own BigQuery datasource sends five statements a validation and one more an expectation,
each a billed scan. Here ``get_batch`` takes the rows of one job, and GX evaluates the whole
suite on them with its pandas engine.
"""

from __future__ import annotations

import builtins
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from great_expectations.compatibility import pydantic
from great_expectations.core.batch import LegacyBatchDefinition
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.core.id_dict import IDDict
from great_expectations.datasource.fluent.batch_identifier_util import make_batch_identifier
from great_expectations.datasource.fluent.batch_request import BatchRequest
from great_expectations.datasource.fluent.interfaces import Batch, DataAsset, Datasource
from great_expectations.exceptions.exceptions import BuildBatchRequestError
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.core.ids import stable_id
from plumbline.core.run import Run, new_run_id
from plumbline.gx.project_context import project_of
from plumbline.project import Project, Target
from plumbline.project.definitions import BATCH_DEFINITION
from plumbline.run.jobs import MonitorJobs
from plumbline.run.request import AsOf, choose_as_of, parse_as_of

OPTIONS = ("as_of", "vars")


if TYPE_CHECKING:
    _Asset: TypeAlias = DataAsset[Any, Any]
    _Datasource: TypeAlias = Datasource[Any, Any]
else:  # GX's own subclasses leave the type arguments out as well
    _Asset, _Datasource = DataAsset, Datasource


def batch_id(source: str, asset: str, options: Mapping[str, Any]) -> str:
    """The id of a batch, which becomes the name of the stored result's file: so of the variables
    it has a hash. A value may be long, or hold what no file name can.
    """
    parts = [source, asset]
    if options.get("as_of"):
        parts.append(f"as_of_{str(options['as_of']).replace('/', '-')}")
    if options.get("vars"):
        said = json.dumps(options["vars"], sort_keys=True, default=str)
        parts.append(f"vars_{hashlib.sha256(said.encode()).hexdigest()[:12]}")
    return "-".join(parts)


class ModelBatch(Batch):
    """A model's rows."""

    def _create_id(self) -> str:
        options = self.batch_request.options
        return batch_id(self.datasource.name, self.data_asset.name, options)


class ModelAsset(_Asset):
    """A monitor: its model's rows at one ``as_of``.

    Batch parameters: ``as_of`` (text as ``--as-of`` takes it; default: the demo season's day on
    the demo data, else now) and ``vars`` (values for the model's variables).
    """

    type: Literal["sql_model"] = "sql_model"

    def test_connection(self) -> None:
        """Nothing to test: a model is compiled, and its query says what is wrong."""

    def get_batch_parameters_keys(self, partitioner: Any = None) -> tuple[str, ...]:
        """The batch parameters that are understood."""
        return OPTIONS

    def build_batch_request(
        self, options: Any = None, batch_slice: Any = None, partitioner: Any = None
    ) -> BatchRequest[Any]:
        """A request for the rows at ``options["as_of"]``."""
        options = dict(options or {})
        for name in options:
            if name not in OPTIONS:
                raise BuildBatchRequestError(
                    message=f"unknown batch parameter {name!r}; {did_you_mean(name, OPTIONS)}"
                )
        if batch_slice is not None or partitioner is not None:
            raise BuildBatchRequestError(message="a model has no batch_slice and no partitioner")
        return BatchRequest(
            datasource_name=self.datasource.name, data_asset_name=self.name, options=options
        )

    def get_batch_identifiers_list(self, batch_request: BatchRequest[Any]) -> list[dict[str, Any]]:
        """The one batch that a request names."""
        return [IDDict(batch_request.options)]

    def _validate_batch_request(self, batch_request: BatchRequest[Any]) -> None:
        self.build_batch_request(batch_request.options)

    def get_batch(self, batch_request: BatchRequest[Any]) -> Batch:
        """The rows that are judged, as one pandas batch.

        Raises:
            MonitorError: a fault in the monitor's files or its query.
        """
        self._validate_batch_request(batch_request)
        source = self.datasource
        assert isinstance(source, BigQueryModels)
        jobs = source.jobs(batch_request.options)
        try:
            frame = jobs.data(self.name).frame()
        finally:
            jobs.close()
        spec = RuntimeDataBatchSpec(batch_data=frame)
        data, markers = source.get_execution_engine().get_batch_data_and_markers(batch_spec=spec)
        return ModelBatch(
            datasource=source,
            data_asset=self,
            batch_request=batch_request,
            data=data,
            metadata=dict(batch_request.options),
            batch_markers=markers,
            batch_spec=spec,
            batch_definition=LegacyBatchDefinition(
                datasource_name=source.name,
                data_connector_name="model",
                data_asset_name=self.name,
                batch_identifiers=make_batch_identifier(batch_request.options),
            ),
        )


NOTEBOOK = "notebook"
"""In place of a checkpoint's name, where a definition is run by itself."""


class BigQueryModels(_Datasource):
    """SQL models on BigQuery; every suite of the project with a model is an asset."""

    asset_types: ClassVar[list[Any]] = [ModelAsset]

    type: Literal["bigquery_models"] = "bigquery_models"
    default_target: str = "local"
    plumbline_project: str | None = None
    targets: dict[str, Any] = pydantic.Field(default_factory=dict)
    assets: list[ModelAsset] = []  # noqa: RUF012 - pydantic copies it

    _made: dict[str, ModelAsset] = pydantic.PrivateAttr(default_factory=dict)

    @property
    def execution_engine_type(self) -> builtins.type[PandasExecutionEngine]:
        """GX's pandas engine."""
        return PandasExecutionEngine

    def get_execution_engine(self) -> PandasExecutionEngine:
        """A new engine each time: the base would hand our fields to it and keep every batch."""
        return PandasExecutionEngine()

    def test_connection(self, test_assets: bool = True) -> None:
        """Nothing is connected before a query is sent."""

    @property
    def project(self) -> Project:
        """The project that the datasource's context was loaded from.

        Raises:
            ConfigError: the context has no folder, so there are no models.
        """
        if getattr(self._data_context, "root_directory", None) is None:
            raise ConfigError(
                f"datasource {self.name!r} needs a project folder",
                fix="load the context with gx.get_context(context_root_dir=...)",
            )
        return project_of(self._data_context)

    def get_asset_names(self) -> set[str]:
        """The monitors of the project."""
        return set(self.project.suite_names())

    def get_asset(self, name: str) -> ModelAsset:
        """The asset of a monitor, made on demand.

        Raises:
            LookupError: there is no such monitor.
        """
        asset = self._made.get(name)
        if asset is None:
            if not self.project.has_monitor(name):
                known = did_you_mean(name, self.get_asset_names())
                raise LookupError(f"there is no monitor {name!r}; {known}")
            asset = ModelAsset(name=name, id=stable_id("asset", name))
            definition: BatchDefinition[Any] = BatchDefinition(
                id=str(stable_id("batch_definition", name)), name=BATCH_DEFINITION
            )
            definition.set_data_asset(asset)
            asset.batch_definitions.append(definition)
            asset._datasource = self
            self._made[name] = asset
        return asset

    def jobs(
        self, options: Mapping[str, Any], *, checkpoint: str = NOTEBOOK, run_id: str | None = None
    ) -> MonitorJobs:
        """New jobs for a batch or a run with these ``options``, on a target that is ready.

        They are never kept for the next one: files and rows may be others by then.
        """
        now = datetime.now(UTC)
        project = self.project
        target = _ready(project.target())
        as_of = given_as_of(options, project, now) or choose_as_of(
            None, now=now, zone=project.timezone, target=target
        )
        run = Run(
            run_id or new_run_id(now), checkpoint, target.name, as_of.instant, project.revision
        )
        return MonitorJobs(project, target, run.as_of, run=run, vars=options.get("vars") or {})


def given_as_of(options: Mapping[str, Any], project: Project, now: datetime) -> AsOf | None:
    """The instant that batch parameters name; None: they name none.

    Raises:
        ConfigError: it is neither a date nor an instant, or lies in the future.
    """
    given = options.get("as_of")
    if not given:
        return None
    try:
        return parse_as_of(str(given), now=now, zone=project.timezone)
    except ConfigError as fault:
        raise ConfigError(fault.what, key="batch_parameters['as_of']", fix=fault.fix) from None


def _ready(target: Target) -> Target:
    from plumbline.warehouse.ready import ensure_ready

    return ensure_ready(target)
