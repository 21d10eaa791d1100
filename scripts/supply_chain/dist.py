"""The wheel and the source distribution: the same bytes from the same commit.

Built from a copy of what git tracks, so nothing else gets in, with the commit's time in place of
the files'. The wheel is built from the source distribution, which so is known to be whole.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path


def build(root: Path, output: Path) -> list[Path]:
    """Build both from the working tree of ``root``; the files in ``output``.

    Raises:
        subprocess.CalledProcessError: git or the build failed.
    """
    time = int(_git(root, "log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory(prefix="plumbline-dist-") as made:
        tree, built = Path(made, "tree"), Path(made, "built")
        _copy(root, tree, time)
        uv = Path(sys.executable).parent / "uv"
        subprocess.run(
            [
                *(str(uv), "build", "--quiet", "--offline", "--no-build-isolation", "--no-config"),
                *("--python", sys.executable, "--out-dir", str(built), str(tree)),
            ],
            check=True,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(time)},
        )
        (wheel,), (source,) = built.glob("*.whl"), built.glob("*.tar.gz")
        output.mkdir(parents=True, exist_ok=True)
        files = [output / wheel.name, output / source.name]
        shutil.copyfile(wheel, files[0])
        files[1].write_bytes(_normalised(source, time))
        return files


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


def _copy(root: Path, tree: Path, time: int) -> None:
    for name in filter(None, _git(root, "ls-files", "-z").split("\0")):
        source, copy = root / name, tree / name
        if not source.is_file():
            continue  # deleted, and not committed yet
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        copy.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
        os.utime(copy, (time, time))


def _normalised(source: Path, time: int) -> bytes:
    """The archive with its files in order, of nobody, and of one time."""
    archive = io.BytesIO()
    with (
        tarfile.open(source) as made,
        gzip.GzipFile("", "wb", fileobj=archive, mtime=time) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as written,
    ):
        for member in sorted(made.getmembers(), key=lambda one: one.name):
            if not (member.isfile() or member.isdir()):
                raise ValueError(f"{member.name} is neither a file nor a folder")
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.size, plain.mtime = member.type, member.size, time
            plain.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            written.addfile(plain, made.extractfile(member) if member.isfile() else None)
    return archive.getvalue()
