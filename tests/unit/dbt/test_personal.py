"""Which columns of a dbt test's rows are masked."""

from __future__ import annotations

from plumbline.dbt.personal import personal_columns
from support.each import for_each

TABLES = {
    ("p", "shop", "customers"): frozenset({"email", "address.street"}),
    ("p", "shop", "orders"): frozenset[str](),
    ("__dbt__cte__people",): frozenset({"mail"}),
}
PEOPLE, ORDERS = "`p`.`shop`.`customers`", "`p`.`shop`.`orders`"

CASES = {
    # SQL: the columns that are masked
    "all columns": (f"select * from {PEOPLE}", "email address"),
    "a field is masked with its column": (f"select id, address from {PEOPLE}", "address"),
    "and so is what is taken of it": (f"select c.address.street from {PEOPLE} as c", "street"),
    "no personal column": (f"select id, count(*) as n from {PEOPLE} group by id", ""),
    "one is named": (f"select id, EMAIL from {PEOPLE}", "EMAIL"),
    "all but that": (f"select * except (email) from {PEOPLE}", "address"),
    "in place of another": (
        f"select * except (email) replace (email as id) from {PEOPLE}",
        "address id",
    ),
    "under another name": (f"select lower(email) as mail from {PEOPLE}", "mail"),
    "without a name": (f"select 1, lower(email) from {PEOPLE}", "f1_"),
    "dbt's unique": (
        f"select email as unique_field, count(*) as n_records from {PEOPLE} group by email",
        "unique_field",
    ),
    "dbt's unique of another column": (
        f"select id as unique_field, count(*) as n_records from {PEOPLE} group by id",
        "",
    ),
    "dbt's accepted_values": (
        f"with all_values as (select email as value_field, count(*) as n_records from {PEOPLE} "
        "group by email) select * from all_values where value_field not in ('a')",
        "value_field",
    ),
    "dbt's relationships": (
        f"with child as (select email as from_field from {PEOPLE}), parent as (select id as to_field "
        f"from {ORDERS}) select from_field from child left join parent on from_field = to_field",
        "from_field",
    ),
    "renamed twice": (
        f"with a as (select email as x from {PEOPLE}), b as (select x as y from a) select y, 1 as n "
        "from b",
        "y",
    ),
    "of one of two tables": (f"select o.* from {PEOPLE} as c join {ORDERS} as o using (id)", ""),
    "a subquery": (f"select * from (select id, email as e from {PEOPLE}) limit 5", "e"),
    "a subquery as a column": (f"select (select max(email) from {PEOPLE}) as m from {ORDERS}", "m"),
    "by place in a union": (f"select id from {ORDERS} union all select email from {PEOPLE}", "id"),
    "a whole row": (f"select to_json_string(c) as row_json from {PEOPLE} as c", "row_json"),
    "an array of rows": (f"select array(select as struct * from {PEOPLE}) as people", "people"),
    "out of an array": (
        f"select one from {PEOPLE} as c, unnest(split(c.email, '@')) as one",
        "one",
    ),
    "names of a CTE's columns": (f"with a(x) as (select email from {PEOPLE}) select x from a", "x"),
    "a CTE that reads itself": (
        f"with recursive a as (select email from {PEOPLE} union all select email from a) select * "
        "from a",
        "email",
    ),
    "an ephemeral model has tags of its own": (
        f"with __dbt__cte__people as (select id as mail from {ORDERS}) select * from __dbt__cte__people",
        "mail",
    ),
    "a model in place of a table without tags": (
        f"with __dbt__cte__plain as (select id, email as e from {PEOPLE}) select * from "
        "__dbt__cte__plain",
        "e",
    ),
    "joined to a table that is joined": (
        f"select * from {ORDERS} as o left join {ORDERS} as p join {PEOPLE} as c on true on true",
        "email address",
    ),
    "in brackets": (f"select * from ({ORDERS} as o join {PEOPLE} as c on true)", "email address"),
    "a union by name": (
        f"select 1 as n full union all by name select email from {PEOPLE}",
        "email n",
    ),
    "a group of fields": (
        f"select s.* from (select struct(email as e) as s from {PEOPLE})",
        "email address mail",
    ),
    "a table that is not known": ("select * from elsewhere.people", "email address mail"),
    "what can't be read": ("select from where", "email address mail"),
}


def test_what_holds_a_personal_value_is_masked_under_any_name() -> None:
    read = frozenset({"email", "address.street", "mail"})

    def is_so(case: str) -> None:
        sql, expected = CASES[case]
        assert personal_columns(sql, read, TABLES.get) == {*expected.split()}

    for_each(CASES, is_so)
