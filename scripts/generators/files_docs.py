"""``docs/files``: a page for each file and each JSON output, with every key, from the schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from generators.markdown import code, plain, slug, table

FOLDER = Path("docs/files")
SCHEMAS = Path(__file__).parents[2] / "schemas"

Schema = Mapping[str, Any]

_NOTE = "<!-- made by scripts/generators from schemas/ -->\n"
_LONG = 60
"""Examples up to so many characters stand beside their key."""
_MANY = 12
"""Values of an enumeration up to so many are listed beside their key."""


@dataclass(frozen=True)
class File:
    """What a page describes."""

    schema: str
    """Name of the schema: ``suite`` for ``schemas/suite.schema.json``."""
    title: str
    file: str
    """The path in a project, or the command that prints it."""
    next: str
    is_output: bool = False

    @property
    def language(self) -> str:
        """Of its examples."""
        return "yaml" if self.file.endswith(".yml") else "json"


FILES = (
    File(
        "suite",
        "Suites",
        "expectations/NAME.json",
        "[arguments of each expectation](expectation-arguments.md), "
        "[writing a monitor](../writing-a-monitor.md)",
    ),
    File(
        "checkpoint",
        "Checkpoints",
        "checkpoints/NAME.json",
        "[schedules](../schedules.md), [alerts](../alerts.md)",
    ),
    File("schedule", "The schedule", "checkpoints/schedule.yml", "[schedules](../schedules.md)"),
    File(
        "alerts",
        "Alerts",
        "checkpoints/alerts.yml",
        "[alerts](../alerts.md), [channels](../channels.md)",
    ),
    File("mutes", "Mutes", "checkpoints/mutes.yml", "[alerts](../alerts.md#noise)"),
    File(
        "incidents", "Labelled incidents", "checkpoints/incidents.yml", "[backtest](../backtest.md)"
    ),
    File("services", "Services", "deploy/services.yml", "[deployments](../deployments.md)"),
    File(
        "run",
        "Output of run",
        "plumbline run --format json",
        "[statuses and exit codes](../statuses-and-exit-codes.md)",
        is_output=True,
    ),
    File(
        "backtest",
        "Output of backtest",
        "plumbline backtest --format json",
        "[backtest](../backtest.md)",
        is_output=True,
    ),
    File(
        "calibrate",
        "Output of calibrate",
        "plumbline calibrate --format json",
        "[calibrate](../backtest.md)",
        is_output=True,
    ),
    File(
        "impact",
        "Output of impact",
        "plumbline impact --format json",
        "[impact](../backtest.md)",
        is_output=True,
    ),
)

_ARGUMENTS = "expectation-arguments.md"
_ELSEWHERE = {"expectations[].type": _ARGUMENTS, "expectations[].kwargs": _ARGUMENTS}
"""Keys whose values have a page of their own."""


def make_files() -> Mapping[Path, str]:
    """The pages, and one that lists them."""
    pages = {FOLDER / "README.md": _overview()}
    for file in FILES:
        pages[FOLDER / f"{file.schema}.md"] = _page(file)
    pages[FOLDER / _ARGUMENTS] = _arguments()
    return pages


def read_schema(name: str) -> Schema:
    """A schema as it is committed."""
    schema: Schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def _overview() -> str:
    def rows(*, is_output: bool) -> list[tuple[str, str]]:
        return [
            (f"[`{file.file}`]({file.schema}.md)", _about(file))
            for file in FILES
            if file.is_output == is_output
        ]

    return "\n\n".join(
        [
            _NOTE + "# Files",
            "Every key of the files of a project, and of the JSON that commands print. "
            "[Configuration](../configuration.md) describes `great_expectations.yml`, targets and "
            "environment variables.",
            "## Files of a project",
            table(("file", "content"), rows(is_output=False)),
            "## Output",
            table(("command", "prints"), rows(is_output=True)),
            "Next: [completion of these keys in your editor](../editors.md), [lint](../lint.md).\n",
        ]
    )


def _about(file: File) -> str:
    """What the file holds, in one sentence."""
    text = plain(read_schema(file.schema)["description"])
    if file.is_output:
        return f"{read_schema(file.schema)['title']}."
    about = text.partition(": ")[2]
    return about[0].upper() + about[1:]


def _page(file: File) -> str:
    schema = read_schema(file.schema)
    name = f"{file.schema}.schema.json"
    kind = "printed by" if file.is_output else "file"
    parts = [
        _NOTE + f"# {file.title}",
        _about(file),
        f"- {kind}: `{file.file}`\n- JSON Schema: [`schemas/{name}`](../../schemas/{name})",
    ]
    if file.is_output:
        parts.append("Every key is always there, except those marked optional.")
    parts += [section.text(file) for section in _sections(schema)]
    parts.append(f"Next: {file.next}, [all files](README.md).\n")
    return "\n\n".join(parts)


@dataclass(frozen=True)
class _Section:
    """The keys of one object."""

    path: str
    """``routes[].escalate``; empty for the file itself."""
    schema: Schema
    """The object, without references."""
    variant: str = ""
    """Which of several forms of the object: ``slack``."""
    example: Any = None

    @property
    def heading(self) -> str:
        """As it stands on the page."""
        if not self.path:
            return "Keys"
        return f"`{self.path}`: {self.variant}" if self.variant else f"`{self.path}`"

    def text(self, file: File) -> str:
        """The section in Markdown."""
        level = "##" if self.path.count(".") < 1 else "###"
        parts = [f"{level} {self.heading}"]
        if self.path and (about := _markdown(self.schema)):
            parts.append(plain(about))
        if self.example is not None:
            parts.append(_fence({_last_key(self.path): self.example}, file.language))
        parts.append(self.table(file))
        return "\n\n".join(parts)

    def table(self, file: File) -> str:
        """A line for each key."""
        return table(("key", "value", "meaning"), self._rows(file))

    def _rows(self, file: File) -> Iterator[tuple[str, str, str]]:
        required = self.schema.get("required", ())
        properties = self.schema["properties"]
        for name in sorted(properties, key=lambda name: name not in required):
            key = properties[name]
            if not key:
                continue  # the type, which the heading names
            mark = ""
            if file.is_output:
                mark = "" if name in required else " (optional)"
            elif name in required:
                mark = " **required**"
            yield code(name) + mark, _value(key, self.path, name, file), _meaning(key)


def _sections(root: Schema) -> list[_Section]:
    """The file's keys, then those of each object in it, in the order of the file."""
    found: list[_Section] = []

    def add(schema: Schema, path: str, variant: str = "", example: Any = None) -> None:
        found.append(_Section(path, schema, variant, example))
        for name, key in schema["properties"].items():
            below = f"{path}.{name}" if path else name
            examples = key.get("examples") or [None]
            for index, (inner, inner_path, form) in enumerate(_objects(key, below)):
                shown = examples[index] if index < len(examples) else None
                add(inner, inner_path, form, shown)
        for condition in schema.get("allOf", ()):
            form = condition["if"]["properties"].get("type", {}).get("const")
            inner = condition["then"].get("properties", {})
            if form and "kwargs" not in inner:
                add({**condition["then"], "properties": inner}, path, form)

    add(_resolve(root, root), "")
    return found


