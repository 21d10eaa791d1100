"""BigQuery's lexical structure, as far as binding needs it: what is text, what is a comment.

sqlglot's tokenizer would do, but importing it costs more than compiling every model.
https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from plumbline.models.references import CLOSE, OPEN

Kind = Literal[
    "comment", "string", "quoted", "marker", "word", "number", "space", "unclosed", "symbol"
]

_TOKEN = re.compile(
    rf"""
      (?P<comment> --[^\n]* | \#[^\n]* | /\*.*?\*/ )
    | (?P<string> (?:[rR][bB]|[bB][rR]|[rRbB])?
        (?: '''(?:\\.|[^\\])*?''' | \"\"\"(?:\\.|[^\\])*?\"\"\"
          | '(?!'')(?:\\.|[^'\\\n])*' | "(?!"")(?:\\.|[^"\\\n])*" ) )
    | (?P<quoted> `(?:\\.|[^`\\\n])*` )
    | (?P<marker> {OPEN}[0-9]+{CLOSE} )
    | (?P<word> [^\W\d]\w* )
    | (?P<number> [0-9][0-9A-Za-z_.]* )
    | (?P<space> \s+ )
    | (?P<unclosed> (?: /\* | \'\'\' | \"\"\" ) .* | ['"`] )  # with all that would be in it
    | (?P<symbol> . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of SQL; all pieces joined are the SQL again."""

    kind: Kind
    text: str
    line: int

    @property
    def opening(self) -> str:
        """Of what is not closed, the mark that opens it; its text goes on to the end."""
        marks = (mark for mark in ("/*", "'''", '"""') if self.text.startswith(mark))
        return next(marks, self.text)

    @property
    def is_code(self) -> bool:
        """Neither blank nor a comment."""
        return self.kind not in ("comment", "space")


def tokenize(sql: str) -> Iterator[Token]:
    """The tokens of ``sql``, blanks and comments among them."""
    line = 1
    for match in _TOKEN.finditer(sql):
        text = match.group()
        yield Token(match.lastgroup, text, line)  # type: ignore[arg-type]
        line += text.count("\n")
