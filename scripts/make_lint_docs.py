"""Write ``docs/lint.md``: how lint is used, and every rule, from the rules themselves.

python scripts/make_lint_docs.py            # write
python scripts/make_lint_docs.py --check    # say whether it is stale; exit code 1
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from plumbline.lint.registry import GROUPS, RuleGroup
from plumbline.lint.rule import Rule

PAGE = Path(__file__).resolve().parent.parent / "docs" / "lint.md"

INTRODUCTION = """\
<!-- made by scripts/make_lint_docs.py from the rules in plugins/plumbline/lint/rules -->
# Lint: what is wrong, before anything runs

`plumbline lint` reads what a run would read (suites, checkpoints, the schedule, models, their
descriptions, variables, targets) and says all that is wrong with it, each with file, line and
fix. It needs no warehouse, no secrets and no network, and takes less than a second.

```sh
plumbline lint                     # the whole project
plumbline lint line_coverage       # one monitor: its suite, model and runbook
plumbline lint models/schema.yml   # a file or a folder
plumbline lint --fix               # first write suites and checkpoints in their one form
plumbline lint --format github     # as annotations of a pull request
plumbline lint --format json       # for machines
```

Exit codes: 0 nothing to fix, 1 warnings only, 2 errors, 64 wrong usage. An **error** would not
run, or would judge wrongly; a **warning** runs, and someone will be sorry.

## What `--fix` does

It writes suites and checkpoints with two spaces, a line an entry and their keys in the order of
these pages, and fills in the ids that Great Expectations asks for (plumbline itself needs none).
Values, unknown keys and numbers stay as they are; a file that can't be read whole is left alone;
what is in form is not written. The ids are the same that plumbline makes in memory for files
without.

## Which models it looks at

Those that a suite names, those in a folder `monitors/`, those that take `as_of`, and all that
these refer to. Other models of a dbt project are dbt's own affair.

In files that belong to others too (dbt's and Great Expectations' own), a key is called unknown
only when it is nearly one that plumbline reads.

## Google's analyzer

sqlglot reads the SQL's grammar; it does not know whether a column is there, or what `STRING >
INT64` means. Google's own analyzer does. It is the extra `analyzer`, and takes half a minute to
load, so it is asked only on demand; `models/sources.yml` tells it the tables.

```sh
pip install 'plumbline-dq[analyzer]'
plumbline lint --analyzer
```

## History

Whether a threshold ever fires is not in the files. Where there is a history of what was observed,
lint holds the thresholds against it: see [backtest](backtest.md), which makes such a file.

```sh
plumbline backtest --from 2025-11-01 --to 2026-02-10 --export history.jsonl
plumbline lint --history history.jsonl
```

## Before each commit, and on each pull request

This repository is one that [pre-commit](https://pre-commit.com) can use: hooks `plumbline-lint`
and `plumbline-lint-fix`.

```yaml
repos:
  - repo: https://example.com/your/copy/of/plumbline
    rev: v0.1.0
    hooks:
      - id: plumbline-lint
```

On GitHub, a step of a workflow:

```yaml
steps:
  - run: plumbline lint --format github
```
"""


def make_page() -> str:
    """The page's text."""
    sections = [INTRODUCTION, "## The rules\n", *map(_section, GROUPS)]
    return "\n".join(sections)


def _section(group: RuleGroup) -> str:
    lines = [
        f"### {group.title}\n",
        "| rule | | what it finds | wrong | right |",
        "|---|---|---|---|---|",
        *map(_line, group.rules),
    ]
    return "\n".join(lines) + "\n"


def _line(rule: Rule) -> str:
    cells = (
        f"`{rule.code}`",
        str(rule.severity),
        rule.about,
        f"`{rule.wrong}`",
        f"`{rule.right}`",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` only say whether it differs; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    text = make_page()
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print("docs/lint.md is stale: run python scripts/make_lint_docs.py")
        return 1
    PAGE.write_text(text, encoding="utf-8")
    print("wrote docs/lint.md")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
