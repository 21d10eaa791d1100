"""``plumbline import dbt``: suites and models of a dbt project's tests, written into a project."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError, MonitorError
from plumbline.dbt.manifest import NEWEST_SCHEMA, OLDEST_SCHEMA, DbtManifest, read_dbt_manifest
from plumbline.dbt.merge import (
    LOCK_FILE,
    Conflict,
    Lock,
    LockedFile,
    Merged,
    Parts,
    hashes,
    merge,
    read_lock,
)
from plumbline.dbt.plan import EXPECTATION, TEST_KEY, Became, Plan, Planner, SuitePlan
from plumbline.dbt.suite_files import (
    checkpoint_parts,
    suite_parts,
    with_checkpoint_parts,
    with_suite_parts,
)
from plumbline.dbt.tables import Tables
from plumbline.dbt.tag_files import tag_parts, with_tag_parts
from plumbline.lint.json_format import dumps
from plumbline.models.manifest import RUN_DBT, manifest_file, tables_of
from plumbline.models.properties import (
    ModelProperties,
    Properties,
    SourceTable,
    read_properties,
)
from plumbline.project import Project
from plumbline.project.dbt_folders import are_folders, model_folders
from plumbline.project.documents import DBT_FILE
from plumbline.project.files import Files
from plumbline.project.suites import read_suite
from plumbline.scaffold.writing import write_new

_CHECKPOINT = "checkpoint"
TEXT = "text"
"""The one part of a file that is not merged by parts."""
_PROPERTIES, _PROPERTIES_FILE = "properties", "dbt_import.yml"


@dataclass(frozen=True)
class FileChange:
    """One file of the project, and what an import makes of it."""

    path: str
    before: str | None
    after: str | None
    dbt: Parts
    """What of it comes from dbt."""
    merged: Merged

    @property
    def verb(self) -> str | None:
        """What happens to it; None: nothing."""
        if self.before == self.after:
            return None
        return "create" if self.before is None else "remove" if self.after is None else "change"


@dataclass(frozen=True)
class Import:
    """What one import does."""

    manifest: DbtManifest
    became: tuple[Became, ...]
    suites: tuple[SuitePlan, ...]
    files: tuple[FileChange, ...]
    """With that of the lock."""
    monitors: int
    """How many the checkpoint lists."""
    notes: tuple[str, ...]
    """About the manifest as a whole."""

    @property
    def removed(self) -> frozenset[str]:
        """The suites that dbt has, and that people have removed."""
        files = (one for one in self.files if one.path.endswith(".json") and one.after is None)
        gone = {Path(one.path).stem for one in files}
        return frozenset(suite.name for suite in self.suites if suite.name in gone)

    @property
    def conflicts(self) -> Iterator[tuple[str, Conflict]]:
        """Parts that both sides changed, with their file."""
        return ((one.path, conflict) for one in self.files for conflict in one.merged.conflicts)


def plan_import(project: Project, *, dbt_dir: Path | None, checkpoint: str) -> Import:
    """Read dbt's manifest, and compare it with the last import and with the files. Nothing is
    written.

    Args:
        project: the plumbline project.
        dbt_dir: the folder of the dbt project; None: the project's own, or the nearest above it.
        checkpoint: which lists the monitors.

    Raises:
        ConfigError: there is no dbt project, no manifest that can be read, or a file of an earlier
            import that can't be.
    """
    root, dbt = _find_dbt(project, dbt_dir)
    is_inside = root == project.root
    name = str(dbt.get("name") or "")
    properties = read_properties(model_folders(project.root, project.dbt), project.files)
    declared = _declared(properties)
    with _as_config_error():
        files = project.files if is_inside else Files()
        manifest = read_dbt_manifest(manifest_file(root, dbt), files, project=name)
        tables = Tables(
            manifest=tables_of(manifest.content, manifest.file, project=name),
            project=name,
            declared=declared,
            is_inside=is_inside,
        )
    lock = read_lock(project.root / LOCK_FILE)
    names = _Names(project, lock, frozenset(tables.manifest.nodes), properties.models, declared)
    own = {test.resource.file for test in manifest.tests if test.package == name}
    gone = frozenset(file for file in own if not (root / file).exists())
    plan = Planner(manifest, tables, names.suite, names.tagged, gone).plan()
    wanted = {
        path: of_and_parts for suite in plan.suites for path, of_and_parts in names.files(suite)
    }
    tags = dict(names.tags(plan))
    parts = {f"{of}.{name}": True for of, some in tags.items() for name in sorted(some)}
    wanted |= {names.tags_path: (_PROPERTIES, parts)} if parts else {}
    compared = _Files(project, lock, checkpoint, plan.held, frozenset(tags))
    changes = tuple(compared.changes(wanted))
    return Import(
        manifest=manifest,
        became=plan.became,
        suites=plan.suites,
        files=(*changes, _lock_change(project, compared.new_lock(wanted, changes))),
        monitors=len(changes[-1].merged.parts),
        notes=tuple(_notes(manifest, root, dbt, lock)),
    )


def write_import(project: Project, found: Import) -> None:
    """Write the files of an import, all or none; then remove those that dbt no longer has.

    Raises:
        ConfigError: a file can't be written.
    """
    new: dict[str, str] = {}
    changed: dict[str, str] = {}
    for one in found.files:
        if one.verb in ("create", "change"):
            (new if one.before is None else changed)[one.path] = str(one.after)
    write_new(project.root, new, changed)
    for one in found.files:
        if one.verb == "remove":
            (project.root / one.path).unlink(missing_ok=True)


def _lock_change(project: Project, after: str) -> FileChange:
    file = project.root / LOCK_FILE
    before = file.read_text(encoding="utf-8") if file.is_file() else None
    return FileChange(LOCK_FILE, before, after, {}, Merged({}, (), ()))


def _declared(properties: Properties) -> dict[str, dict[str, tuple[SourceTable, ...]]]:
    """Tables by source, without those that only an earlier import declares."""
    return {
        source: {
            name: places
            for name, places in tables.items()
            if any(place.document.file.name != _PROPERTIES_FILE for place in places)
        }
        for source, tables in properties.sources.items()
    }


def _find_dbt(project: Project, dbt_dir: Path | None) -> tuple[Path, Mapping[str, Any]]:
    """The folder of the dbt project, and its ``dbt_project.yml``."""
    folders = [dbt_dir.absolute()] if dbt_dir else [project.root, *project.root.parents]
    for folder in folders:
        files = project.files if folder == project.root else Files()
        if (folder / DBT_FILE).is_file():
            document = files.document(folder / DBT_FILE)
            dbt = document.mapping_or_raise(error=ConfigError, what=DBT_FILE)
            if manifest_file(folder, dbt).is_file():
                return folder, dbt
    where = f"{folders[0]}" if dbt_dir else f"{folders[0]} or any folder above it"
    raise ConfigError(
        f"no dbt project with a target/manifest.json in {where}",
        key="--dbt-dir",
        fix="run `dbt compile` in the dbt project, or name its folder",
    )


@contextmanager
def _as_config_error() -> Iterator[None]:
    try:
        yield
    except MonitorError as fault:
        raise ConfigError(fault.what, file=fault.file, key=fault.key, fix=fault.fix) from None


@dataclass
class _Names:
    """Where suites and models go: where the last import put them, else where nothing is."""

    project: Project
    lock: Lock
    models: frozenset[str]
    """The names of dbt's models."""
    described: Mapping[str, ModelProperties]
    """The models that files of the project describe."""
    declared: Mapping[str, Mapping[str, tuple[SourceTable, ...]]]
    """The tables that files of the project declare, by source, without those of an import."""
    chosen: dict[str, str] = field(default_factory=dict)
    """The suites of this import by what they are of."""

    def suite(self, of: str, wanted: str) -> str:
        """The name of a suite."""
        if of not in self.chosen:
            path = self.lock.path_of(of, _folder(self.project, self.project.expectations_dir))
            names = (f"{wanted}{end}" for end in ("", "_dbt", *(f"_dbt{n}" for n in range(2, 999))))
            self.chosen[of] = Path(path).stem if path else next(filter(self._is_free, names))
        return self.chosen[of]

    def _is_free(self, name: str) -> bool:
        file = self.project.expectations_dir / f"{name}.json"
        path = file.relative_to(self.project.root).as_posix()
        if name in self.chosen.values() or path in self.lock.files:
            return False
        if file.is_file():
            # Where the lock file was lost, the suite tells that it was imported.
            return f'"{TEST_KEY}"' in file.read_text(encoding="utf-8", errors="replace")
        return not self.project.has_monitor(name)

    def files(self, suite: SuitePlan) -> Iterator[tuple[str, tuple[str, Parts]]]:
        """The paths of a suite's files, with what they are of and what of them comes from dbt."""
        if suite.sql is not None:
            path = self._model(suite)
            suite.monitor["model"] = Path(path).stem
            yield path, (suite.of, {TEXT: suite.sql})
        folder = _folder(self.project, self.project.expectations_dir)
        yield f"{folder}/{suite.name}.json", (suite.of, suite.parts)

    def tagged(self, table: str) -> frozenset[str] | None:
        """See `Planner.tagged`."""
        source, _, name = table.partition(".")
        if not name:  # seeds, snapshots and models of packages are described elsewhere
            model = self.described.get(table)
            return model.personal if model else frozenset()
        if "." in name:
            return frozenset()
        places = self.declared.get(source, {}).get(name)
        return (
            places[0].personal.intersection(*(one.personal for one in places)) if places else None
        )

    @property
    def tags_path(self) -> str:
        """The file that tags columns as personal, of queries and of tables that plumbline's files
        do not declare; the tags of dbt's own files hold for the others."""
        return f"{self._models_folder}/{_PROPERTIES_FILE}"

    def tags(self, plan: Plan) -> Iterator[tuple[str, frozenset[str]]]:
        """What is tagged in that file, by model or table: ``models.odd_orders``."""
        for suite in plan.suites:
            table = str(suite.monitor.get("table"))
            if suite.sql is not None:
                yield f"models.{suite.monitor['model']}", suite.personal
            elif table.count(".") == 1 and not self._is_declared(table):
                yield f"sources.{table}", suite.personal

    def _is_declared(self, table: str) -> bool:
        source, _, name = table.partition(".")
        return name in self.declared.get(source, {})

    @property
    def _models_folder(self) -> str:
        first = model_folders(self.project.root, self.project.dbt)[0]
        return f"{_folder(self.project, first)}/monitors"

    def _model(self, suite: SuitePlan) -> str:
        folder, name = self._models_folder, suite.name
        while name in self.models:
            name += "_failing"
        return self.lock.path_of(suite.of, folder) or f"{folder}/{name}.sql"


