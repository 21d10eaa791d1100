"""What a project of Great Expectations lacks to be run by plumbline, and its file with that added.

Lines are added and none is changed, so that Great Expectations reads the project as before. Used by
``plumbline init``.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError
from plumbline.project.document import KeyPath, key_path
from plumbline.project.find import PROJECT_FILE
from plumbline.project.sites import MODULE as SITE_MODULE
from plumbline.project.stores import MODULE as STORES_MODULE
from plumbline.project.stores import find_store_faults
from plumbline.project.yaml_document import read_yaml
from plumbline.scaffold.templating import render
from plumbline.scaffold.yaml_lines import after_entries

_OLDEST = 4.0
"""The version of the file that Great Expectations 1 writes."""
_FOLDERS = {
    "ExpectationsStore": "expectations",
    "ValidationDefinitionStore": "validation_definitions",
    "CheckpointStore": "checkpoints",
}
_LONGEST_ID = 30
"""Characters that Google allows in a project's id."""


@dataclass(frozen=True)
class Addition:
    """Lines for one mapping of the file."""

    path: KeyPath
    """The mapping; it is made where it is not there."""
    key: str
    """What is added to it."""
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        return key_path((*self.path, self.key))


def local_gcp_project(name: str) -> str:
    """The Google project that the embedded warehouse plays for project ``name``."""
    end = "-local"
    return name.replace("_", "-")[: _LONGEST_ID - len(end)].rstrip("-") + end


def is_current(configuration: Mapping[str, Any]) -> bool:
    """Whether the file is of Great Expectations 1.x."""
    version = configuration.get("config_version")
    return isinstance(version, int | float) and version >= _OLDEST


def find_additions(configuration: Mapping[str, Any], *, file: Path, name: str) -> list[Addition]:
    """What ``great_expectations.yml`` lacks.

    Args:
        configuration: the file, parsed.
        file: where it is, for messages.
        name: of the plumbline project.

    Raises:
        ConfigError: it is of Great Expectations 0.x, or its stores lie where plumbline doesn't
            look for them.
    """
    if not is_current(configuration):
        raise ConfigError(
            "this is a project of Great Expectations 0.x",
            file=file,
            key="config_version",
            fix=_convert(file),
        )
    found = []
    for fault in find_store_faults(configuration):
        folder = _FOLDERS[fault.class_name]
        if not fault.is_there:
            lines = render("gx_store.yml", name=fault.store, folder=folder, fault=fault)
            found.append(Addition(("stores",), fault.store, tuple(lines.splitlines())))
            continue
        path = ("stores", fault.store)
        _check_folder(configuration, path, folder, file)
        line = f"module_name: {STORES_MODULE}"
        found.append(Addition(path, "module_name", (line,)))
    sites = configuration.get("data_docs_sites")
    if not _has(sites, "module_name", SITE_MODULE):
        lines = render("gx_site.yml", module=SITE_MODULE)
        found.append(Addition(("data_docs_sites",), "plumbline_site", tuple(lines.splitlines())))
    taken = configuration.get("fluent_datasources")
    source = "plumbline" if isinstance(taken, dict) and "warehouse" in taken else "warehouse"
    lines = render("gx_source.yml", source=source, name=name, gcp_project=local_gcp_project(name))
    found.append(Addition(("fluent_datasources",), source, tuple(lines.splitlines())))
    return found


def _has(entries: object, key: str, value: str) -> bool:
    found = entries.values() if isinstance(entries, dict) else ()
    return any(isinstance(one, dict) and one.get(key) == value for one in found)


def _check_folder(
    configuration: Mapping[str, Any], path: tuple[str, str], folder: str, file: Path
) -> None:
    """The files of a store lie where plumbline reads them."""
    store = configuration[path[0]][path[1]]
    backend = store.get("store_backend") if isinstance(store, dict) else None
    named = backend.get("base_directory") if isinstance(backend, dict) else None
    if str(named or "").strip("/") != folder:
        raise ConfigError(
            f"the files of {path[1]} are not in {folder}/, where plumbline reads them",
            file=file,
            key=key_path((*path, "store_backend", "base_directory")),
            fix=f"write base_directory: {folder}/ and move the files; or {_convert(file)}",
        )


def _convert(file: Path) -> str:
    folder = shlex.quote(str(file.resolve().parent))
    return f"convert the project instead, in a new folder: `plumbline import gx {folder}`"


def with_additions(text: str, additions: list[Addition], *, file: Path) -> str:
    """The text of ``great_expectations.yml`` with these lines added.

    Raises:
        ConfigError: they can't be added to the file as it stands.
    """
    before = read_yaml(file, text).value
    for one in additions:
        document = read_yaml(file, text)
        changed = None
        if document.get(*one.path):
            changed = after_entries(text, document, one.path, one.lines)
        elif len(one.path) == 1 and not document.has(*one.path):
            nested = [f"{one.path[0]}:", *(f"  {line}" if line else "" for line in one.lines)]
            changed = after_entries(text, document, (), ["", *nested])
        after = None if changed is None else read_yaml(file, changed)
        if changed is None or after is None or after.faults or not _holds(after.value, before):
            lines = "\n".join(f"  {line}" for line in one.lines)
            raise ConfigError(
                f"{one.name} can't be added to {PROJECT_FILE} as it is written",
                file=file,
                key=key_path(one.path),
                fix=f"add below {key_path(one.path)}, and repeat the command:\n{lines}",
            )
        text = changed
    return text


def _holds(after: object, before: object) -> bool:
    """Whether ``after`` says all that ``before`` says."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(key in after and _holds(after[key], value) for key, value in before.items())
    return after == before
