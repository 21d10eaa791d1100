"""plumbline: data-quality monitors on dbt-style SQL, Great Expectations and BigQuery.

``import plumbline`` makes our datasource and expectations known to Great Expectations, at
once where it is imported already, else as soon as it is: GX takes seconds to import, and most
commands never need it.
"""

from __future__ import annotations

from types import ModuleType

from wrapt import register_post_import_hook

__version__ = "0.1.0"


def _register(_great_expectations: ModuleType) -> None:
    import plumbline.gx.register  # noqa: F401 - it registers by being imported


register_post_import_hook(_register, "great_expectations")