def _resolve(schema: Any, root: Schema) -> Any:
    """``schema`` with each reference replaced by what it names."""
    if isinstance(schema, list):
        return [_resolve(one, root) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolve({**target, **{k: v for k, v in schema.items() if k != "$ref"}}, root)
    return {
        key: value if key in ("$defs", "definitions", "examples") else _resolve(value, root)
        for key, value in schema.items()
    }


def _objects(schema: Schema, path: str) -> Iterator[tuple[Schema, str, str]]:
    """The objects that a value may be or hold: each with its path, and its form if several."""
    found = [*_plain_objects(schema, path)]
    for inner, inner_path in found:
        form = _form(inner) if len(found) > 1 else ""
        yield inner, inner_path, form


def _plain_objects(schema: Any, path: str) -> Iterator[tuple[Schema, str]]:
    if not isinstance(schema, dict):
        return
    if any("description" in one for one in schema.get("properties", {}).values() if one):
        yield schema, path
        return
    for way in ("anyOf", "oneOf"):
        for one in schema.get(way, ()):
            yield from _plain_objects(one, path)
    yield from _plain_objects(schema.get("items"), f"{path}[]")
    for one in schema.get("patternProperties", {}).values():
        yield from _plain_objects(one, f"{path}.NAME")
    yield from _plain_objects(schema.get("additionalProperties"), f"{path}.NAME")


def _form(schema: Schema) -> str:
    """What tells one form of an object from the others."""
    kind = schema["properties"].get("type", {}).get("const")
    return kind or ", ".join(code(name) for name in schema.get("required", ())[:1])


def _value(key: Schema, path: str, name: str, file: File) -> str:
    """What a key's value may be; an object leads to its section."""
    below = f"{path}.{name}" if path else name
    text = _type(key, nulls=file.is_output)
    if below in _ELSEWHERE:
        return f"[{text}]({_ELSEWHERE[below]})"
    if inner := [*_objects(key, below)]:
        heading = _Section(inner[0][1], inner[0][0], inner[0][2]).heading
        word = "objects" if "objects" in text else "object"
        text = text.replace(word, f"[{word}](#{slug(heading)})", 1)
    return text


def _type(key: Any, *, nulls: bool) -> str:
    """The type in words."""
    if "const" in key:
        return code(_inline(key["const"]))
    if "enum" in key:
        values = [value for value in key["enum"] if nulls or value is not None]
        if len(values) > _MANY:
            return f"one of {len(values)} names"
        return ", ".join(code(_inline(value)) for value in values)
    for way in ("anyOf", "oneOf"):
        if way in key and "properties" not in key:
            words = [_type(one, nulls=nulls) for one in key[way]]
            return " or ".join(dict.fromkeys(word for word in words if word))
    kinds = key.get("type", "any value")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    words = [_word(kind, key, nulls=nulls) for kind in kinds if nulls or kind != "null"]
    return " or ".join(words)


def _word(kind: str, key: Schema, *, nulls: bool) -> str:
    if kind == "object" and key.get("required") == ["$PARAMETER"]:
        return "suite parameter"
    if kind == "array":
        items = key.get("items")
        inner = _type(items, nulls=nulls) if isinstance(items, dict) else "any value"
        return {
            "object": "list of objects",
            "string": "list of strings",
            "integer": "list of integers",
            "number": "list of numbers",
        }.get(inner, f"list of {inner}" if inner != "any value" else "list")
    if kind == "string" and key.get("format") in ("date", "date-time"):
        return "date" if key["format"] == "date" else "instant"
    if kind in ("integer", "number"):
        least, most = key.get("minimum"), key.get("maximum")
        if least is not None and most is not None:
            return f"{kind}, {least:g} to {most:g}"
        if least is not None:
            return f"{kind}, at least {least:g}"
    if kind == "null":
        return "`null`"
    return kind


def _meaning(key: Schema) -> str:
    parts = [plain(_markdown(key))]
    if "default" in key and key["default"] not in (None, "", [], {}):
        parts.append(f"Default: {code(_inline(key['default']))}.")
    examples = [code(_inline(one)) for one in key.get("examples", ())]
    short = [one for one in examples if len(one) <= _LONG][:2]
    if short and not [*_objects(key, "")]:
        parts.append(f"For example {', '.join(short)}.")
    parts += [
        f"{code(_inline(value))}: {plain(text)}"
        for value, text in zip(key.get("enum", ()), key.get("enumDescriptions", ()), strict=False)
    ]
    return " ".join(part for part in parts if part)


def _markdown(key: Schema) -> str:
    """The description, without the examples that are added for editors."""
    text: str = key.get("markdownDescription", key.get("description", ""))
    return text.partition("\n\nFor example ")[0]


def _inline(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _last_key(path: str) -> str:
    return path.replace(".NAME", "").removesuffix("[]").rpartition(".")[2]


def _fence(value: Any, language: str) -> str:
    if language == "yaml":
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    else:
        text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    return f"```{language}\n{text}```"


def _arguments() -> str:
    schema = read_schema("suite")
    suite = FILES[0]
    parts = [
        _NOTE + "# Arguments of expectations",
        "The keys of `kwargs` of each expectation in a [suite](suite.md). If the column *value* "
        'says so, an argument can also be a suite parameter: `{"$PARAMETER": "least_rows"}`.',
    ]
    names: list[tuple[str, str]] = []
    sections: list[str] = []
    for condition in schema["definitions"]["expectation"]["allOf"]:
        name = condition["if"]["properties"]["type"]["const"]
        kwargs = _resolve(condition["then"]["properties"]["kwargs"], schema)
        about = plain(_markdown(kwargs))
        names.append((f"[`{name}`](#{slug(name)})", about))
        sections += [f"## {name}", about, _Section(name, kwargs).table(suite)]
        for argument, value in kwargs["properties"].items():
            for inner, path, form in _objects(value, f"{name}.{argument}"):
                sections.append(_Section(path, inner, form).text(suite))
    overview = table(("expectation", "meaning"), names)
    end = "Next: [verdicts by column type](../expectations.md), [suites](suite.md).\n"
    return "\n\n".join([*parts, overview, *sections, end])
