"""``tests/matrix/verdicts.json``: what BigQuery's SQL says of each cell of the matrix.

The witness is Google's own evaluator of GoogleSQL (the extra ``analyzer``); see
``tests/matrix/cells.py``. It is asked about what has changed; without the file, about everything,
which takes five minutes. Beside it stands what Great Expectations' pandas engine says. Look at the
difference before you commit it: it is what suites mean.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from generators.cli import ROOT
from matrix import plain_gx, record
from matrix.cells import Question, questions

if TYPE_CHECKING:
    from matrix.witness import Witness


def make_files() -> Mapping[Path, str]:
    """The recorded verdicts."""
    known = record.load()
    asked = questions()
    changed = [
        question
        for question in asked
        if question.group not in known or known[question.group].hash != question.hash
    ]
    print(f"{len(changed)} of {len(asked)} questions to ask", file=sys.stderr)
    records = dict(known)
    try:
        _answer(changed, records)
    except BaseException:
        record.save(_text(asked, records))  # what was answered need not be asked again
        raise
    return {record.FILE.relative_to(ROOT): _text(asked, records)}


def _text(asked: Sequence[Question], records: Mapping[str, record.Record]) -> str:
    return record.render(records, [one.group for one in asked if one.group in records])


def _answer(asked: Sequence[Question], records: dict[str, record.Record]) -> None:
    if not asked:
        return
    from definitions.evaluator import Evaluator
    from matrix.witness import Witness

    witness = Witness(Evaluator())
    for question in asked:
        found = _one(question, witness, records)
        plain = {
            condition: verdict
            for condition, verdict in plain_gx.verdicts(question).items()
            if verdict != found.verdicts[condition]
        }
        records[question.group] = replace(found, plain_gx=plain)


def _one(
    question: Question, witness: Witness, records: Mapping[str, record.Record]
) -> record.Record:
    if question.by_hand or question.sql is None:
        return record.by_hand(question)
    answers = witness.ask(question)
    of_twin = None
    if any(answer.verdict is None for answer in answers.values()):
        name = question.group.removesuffix(question.kind) + record.twin(question)[0]
        of_twin = records[name].verdicts
    return record.witnessed(question, answers, of_twin)
