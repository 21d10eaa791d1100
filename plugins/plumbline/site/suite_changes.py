"""What git knows of a monitor's files: which commits changed its suite or model, and how.

One ``git log`` for all monitors, only when the commit is another than at the last build.
Used by `plumbline.site.build`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from plumbline.checks.thresholds import thresholds_of
from plumbline.core.errors import PlumblineError
from plumbline.core.masking import Mask, mask_key, named_columns, personal_among
from plumbline.core.safe_text import one_line
from plumbline.models import Compiler
from plumbline.net.git import FAILURES, read_git, run_git
from plumbline.project import Project, Suite, Target
from plumbline.project.dbt_folders import model_folders
from plumbline.project.masked_suite import masked_suite
from plumbline.project.suites import SuiteEntry
from plumbline.site.changes import Part, SuiteChange

logger = logging.getLogger(__name__)

MOST_COMMITS = 2000
MOST_LISTED = 50
"""Changes of one monitor that are kept."""
_SECONDS = 20.0
_MOST_KEYS = 6
_LONGEST_VALUE = 60
_COMMIT, _FIELD = "\x1e", "\x1f"
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


@dataclass(frozen=True)
class FileChange:
    """One file in one commit; a text is None where the file was not there."""

    path: str
    """Relative to the project's folder, with ``/``."""
    before: str | None
    after: str | None


@dataclass(frozen=True)
class LogEntry:
    place: int
    """In the log, which begins with the newest."""
    commit: str
    at: datetime
    author: str
    subject: str
    files: tuple[FileChange, ...]


Changes = Mapping[str, tuple[SuiteChange, ...]]
"""By monitor, newest first."""


def read_changes(
    project: Project, target: Target, *, commit: str, since: datetime, known: Changes, known_at: str
) -> Changes:
    """By monitor, the commits that changed its files, newest first; empty outside of git, and in a
    shallow clone, whose oldest commit would seem to have written everything.

    Args:
        commit: the newest, with 40 digits: HEAD may have moved since the project was read.
        since: the time of the oldest.
        known: what is known of earlier commits, up to ``known_at``: then only later ones are read.
        known_at: a commit; empty: none is known.
    """
    root = project.root
    folders = [project.expectations_dir, project.validation_definitions_dir]
    folders += model_folders(root, project.dbt)
    try:
        if read_git(root, "rev-parse", "--is-shallow-repository").strip() != "false":
            return {}
        is_known = known_at and is_ancestor(root, known_at, of=commit)
        text = read_git(
            root,
            *("-c", "core.quotePath=false", "log", f"--max-count={MOST_COMMITS}", "--no-merges"),
            *(f"--since={int(since.timestamp())}", "--no-color", "--no-ext-diff", "--no-renames"),
            *("--no-textconv", "--relative", "--patch", "--unified=100000"),
            f"--format={_COMMIT}%H{_FIELD}%ct{_FIELD}%an{_FIELD}%s",
            f"{known_at}..{commit}" if is_known else commit,
            "--",
            *(str(folder) for folder in folders if folder.is_dir()),
            seconds=_SECONDS,
        )
    except (*FAILURES, UnicodeError):
        logger.debug("git could not list the changes of the suites", exc_info=True)
        return {}
    found = _by_monitor(project, target, list(parse_log(text)), folders[2:])
    earlier = known if is_known else {}
    return {
        name: tuple(
            one for one in (*found.get(name, ()), *earlier.get(name, ())) if one.at >= since
        )[:MOST_LISTED]
        for name in {**earlier, **found}
    }


def is_ancestor(root: Path, commit: str, *, of: str) -> bool:
    """Whether the history of ``of`` holds ``commit``; not so after a rewrite."""
    done = run_git(root, "merge-base", "--is-ancestor", commit, of, seconds=_SECONDS)
    return done.returncode == 0


def parse_log(text: str) -> Iterator[LogEntry]:
    """The commits of ``git log --patch``, with the whole texts of their files."""
    for place, part in enumerate(text.split(_COMMIT)[1:]):
        head, _, patch = part.partition("\n")
        fields = head.split(_FIELD, 3)
        if len(fields) != 4 or not fields[1].isdigit():
            continue  # a file with the separator in it
        sha, at, author, subject = fields
        yield LogEntry(
            place,
            sha[:12],
            datetime.fromtimestamp(int(at), UTC),
            one_line(author),
            one_line(subject),
            tuple(_files(patch.split("\n"))),
        )


def _files(lines: Sequence[str]) -> Iterator[FileChange]:
    names: list[str | None] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("diff --git "):
            names = []
        elif line.startswith(("--- ", "+++ ")) and len(names) < 2:
            name = line[4:].rstrip("\t")
            names.append(None if name == "/dev/null" else name.partition("/")[2])
        elif (hunk := _HUNK.match(line)) and len(names) == 2:
            before, after, at = _texts(lines, at, *(int(one or 1) for one in hunk.groups()))
            path = names[1] or names[0] or ""
            yield FileChange(
                path, before if names[0] is not None else None, after if names[1] else None
            )


def _texts(lines: Sequence[str], at: int, olds: int, news: int) -> tuple[str, str, int]:
    """The texts of a hunk that begins at ``at``, and where it ends: lines of SQL begin with dashes,
    as headers do, so they are counted."""
    before: list[str] = []
    after: list[str] = []
    while at < len(lines) and (len(before) < olds or len(after) < news):
        sign, line = lines[at][:1], lines[at][1:]
        at += 1
        if sign in (" ", "-", ""):
            before.append(line)
        if sign in (" ", "+", ""):
            after.append(line)
    return "\n".join(before), "\n".join(after), at


