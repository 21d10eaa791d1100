"""The import as a whole: which project it writes into, and what it would change there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.lint.context import LintContext
from plumbline.project import Project
from plumbline.project.documents import DBT_FILE
from plumbline.project.find import INSIDE_DBT, PROJECT_FILE
from plumbline.project.json_document import read_json
from plumbline.project.stores import has_targets
from plumbline.scaffold.import_gx.assets import Table
from plumbline.scaffold.import_gx.check import find_faults, fix_of, index_of
from plumbline.scaffold.import_gx.checkpoints import ALERTS_FILE, convert_checkpoints
from plumbline.scaffold.import_gx.gx_project import GxProject, read_gx_project
from plumbline.scaffold.import_gx.monitors import SOURCES_FILE, MonitorConverter
from plumbline.scaffold.import_gx.queries import Sources, sources_text
from plumbline.scaffold.import_gx.report import NotConvertedError, Report
from plumbline.scaffold.import_gx.suites import Refused
from plumbline.scaffold.monitor import models_folder
from plumbline.scaffold.project import BigQueryTarget, name_of, project_files
from plumbline.scaffold.writing import write_new

_CHECKPOINT = ("checkpoints", ".json")


@dataclass(frozen=True)
class Plan:
    """What an import would write, and what it converted."""

    root: Path
    is_new: bool
    """Whether the plumbline project is made by the import."""
    written: Mapping[str, str]
    """Files that are not there yet."""
    changed: Mapping[str, str]
    """Files that are there with another content, and may be overwritten."""
    kept: tuple[str, ...]
    """Files that are there with another content, and stay as they are."""
    unchanged: tuple[str, ...]
    report: Report
    incomplete: tuple[str, ...] = ()
    """Of ``kept``, the checkpoints that lack a monitor."""

    @property
    def checkpoints(self) -> list[str]:
        """The checkpoints that run what was converted."""
        found = (one.file for one in self.report.converted)
        files = [Path(file) for file in found if file not in self.incomplete]
        return [file.stem for file in files if (file.parent.name, file.suffix) == _CHECKPOINT]

    def write(self) -> None:
        """Write all of it, or nothing.

        Raises:
            ConfigError: a file can't be written.
        """
        write_new(self.root, self.written, self.changed)
        if self.is_new and self.report.converted:
            for folder in ("expectations", "models/monitors"):
                (self.root / folder).mkdir(parents=True, exist_ok=True)


def plan_import(
    folder: Path,
    *,
    project: Project | None,
    root: Path,
    name: str | None = None,
    tables: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Plan:
    """What importing the GX project in ``folder`` would write.

    Args:
        folder: of the GX project, which is only read.
        project: the plumbline project; None: a new one in ``root``.
        root: its folder.
        name: of a new project; None: its folder's.
        tables: by suite, the table of suites for which GX names none.
        overwrite: replace files that are there with another content.

    Raises:
        ConfigError: ``folder`` is not a GX project, or a new project can't be made in ``root``.
    """
    name = name or name_of(root)
    if (root / DBT_FILE).is_file() and not (root / PROJECT_FILE).exists():
        root /= INSIDE_DBT  # as `plumbline init` does
        project = Project(root) if (root / PROJECT_FILE).is_file() else None
    if project is not None and has_targets(project.documents.configuration.mapping()):
        return _plan(folder, _Destination.of(project), tables or {}, overwrite)
    if (root / PROJECT_FILE).exists():
        raise ConfigError(
            f"{root} has the {PROJECT_FILE} of Great Expectations, which is not changed",
            key="--project-dir",
            fix="name a new folder for the plumbline project: --project-dir FOLDER",
        )
    return _plan(folder, _Destination(root, name), tables or {}, overwrite)


@dataclass(frozen=True)
class _Destination:
    root: Path
    name: str | None = None
    """Of a new project; None: it exists."""
    google_projects: tuple[str | None, ...] = ()
    """Of the targets of an existing project; None: given by the environment."""
    declared: frozenset[tuple[str, str]] = frozenset()
    """Source and table of what its YAML files declare, without those of earlier imports."""
    imported: Mapping[str, Mapping[str, Table]] = field(default_factory=dict)
    """By source, the tables that earlier imports declared."""
    models: str = "models"

    @classmethod
    def of(cls, project: Project) -> _Destination:
        sources = LintContext.of(project).facts.sources
        targets = project.documents.configuration.mapping(
            "fluent_datasources", project.datasource_name, "targets"
        )
        imported: dict[str, dict[str, Table]] = {}
        for (source, name), one in sources.items():
            if one.document.file.name == SOURCES_FILE:
                project_of, dataset = (one.parts[part].text for part in ("database", "schema"))
                imported.setdefault(source, {})[name] = Table(project_of, dataset or source, name)
        return cls(
            project.root,
            google_projects=tuple(one.get("project") for one in targets.values()),
            declared=frozenset(
                key for key, one in sources.items() if one.document.file.name != SOURCES_FILE
            ),
            imported=imported,
            models=models_folder(project),
        )


def _plan(folder: Path, into: _Destination, tables: Mapping[str, str], overwrite: bool) -> Plan:
    reading = Report()
    gx = read_gx_project(folder, reading)
    for suite in tables:
        if suite not in gx.suites:
            raise ConfigError(
                f"there is no suite {suite!r}", key="--table", fix=did_you_mean(suite, gx.suites)
            )
    google_project, location = _place(gx)
    is_known = into.name is not None or bool({google_project, None} & {*into.google_projects})

    def convert(where: _Destination, refused: Mapping[str, Refused]) -> MonitorConverter:
        report = Report(not_converted=[*reading.not_converted])
        converter = MonitorConverter(
            gx,
            report,
            google_project if is_known else None,
            where.declared,
            where.models,
            tables,
            refused,
            sources=Sources({name: dict(of) for name, of in where.imported.items()}),
        )
        converter.convert()
        converter.files |= convert_checkpoints(gx, converter.monitors, report)
        return converter

    # Alone, which tells what of the suites lint refuses.
    trial = convert(_Destination(into.root), {})
    for suite in tables:
        if suite not in trial.placed:
            raise ConfigError(
                f"suite {suite!r} has a table of BigQuery in GX",
                key="--table",
                fix=f"leave out --table {suite}=..., or change the table in GX",
            )
    refused: dict[str, dict[int, tuple[str, str]]] = {}
    others = []
    for file, finding in find_faults(trial.files, into.root / "plugins"):
        if file not in trial.origins:
            at = f"{finding.place.key} of {file}" if finding.place.key else file
            others.append((f"correct {at}: {finding.what}", finding.fix))
            continue
        definition, indexes = trial.origins[file]
        index, why = index_of(finding), (finding.what, fix_of(finding))
        for one in indexes if index is None else indexes[index : index + 1]:
            refused.setdefault(definition, {}).setdefault(one, why)
    done = convert(into, refused)
    for text, fix in others:
        done.report.ask(text, fix)
    if google_project not in (None, *into.google_projects) and None in into.google_projects:
        done.report.ask(f"set PLUMBLINE_PROJECT={google_project}, for targets without a project")
    return _compared(into, done, BigQueryTarget(google_project, location or "US"), overwrite)


def _place(gx: GxProject) -> tuple[str | None, str | None]:
    """Google's project that most definitions read, and the location of its datasets."""
    converter = MonitorConverter(gx, Report(), None)
    found: Counter[tuple[str | None, str | None]] = Counter()
    for definition in gx.definitions:
        try:
            connection = converter.connection(definition.datasource)
        except NotConvertedError:
            continue
        found[connection.project, connection.location] += 1
    return found.most_common(1)[0][0] if found else (None, None)


