"""Texts against patterns, as BigQuery matches them: RE2, and ``LIKE``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plumbline.evaluate.errors import EvaluationError


def matches_regex(texts: Sequence[str], regex: str) -> list[bool]:
    """Whether ``regex`` is found in each text, as ``REGEXP_CONTAINS`` finds it.

    By RE2, which is what BigQuery uses; Python's own module differs in classes, in what ``\\w`` and
    ``$`` match, and in lookarounds, which BigQuery refuses.

    Raises:
        EvaluationError: BigQuery would refuse the pattern.
    """
    # In bytes, which RE2 works on: with texts, positions in a match are counted in characters.
    compiled = _compiled(regex)
    return [compiled.search(text.encode()) is not None for text in texts]


def count_groups(regex: str) -> int:
    """How many capturing groups ``regex`` has.

    Raises:
        EvaluationError: BigQuery would refuse the pattern.
    """
    return int(_compiled(regex, never_capture=False).groups)


def _compiled(regex: str, *, never_capture: bool = True) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False  # to standard error; they are raised
    options.never_capture = never_capture
    try:
        return re2.compile(regex.encode(), options)
    except re2.error as fault:
        raise EvaluationError(
            f"regex {regex!r} is refused: {_reason(fault)}; write it in RE2, BigQuery's syntax"
        ) from None


def _reason(fault: Exception) -> str:
    said = fault.args[0] if fault.args else ""
    return " ".join((said.decode() if isinstance(said, bytes) else str(said)).split())


def matches_like(texts: Sequence[str], pattern: str, escape: str | None) -> list[bool]:
    """Whether each text is ``LIKE pattern``: ``%`` is any text, ``_`` one character.

    Args:
        texts: what is looked at.
        pattern: with ``\\`` before a character that is meant literally.
        escape: that character, where it is not ``\\``.

    Raises:
        EvaluationError: BigQuery would refuse the pattern.
    """
    return matches_regex(texts, like_as_regex(pattern, escape))


def like_as_regex(pattern: str, escape: str | None = None) -> str:
    """The RE2 regex that matches what ``LIKE pattern`` does.

    Raises:
        EvaluationError: the pattern ends with its escape.
    """
    if escape is not None and len(escape) != 1:
        raise EvaluationError(f"escape {escape!r} is not one character")
    mark = escape or "\\"
    parts = []
    characters = iter(pattern)
    for character in characters:
        if character == mark:
            following = next(characters, None)
            if following is None:
                raise EvaluationError(f"the LIKE pattern {pattern!r} ends with its escape")
            parts.append(_literal(following))
        elif character == "%":
            parts.append(".*")
        elif character == "_":
            parts.append(".")
        else:
            parts.append(_literal(character))
    return rf"(?s)\A{''.join(parts)}\z"


def _literal(character: str) -> str:
    is_plain = character.isalnum() or not character.isascii() or character in "\n\r\t _"
    return character if is_plain else f"\\{character}"
