"""What the host allows: memory and threads.

A run that meets a limit says so. It does not end silently, and does not hang.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable

from plumbline.core.errors import ConfigError

MEMORY_MIB = 1536
"""Address space with which a run is safe. Importing Great Expectations takes half; with less,
OpenBLAS never stops asking for memory, and with little left Python never stops waiting for a
thread that could not be set up."""

SERVER_MIB = 2048
"""The same for the embedded warehouse: with 1,536, it stops answering while it is filled."""

RAISE_LIMIT = "raise the limit (`ulimit -v unlimited`), or limit the memory by the container"


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


def memory_limit() -> int | None:
    """The limit of this process's address space (`ulimit -v`), in bytes; None without one."""
    if importlib.util.find_spec("resource") is None:  # Windows has no such limit
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def check_memory(least: int = MEMORY_MIB, who: str = "this command") -> None:
    """Refuse a limit under which ``who`` would fail or hang.

    Args:
        least: MiB of address space that it needs.

    Raises:
        ConfigError: `ulimit -v` is too low.
    """
    limit = memory_limit()
    if limit is not None and limit < least * 1024**2:
        raise ConfigError(
            f"{limited_to(limit)}, and {who} needs {least} MiB", key="ulimit -v", fix=RAISE_LIMIT
        )


def limited_to(limit: int) -> str:
    """A clause about a limit of ``limit`` bytes."""
    return f"the address space is limited to {limit // 1024**2} MiB"