def _compared(
    into: _Destination, done: MonitorConverter, target: BigQueryTarget, overwrite: bool
) -> Plan:
    written, other, unchanged = dict[str, str](), dict[str, str](), []
    for name, text in done.files.items():
        file = into.root / name
        if not file.exists():
            written[name] = text
        elif file.read_bytes() == text.encode():
            unchanged.append(name)
        else:
            other[name] = text
    if into.name is not None and done.files:
        base = project_files(into.name, example=False, bigquery=target)
        new = {name: text for name, text in base.items() if not (into.root / name).exists()}
        written = {**new, **written}
    changed = {**other} if overwrite else _extended(into, other)
    changed.pop(ALERTS_FILE, None)  # with channels and routes that GX doesn't know
    kept = tuple(name for name in other if name not in changed)
    if ALERTS_FILE in kept:
        added = other[ALERTS_FILE].partition("channels:")
        done.report.ask(f"add to {ALERTS_FILE}:\n{''.join(added[1:])}".rstrip())
    incomplete = []
    for name in kept:
        if missing := _monitors_in(other[name]) - _monitors_in(
            (into.root / name).read_text("utf-8", "replace")
        ):
            incomplete.append(name)
            done.report.ask(f"list {', '.join(sorted(missing))} in {name}, so that it is run")
    return Plan(
        into.root,
        into.name is not None,
        written,
        changed,
        kept,
        tuple(unchanged),
        done.report,
        tuple(incomplete),
    )


def _extended(into: _Destination, other: Mapping[str, str]) -> dict[str, str]:
    """The declarations of earlier imports, where nobody has edited them."""
    name = f"{into.models}/{SOURCES_FILE}"
    before = sources_text(into.imported, into.declared)
    is_as_written = name in other and (into.root / name).read_text(encoding="utf-8") == before
    return {name: other[name]} if is_as_written else {}


def _monitors_in(text: str) -> set[str]:
    """What a checkpoint lists; nothing if ``text`` is no checkpoint."""
    document = read_json(Path(), text)
    return {name for _, name in document.entry_texts("validation_definitions", key="name")}
