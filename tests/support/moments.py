"""The command line where what waits for seconds waits for a moment, for servers that are gone or hang:

    [*warm_python(), "-m", "support.moments", "run", "--alerts"]

That each wait ends when its time is over has tests of its own, in tests/warehouse, tests/unit/alerts
and tests/unit/net; tests/scenarios/test_breaking_it has a run that waits as long as a user's.
"""

from __future__ import annotations

from functools import partial

from plumbline.alerts import factory
from plumbline.alerts.service import AlertService
from plumbline.cli.main import main
from plumbline.net import ping
from plumbline.warehouse.retries import PATIENCE

MOMENT = 0.5

if __name__ == "__main__":
    PATIENCE.update(dict.fromkeys(PATIENCE, MOMENT))
    ping.TIMEOUT_SECONDS = MOMENT
    factory.AlertService = partial(AlertService, bound_seconds=MOMENT)  # type: ignore[attr-defined, misc, assignment]
    main()
