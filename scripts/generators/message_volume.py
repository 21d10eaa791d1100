"""``docs/message-volume.md``: how many messages the demo season sends under ``alerts.yml``.

It makes the season with five seeds and replays each on an embedded warehouse of its own. That takes
five minutes, so it is made only when it is named.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from demo_season.season import SEED
from generators.cli import ROOT
from generators.detection_time import relive_season
from plumbline.backtest.messages import Spread
from plumbline.backtest.report import Backtest
from plumbline.project import Project
from plumbline.project.targets import Target
from plumbline.report.page import Section, Table
from plumbline.report.wording import minute
from plumbline.report.writers import as_markdown
from plumbline.warehouse.embedded import EmbeddedWarehouse

PAGE = Path("docs/message-volume.md")
SEEDS = (SEED, 1, 2, 3, 4)
MOST = 3.0
"""Messages an incident, on average."""

HEAD = "<!-- made by scripts/generators from backtests of the demo season -->\n"
FOOT = """
- A **message** is one post to one channel. A run sends each channel one message with all that it
  has for it, so a message can be about several incidents.
- **Per incident**: messages divided by incidents. **Per labelled incident**: messages divided by
  the entries of `checkpoints/incidents.yml`, which several monitors can find.
- **Of one incident**: the messages about it in all channels together; a message about two
  incidents counts for both. An incident that becomes CRITICAL after it was a WARNING has messages
  in two channels, and its end goes to both.
- **Of one incident in one channel** is what the readers of one channel see of it.
- Only incidents with a message of their own are counted. One that is only named in the message of
  an upstream monitor has none.
- The schedules of `checkpoints/schedule.yml` are replayed together. Two checkpoints that share a
  monitor share its incident.
- All channels count as configured, and nobody acknowledges or mutes anything. Copies to the
  fallback while a channel fails, and messages of the watchdog, are not counted.

The seeds change the generated values and not the incidents, so the rows are similar.
[Backtest](backtest.md) describes the calculation, [alerts](alerts.md#noise) the settings. This
command updates the page, in about five minutes:

```sh
python scripts/generators message-volume
```
"""


def make_files() -> Mapping[Path, str]:
    """The page."""
    rows = []
    for seed in SEEDS:
        with _season(seed) as target:
            done = relive_season(target)
        rows.append(row(seed, done))
    return {PAGE: HEAD + _page(done, rows) + FOOT}


def row(seed: int, backtest: Backtest) -> tuple[str, ...]:
    """What one season brings."""
    counts = backtest.score.messages
    labelled = len(backtest.score.findings)
    return (
        f"{seed} (shipped)" if seed == SEED else str(seed),
        str(counts.incidents),
        str(counts.total),
        _number(counts.share),
        _number(counts.total / labelled if labelled else None),
        *_spread(counts.per_incident),
        *_spread(counts.per_incident_and_channel),
    )


def _page(backtest: Backtest, rows: Sequence[tuple[str, ...]]) -> str:
    span, zone = backtest.span, backtest.zone
    how = (
        "How many messages the demo season sends with the channels, routes and defaults of the "
        "shipped alerts.yml, in a backtest of the shipped schedules "
        f"({', '.join(span.checkpoints)}) from {minute(span.first, zone)} to "
        f"{minute(span.last, zone)} {zone.key}. The aim is at most {MOST:g} messages per incident "
        "on average."
    )
    header = (
        "Seed", "Incidents", "Messages", "Per incident", "Per labelled incident",
        "Of one incident: mean", "worst", "Of one incident in one channel: mean", "worst",
    )  # fmt: skip
    return as_markdown([Section("Message volume", (how, Table(header, tuple(rows))))], level=1)


def _spread(spread: Spread | None) -> tuple[str, str]:
    return ("", "") if spread is None else (_number(spread.mean), str(spread.worst))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


@contextmanager
def _season(seed: int) -> Iterator[Target]:
    """A warehouse of its own for the season of ``seed``."""
    local = Project(ROOT).target("local")
    assert local.seed is not None
    made = replace(local.seed, command=(*local.seed.command, "--seed", str(seed)))
    with tempfile.TemporaryDirectory(prefix="plumbline-season-") as folder:
        target = replace(local, seed=made, state_dir=Path(folder), emulator_host=None)
        try:
            yield target
        finally:
            EmbeddedWarehouse.of(target).stop()
