"""What a template calls, found without rendering it: every unknown name, not only the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import TemplateSyntaxError, meta, nodes

from plumbline.models.templates import calls_of, refuse_length, syntax_fault
from plumbline.project.document import Fault
from plumbline.project.files import Files
from plumbline.project.sandbox import BoundedEnvironment, LimitError

FUNCTIONS = ("ref", "source", "var", "config")
"""What plumbline gives to a template, beside the project's macros and what Jinja has."""

_jinja = cache(BoundedEnvironment)


@dataclass(frozen=True)
class Call:
    """A call whose arguments are plain texts, or the use of a name."""

    arguments: tuple[str, ...]
    line: int
    has_default: bool = False
    """Whether ``var`` is given something to fall back on."""


@dataclass(frozen=True)
class Template:
    """One model or macro file."""

    file: Path
    refs: tuple[Call, ...] = ()
    """The model's name is the last argument, a package's may stand before it."""
    sources: tuple[Call, ...] = ()
    variables: tuple[Call, ...] = ()
    names: tuple[Call, ...] = ()
    """What is used and neither defined in the file nor known to Jinja."""
    fault: tuple[str, str, int] | None = None
    """Why the template can't be parsed, the fix, and the line."""
    unreadable: Fault | None = None
    text: str = ""


def read_template(file: Path, files: Files) -> Template:
    """The calls in ``file``."""
    text = files.text_or_fault(file)
    if isinstance(text, Fault):
        return Template(file, unreadable=text)
    try:
        refuse_length(text)
        tree = _jinja().parse(text)
        free = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as fault:
        return Template(file, fault=(*syntax_fault(fault), fault.lineno), text=text)
    except RecursionError:
        what = "Jinja can't parse the template: it is nested too deeply"
        return Template(file, fault=(what, "use fewer levels", 1), text=text)
    except LimitError as fault:
        what = f"the template fails: {fault}"
        return Template(file, fault=(what, "simplify the template, or write it in SQL", 1), text="")
    return Template(
        file,
        refs=tuple(_calls(tree, "ref")),
        sources=tuple(_calls(tree, "source")),
        variables=tuple(_calls(tree, "var")),
        names=tuple(_names(tree, free - {*FUNCTIONS, *_jinja().globals})),
        text=text,
    )


def _calls(tree: nodes.Template, function: str) -> Iterator[Call]:
    for call in calls_of(tree, function):
        texts = [
            argument.value
            for argument in call.args
            if isinstance(argument, nodes.Const) and isinstance(argument.value, str)
        ]
        wanted = 2 if function == "source" else 1
        if function == "var":
            has_default = len(call.args) > 1 or any(word.key == "default" for word in call.kwargs)
            texts = texts[:1] if call.args and isinstance(call.args[0], nodes.Const) else []
        else:
            has_default = False
            texts = texts if len(texts) == len(call.args) else []
        if len(texts) >= wanted:
            arguments = texts if function == "ref" else texts[:wanted]
            yield Call(tuple(arguments), call.lineno, has_default)


def _names(tree: nodes.Template, free: set[str]) -> Iterator[Call]:
    tested = {
        test.node.name
        for test in tree.find_all(nodes.Test)
        if test.name in ("defined", "undefined") and isinstance(test.node, nodes.Name)
    }
    seen: set[tuple[str, int]] = set()
    for name in tree.find_all(nodes.Name):
        place = (name.name, name.lineno)
        if name.ctx == "load" and name.name in free - tested and place not in seen:
            seen.add(place)
            yield Call((name.name,), name.lineno)
