"""Secrets, and their removal from texts that are stored or printed.

A secret comes back in many ways: a receiver echoes the headers of a request, a proxy its own
credentials, an exception an address. `scrub` removes given secrets from an answer; `hide` removes
all that this process knows, wherever a text leaves it: output, logs, state, history, pages.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import html
import os
import re
import string
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

HIDDEN = "***"
_LEAST = 8
"""A part of a secret, or a form of it, that is shorter may stand in any text."""
_WORD = re.compile(r"[a-z]{1,15}|\d+")
"""A secret like ``services``: removed from an answer, but not from all that is written."""
_LOOKS_SECRET = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|gh[a-z]_\w{8,}|github_pat_\w+|ya29\.[\w.-]+"
    r"|(?<=[Bb]earer )[\w.~+/-]{8,}=*|(?<=[Bb]asic )(?=[\w+/-]*[A-Z\d])[\w+/-]{8,}=*"
)
"""What looks like a secret of a receiver we know, wherever it came from."""
_LOGIN = re.compile(r"://[^\s/\"'<>]*:[^\s/\"'<>]*@")
_IN_BODIES = ("assertion", "client_secret", "refresh_token", "subject_token")
"""What a request for a token holds."""
_MOST_TOKENS = 32
"""Tokens that are remembered: one is valid for an hour, and a scheduler runs for months."""


class Secret:
    """A text that shows itself only when asked to (`reveal`).

    It is not a ``str``: JSON, pickle and formatting would show one.
    """

    __slots__ = ("_name", "_value")

    def __init__(self, value: str, *, name: str = "") -> None:
        """Keep ``value``; ``name`` is what it is called in texts (its environment variable).

        Raises:
            ValueError: the value is empty.
        """
        if not value:
            raise ValueError("a secret can't be empty")
        self._value = value
        self._name = name

    @property
    def name(self) -> str:
        """Its name, which isn't secret."""
        return self._name

    def reveal(self) -> str:
        """The value itself, for use in a request only."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self._name or HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> Secret:
        return self

    def __reduce_ex__(self, _: object) -> NoReturn:
        raise TypeError("a secret can't be pickled; read it again instead")


_READ: set[Secret] = set()
_SENT: deque[Secret] = deque(maxlen=_MOST_TOKENS)


def note(secret: Secret) -> Secret:
    """Remember ``secret``, so that `hide` removes it."""
    _READ.add(secret)
    return secret


def note_sent(headers: Mapping[str, Any], body: object = None) -> None:
    """Remember the credentials of a request that is about to be sent."""
    found = [
        _text(headers.get(name)).partition(" ")[2]
        for name in ("Authorization", "Proxy-Authorization")
    ]
    if "form-urlencoded" in _text(headers.get("Content-Type")):
        found += [value for name, value in parse_qsl(_text(body)) if name in _IN_BODIES]
    for value in found:
        if len(value) >= _LEAST and Secret(value) not in _SENT:
            _SENT.append(Secret(value))


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


def hide(text: str) -> str:
    """``text`` without the secrets that this process has read or sent, and the login of any URL."""
    return _without(_LOGIN.sub(f"://{HIDDEN}@", text), _known(encodings=1))


def _known(*, encodings: int) -> list[_Form]:
    known = {*_READ, *_SENT, *_of_environment(tuple(os.environ.items()))}
    forms = [form for secret in known for form in _forms(secret, encodings)]
    return [form for form in forms if not form.is_word]


def hide_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same of files, by path; one that isn't text is left as it is."""
    known = _known(encodings=1)
    return {path: _hide_bytes(content, known) for path, content in files.items()}


def _hide_bytes(content: bytes, known: list[_Form]) -> bytes:
    try:
        return _without(_LOGIN.sub(f"://{HIDDEN}@", content.decode()), known).encode()
    except UnicodeError:
        return content


def scrub(text: str, secrets: Iterable[Secret] = ()) -> str:
    """An answer, or what is said of one, with ``***`` in place of each secret in it.

    Besides what `hide` removes these are the given ones, even if they are short or words, and what
    looks like a token. A text must be scrubbed before it is cut: half a secret isn't found.

    A secret is found in any case; escaped for URLs, JSON, HTML or mail, once or twice; as base64 or
    hex, with whatever stands before and after it, also twice (`hide` looks for once, as pages are
    many); split by spaces, line ends or punctuation. A webhook's URL is found by its path too,
    because receivers name the path alone.
    """
    text, secrets = _LOGIN.sub(f"://{HIDDEN}@", text), list(secrets)
    for secret in secrets:
        text = text.replace(secret.reveal(), HIDDEN)
    given = [form for secret in secrets for form in _forms(secret, 2)]
    # All at once: of two secrets in one run of base64, the one would hide a half of the other.
    return _LOOKS_SECRET.sub(HIDDEN, _without(text, [*given, *_known(encodings=2)]))


@lru_cache(maxsize=4)
def _of_environment(environment: tuple[tuple[str, str], ...]) -> tuple[Secret, ...]:
    """Addresses with a login: HTTPS_PROXY and similar."""
    return tuple(
        Secret(value)
        for name, value in environment
        if "@" in value and name.lower().endswith(("_proxy", "_host", "_url"))
    )


# How a secret may be written