def _folder(project: Project, folder: Path) -> str:
    return folder.relative_to(project.root).as_posix()


@dataclass(frozen=True)
class _Files:
    """Compares the files of the project with what dbt has."""

    project: Project
    lock: Lock
    checkpoint: str
    held: Mapping[str, Collection[str]]
    """See `Plan.held`."""
    planned: frozenset[str]
    """The models and tables of which dbt says which columns are personal."""
    kept: set[str] = field(default_factory=set)
    """The models that are not as dbt has them, because people changed them."""

    def changes(self, wanted: Mapping[str, tuple[str, Parts]]) -> Iterator[FileChange]:
        """Of each file of this import and of the last one, and of the checkpoint at last."""
        gone = [path for path, file in self.lock.files.items() if file.of != _CHECKPOINT]
        listed: dict[str, Any] = {}
        # The tags last: which ones may go depends on the models.
        for path in sorted({*wanted, *gone}, key=lambda path: (path.endswith(".yml"), path)):
            _, parts = wanted.get(path, ("", {}))
            change = self._change(path, parts, self._held(path, wanted))
            yield change
            if path.endswith(".sql") and change.after != parts.get(TEXT):
                self.kept.add(f"models.{Path(path).stem}")
            if path.endswith(".json") and change.after is not None:
                name = Path(path).stem
                listed[name] = {"name": name}
        yield self._change(self._checkpoint_path, listed)

    def new_lock(
        self, wanted: Mapping[str, tuple[str, Parts]], changes: Sequence[FileChange]
    ) -> str:
        """What the next import compares with."""
        files = {path: LockedFile(of, hashes(parts)) for path, (of, parts) in wanted.items()}
        for path, locked in self.lock.files.items():
            if held := self._held(path, wanted):
                before = {name: one for name, one in locked.parts.items() if name in held}
                now = files[path].parts if path in files else {}
                files[path] = LockedFile(locked.of, {**before, **now})
        listed = {
            one.path: LockedFile(_CHECKPOINT, hashes(one.dbt))
            for one in changes
            if one.path == self._checkpoint_path and one.dbt
        }
        return Lock({**files, **listed}).text()

    def _held(self, path: str, wanted: Mapping[str, object]) -> frozenset[str]:
        """The parts of a file of the last import of which dbt can't say how they are now."""
        locked = self.lock.files.get(path)
        if locked is None:
            return frozenset()
        if locked.of == _PROPERTIES:
            return frozenset(filter(self._is_held_tag, locked.parts))
        if locked.of not in self.held:
            return frozenset()
        if path not in wanted:
            return frozenset(locked.parts)
        tests = tuple(f"{EXPECTATION}{test}" for test in self.held[locked.of])
        return frozenset(
            name for name in locked.parts if name in tests or name.rpartition(":")[0] in tests
        )

    def _is_held_tag(self, part: str) -> bool:
        """Whether a tag stays though dbt has it no more: what its model returns is not known."""

        def is_of(names: Collection[str]) -> bool:
            return part.startswith(tuple(f"{name}." for name in names))

        return is_of(self.kept) or (bool(self.held) and not is_of(self.planned))

    @property
    def _checkpoint_path(self) -> str:
        folder = _folder(self.project, self.project.checkpoints_dir)
        return f"{folder}/{self.checkpoint}.json"

    def _change(self, path: str, dbt: Parts, held: Collection[str] = ()) -> FileChange:
        file, locked = self.project.root / path, self.lock.files.get(path)
        before = file.read_text(encoding="utf-8") if file.is_file() else None
        imported = locked.parts if locked else {}
        if path.endswith(".yml"):
            tagged = {} if before is None else tag_parts(self.project.files.document(file))
            merged = merge(imported, tagged, dbt, held)
            after = with_tag_parts(before, tagged, merged.parts)
            return FileChange(path, before, after, dbt, merged)
        if before is None and imported:  # a person has removed it
            return FileChange(path, None, None, dbt, Merged({}, ("the file",), ()))
        if not path.endswith(".json"):
            merged = merge(imported, {} if before is None else {TEXT: before}, dbt, held)
            return FileChange(path, before, merged.parts.get(TEXT), dbt, merged)
        is_suite = path != self._checkpoint_path
        content = {} if before is None else self._content(file, is_suite)
        read, write = (
            (suite_parts, with_suite_parts)
            if is_suite
            else (checkpoint_parts, with_checkpoint_parts)
        )
        merged = merge(imported, read(content), dbt, held)
        written = write(content or {"name": file.stem}, merged.parts)
        if is_suite and not written["expectations"]:
            return FileChange(path, before, None, dbt, merged)
        if not is_suite and not merged.parts:  # lint refuses an empty checkpoint
            if not imported:
                return FileChange(path, before, before, dbt, merged)
            if written == write({"name": file.stem}, {}):
                return FileChange(path, before, None, dbt, merged)
        text = before if written == content else dumps(written)
        return FileChange(path, before, text, dbt, merged)

    def _content(self, file: Path, is_suite: bool) -> dict[str, Any]:
        document = self.project.files.document(file)
        with _as_config_error():
            if is_suite:
                read_suite(document)
        return dict(document.mapping_or_raise(error=ConfigError, what="the checkpoint"))


