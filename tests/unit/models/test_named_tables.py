"""A suite names a table by its source, by a model or plainly; its personal columns are the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from plumbline.models import Compiler
from plumbline.project import Project
from unit.models.conftest import SmallProject, SmallTarget

PERSONAL = "columns: [{name: email, config: {meta: {personal: true}}}]"
FILES: Mapping[str, str] = {
    "models/m.sql": "select 1 as email",
    "models/tables.yml": f"""
        sources:
          - name: shop
            schema: raw_shop
            tables:
              - {{name: orders, identifier: orders_v2, {PERSONAL}}}
              - {{name: items}}
          - name: crm
            schema: raw_shop
            tables:
              - name: orders_v2
                columns: [{{name: phone, config: {{meta: {{personal: true}}}}}}]
          - name: broken
            schema: "{{{{ nothing() }}}}"
            tables:
              - {{name: orders, {PERSONAL}}}
    """,
}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("shop.orders", {"email", "phone"}),
        ("crm.orders_v2", {"email", "phone"}),
        ("raw_shop.orders_v2", {"email", "phone"}),
        ("small-project.raw_shop.orders_v2", {"email", "phone"}),
        ("raw_shop.items", set()),
        ("other-project.raw_shop.orders_v2", set()),
    ],
)
def test_a_table_has_the_personal_columns_of_all_its_sources_whatever_it_is_called(
    project: Callable[..., SmallProject], name: str, columns: set[str]
) -> None:
    compiler = Compiler(Project(project(FILES).root), SmallTarget())
    found = compiler.table(name, file="expectations/m.json", key="meta.monitor.table")
    assert found.personal == columns
