"""Secrets are found in a text however they are written, and nothing else is taken away."""

from __future__ import annotations

import base64
import json
import random
import string
import time
from urllib.parse import quote

import pytest

from plumbline.net import secret as module
from plumbline.net.secret import HIDDEN, Secret, hide, hide_files, note, note_sent, scrub
from support.secret_forms import WRITTEN, basic

CANARY = "cAnary+/=\"-Zq7'9\\x&Kw"
"""With every character that an encoding writes in another way."""
PLAIN = "cAnaryZq79xKw0123456"
HOOK = "https://bot:hunter2pass@hooks.example.com/services/T0000/B0000/xYzCanaryPath9"


UTF8 = "ünïcöde-pässwört"
OF_UTF8 = ("plain", "percent", "JSON", "HTML", "base64", "Basic", "hex", "in mail", "spaced")
"""Other letters than ASCII come back as they were sent."""


@pytest.mark.parametrize(
    ("form", "value"),
    [(form, value) for form in WRITTEN for value in (CANARY, PLAIN)]
    + [(form, UTF8) for form in OF_UTF8],
)
def test_a_secret_is_removed_in_every_form(form: str, value: str) -> None:
    written = WRITTEN[form](value)
    cleaned = scrub(f"it said <{written}> to us", [Secret(value)])
    assert cleaned.startswith("it said <")
    assert cleaned.endswith("> to us")
    own = WRITTEN[form]("\\")  # what the form itself writes may be left
    for at in range(len(written) - 8):
        piece = written[at : at + 8]
        assert piece not in cleaned or piece in own, cleaned


@pytest.mark.parametrize(
    "echoed",
    [
        "Authorization: " + basic("bot:hunter2pass"),
        "authorization=" + quote(basic("bot:hunter2pass")),
        "hunter2pass",
        "https://bot:hunter2pass@hooks.example.com/",
        "POST /services/T0000/B0000/xYzCanaryPath9",
        basic(f"POST {HOOK}"),
    ],
)
def test_the_login_and_the_path_of_an_address_are_secrets_too(echoed: str) -> None:
    cleaned = scrub(echoed, [Secret(HOOK)])
    assert "hunter2" not in cleaned
    assert "xYz" not in cleaned
    assert basic("bot:hunter2pass")[6:20] not in cleaned


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_credentials_with_other_letters_are_found_in_both_encodings(encoding: str) -> None:
    echoed = base64.b64encode(f"bot:{UTF8}".encode(encoding)).decode()
    hook = Secret(f"https://bot:{quote(UTF8)}@hooks.example.com/")
    assert scrub(f"header <{echoed}>", [hook]) == "header <***>"


@pytest.mark.parametrize("value", ["pw", "secret", "pässw0rt", "1234"])
def test_a_short_secret_is_removed_from_an_answer_as_it_is(value: str) -> None:
    assert scrub(f"no <{value}>", [Secret(value)]) == "no <***>"


@pytest.mark.parametrize(
    "name", ["HTTPS_PROXY", "http_proxy", "all_proxy", "BIGQUERY_EMULATOR_HOST"]
)
@pytest.mark.parametrize("scheme", ["http://", ""])
def test_the_login_of_a_proxy_is_hidden(
    monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    monkeypatch.setenv(name, f"{scheme}proxy-user:pr0xy-p4ss@proxy.corp:3128")
    assert "pr0xy" not in hide("407 for proxy-user:pr0xy-p4ss@proxy.corp")
    assert basic("proxy-user:pr0xy-p4ss") not in hide(basic("proxy-user:pr0xy-p4ss"))
    assert hide("proxy.corp:3128 answered 407") == "proxy.corp:3128 answered 407"


def test_the_credentials_of_a_request_are_hidden_once_it_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_SENT", type(module._SENT)(maxlen=2))
    note_sent({"Authorization": "Bearer access-token-1"})
    note_sent(
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"grant_type=jwt-bearer&assertion=eyJhbGciOi.J9",
    )
    text = "access-token-1 and eyJhbGciOi.J9 and jwt-bearer"
    assert hide(text) == "*** and *** and jwt-bearer"


def test_what_is_read_is_hidden_but_for_words_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ", set())
    for value in ("expectations", "12345678", "https://h.example/services/aB3dE6gH9j", PLAIN):
        note(Secret(value))
    text = json.dumps({"expectations": 12345678, "said": f"services {PLAIN} /aB3dE6gH9j"})
    assert json.loads(hide(text)) == {"expectations": 12345678, "said": "services *** /***"}


def test_json_is_still_json_where_a_secret_is_spread_over_its_strings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_READ", {Secret(PLAIN)})
    document = {"a": [PLAIN[:9], PLAIN[9:]], "b": [basic(f"u:{PLAIN}"), f'"{PLAIN}"', 1, None]}
    assert json.loads(hide(json.dumps(document))) == {
        "a": document["a"],
        "b": ["Basic ***", '"***"', 1, None],
    }


def test_a_file_that_is_no_text_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ", {Secret(PLAIN)})
    files = {"text": PLAIN.encode(), "other": b"\xff" + PLAIN.encode()}
    assert hide_files(files) == files | {"text": HIDDEN.encode()}


def test_nothing_else_is_taken_away() -> None:
    chance = random.Random(5)
    text = "".join(chance.choices(string.printable, k=20_000))
    assert scrub(text, [Secret(PLAIN), Secret(CANARY), Secret(HOOK)]) == text


def test_a_long_text_takes_no_long_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ", {Secret(f"{PLAIN}-{number}") for number in range(10)})
    page = json.dumps([{"reason": "it's 5 % & \\more"}] * 20_000)
    began = time.thread_time()
    assert hide(page) == page
    assert time.thread_time() - began < 5
