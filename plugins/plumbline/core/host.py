"""What the host allows: memory and threads.

A run that meets a limit says so; it never ends silently, nor waits for what can't come.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable

from plumbline.core.errors import ConfigError

MEMORY_MIB = 1536
"""Address space with which a run is safe. Importing Great Expectations takes half; with less,
OpenBLAS asks for memory for ever, and with little left Python waits for ever for a thread that
could not be set up."""


def start_thread(work: Callable[[], None], name: str) -> threading.Thread | None:
    """Do ``work`` in a daemon thread; at once and here where the host allows no other thread.

    Returns:
        The thread; None: the work is done.
    """
    thread = threading.Thread(target=work, name=name, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # "can't start new thread"
        work()
        return None
    return thread


def check_memory() -> None:
    """Refuse a limit under which Great Expectations can't be loaded and used.

    Raises:
        ConfigError: `ulimit -v` is too low.
    """
    if importlib.util.find_spec("resource") is None:  # Windows has no such limit
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < MEMORY_MIB * 1024**2:
        raise ConfigError(
            f"the address space is limited to {limit // 1024**2} MiB, and this "
            f"command needs {MEMORY_MIB} MiB",
            key="ulimit -v",
            fix="raise the limit (`ulimit -v unlimited`), or limit the memory by the container",
        )
