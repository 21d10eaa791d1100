"""A target is what was asked for: no other one takes its place."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project.files import Files
from plumbline.project.targets import Target, resolve_target

FILE = Path("great_expectations.yml")


def entry(**targets: Any) -> dict[str, Any]:
    return {
        "type": "bigquery_models",
        "targets": targets
        or {
            "local": {
                "kind": "embedded",
                "project": "demo",
                "seed": {"command": ["seed.py"], "judged_day": "2026-02-02"},
            },
            "bigquery": {"kind": "bigquery"},
        },
    }


def resolve(name: str | None = None, env: dict[str, str] | None = None, **targets: Any) -> Target:
    return resolve_target(
        entry(**targets),
        name,
        plumbline_project="shop",
        file=FILE,
        key="fluent_datasources.warehouse",
        project_dir=Path("/project"),
        state_dir=Path("/state"),
        files=Files(),
        environment=env or {},
    )


def test_without_being_told_it_is_the_default_target() -> None:
    assert resolve().name == "local"


def test_the_environment_chooses() -> None:
    assert (
        resolve(env={"PLUMBLINE_TARGET": "bigquery", "PLUMBLINE_PROJECT": "p"}).kind == "bigquery"
    )


def test_the_command_line_chooses_before_the_environment() -> None:
    assert resolve("local", env={"PLUMBLINE_TARGET": "bigquery"}).name == "local"


@pytest.mark.parametrize(
    ("name", "env", "where"),
    [("locl", {}, "--target"), (None, {"PLUMBLINE_TARGET": "locl"}, "PLUMBLINE_TARGET")],
)
def test_an_unknown_target_is_refused_with_the_near_one(
    name: str | None, env: dict[str, str], where: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve(name, env=env)
    assert caught.value.key == where
    assert caught.value.fix == "did you mean 'local'?"
    assert caught.value.exit_code == 64


def test_bigquery_without_a_project_is_refused_with_the_variable_to_set() -> None:
    with pytest.raises(ConfigError, match="target 'bigquery' has no project") as caught:
        resolve("bigquery")
    assert "PLUMBLINE_PROJECT" in str(caught.value)


def test_the_variable_names_the_project_of_any_target() -> None:
    assert resolve(env={"PLUMBLINE_PROJECT": "mine"}).project == "mine"


def test_the_demo_data_is_demo_data_only_on_our_own_server() -> None:
    assert resolve().is_demo
    assert not resolve(env={"BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1"}).is_demo


def test_the_emulator_variable_means_nothing_to_bigquery() -> None:
    env = {"BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1", "PLUMBLINE_PROJECT": "p"}
    assert resolve("bigquery", env=env).emulator_host is None


def test_the_judged_day_is_a_date_whichever_yaml_reader_gave_it() -> None:
    seed = resolve().seed
    assert seed is not None
    assert seed.judged_day == date(2026, 2, 2)


@pytest.mark.parametrize(
    ("target", "key", "said"),
    [
        ({"kind": "embeded"}, "targets.t.kind", "embedded"),
        ({"kind": "bigquery", "projct": "x"}, "targets.t.projct", "did you mean 'project'?"),
        (
            {"kind": "bigquery", "limits": {"deadline_second": 1}},
            "targets.t.limits.deadline_second",
            "did you mean 'deadline_seconds'?",
        ),
        (
            {"kind": "bigquery", "limits": {"deadline_seconds": 0}},
            "targets.t.limits.deadline_seconds",
            "greater than 0",
        ),
        ({"kind": "embedded", "seed": {"command": ["s"]}}, "targets.t.seed.judged_day", "missing"),
        ({"kind": "bigquery", "price": {}}, "targets.t.price.per_tib", "missing"),
        ({"kind": "bigquery", "price": {"per_tib": -1}}, "targets.t.price.per_tib", "greater than"),
        (
            {"kind": "bigquery", "price": {"per_tib": 5, "curency": "EUR"}},
            "targets.t.price.curency",
            "did you mean 'currency'?",
        ),
    ],
)
def test_a_malformed_target_is_named_by_file_and_key(
    target: dict[str, Any], key: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve("t", t=target)
    assert caught.value.file == str(FILE)
    assert caught.value.key == f"fluent_datasources.warehouse.{key}"
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("https://bigquery-mine.p.googleapis.com/", True),
        ("http://127.0.0.1:9050", True),
        ("http://localhost:9050", True),
        ("http://bigquery.example", False),
        ("bigquery.example", False),
        ("ftp://bigquery.example", False),
        ("https://", False),
        ("https://[", False),
        ("https://user:p4ssword@bigquery.example", False),
        ("https://user@bigquery.example", False),
        ("http://user:p4ssword@127.0.0.1:9050", False),
        ("ftp://user:p4ssword@bigquery.example-with-a-long-name-that-is-cut.example", False),
    ],
)
def test_another_endpoint_of_bigquery_must_not_send_tokens_in_the_clear(
    value: str, is_right: bool
) -> None:
    target = {"kind": "bigquery", "project": "p", "api_endpoint": value}
    if is_right:
        assert resolve("t", t=target).api_endpoint == value.rstrip("/")
        return
    with pytest.raises(ConfigError, match="write (an address that begins|the address)") as raised:
        resolve("t", t=target)
    assert "p4ss" not in str(raised.value)
    assert str(raised.value.key).endswith("targets.t.api_endpoint")


def test_an_embedded_target_has_no_endpoint_of_bigquery() -> None:
    target = {"kind": "embedded", "project": "p", "api_endpoint": "https://bigquery.example"}
    with pytest.raises(ConfigError, match="BIGQUERY_EMULATOR_HOST"):
        resolve("t", t=target)


def test_the_address_of_an_emulator_has_no_login() -> None:
    target = {"kind": "embedded", "project": "p"}
    with pytest.raises(ConfigError, match="user and password") as raised:
        resolve("t", env={"BIGQUERY_EMULATOR_HOST": "http://u:p4ss@host:9050"}, t=target)
    assert "p4ss" not in str(raised.value)


def test_datasets_of_a_target_have_its_prefix_and_suffix() -> None:
    dev = resolve(
        "dev",
        dev={
            "kind": "bigquery",
            "project": "p",
            "datasets": {"calendar": "shared_calendar"},
            "dataset_prefix": "ann_",
            "dataset_suffix": "_dev",
        },
    )
    names = {
        ("nba_predictions", None): "ann_nba_predictions_dev",
        ("nba_predictions", "p"): "ann_nba_predictions_dev",
        # A name of its own
        ("calendar", None): "shared_calendar",
        # Somebody else's, and BigQuery's own
        ("samples", "bigquery-public-data"): "samples",
        ("region-us", "p"): "region-us",
        # Named for the target already, by Jinja or by dbt
        ("ann_nba_predictions_dev", "p"): "ann_nba_predictions_dev",
        # Shared by all targets, which keep their state apart there
        ("plumbline", None): "plumbline",
    }
    assert {at: dev.dataset_name(*at) for at in names} == names


@pytest.mark.parametrize("key", ["dataset_prefix", "dataset_suffix"])
def test_a_suffix_that_no_dataset_may_have_is_refused(key: str) -> None:
    with pytest.raises(ConfigError) as raised:
        resolve("dev", dev={"kind": "bigquery", "project": "p", key: "-dev"})
    assert str(raised.value.key).endswith(f"targets.dev.{key}")
