"""A project as one command reads it: suites, checkpoints, variables and targets.

Every command starts here. What is wrong with a file is raised here, with file and key. Imports no
Great Expectations and uses no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from plumbline.core.errors import ConfigError, MonitorError, did_you_mean
from plumbline.core.instants import find_zone, no_zone
from plumbline.core.mute import Mute
from plumbline.core.revision import Revision
from plumbline.project.alerts import AlertsConfig, default_alerts, read_alerts
from plumbline.project.checkpoints import CheckpointFile, read_checkpoint
from plumbline.project.dbt_folders import macro_folders, model_folders
from plumbline.project.definitions import Definition, find_model_faults, read_definition
from plumbline.project.documents import DATASOURCE_TYPE, DBT_FILE, Documents, MonitorNames
from plumbline.project.files import Files
from plumbline.project.find import PROJECT_FILE, find_project_dir, find_state_dir
from plumbline.project.identity import read_identity
from plumbline.project.jinja import Scope, has_jinja, render_settings, render_variable
from plumbline.project.mutes import read_mutes
from plumbline.project.parsing import refuse_faults
from plumbline.project.revision import read_revision
from plumbline.project.runbooks import read_runbook
from plumbline.project.schedule import Schedule, read_schedules
from plumbline.project.sites import SiteConfig, read_sites
from plumbline.project.stale_entries import stale_mutes, stale_schedules
from plumbline.project.state_files import StateFiles
from plumbline.project.stores import CONVERT, check_stores
from plumbline.project.suites import MonitorEntry, Suite, read_suite
from plumbline.project.targets import Target, read_kinds, read_target_name, resolve_target

if TYPE_CHECKING:
    from plumbline.project.services import Service

DEFAULT_CHECKPOINT = "health_check"
FIRST_MONITOR = (
    "create the project's first monitor: plumbline new monitor NAME --table DATASET.TABLE"
)
"""The fix where a project has no monitor, or no checkpoint, which the first monitor creates."""


@contextmanager
def _as_config_error() -> Iterator[None]:
    """A fault of the project's own configuration, not of one monitor's files."""
    try:
        yield
    except MonitorError as fault:
        raise ConfigError(fault.what, file=fault.file, key=fault.key, fix=fault.fix) from fault


def own_variables(declared: Mapping[str, Any], project: object) -> Mapping[str, Any]:
    """``vars`` as the project of that name sees them: its own scope before the rest."""
    own = declared.get(str(project))
    return {**declared, **own} if isinstance(own, dict) else declared


def default_timezone(variables: Mapping[str, Any], *, file: Path) -> str:
    """The time zone in ``vars``, rendered; UTC by default.

    Raises:
        MonitorError: its Jinja can't be rendered. `target` is not available there, because days are
            the same on every target.
    """
    name = variables.get("timezone", "UTC")
    if has_jinja(name):
        name = render_variable("timezone", Scope(variables, str(file)))
    return str(name)


@dataclass(frozen=True)
class Project:
    """A plumbline project as one command finds it: each file is read once.

    To see an edit, make another `Project`.
    """

    root: Path
    files: Files = field(default_factory=Files, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.files.confine(self.root)

    @classmethod
    def find(cls, project_dir: Path | None = None) -> Project:
        """The project of ``--project-dir`` or of the working directory.

        Raises:
            ConfigError: there is none.
        """
        return cls(root=find_project_dir(project_dir))

    @cached_property
    def documents(self) -> Documents:
        """The files as they are parsed, with what is wrong with each."""
        return Documents(self.root, self.files)

    @property
    def expectations_dir(self) -> Path:
        return self.documents.suites_dir

    @property
    def checkpoints_dir(self) -> Path:
        return self.documents.checkpoints_dir

    @property
    def validation_definitions_dir(self) -> Path:
        """Validation definitions: suites over data assets of GX's own, and suites run twice."""
        return self.documents.definitions_dir

    @property
    def services_file(self) -> Path:
        return self.documents.services_file

    @property
    def state_dir(self) -> Path:
        """Local state, ignored by git; ``PLUMBLINE_STATE_DIR`` moves it."""
        return find_state_dir(self.root)

    @cached_property
    def gx(self) -> Mapping[str, Any]:
        """``great_expectations.yml``, parsed."""
        return self.documents.configuration.mapping_or_raise(
            error=ConfigError, what="the project's configuration"
        )

    @cached_property
    def revision(self) -> Revision | None:
        """The revision of the files, asked once.

        Raises:
            ConfigError: `PLUMBLINE_REVISION` holds something else.
        """
        return read_revision(self.root)

    def read_all(self) -> None:
        """Read every file that a run may ask for, now: what is edited from here on is in the next
        run and not in this one. What is wrong with a file is raised when it is needed.

        Raises:
            ConfigError: `PLUMBLINE_REVISION` holds something else than a revision.
        """
        self.revision  # noqa: B018 - before the files: of two, the older one is said
        self.files.read_all(self._files_of_a_run())
        for named in self.documents.runbooks:
            read_runbook(self.root, named, self.files)

    def _files_of_a_run(self) -> Iterator[Path]:
        files = self.files
        yield self.root / PROJECT_FILE
        yield self.root / DBT_FILE
        yield self.services_file
        for folder in (
            self.expectations_dir,
            self.validation_definitions_dir,
            self.checkpoints_dir,
        ):
            yield from files.listed(folder, "*.json")
        yield from files.listed(self.checkpoints_dir, "*.yml")
        with suppress(ConfigError):  # told when the first model is compiled
            for folder in model_folders(self.root, self.dbt):
                for pattern in ("*.sql", "*.yml", "*.yaml"):
                    yield from files.listed(folder, pattern, below=True)
            for folder in macro_folders(self.root, self.dbt):
                yield from files.listed(folder, "*.sql", below=True)

    def check_stores(self) -> None:
        """Refuse stores with which no monitor can be run.

        Raises:
            ConfigError: one is Great Expectations' own, or is missing.
        """
        check_stores(self.gx, file=self.root / PROJECT_FILE)

    @cached_property
    def dbt(self) -> Mapping[str, Any]:
        """``dbt_project.yml``, parsed; empty where there is none."""
        document = self.documents.dbt
        if document is None:
            return {}
        settings = document.mapping_or_raise(error=ConfigError, what="the dbt project file")
        with _as_config_error():
            return render_settings(settings, file=str(document.file))

    @cached_property
    def vars(self) -> Mapping[str, Any]:
        """The defaults of all variables, as they are written: texts may hold Jinja.

        As in dbt, the project's own scope counts first.
        """
        declared = self.dbt.get("vars") or {}
        if not isinstance(declared, dict):
            raise ConfigError(
                "vars is not a mapping",
                file=self.root / DBT_FILE,
                key="vars",
                fix="write `name: value` lines",
            )
        return own_variables(declared, self.dbt.get("name"))

    @cached_property
    def identity(self) -> str:
        """The project's name, under which its state and history are stored.

        Raises:
            ConfigError: no file names it.
        """
        datasource, entry = self._datasource
        with _as_config_error():
            return read_identity(
                dbt=self.dbt,
                variables=self.vars,
                dbt_file=self.root / DBT_FILE,
                source=entry,
                source_file=self.root / PROJECT_FILE,
                source_key=f"fluent_datasources.{datasource}",
            )

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The domain's zone: what a date means here."""
        with _as_config_error():
            name = default_timezone(self.vars, file=self.root / DBT_FILE)
        zone = find_zone(name)
        if zone is None:
            what, fix = no_zone(name)
            raise ConfigError(what, file=self.root / DBT_FILE, key="vars.timezone", fix=fix)
        return zone

    @cached_property
    def alerts(self) -> AlertsConfig:
        """``checkpoints/alerts.yml``: channels and routes; the default where there is no file.

        Raises:
            ConfigError: malformed.
        """
        document = self.documents.alerts
        return default_alerts() if document is None else read_alerts(document)

    @cached_property
    def mutes(self) -> tuple[Mute, ...]:
        """``checkpoints/mutes.yml``, of monitors that exist; those by command are in the state of
        alerts.

        Raises:
            ConfigError: malformed.
        """
        document = self.documents.mutes
        if document is None:
            return ()
        mutes = read_mutes(document, zone=self.timezone)
        known = self._nameable
        return tuple(mute for mute in mutes if mute.monitor in known)

    @property
    def _nameable(self) -> MonitorNames:
        return MonitorNames(frozenset(self.monitor_names()), self.documents.recorded)

    @property
    def schedules(self) -> tuple[Schedule, ...]:
        """``checkpoints/schedule.yml``: when checkpoints run; none where there is no such file.

        Raises:
            ConfigError: malformed, or never due.
        """
        known = self.checkpoint_names()
        return tuple(one for one in self._written_schedules if one.checkpoint in known)

    def scheduled(self) -> tuple[Schedule, ...]:
        """`schedules`, of which there must be one.

        Raises:
            ConfigError: as of `schedules`, or there is none.
        """
        if not self.schedules:
            checkpoint = next(iter(self.checkpoint_names()), "health_check")
            channel = next(iter(self.alerts.channels), "slack")
            raise ConfigError(
                "nothing is scheduled",
                file=self.checkpoints_dir / "schedule.yml",
                key="schedules",
                fix=f"write there: `schedules: [{{checkpoint: {checkpoint}, "
                f'cron: "0 */6 * * *", timezone: {self.timezone.key}, deadline: 10m, '
                f"notify: [{channel}]}}]`",
            )
        return self.schedules

    @property
    def stale_schedules(self) -> tuple[Schedule, ...]:
        """Schedules of checkpoints that do not exist: none of their runs can come.

        Raises:
            ConfigError: as of `schedules`.
        """
        known = self.checkpoint_names()
        return tuple(one for one in self._written_schedules if one.checkpoint not in known)

    @cached_property
    def _written_schedules(self) -> tuple[Schedule, ...]:
        document = self.documents.schedule
        if document is None:
            return ()
        channels = self.alerts.channels
        return tuple(
            replace(one, notify=tuple(name for name in one.notify if name in channels))
            for one in read_schedules(document)
        )

    @cached_property
    def stale_entries(self) -> tuple[str, ...]:
        """A line for each entry of mutes and schedules that names what does not exist, and so is
        ignored. What else is wrong with these files is reported by the code that needs them."""
        mutes, schedule = self.documents.mutes, self.documents.schedule
        found: list[str] = []
        with suppress(ConfigError):
            if mutes is not None:
                found += stale_mutes(mutes, monitors=self._nameable)
        with suppress(ConfigError):
            if schedule is not None:
                found += stale_schedules(
                    schedule,
                    checkpoints=self.checkpoint_names(),
                    channels=self.alerts.channels,
                )
        return tuple(found)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services whose deployments are watched; none where there is no such file.

        Raises:
            ConfigError: malformed.
        """
        document = self.documents.services
        if document is None:
            return ()
        # Most commands ask for no service, and should not wait for the file's many keys.
        from plumbline.project.services import read_services

        return read_services(document)

    @cached_property
    def sites(self) -> tuple[SiteConfig, ...]:
        """The data docs sites that are plumbline's.

        Raises:
            ConfigError: malformed.
        """
        return read_sites(self.gx, file=self.root / PROJECT_FILE)

    @cached_property
    def datasource_name(self) -> str:
        return self._datasource[0]

    @cached_property
    def _datasource(self) -> tuple[str, Mapping[str, Any]]:
        configuration = self.gx
        name = self.documents.datasource
        if name is not None:
            return name, configuration["fluent_datasources"][name]
        raise ConfigError(
            f"no datasource of type {DATASOURCE_TYPE!r}",
            file=self.root / PROJECT_FILE,
            key="fluent_datasources",
            fix=f"{CONVERT}, or add one with `type: {DATASOURCE_TYPE}` and its targets",
        )

    def target(
        self,
        name: str | None = None,
        *,
        must_be_named: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> Target:
        """The target that was asked for, resolved with the environment.

        Args:
            must_be_named: whether the project must have a name; where not, nothing may be stored.
            environment: default: the process's own.

        Raises:
            ConfigError: unknown, malformed, or without the project that it needs; or the
                project has no name.
        """
        datasource, entry = self._datasource
        return resolve_target(
            entry,
            name,
            plumbline_project=self._identity_or_none(must_be_named),
            file=self.root / PROJECT_FILE,
            key=f"fluent_datasources.{datasource}",
            project_dir=self.root,
            state_dir=self.state_dir,
            files=self.files,
            environment=environment,
        )

    def state_files(self, target: str | None = None) -> StateFiles | None:
        """The files of local state of a target, whose Google project need not be known.

        None: the project has no name, so that it stores nothing.

        Raises:
            ConfigError: an unknown target.
        """
        datasource, entry = self._datasource
        name = read_target_name(
            entry, target, file=self.root / PROJECT_FILE, key=f"fluent_datasources.{datasource}"
        )
        identity = self._identity_or_none(must_be_named=False)
        return StateFiles(self.state_dir, identity, name) if identity else None

    def _identity_or_none(self, must_be_named: bool) -> str:
        try:
            return self.identity
        except ConfigError:
            if must_be_named:
                raise
            return ""

    def target_kinds(self) -> Mapping[str, str]:
        """Every target by name, with its kind: ``embedded`` or ``bigquery``.

        Unlike `target`, this asks nothing of the environment of this machine.

        Raises:
            ConfigError: malformed.
        """
        datasource, entry = self._datasource
        return read_kinds(
            entry, file=self.root / PROJECT_FILE, key=f"fluent_datasources.{datasource}"
        )

    def targets_of(self, kind: str) -> str:
        """The fix where a command needs a target of ``kind``."""
        names = [name for name, other in self.target_kinds().items() if other == kind]
        if not names:
            return f"add a target of kind {kind} to {PROJECT_FILE}"
        return f"choose one of kind {kind}: --target {' or --target '.join(names)}"

    def suite_names(self) -> tuple[str, ...]:
        return _names(self.files.listed(self.expectations_dir, "*.json"))

    def has_suite(self, name: str) -> bool:
        """Whether a suite of that name exists, without a listing of the folder."""
        return self.files.is_file(self.expectations_dir / f"{name}.json")

    def has_monitor(self, name: str) -> bool:
        """Whether a checkpoint may list that name: a suite or a validation definition has it."""
        return self.has_suite(name) or self.files.is_file(self._definition_file(name))

    def suite(self, name: str) -> Suite:
        """One suite.

        Raises:
            MonitorError: missing or malformed.
        """
        file = self.expectations_dir / f"{name}.json"
        if not self.has_suite(name):
            raise MonitorError(
                f"there is no monitor {name!r}",
                file=file,
                fix=did_you_mean(name, self.suite_names()),
            )
        return self.files.once(("suite", name), lambda: read_suite(self.files.document(file)))

    def definition_names(self) -> tuple[str, ...]:
        return _names(self.files.listed(self.validation_definitions_dir, "*.json"))

    def definition(self, monitor: str) -> Definition | None:
        """The validation definition of a monitor; None: its suite is its own.

        Raises:
            MonitorError: malformed.
        """
        file = self._definition_file(monitor)
        return self.files.once(("definition", monitor), lambda: self._read_definition(file))

    def _read_definition(self, file: Path) -> Definition | None:
        return read_definition(self.files.document(file)) if self.files.is_file(file) else None

    def _definition_file(self, name: str) -> Path:
        return self.validation_definitions_dir / f"{name}.json"

    def monitor_names(self) -> tuple[str, ...]:
        """Every monitor: validation definitions, and suites that run under their own name."""
        if not self.definition_names():
            return self.suite_names()
        return tuple(sorted(self.documents.monitors))

    def renamed_monitors(self, monitors: Iterable[str] | None = None) -> dict[str, str]:
        """By each earlier name (``renamed_from``) the name now; what is a monitor is no earlier
        name.

        Args:
            monitors: only their earlier names; None: those of all.
        """
        names = self.monitor_names()
        found: dict[str, str] = {}
        for name in names if monitors is None else monitors:
            with suppress(MonitorError):  # lint and the run say what is wrong with it
                found |= dict.fromkeys(self.suite_of(name).monitor.renamed_from, name)
        return {old: name for old, name in found.items() if old not in names}

    def suite_of(self, monitor: str) -> Suite:
        """The suite of a monitor, with the model whose rows it judges.

        Under a validation definition the rows are those that the definition names: the model and
        the variables of its asset's suite, or none of ours.

        Raises:
            MonitorError: the suite or the definition is missing or malformed.
        """
        return self.files.once(("suite of", monitor), lambda: self._suite_of(monitor))

    def _suite_of(self, monitor: str) -> Suite:
        definition = self.definition(monitor)
        if definition is None:
            return self.suite(monitor)
        if not self.has_suite(definition.suite):
            raise MonitorError(
                f"there is no suite {definition.suite!r}",
                file=definition.file,
                key="suite.name",
                fix=did_you_mean(definition.suite, self.suite_names()),
            )
        suite = replace(self.suite(definition.suite), definition=definition)
        if definition.datasource != self.datasource_name:
            return suite.over(MonitorEntry())
        refuse_faults(find_model_faults(definition), file=definition.file, error=MonitorError)
        if not self.has_suite(definition.asset):
            raise MonitorError(
                f"there is no asset {definition.asset!r} in {definition.datasource}",
                file=definition.file,
                key="data.asset.name",
                fix="name the suite whose model gives the rows; "
                + did_you_mean(definition.asset, self.suite_names()),
            )
        rows = self.suite(definition.asset)
        given = definition.entry.batch_parameters.get("vars", {})
        if rows.monitor.table is None:
            self.model_of(rows)  # raises, if it has none
        return suite.over(rows.monitor, variables=given)

    def model_of(self, suite: Suite) -> str:
        """The model whose rows ``suite`` judges.

        Raises:
            MonitorError: it judges none.
        """
        if suite.monitor.model is not None:
            return suite.monitor.model
        if suite.definition is not None:
            where = f"{suite.definition.datasource}.{suite.definition.asset}"
            raise MonitorError(
                f"{suite.monitor_name} checks {where}, a data asset of Great Expectations, so it "
                "has no SQL model",
                file=suite.definition.file,
                key="data",
                fix="choose a monitor with a model; plumbline list shows the models",
            )
        others = self.documents.definitions_of.get(suite.name, ())
        raise MonitorError(
            f"suite {suite.name!r} has no model",
            file=suite.file,
            key="meta.monitor.model",
            fix=f"list the validation definitions that run it: {', '.join(others)}"
            if others
            else "name a model of models/monitors/, or add validation_definitions/"
            f"{suite.name}.json for a data asset of Great Expectations",
        )

    def asset_of(self, monitor: str) -> Definition | None:
        """The validation definition of a monitor that judges a data asset of GX's own; None: it
        judges the rows of a model.

        Raises:
            MonitorError: the definition is malformed.
        """
        definition = self.definition(monitor)
        if definition is None or definition.datasource == self.datasource_name:
            return None
        return definition

    def checkpoint_names(self) -> tuple[str, ...]:
        return _names(self.files.listed(self.checkpoints_dir, "*.json"))

    def is_recorded(self, monitor: str, checkpoint: str) -> bool:
        """Whether ``monitor`` has no files here: another tool checked it, and ``checkpoint`` is the
        name under which that was recorded (``dbt`` of ``dbt.not_null_orders_id``)."""
        return monitor.startswith(f"{checkpoint}.") and checkpoint not in self.checkpoint_names()

    def checkpoint(self, name: str) -> CheckpointFile:
        """One checkpoint, whose monitors all exist.

        Raises:
            ConfigError: missing, malformed, or listing a monitor that doesn't exist.
        """
        file = self.checkpoints_dir / f"{name}.json"
        if not self.files.is_file(file):
            names = self.checkpoint_names()
            raise ConfigError(
                f"there is no checkpoint {name!r}",
                file=file,
                fix=did_you_mean(name, names) if names else FIRST_MONITOR,
            )
        known = {*self.suite_names(), *self.definition_names()}
        return self.files.once(
            ("checkpoint", name),
            lambda: read_checkpoint(self.files.document(file), monitors=known),
        )


def _names(files: Iterable[Path]) -> tuple[str, ...]:
    return tuple(file.stem for file in files)
