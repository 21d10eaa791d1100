"""A Dockerfile as its instructions, for tests: there is no Docker here to build it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One, with its continued lines joined."""

    stage: int
    word: str
    value: str


def read_dockerfile(file: Path) -> list[Instruction]:
    """All of them, in order; stages are counted from zero.

    Raises:
        ValueError: a line that begins with no instruction.
    """
    text = re.sub(r"^\s*#.*\n", "", file.read_text(), flags=re.MULTILINE)
    found: list[Instruction] = []
    stage = -1
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip():
            continue
        match = re.fullmatch(r"([A-Z]+)\s+(\S.*)", line)
        if match is None or match[1] not in _KNOWN:
            raise ValueError(f"no instruction: {line}")
        stage += match[1] == "FROM"
        found.append(Instruction(stage, match[1], " ".join(match[2].split())))
    return found


_KNOWN = ("ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "FROM", "LABEL", "RUN", "USER", "WORKDIR")
