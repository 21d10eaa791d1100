"""What this process holds at one moment, as the kernel says it. Linux only: it reads ``/proc``."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc/self")
MIB = 1024**2


@dataclass(frozen=True)
class Sample:
    """The process after one run."""

    run: int
    """Runs so far."""
    wall: float
    """Seconds that the run took."""
    cpu: float
    """Seconds of CPU that the run took: this process's, without the warehouse's."""
    rss: float
    """Resident memory in MiB."""
    files: int
    """Open file descriptors that are no sockets."""
    sockets: int
    """Open sockets, both to the warehouse and to the receiver of alerts."""
    threads: int
    disk: float
    """MiB below the folder of local state, without the warehouse's own files."""


def take_sample(run: int, *, wall: float, cpu: float, state: Path) -> Sample:
    """The process as it is now."""
    files, sockets = _descriptors()
    return Sample(
        run=run,
        wall=wall,
        cpu=cpu,
        rss=_resident() / MIB,
        files=files,
        sockets=sockets,
        threads=sum(1 for _ in (_PROC / "task").iterdir()),
        disk=_bytes_below(state, without="warehouse") / MIB,
    )


def cpu_seconds() -> float:
    """CPU of this process and of the children that have ended, such as git."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _resident() -> int:
    pages = int((_PROC / "statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _descriptors() -> tuple[int, int]:
    files = sockets = 0
    for descriptor in (_PROC / "fd").iterdir():
        try:
            leads_to = str(descriptor.readlink())
        except OSError:  # the one that lists the folder
            continue
        if leads_to.startswith("socket:"):
            sockets += 1
        else:
            files += 1
    return files, sockets


def _bytes_below(folder: Path, *, without: str) -> int:
    """On the disk; a file with many names (the site's versions share theirs) counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for root, folders, names in os.walk(folder):
        if Path(root) == folder and without in folders:
            folders.remove(without)
        for name in names:
            try:
                found = Path(root, name).lstat()
            except OSError:  # gone in between
                continue
            if (found.st_dev, found.st_ino) not in seen:
                seen.add((found.st_dev, found.st_ino))
                total += found.st_blocks * 512
    return total
