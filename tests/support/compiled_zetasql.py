"""Google's SQL analyzer and evaluator, compiled once: half a minute of CPU, kept beside the packages.

`make unit` does it while it sets up (``python -m support.compiled_zetasql``); without make, the
first test does that needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import zetasql
from wasmtime import Module
from zetasql.core import wasm_client
from zetasql.core.local_service import ZetaSqlLocalService

from plumbline.warehouse.locks import exclusive

FOLDER = Path(sys.prefix) / "zetasql"


@contextmanager
def compiled_zetasql(folder: Path = FOLDER) -> Iterator[None]:
    """Inside, the machine code of the WebAssembly module is read from ``folder``, or put there."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"zetasql-{zetasql.__version__}.cwasm"

    class Kept:
        @staticmethod
        def from_file(engine: Any, path: str) -> Module:
            with exclusive(folder / "compile.lock", seconds=240.0):
                if not file.exists():
                    draft = file.with_suffix(".draft")
                    draft.write_bytes(Module.from_file(engine, path).serialize())
                    draft.replace(file)
            return Module.deserialize_file(engine, str(file))

    with mock.patch.object(wasm_client, "Module", Kept):
        yield


if __name__ == "__main__":
    with compiled_zetasql():
        ZetaSqlLocalService.get_instance()
