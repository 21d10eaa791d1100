"""Secrets: where they come from, and that no text shows them."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import time
from dataclasses import asdict, dataclass
from urllib.parse import quote, quote_plus

import pytest
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import RefreshError, TransportError

from plumbline.core.errors import ConfigError
from plumbline.net.secret import Secret, scrub
from plumbline.net.secrets import SecretUnreachableError, read_secret
from support.fake_receivers import FakeReceiver, Reply
from support.sockets import refused_port

VALUE = "xoxb-1234/+secret value"
HOOK = "https://hooks.example.com/services/T00000000/B00000000/abcDEFghiJKL?key=tokentoken"


@dataclass(frozen=True)
class Holder:
    secret: Secret


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r:>60}".format,
        "%s".__mod__,
        lambda secret: repr(Holder(secret)),
        lambda secret: repr(asdict(Holder(secret))),
        lambda secret: repr(copy.deepcopy([secret])),
        lambda secret: json.dumps(secret, default=str),
        lambda secret: json.dumps(secret, default=repr),
        lambda secret: str(logging.LogRecord("a", 1, "b", 1, "%s", (secret,), None).getMessage()),
        lambda secret: str(dir(secret)),
    ],
)
def test_no_text_of_a_secret_shows_its_value(show) -> None:  # type: ignore[no-untyped-def]
    assert VALUE not in show(Secret(VALUE, name="TOKEN"))


def test_a_secret_is_called_by_its_variable() -> None:
    assert repr(Secret(VALUE, name="TOKEN")) == "Secret(TOKEN)"


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, vars])
def test_a_secret_is_not_written_anywhere(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError) as caught:
        write(Secret(VALUE))
    assert VALUE not in str(caught.value)


def test_a_secret_is_shown_when_asked_for() -> None:
    assert Secret(VALUE).reveal() == VALUE


def test_equal_values_are_equal_secrets() -> None:
    assert Secret(VALUE) == Secret(VALUE, name="OTHER")
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert len({Secret(VALUE), Secret(VALUE)}) == 1


def test_an_empty_secret_is_none() -> None:
    with pytest.raises(ValueError, match="empty"):
        Secret("")


@pytest.mark.parametrize("environment", [{}, {"TOKEN": ""}, {"TOKEN": " \n"}])
def test_a_variable_without_a_value_is_no_secret(environment: dict[str, str]) -> None:
    assert read_secret("TOKEN", environment) is None


def test_a_variable_holds_the_secret_itself() -> None:
    secret = read_secret("TOKEN", {"TOKEN": f"{VALUE}\n"})
    assert secret is not None
    assert (secret.reveal(), secret.name) == (VALUE, "TOKEN")


# scrub


@pytest.mark.parametrize(
    "written",
    [
        VALUE,
        quote(VALUE),
        quote(VALUE, safe=""),
        quote(VALUE, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
        quote_plus(VALUE),
        f"{VALUE}{VALUE}",
    ],
)
def test_a_secret_is_scrubbed_however_it_is_encoded(written: str) -> None:
    assert scrub(f"no <{written}>!", [Secret(VALUE)]).replace("***", "") == "no <>!"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"cannot reach {HOOK}", "cannot reach ***"),
        ("POST /services/T00000000/B00000000/abcDEFghiJKL failed", "POST /*** failed"),
        ("the token abcDEFghiJKL is revoked", "the token *** is revoked"),
        ("this is tokentoken", "this is ***"),
        ("services are down", "*** are down"),
        ("hooks.example.com answered 404", "hooks.example.com answered 404"),
    ],
)
def test_a_webhook_is_scrubbed_by_its_path_too(text: str, left: str) -> None:
    assert scrub(text, [Secret(HOOK)]) == left


@pytest.mark.parametrize("value", ["http://[broken", "https://h.example", "https://h.example/a"])
def test_an_address_without_a_long_path_is_scrubbed_as_a_whole(value: str) -> None:
    assert scrub(f"a {value} b", [Secret(value)]) == "a *** b"


# Secret Manager


def read(receiver_url: str, reference: str, timeout_seconds: float = 10) -> Secret | None:
    return read_secret(
        "TOKEN",
        {"TOKEN": reference},
        endpoint=receiver_url,
        credentials=AnonymousCredentials(),
        timeout_seconds=timeout_seconds,
    )


def payload(value: str) -> Reply:
    data = base64.b64encode(value.encode()).decode()
    return Reply(body={"name": "projects/1/secrets/s/versions/3", "payload": {"data": data}})


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        (
            "sm://my-project/slack_hook",
            "/v1/projects/my-project/secrets/slack_hook/versions/latest:access",
        ),
        ("sm://p/s/7", "/v1/projects/p/secrets/s/versions/7:access"),
        (
            "sm://example.com:p/s/stable",
            "/v1/projects/example.com:p/secrets/s/versions/stable:access",
        ),
    ],
)
def test_a_reference_is_fetched_from_secret_manager(
    receiver: FakeReceiver, reference: str, path: str
) -> None:
    receiver.answers(payload(f"{VALUE}\n"))
    secret = read(receiver.url, reference)
    assert secret is not None
    assert (secret.reveal(), secret.name) == (VALUE, "TOKEN")
    (request,) = receiver.requests
    assert (request.method, request.path) == ("GET", path)


@pytest.mark.parametrize(
    "reference",
    [
        "sm://",
        "sm://p",
        "sm://p/",
        "sm://p/s/",
        "sm://p/s/1/2",
        "sm://p/s?x=1",
        "sm://p/../s",
        "sm://p/s\nx",
    ],
)
def test_a_malformed_reference_is_refused_without_asking(
    receiver: FakeReceiver, reference: str
) -> None:
    with pytest.raises(ConfigError, match="not a reference") as caught:
        read(receiver.url, reference)
    assert caught.value.key == "TOKEN"
    assert "sm://PROJECT/SECRET" in str(caught.value.fix)
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(401), "rejects the credentials"),
        (Reply(403), "roles/secretmanager.secretAccessor"),
        (Reply(403, {"error": {"details": [{"reason": "SERVICE_DISABLED"}]}}), "services enable"),
        (Reply(404), "there is no projects/p/secrets/s/versions/latest"),
        (Reply(400, "disabled"), "check that the version is enabled"),
        (Reply(302, headers={"Location": "/"}), "answered 302"),
        (payload(" "), "is empty"),
    ],
)
def test_what_secret_manager_refuses_is_a_fault_of_the_configuration(
    receiver: FakeReceiver, reply: Reply, says: str
) -> None:
    receiver.answers(reply)
    with pytest.raises(ConfigError) as caught:
        read(receiver.url, "sm://p/s")
    assert says in str(caught.value)
    assert not isinstance(caught.value, SecretUnreachableError)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(429),
        Reply(503),
        Reply(how="cut"),
        Reply(how="garbage"),
        Reply(body="<html>"),
        Reply(body={"payload": {"data": "no base64!"}}),
        Reply(body=["lie"]),
    ],
)
def test_a_secret_manager_in_trouble_may_be_asked_again(
    receiver: FakeReceiver, reply: Reply
) -> None:
    receiver.answers(reply)
    with pytest.raises(SecretUnreachableError):
        read(receiver.url, "sm://p/s")


class WithoutToken(Credentials):  # type: ignore[misc]
    """Of a machine whose token server fails."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.fault = fault

    def refresh(self, request: object) -> None:
        raise self.fault


