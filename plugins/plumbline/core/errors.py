"""Errors that a user can act on: what is wrong, in which file and key, and the fix.

Every room raises these; the command line prints them and takes its exit code from them
(sysexits.h: 64 wrong usage or configuration, 70 a fault of plumbline's own).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from plumbline.core.text import listing

_MOST_KNOWN = 20


class PlumblineError(Exception):
    """One clear message.

    Args:
        what: what is wrong, in one sentence.
        file: the file that holds the fault, where there is one.
        key: the key in that file (``a.b[0].c``) or ``line N``.
        fix: what the reader can do about it.
    """

    exit_code = 70

    def __init__(
        self,
        what: str,
        *,
        file: Path | str | None = None,
        key: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.file = None if file is None else str(file)
        self.key = key
        self.fix = fix

    @property
    def where(self) -> str | None:
        """``file: key``, as far as known."""
        return ": ".join(part for part in (self.file, self.key) if part) or None

    def one_line(self) -> str:
        """The whole message on one line, for a monitor's ``reason``."""
        text = self.what
        if self.where:
            text += f" (in {self.where})"
        if self.fix:
            text += f"; {self.fix}"
        return " ".join(text.split())

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  in: {self.where}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class ConfigError(PlumblineError):
    """Wrong arguments, checkpoint or project configuration: nothing is run, exit 64."""

    exit_code = 64


class SeveralFaultsError(ConfigError):
    """Several faults, each with its own place and fix; reads as the first."""

    def __init__(self, faults: Sequence[ConfigError]) -> None:
        first = faults[0]
        super().__init__(first.what, file=first.file, key=first.key, fix=first.fix)
        self.faults = tuple(faults)


def raise_all(faults: Iterable[ConfigError]) -> None:
    """Raise what is wrong, if anything.

    Raises:
        ConfigError: the fault, or all of them as one.
    """
    found = list(faults)
    if found:
        raise found[0] if len(found) == 1 else SeveralFaultsError(found)


class MonitorError(PlumblineError):
    """A fault in one monitor's files: that monitor's status is ERROR, the others run."""

    exit_code = 3


class WarehouseError(MonitorError):
    """A query that failed, timed out or never reached the warehouse."""

    def __init__(
        self,
        what: str,
        *,
        file: Path | str | None = None,
        key: str | None = None,
        fix: str | None = None,
        job_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(what, file=file, key=key, fix=fix)
        self.job_id = job_id
        self.reason = reason

    def with_fix(self, fix: str) -> WarehouseError:
        """The same error with another fix."""
        return WarehouseError(
            self.what,
            file=self.file,
            key=self.key,
            fix=fix,
            job_id=self.job_id,
            reason=self.reason,
        )


def shown(value: object, longest: int = 60) -> str:
    """``value`` as Python writes it, cut to ``longest`` characters."""
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."


def require(what: str, options: Mapping[str, tuple[str | None, str]]) -> list[str]:
    """The values of options that ``what`` needs together.

    Args:
        what: begins the sentence: ``a mute``.
        options: each with its value and an example.

    Raises:
        ConfigError: names all that are missing.
    """
    missing = {flag: example for flag, (value, example) in options.items() if not value}
    if missing:
        flags = ", ".join(missing)
        examples = " ".join(f"{flag} {example}" for flag, example in missing.items())
        raise ConfigError(f"{what} needs {flags}", key=flags, fix=f"for example {examples}")
    return [value for value, _ in options.values() if value]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?`` for a near miss, else what is known, up to `_MOST_KNOWN` names."""
    names = sorted(set(known))
    near = get_close_matches(word, names, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {listing(names, _MOST_KNOWN)}" if names else "there are none yet"
