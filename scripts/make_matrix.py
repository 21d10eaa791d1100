"""Write ``tests/matrix/verdicts.json``: what BigQuery's SQL says of each cell of the matrix.

python scripts/make_matrix.py           # ask about what has changed
python scripts/make_matrix.py --all     # ask about everything: five minutes

The witness is Google's own evaluator of GoogleSQL (the extra ``analyzer``); see
``tests/matrix/cells.py``. Beside it stands what Great Expectations' pandas engine says. Look at the
difference before you commit it: it is what suites mean.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from definitions.evaluator import Evaluator  # noqa: E402
from matrix import plain_gx, record  # noqa: E402
from matrix.cells import Question, questions  # noqa: E402
from matrix.witness import Witness  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="ask about what has not changed too")
    chosen = parser.parse_args(arguments)
    known = {} if chosen.all else record.load()
    asked = questions()
    changed = [
        question
        for question in asked
        if question.group not in known or known[question.group].hash != question.hash
    ]
    print(f"{len(changed)} of {len(asked)} questions to ask")
    records = dict(known)
    try:
        _answer(changed, records)
    finally:  # what was answered need not be asked again
        record.save(records, [one.group for one in asked if one.group in records])
    return 0


def _answer(asked: Sequence[Question], records: dict[str, record.Record]) -> None:
    if not asked:
        return
    cache = Path(tempfile.gettempdir()) / "plumbline-zetasql"
    cache.mkdir(exist_ok=True)
    witness = Witness(Evaluator(cache))
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


if __name__ == "__main__":
    raise SystemExit(main())
