"""Laws of delivery over random outages, refusals, pauses and deaths: nothing lost, nothing overtaken."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from support.alert_store import KilledError
from support.alert_world import START, World, outcome

OK = None
BUSY = Receipt(DeliveryStatus.RETRY, "503", 503, retry_after=60)
AWAY = Receipt(DeliveryStatus.RETRY, "429", 429, retry_after=7200)
BROKEN = Receipt(DeliveryStatus.REFUSED, "404", 404)
WORLDS = settings().max_examples // 7
"""Of each seed."""
STATUSES = (Status.PASS, Status.PASS, Status.WARNING, Status.CRITICAL)


def live(world: World, rng: random.Random, *, dies: bool) -> int:
    """Two days of runs every few hours; then all is well, and what waits goes out.

    Returns:
        How many runs died.
    """
    at, deaths = START, 0
    for _ in range(10):
        at += timedelta(minutes=rng.choice([10, 50, 130, 360]))
        for phone in world.phones.values():
            phone.always = rng.choice([OK, OK, OK, BUSY, AWAY, BROKEN])
        world.phones["slack"].always = rng.choice([OK, OK, OK, BUSY])
        world.missing = rng.choice([(), (), (), ("slack-error",), ("slack-warning",)])
        left = [rng.randrange(14) if dies and rng.random() < 0.3 else -1]

        def step(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise KilledError

        found = [outcome(rng.choice(STATUSES), at, monitor) for monitor in ("a", "b")]
        try:
            world.run(at, *found, step=step)
        except KilledError:
            deaths += 1
    world.missing = ()
    for phone in world.phones.values():
        phone.always = OK
    for hours in (3, 6):
        world.alert_service(at + timedelta(hours=hours)).flush()
    return deaths


def heard(world: World) -> dict[str, dict[str, list[str]]]:
    """By phone and incident: the ids of the events, in the order in which they came."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, phone in world.phones.items():
        for message in phone.took:
            for item in message.items:
                found.setdefault(name, {}).setdefault(item.incident, []).append(item.event_id)
    return found


def decided(world: World) -> dict[str, list[str]]:
    """By incident: the ids of its events that were to be sent."""
    found: dict[str, list[str]] = {}
    for event in world.warehouse.projected:
        if not event.startswith("m-") and not event.endswith("suppressed"):
            found.setdefault(event.rsplit("-", 2)[0], []).append(event)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_overtaken_or_sent_twice(tmp_path: Path, seed: int) -> None:
    for number in range(WORLDS):
        world: Any = World(tmp_path)
        live(world, random.Random(seed * 1000 + number), dies=False)
        told = heard(world)
        assert world.warehouse.state.outbox == (), number
        for name, incidents in told.items():
            for events in incidents.values():
                assert events == sorted(set(events)), (number, name)
        for incident, events in decided(world).items():
            reached = {one for ones in told.values() for one in ones.get(incident, ())}
            # An older event is dropped where the fallback has heard a newer one.
            assert max(events) in reached, (number, incident)


@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_dies_loses_and_overtakes_nothing(tmp_path: Path, seed: int) -> None:
    deaths = 0
    for number in range(WORLDS):
        world: Any = World(tmp_path)
        deaths += live(world, random.Random(seed * 1000 + number), dies=True)
        told = heard(world)
        assert world.warehouse.state.outbox == (), number
        for name, incidents in told.items():
            for events in incidents.values():
                first = list(dict.fromkeys(events))
                assert first == sorted(first), (number, name)
    assert deaths > WORLDS // 2