def _notes(manifest: DbtManifest, root: Path, dbt: Mapping[str, Any], lock: Lock) -> Iterator[str]:
    """What is wrong with the manifest as a whole, though it can be read."""
    if not manifest.is_known:
        known = f"manifests of version {OLDEST_SCHEMA} to {NEWEST_SCHEMA} (dbt 1.5 to 1.11)"
        fix = (
            "check the report" if (manifest.schema or 0) > NEWEST_SCHEMA else "use dbt 1.5 or later"
        )
        yield (
            f"{manifest.file.name} has version {manifest.schema or 'unknown'} (dbt "
            f"{manifest.dbt_version}); plumbline knows {known}: {fix}"
        )
    newer = _newer(manifest.file, root, dbt, lock)
    if newer is not None:
        yield f"{manifest.file.name} is older than {newer}: {RUN_DBT}"
    if manifest.tests and not any(test.compiled for test in manifest.tests):
        yield (
            f"{manifest.file.name} has no compiled SQL, which singular tests and tests without a "
            "counterpart need: run `dbt compile` (`dbt parse`, `dbt run` and `dbt source "
            "freshness` don't compile tests)"
        )


def _newer(manifest: Path, root: Path, dbt: Mapping[str, Any], lock: Lock) -> str | None:
    """A file of the dbt project that was changed after ``manifest`` was written."""
    written = manifest.stat().st_mtime
    folders = []
    for key, default in (
        ("model-paths", "models"),
        ("test-paths", "tests"),
        ("macro-paths", "macros"),
        ("seed-paths", "seeds"),
        ("snapshot-paths", "snapshots"),
    ):
        names = dbt.get(key, [default])
        folders += [root / name for name in names] if are_folders(root, names) else []
    candidates = [
        root / DBT_FILE,
        *(
            file
            for folder in folders
            for end in ("sql", "yml", "yaml")
            for file in folder.rglob(f"*.{end}")
        ),
    ]
    for file in sorted(candidates):
        name = str(file.relative_to(root).as_posix())
        if name not in lock.files and file.stat().st_mtime > written:
            return name
    return None
