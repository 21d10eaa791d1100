"""Records for a log collector: one JSON object a line, a severity that it knows, no secret."""

from __future__ import annotations

import json
import logging

import pytest

from plumbline.cli import logs
from plumbline.net.secrets import read_secret
from support.reports import seed_day


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"CLOUD_RUN_JOB": "health-check"}, True),
        ({"K_SERVICE": "x"}, True),
        ({"PLUMBLINE_LOG_FORMAT": "json"}, True),
        ({"PLUMBLINE_LOG_FORMAT": "text", "CLOUD_RUN_JOB": "health-check"}, False),
        ({"PLUMBLINE_LOG_FORMAT": "loud"}, False),
    ],
)
def test_records_are_written_where_the_cloud_reads_them_or_somebody_asks(
    environment: dict[str, str], expected: bool
) -> None:
    assert logs.is_json(environment) is expected


def test_a_run_ends_with_a_record_of_its_own_severity() -> None:
    found = [json.loads(line) for line in logs.run_records(seed_day())]
    last = found[-1]
    assert last["severity"] == logs.SEVERITIES[last["status"]]
    assert last["logging.googleapis.com/labels"]["checkpoint"] == seed_day().checkpoint
    assert {one["monitor"] for one in found if "monitor" in one} == {
        outcome.monitor for outcome in seed_day().outcomes if outcome.status != "PASS"
    }


def test_an_address_in_a_message_keeps_its_host_alone() -> None:
    line = logs.record("ERROR", "POST https://hooks.slack.com/services/T0/B0/secret failed")
    assert json.loads(line)["message"] == "POST https://hooks.slack.com/… failed"


def test_an_exception_that_quotes_an_address_does_not_show_its_path() -> None:
    try:
        raise RuntimeError("no answer from https://hooks.slack.com/services/secret")
    except RuntimeError:
        entry = logging.LogRecord("x", logging.ERROR, "f", 1, "broken", (), None)
        entry.exc_info = __import__("sys").exc_info()
    said = json.loads(logs.JsonFormatter().format(entry))
    assert said["severity"] == "ERROR"
    assert "secret" not in said["message"]


@pytest.mark.parametrize(
    "variable", ["SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "PAGERDUTY_ROUTING_KEY", "PING_URL"]
)
def test_a_secret_that_was_read_is_in_no_record(variable: str) -> None:
    value = f"q7-{variable.lower()}-value"
    if variable.endswith("URL"):
        value = f"https://receiver.example/{value}"
    read_secret(variable, {variable: value})
    said = logs.record("ERROR", f"no {value}", reason=f"at {value}", counts={"of": value})
    assert value.rpartition("/")[2] not in said


@pytest.mark.parametrize("secret", ["xoxb-12-ab", "ghp_0123456789", "github_pat_x1", "ya29.a0b1c2"])
def test_what_looks_like_a_token_is_in_no_record_whoever_quotes_it(secret: str) -> None:
    assert secret not in logs.record("ERROR", f"refused: {secret}", fix=f"renew {secret}")


def test_a_number_that_json_has_not_leaves_the_line_json() -> None:
    def refuse(text: str) -> None:
        raise AssertionError(text)

    json.loads(logs.record("INFO", "x", observed=float("nan")), parse_constant=refuse)


def test_a_message_of_several_lines_stays_one_record() -> None:
    assert "\n" not in logs.record("INFO", "one\ntwo")


def test_what_libraries_log_as_text_has_no_secrets() -> None:
    said = "Retrying after ProxyError('http://user:pr0xyp4ss@proxy:3128'), Bearer abcdefgh12"
    entry = logging.LogRecord("urllib3", logging.WARNING, "f", 1, "%s", (said,), None)
    text = logs.TextFormatter().format(entry)
    assert text == "Retrying after ProxyError('http://***@proxy:3128'), Bearer ***"