@pytest.mark.parametrize(
    ("fault", "may_be_asked_again"),
    [
        (TransportError("refused"), True),
        (RefreshError(TransportError("the metadata server is unavailable")), True),
        (RefreshError("internal_failure", retryable=True), True),
        (RefreshError("invalid_grant"), False),
    ],
)
def test_only_a_rejected_credential_is_a_fault_of_the_configuration(
    receiver: FakeReceiver, fault: Exception, may_be_asked_again: bool
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_secret(
            "TOKEN",
            {"TOKEN": "sm://p/s"},
            endpoint=receiver.url,
            credentials=WithoutToken(fault),
        )
    assert isinstance(caught.value, SecretUnreachableError) == may_be_asked_again


@pytest.mark.parametrize("how", ["stall", "drip", "drip body"])
def test_a_secret_manager_that_hangs_is_left_in_time(receiver: FakeReceiver, how: str) -> None:
    receiver.answers(Reply(how=how))  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(SecretUnreachableError):
        read(receiver.url, "sm://p/s", timeout_seconds=0.5)
    assert time.monotonic() - began < 2


def test_nobody_there_is_secret_manager_in_trouble() -> None:
    with pytest.raises(SecretUnreachableError):
        read(f"http://127.0.0.1:{refused_port()}", "sm://p/s")


def test_without_google_credentials_the_fix_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path_factory.mktemp("gcloud")))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(ConfigError, match="needs Google credentials"):
        read_secret("TOKEN", {"TOKEN": "sm://p/s"})


def test_a_secret_that_was_fetched_is_in_no_log(
    receiver: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("google", "google.auth.transport.requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    receiver.answers(payload(VALUE))
    read(receiver.url, "sm://p/s")
    texts = [str(vars(record)) for record in caplog.records]
    encoded = base64.b64encode(VALUE.encode()).decode()
    assert [text for text in texts if VALUE in text or encoded in text] == []