def _by_monitor(
    project: Project, target: Target, log: Sequence[LogEntry], models: Sequence[Path]
) -> dict[str, tuple[SuiteChange, ...]]:
    by_path: dict[str, list[tuple[LogEntry, FileChange]]] = {}
    for entry in log:
        for file in entry.files:
            by_path.setdefault(file.path, []).append((entry, file))
    folders = [folder.relative_to(project.root).as_posix() for folder in models]
    by_model: dict[str, list[str]] = {}
    for path in by_path:
        if path.endswith(".sql") and any(path.startswith(f"{folder}/") for folder in folders):
            by_model.setdefault(PurePosixPath(path).stem, []).append(path)
    compiler = Compiler(project, target)
    found = {}
    for name in project.monitor_names():
        try:
            suite = project.suite_of(name)
        except PlumblineError:
            continue
        paths: dict[str, Part] = dict.fromkeys(by_model.get(suite.monitor.model or "", ()), "model")
        paths[_path(project, suite.file)] = "suite"
        if suite.definition is not None:
            paths[_path(project, suite.definition.file)] = "definition"
        changes = _changes(paths, by_path, suite, lambda suite: _mask(project, compiler, suite))
        if changes:
            found[name] = changes
    return found


def _path(project: Project, file: Path) -> str:
    return file.relative_to(project.root).as_posix() if file.is_relative_to(project.root) else ""


def _changes(
    paths: Mapping[str, Part],
    by_path: Mapping[str, Sequence[tuple[LogEntry, FileChange]]],
    suite: Suite,
    mask_of: Callable[[Suite], Mask | None],
) -> tuple[SuiteChange, ...]:
    touching = [(*one, part) for path, part in paths.items() for one in by_path.get(path, ())]
    touching.sort(key=lambda one: one[0].place)
    of_commit: dict[str, list[tuple[LogEntry, FileChange, Part]]] = {}
    for entry, file, part in touching:
        of_commit.setdefault(entry.commit, []).append((entry, file, part))
    found = []
    mask = mask_of(suite) if of_commit else None
    for together in of_commit.values():
        entry = together[0][0]
        details = [
            detail
            for _, file, part in together
            if part == "suite"
            for detail in details_of(file, suite, mask)
        ]
        parts = dict.fromkeys(part for _, _, part in together)
        found.append(
            SuiteChange(
                entry.commit, entry.at, entry.author, entry.subject, tuple(parts), tuple(details)
            )
        )
    return tuple(found)


def _mask(project: Project, compiler: Compiler, suite: Suite) -> Mask | None:
    """What hides persons in a suite of an earlier commit; None: it can't be told whom."""
    try:
        if suite.monitor.table is not None:
            table = compiler.table(suite.monitor.table, file=str(suite.file), key="table")
            named = (name for one in suite.entry.expectations for name in named_columns(one.kwargs))
            columns = personal_among(table.personal, [*named, *suite.monitor.group_by])
        else:
            described = compiler.properties(suite.monitor.model or "")
            columns = described.personal if described else frozenset()
    except PlumblineError:
        return None
    return Mask.of(columns, mask_key(project), (), suite.monitor.group_by)


def details_of(file: FileChange, suite: Suite, mask: Mask | None) -> Iterator[str]:
    """What a commit changed in a suite: thresholds, then other keys.

    Args:
        mask: of personal columns, whose values are not told; None: it is not known which are.
    """
    if file.before is None or file.after is None:
        yield "added" if file.before is None else "removed"
        return
    before, after = _suite(file.before, suite), _suite(file.after, suite)
    if before is None or after is None or mask is None:
        return
    was, now = (_thresholds(masked_suite(one, mask)) for one in (before, after))
    for subject in dict.fromkeys((*was, *now)):
        if was.get(subject) != now.get(subject):
            yield f"{subject}: {was.get(subject, 'none')} → {now.get(subject, 'none')}"
    old, new = (_keys(one.raw) for one in (before, after))
    changed = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    for key in changed[:_MOST_KEYS]:
        values = [_shown(each.get(key)) for each in (old, new)]
        is_plain = not mask and all(value is not None for value in values)
        yield f"{key}: {values[0]} → {values[1]}" if is_plain else key
    if len(changed) > _MOST_KEYS:
        yield f"and {len(changed) - _MOST_KEYS:,} more"


def _suite(text: str, suite: Suite) -> Suite | None:
    try:
        raw = json.loads(text)
        entry = SuiteEntry.model_validate(raw)
    except ValueError:  # an earlier version's keys, or broken for a while
        return None
    return Suite(suite.name, suite.file, entry, raw)


def _thresholds(suite: Suite) -> dict[str, str]:
    try:
        return {one.subject: one.words for one in thresholds_of(suite)}
    except PlumblineError:
        return {}


def _keys(raw: Mapping[str, Any]) -> dict[str, object]:
    """The settings of a suite beside its expectations, by their path."""
    meta = raw.get("meta")
    monitor = meta.get("monitor") if isinstance(meta, dict) else None
    others = {"suite_parameters": raw.get("suite_parameters")}
    return dict(_flat({**(monitor if isinstance(monitor, dict) else {}), **others}))


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def _shown(value: object) -> str | None:
    """A short value; None: its key alone is named."""
    if value is None:
        return "none"
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | bool) else str(value)
    return text if len(text) <= _LONGEST_VALUE and "\n" not in text else None
