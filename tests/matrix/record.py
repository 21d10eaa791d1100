"""The recorded verdicts: ``verdicts.json``, a line a question, made by ``scripts/generators matrix``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matrix.cells import ERROR, FAIL, PASS, Answer, Question

FILE = Path(__file__).parent / "verdicts.json"

EVALUATOR = "evaluator"
BY_HAND = "by hand"

_TWINS = {
    "GEOGRAPHY": (
        "JSON",
        "the evaluator has no GEOGRAPHY; only NULL and the number of rows matter here",
        "https://cloud.google.com/bigquery/docs/reference/standard-sql/operators#is_operators",
    ),
    "INTERVAL": (
        "DATE",
        "the evaluator has no PERCENTILE_DISC of INTERVAL; BigQuery has it for all types that can be ordered",
        "https://cloud.google.com/bigquery/docs/reference/standard-sql/navigation_functions#percentile_disc",
    ),
}
"""Where the evaluator can't say: the type with the same verdicts, why, and BigQuery's page."""


@dataclass(frozen=True)
class Record:
    """What is known of one question."""

    hash: str
    witness: str
    verdicts: Mapping[str, str]
    """By condition."""
    why: str = ""
    """By hand: the reason. By the evaluator: what BigQuery says where it refuses."""
    link: str = ""
    plain_gx: Mapping[str, str] = field(default_factory=dict)
    """What Great Expectations' pandas engine says, by condition, where that differs."""

    @property
    def refused(self) -> bool:
        """Whether it is an ERROR whatever the rows are."""
        return set(self.verdicts.values()) == {ERROR}


def twin(question: Question) -> tuple[str, str, str]:
    """The type that stands in for what the evaluator can't say, why, and a link."""
    return _TWINS[question.kind]


def by_hand(question: Question) -> Record:
    """The record of a question that has a verdict by hand."""
    hand = question.by_hand
    assert hand is not None, f"{question.group}: neither a query nor a verdict by hand"
    verdicts = {cell.condition: hand.verdicts(cell.condition) for cell in question.cells}
    return Record(question.hash, BY_HAND, verdicts, hand.why, hand.link)


def witnessed(
    question: Question, answers: Mapping[str, Answer], of_twin: Mapping[str, str] | None
) -> Record:
    """The record of a question that the evaluator has answered.

    Args:
        of_twin: the verdicts of the type that stands in, by condition, where there is an answer
            that it could not give.
    """
    verdicts = {
        condition: answer.verdict or (of_twin or {})[condition]
        for condition, answer in answers.items()
    }
    if of_twin is not None:
        _, why, link = twin(question)
        return Record(question.hash, BY_HAND, verdicts, why, link)
    refusals = {answer.refusal for answer in answers.values() if answer.refusal}
    why = min(refusals, default="") if set(verdicts.values()) == {ERROR} else ""
    return Record(question.hash, EVALUATOR, verdicts, why)


def load() -> dict[str, Record]:
    """The records by the name of their question."""
    if not FILE.exists():
        return {}
    return {name: _record(entry) for name, entry in json.loads(FILE.read_text("utf-8")).items()}


def render(records: Mapping[str, Record], order: Iterable[str]) -> str:
    """The file's text, a line a question."""
    lines = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(_entry(records[name]), ensure_ascii=False)}"
        for name in order
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def save(text: str) -> None:
    """Write it."""
    FILE.write_text(text, encoding="utf-8")


def _entry(record: Record) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "hash": record.hash, "witness": record.witness, **_by_verdict(record.verdicts),
    }  # fmt: skip
    if record.why:
        entry["why"] = record.why
    if record.link:
        entry["link"] = record.link
    if record.plain_gx:
        entry["plain_gx"] = _by_verdict(record.plain_gx)
    return entry


def _by_verdict(verdicts: Mapping[str, str]) -> dict[str, str]:
    """The conditions of each verdict, which is shorter."""
    named = {
        verdict: " ".join(name for name, found in verdicts.items() if found == verdict)
        for verdict in (PASS, FAIL, ERROR)
    }
    return {verdict: names for verdict, names in named.items() if names}


def _by_condition(entry: Mapping[str, Any]) -> dict[str, str]:
    return {name: one for one in (PASS, FAIL, ERROR) for name in entry.get(one, "").split()}


def _record(entry: Mapping[str, Any]) -> Record:
    return Record(
        entry["hash"],
        entry["witness"],
        _by_condition(entry),
        entry.get("why", ""),
        entry.get("link", ""),
        _by_condition(entry.get("plain_gx", {})),
    )
