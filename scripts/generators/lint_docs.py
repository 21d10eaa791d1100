"""``docs/lint.md``: how lint is used, and every rule, from the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from generators.markdown import table
from plumbline.lint.registry import GROUPS, RuleGroup
from plumbline.lint.rule import Rule

PAGE = Path("docs/lint.md")

INTRODUCTION = """\
<!-- made by scripts/generators from the rules in plugins/plumbline/lint/rules -->
# Lint

`plumbline lint` checks the files that a run reads (suites, checkpoints, the schedule, models, their
descriptions, variables, targets) and reports each problem with file, line and
fix. It needs no warehouse, secrets or network, and takes less than a second.

```sh
plumbline lint                     # check the whole project
plumbline lint orders_with_email   # check one monitor: its suite, model and runbook
plumbline lint models              # check a file or a folder
plumbline lint --fix               # format suites and checkpoints first
plumbline lint --no-plugins        # don't run the project's Python code
plumbline lint --format github     # print annotations for a pull request
plumbline lint --format json       # print JSON
```

Exit codes: 0 no findings, 1 warnings only, 2 errors, 64 wrong usage. An **error** would stop a run
or give a wrong result. A **warning** does not stop a run but is probably a mistake.

## What `--fix` does

It formats suites and checkpoints with two spaces, one entry per line and keys in the order of
the documentation, and adds the ids that Great Expectations needs (plumbline doesn't need any).
It doesn't change values, unknown keys or numbers. It skips files that it can't parse and doesn't
rewrite files that are already formatted. The ids are the same that plumbline generates in memory.

## Which models it checks

Lint checks the models that a suite names, those in a folder `monitors/`, those that use `as_of`,
and all models that these refer to. It ignores other models of a dbt project.

In files that dbt or Great Expectations also read, it reports an unknown key
only if it is similar to one that plumbline reads.

## Plugins

If a suite or a checkpoint uses a type that neither Great Expectations nor plumbline defines, lint
imports the modules in `plugins_directory`, as a run does. That runs their code. To check code that
you don't trust, such as a pull request from outside, use `--no-plugins`: lint then reads the
modules as text, accepts the types that they name, and doesn't check the arguments of these types.

## Google's analyzer

By default, lint parses the SQL with sqlglot, which doesn't know whether a column exists or what
`STRING > INT64` means. Google's analyzer does. It is the extra `analyzer` ([install](install.md))
and takes half a minute to load, so you turn it on with an option. It uses the tables in
`models/sources.yml`.

```sh
plumbline lint --analyzer
```

## History

With a history of observed values, lint also checks whether thresholds ever fail. A
[backtest](backtest.md) exports such a file.

```sh
plumbline backtest --from 2025-11-01 --to 2026-02-10 --export history.jsonl
plumbline lint --history history.jsonl
```

## Pre-commit and pull requests

This repository provides the [pre-commit](https://pre-commit.com) hooks `plumbline-lint`
and `plumbline-lint-fix`:

```yaml
repos:
  - repo: https://example.com/your/copy/of/plumbline
    rev: v0.1.0
    hooks:
      - id: plumbline-lint
```

On GitHub, add a step to a workflow:

```yaml
steps:
  - run: plumbline lint --no-plugins --format github
```
"""

NEXT = "Next: [completion in your editor](editors.md), [writing a monitor](writing-a-monitor.md).\n"


def make_files() -> Mapping[Path, str]:
    """The page."""
    sections = [INTRODUCTION, "## Rules\n", *map(_section, GROUPS)]
    return {PAGE: "\n".join([*sections, NEXT])}


def _section(group: RuleGroup) -> str:
    rules = table(("rule", "", "problem", "wrong", "right"), map(_cells, group.rules))
    return f"### {group.title}\n\n{rules}\n"


def _cells(rule: Rule) -> tuple[str, ...]:
    return (
        f"`{rule.code}`",
        str(rule.severity),
        rule.about,
        f"`{rule.wrong}`",
        f"`{rule.right}`",
    )
