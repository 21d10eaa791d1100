"""Writes to standard output and standard error.

Results go to standard output, all else to standard error. A reader that has gone away
(``plumbline run | head``) is not an error, and doesn't change the exit code.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from plumbline.cli import logs
from plumbline.core.folding import folded
from plumbline.core.safe_text import on_terminal

if TYPE_CHECKING:
    from plumbline.report.page import Page

_ASCII = str.maketrans(
    {"✓": "+", "✗": "x", "–": "-", "·": "|", "…": "...", "≤": "<=", "≥": ">=", "─": "-"}
)


class LiveLine(Protocol):
    """A line on the terminal that changes, and is removed by ``stop``."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


_live_lines: list[LiveLine] = []


@contextmanager
def live_line(line: LiveLine) -> Iterator[None]:
    """For the time of a ``with``, ``line`` is removed before something is written, and shown again
    after it."""
    _live_lines.append(line)
    try:
        yield
    finally:
        _live_lines.remove(line)


@contextmanager
def _without_live_line() -> Iterator[None]:
    for line in _live_lines:
        line.stop()
    try:
        yield
    finally:
        for line in _live_lines:
            line.start()


def write_report(
    form: str,
    *values: object,
    data: Callable[..., object],
    page: Callable[..., Page] = tuple,
    **others: Callable[..., str],
) -> None:
    """A report to standard output, in the form that was asked for.

    Args:
        form: text, markdown, json or one of ``others``.
        values: what the others are made of.
        others: by form, what is not written from the page.
    """
    if form in others:
        text = others[form](*values)
    elif form == "json":
        from plumbline.report.writers import as_json

        text = as_json(data(*values))
    elif form == "markdown":
        from plumbline.report.writers import as_markdown

        text = as_markdown(page(*values))
    else:
        from plumbline.report.terminal import as_text

        text = as_text(
            page(*values), width=terminal_width(sys.stdout), colour=has_colour(sys.stdout)
        )
    write_result(text, as_utf8=form in ("json", "github"))


def write_part(form: str, page: Page) -> None:
    """Write a part of a report as soon as it is known; only in the text format."""
    if form == "text":
        write_report(form, page, data=dict, page=tuple)


def write_result(text: str, *, as_utf8: bool = False) -> None:
    """Write ``text`` to standard output as it is, or stop when its reader has gone.

    Args:
        as_utf8: whatever the locale says (JSON is UTF-8).
    """
    if is_terminal(sys.stdout):  # a pipe gets SQL and files as they are
        text = on_terminal(text, colour=has_colour(sys.stdout))
    _write(sys.stdout, text, as_utf8=as_utf8)


def write_text(text: str) -> None:
    """Write lines for people to standard output; on a terminal they end between words."""
    write_result(folded(text, terminal_width(sys.stdout)))


def write_message(text: str, *, severity: str = "INFO", is_code: bool = False) -> None:
    """A line to standard error; in the cloud a record of that severity.

    Args:
        is_code: it is copied as it is, so no line is folded.
    """
    if logs.is_json():
        text = logs.record(severity, text.strip())
    elif not is_code:
        text = folded(text, terminal_width(sys.stderr))
    write_line(text)


def write_line(line: str) -> None:
    """Write a line to standard error, as it is."""
    try:
        _write(sys.stderr, on_terminal(line, colour=has_colour(sys.stderr)) + "\n")
    except OSError:
        return  # standard error is unusable, so the error can't be reported


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at it."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def terminal_width(stream: TextIO | None) -> int | None:
    """Columns of the terminal; None where it is none."""
    return shutil.get_terminal_size().columns if is_terminal(stream) else None


def has_colour(stream: TextIO | None) -> bool:
    """Whether to write colours: on a terminal that has them, unless NO_COLOR is set."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def silence(stream: TextIO | None) -> None:
    """Discard what is still written to ``stream``, whose reader has gone."""
    if stream is None:
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return


def _write(stream: TextIO | None, text: str, *, as_utf8: bool = False) -> None:
    if stream is None:  # closed by the caller: `>&-`
        return
    from plumbline.net.secret import hide

    text = hide(text)
    with _without_live_line():
        try:
            buffer = getattr(stream, "buffer", None)
            if buffer is None:
                stream.write(text)
            else:
                stream.flush()
                buffer.write(_encode(text, "utf-8" if as_utf8 else stream.encoding or "utf-8"))
            stream.flush()
        except BrokenPipeError:
            silence(stream)


def _encode(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, errors="replace")
