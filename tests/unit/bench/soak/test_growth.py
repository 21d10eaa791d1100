"""What counts as growth in a soak, and what does not."""

from collections.abc import Callable

import pytest

from bench.soak.growth import judge
from bench.soak.sample import Sample

RUNS = 200


def _samples(
    rss: Callable[[int], float] = lambda run: 250.0,
    files: Callable[[int], int] = lambda run: 6,
    sockets: Callable[[int], int] = lambda run: 1,
    threads: Callable[[int], int] = lambda run: 4,
) -> list[Sample]:
    return [
        Sample(run, 1.0, 0.5, rss(run), files(run), sockets(run), threads(run), disk=run / 5)
        for run in range(1, RUNS + 1)
    ]


@pytest.mark.parametrize(
    ("samples", "growing"),
    [
        pytest.param(_samples(), set(), id="nothing moves"),
        pytest.param(
            _samples(rss=lambda run: 250 + min(run, 90) / 2), set(), id="caches fill in the first"
        ),
        pytest.param(
            _samples(rss=lambda run: 250 + run % 10), set(), id="memory breathes in and out"
        ),
        pytest.param(
            _samples(rss=lambda run: 250 + run * 0.015), set(), id="1.5 MiB in 100 runs is allowed"
        ),
        pytest.param(
            _samples(rss=lambda run: 250 + run * 0.03), {"memory"}, id="3 MiB in 100 runs"
        ),
        pytest.param(
            _samples(sockets=lambda run: 30 + run % 25), set(), id="sockets that come and go"
        ),
        pytest.param(_samples(files=lambda run: 6 + run // 40), {"open files"}, id="a file in 40"),
        pytest.param(_samples(sockets=lambda run: run), {"sockets"}, id="a socket a run"),
        pytest.param(_samples(threads=lambda run: 4 + run // 30), {"threads"}, id="a thread in 30"),
    ],
)
def test_only_what_goes_on_rising_grows(samples: list[Sample], growing: set[str]) -> None:
    assert {verdict.what for verdict in judge(samples) if verdict.grows} == growing


def test_too_few_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="40 at least"):
        judge(_samples()[:39])
