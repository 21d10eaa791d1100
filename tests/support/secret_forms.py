"""The forms in which a secret comes back, and a search for it that knows nothing of the scrubber."""

from __future__ import annotations

import base64
import binascii
import html
import json
import quopri
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus, unquote


def basic(login: str) -> str:
    return "Basic " + base64.b64encode(login.encode()).decode()


def every(count: int, text: str, between: str) -> str:
    return between.join(text[at : at + count] for at in range(0, len(text), count))


WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "lower case": str.lower,
    "percent": lambda value: quote(value, safe=""),
    "percent, lower case": lambda value: quote(value, safe="").lower(),
    "percent, all of it": lambda value: "".join(f"%{byte:02x}" for byte in value.encode()),
    "percent, twice": lambda value: quote(quote(value, safe=""), safe=""),
    "form": quote_plus,
    "JSON": json.dumps,
    "JSON in JSON": lambda value: json.dumps(json.dumps({"value": value})),
    "JSON, all escaped": lambda value: "".join(f"\\u{ord(letter):04x}" for letter in value),
    "HTML": lambda value: html.escape(value, quote=True),
    "HTML, by number": lambda value: "".join(f"&#{ord(letter)};" for letter in value),
    "HTML, by hex number": lambda value: "".join(f"&#x{ord(letter):x};" for letter in value),
    "Python": repr,
    "UTF-16": lambda value: value.encode("utf-16-le").decode("latin-1"),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64, in a URL": lambda value: quote(base64.b64encode(value.encode()).decode(), safe=""),
    "base64, of a longer text": lambda value: base64.b64encode(
        f"a longer {value} text".encode()
    ).decode(),
    "base64, over lines": lambda value: base64.encodebytes(f"{value * 9}".encode()).decode(),
    "base64, twice": lambda value: base64.b64encode(basic(f"user:{value}").encode()).decode(),
    "base64, in hex": lambda value: basic(f"user:{value}").encode().hex(),
    "Basic": lambda value: basic(f"user:{value}"),
    "Basic, another user": lambda value: basic(f"me:{value}"),
    "Basic, a user": lambda value: basic(f"{value}:x"),
    "hex": lambda value: value.encode().hex(),
    "hex, upper case": lambda value: value.encode().hex().upper(),
    "hex, with colons": lambda value: value.encode().hex(":"),
    "escaped bytes": lambda value: "".join(f"\\x{byte:02x}" for byte in value.encode()),
    "over lines": lambda value: every(5, value, "\r\n  "),
    "over lines, in JSON": lambda value: json.dumps(every(5, value, "\n")),
    "in mail": lambda value: quopri.encodestring(f"{value * 9}".encode()).decode(),
    "spaced": lambda value: every(1, value, " "),
    "a header's name": lambda value: f"X-{value}: 1",
    "a CGI variable": lambda value: f"HTTP_X_{value.upper().replace('-', '_')}=1",
}


def find_leak(text: str, *secrets: str, least: int = 8, depth: int = 2) -> str | None:
    """A part of one of the secrets, of letters and digits, that can be read out of ``text``."""
    words = map(_letters, secrets)
    parts = {word[at : at + least] for word in words for at in range(len(word) - least + 1)}
    read = {_letters(variant) for variant in _variants(text, depth, least)}
    return next((part for part in parts for variant in read if part in variant), None)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _variants(text: str, depth: int, least: int) -> Iterator[str]:
    """The text, and what it is when something in it is decoded, as long as that is ``least``."""
    if len(text) < least:
        return  # nothing that is decoded gets longer
    yield text
    if depth == 0:
        return
    decoded = {
        unquote(text),
        html.unescape(text),
        quopri.decodestring(text.encode(errors="replace")).decode(errors="replace"),
        re.sub(r"\\(?:u|x)([0-9a-fA-F]{4}|[0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), text),
        re.sub(r"\\[nrt]", "", text),
        *_of_base64(text),
        *_of_base64(re.sub(r"\s", "", text)),
        *_of_hex(text),
    }
    for one in decoded - {text}:
        yield from _variants(one, depth - 1, least)


def _of_base64(text: str) -> Iterator[str]:
    """All that is written so, wherever it starts: one text a start, as many would take long."""
    runs = re.findall(r"[A-Za-z0-9+/_-]{8,}", text)
    plain = [run.replace("-", "+").replace("_", "/") for run in runs]
    for start in range(4):
        whole = [run[start : start + (len(run) - start) // 4 * 4] for run in plain]
        yield "\n".join(base64.b64decode(part).decode("latin-1") for part in whole)


def _of_hex(text: str) -> Iterator[str]:
    runs = re.findall(r"[0-9a-fA-F]{16,}", re.sub(r"[:\s]|\\x", "", text))
    for start in range(2):
        whole = [run[start : start + (len(run) - start) // 2 * 2] for run in runs]
        yield "\n".join(binascii.unhexlify(part).decode("latin-1") for part in whole)