@dataclass(frozen=True)
class _Form:
    """What to look for in a text of which only letters and digits are left."""

    letters: bytes
    is_encoded: bool
    is_word: bool


@lru_cache(maxsize=256)
def _forms(secret: Secret, encodings: int) -> tuple[_Form, ...]:
    found = []
    for part in dict.fromkeys((secret.reveal(), *_parts_of_url(secret.reveal()))):
        is_word = _WORD.fullmatch(part) is not None
        found.append(_Form(_letters(part), False, is_word))
        found += [_Form(_letters(form), True, False) for form in _encoded(part, encodings)]
    return tuple(form for form in found if len(form.letters) >= _LEAST)


def _encoded(text: str, times: int) -> Iterator[str]:
    if not times:
        return
    for raw in _bytes(text):
        for form in (raw.hex(), *_base64(raw)):
            yield form
            yield from _encoded(form, times - 1)


def _bytes(text: str) -> Iterator[bytes]:
    yield text.encode()
    if not text.isascii():
        with contextlib.suppress(UnicodeEncodeError):
            yield text.encode("latin-1")  # as requests does for Basic credentials


def _base64(raw: bytes) -> Iterator[str]:
    """What all base64 with ``raw`` in it has in common, for each place in its groups of three."""
    for before, mixed in enumerate((0, 2, 3)):
        encoded = base64.b64encode(bytes(before) + raw).decode()
        yield encoded[mixed : (before + len(raw)) * 8 // 6]


def _parts_of_url(value: str) -> Iterator[str]:
    if "://" not in value and "@" not in value:
        return
    try:
        parts = urlsplit(value if "://" in value else f"//{value}")
    except ValueError:
        return
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    found = [password, f"{user}:{password}"] if password else [user]
    if "://" in value:
        found += [parts.path.strip("/"), *parts.path.split("/"), parts.query]
        found += [pair.partition("=")[2] for pair in parts.query.split("&")]
    yield from (part for part in found if len(part) >= _LEAST)


# Finding it


_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_OTHER = bytes(range(33)) + string.punctuation.replace('"', "").encode()
"""A quote stays: no match goes past the string that it stands in, so JSON is still JSON."""
_ESCAPE = re.compile(  # begins with its four characters, so that a search goes from one to the next
    r"[%\\&=](?:(?<=%)[0-9a-fA-F]{2}(?:%[0-9a-fA-F]{2})*"
    r"|(?<=\\)(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[bfnrt])"
    r"|(?<=&)(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,6});"
    r"|(?<==)[0-9A-F]{2}(?:(?:=\r?\n)?=[0-9A-F]{2})*)"
)
_OF_RUN = frozenset(string.ascii_letters + string.digits + "+/=_-%")
_TIMES = 2
"""How often escapes are decoded."""


def _without(text: str, forms: Iterable[_Form]) -> str:
    forms, decoded = list(forms), text
    if not forms:
        return text
    spans: list[tuple[int, int]] = []
    for times in range(_TIMES + 1):
        letters = _letters(decoded)
        if found := [form for form in forms if form.letters in letters]:
            spans += _spans(text, times, found)
        before, decoded = decoded, _ESCAPE.sub(lambda escape: _decoded(escape[0]), decoded)
        if decoded == before:
            break
    return _replaced(text, spans)


def _letters(text: str) -> bytes:
    return text.encode(errors="surrogatepass").translate(_LOWER, _OTHER)


@lru_cache(maxsize=1024)
def _decoded(text: str) -> str:
    if text[0] == "%":
        return unquote(text)
    if text[0] == "&":
        return html.unescape(text)
    if text[0] == "=":
        return unquote(re.sub(r"=\r?\n", "", text).replace("=", "%"))
    return chr(int(text[2:], 16)) if text[1] in "ux" else " "


def _spans(text: str, times: int, forms: Iterable[_Form]) -> Iterator[tuple[int, int]]:
    """Where in ``text`` the forms stand, once escapes are decoded so often."""
    places = [(letter, at, at + 1) for at, letter in enumerate(text)]
    for _ in range(times):
        places = list(_decoded_places(places))
    letters = _letters("".join(letter for letter, _, _ in places))
    places = [place for place in places for _ in _letters(place[0])]  # one for each byte
    for form in forms:
        at = letters.find(form.letters)
        while at >= 0:
            start, end = places[at][1], places[at + len(form.letters) - 1][2]
            if form.is_encoded:  # what stands before and after it has a part of it
                while start > 0 and text[start - 1] in _OF_RUN:
                    start -= 1
                while end < len(text) and text[end] in _OF_RUN:
                    end += 1
            yield start, end
            at = letters.find(form.letters, at + 1)


def _decoded_places(places: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    last = 0
    for escape in _ESCAPE.finditer("".join(letter for letter, _, _ in places)):
        yield from places[last : escape.start()]
        start, end = places[escape.start()][1], places[escape.end() - 1][2]
        yield from ((letter, start, end) for letter in _decoded(escape[0]))
        last = escape.end()
    yield from places[last:]


def _replaced(text: str, spans: Iterable[tuple[int, int]]) -> str:
    kept, last = [], 0
    for start, end in sorted(spans):
        if end <= last:
            continue
        if start >= last:
            kept += [text[last:start], HIDDEN]
        last = end
    return "".join([*kept, text[last:]])
