"""The reference of the settings, read from the code: every table and key with type, default, unit and meaning.

The comments in ``settings*.py`` are the manual. The comment above a key, or behind it on its line, is the key's text;
the docstring of a class is its table's; the comment of an enum's member says what the word means. So no page for people
(docs/settings.md, segl.toml(5), ``segl settings reference``) can say other than the code. Examples are cut out of one
file that is valid as a whole, ``settings_example.toml``.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import annotated_types
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from segl.settings.document import Settings
from segl.settings.toml import masks_in, toml_value

EXAMPLE = Path(__file__).with_name("settings_example.toml")
_HEADER = re.compile(r"^(?:#[^\n]*\n)*\[\[?([\w.]+)\]\]?", re.MULTILINE)  # with the comment above it
_UNITS = ("bytes", "seconds", "minutes", "hours", "days")
_WORDS = {bool: "`true` or `false`", int: "whole number", float: "number", str: "text", Path: "path"}


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``default`` is TOML, empty when there is none; ``choices`` is a closed list of values with what each
    means (empty where the key's own text says it); ``masked``: it may hold a secret, which is not shown."""

    name: str
    kind: str
    default: str
    required: bool
    meaning: str
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table. ``path`` is how its header names it, without brackets; ``many``: written in two brackets, as often
    as there are entries."""

    path: str
    many: bool
    meaning: str
    keys: tuple[Key, ...]
    example: str

    @property
    def header(self) -> str:
        return f"[[{self.path}]]" if self.many else f"[{self.path}]"


@cache
def reference() -> tuple[Table, ...]:
    """Every table of the settings file, in the order of the code. Raises :class:`LookupError` when one was added
    without an example, or a key without a text."""
    return tuple(_tables_in(Settings, ""))


def _tables_in(owner: type[Any], prefix: str) -> Iterator[Table]:
    for name, hint in get_type_hints(owner, include_extras=True).items():
        inside, many = _table_of(hint)
        if inside is not None and name in {each.name for each in fields(owner) if each.init}:
            path = f"{prefix}{name}"
            yield Table(path, many, _meaning_of_table(inside), tuple(_keys_of(inside)), _example_of(path))
            yield from _tables_in(inside, f"{path}.")


def _table_of(hint: Any) -> tuple[type[Any] | None, bool]:
    """The dataclass behind *hint*, if it is a table or a list of tables, and whether it is a list."""
    if is_dataclass(hint) and isinstance(hint, type):
        return hint, False
    if get_origin(hint) is Annotated:
        return _table_of(get_args(hint)[0])
    if get_origin(hint) is tuple:
        return _table_of(get_args(hint)[0])[0], True
    return None, False


def _meaning_of_table(table: type[Any]) -> str:
    """The docstring without the name of the table at its beginning."""
    text = " ".join((inspect.getdoc(table) or "").replace("``", "`").split())
    plain = re.sub(r"^(`\[+[\w.]+\]+`(, |: )?)+", "", text)
    return plain[:1].upper() + plain[1:]


def _keys_of(table: type[Any]) -> Iterator[Key]:
    texts, hints = texts_of(table), get_type_hints(table, include_extras=True)
    for each in fields(table):
        if _table_of(hints[each.name])[0] is None:
            if not texts.get(each.name):
                raise LookupError(
                    f"{table.__name__}.{each.name} has no comment, which is its manual: write one above it"
                )
            yield Key(
                each.name,
                kind_of(hints[each.name]),
                _default_of(each),
                required=each.default is MISSING and each.default_factory is MISSING,
                meaning=texts[each.name],
                unit=next((unit for unit in _UNITS if unit in each.name.split("_")), ""),
                choices=tuple(_choices_of(hints[each.name])),
                masked=any(masks_in(hints[each.name])),
            )


def texts_of(owner: type[Any]) -> Mapping[str, str]:
    """The comments of a class: of a dataclass's keys, of an enum's members."""
    lines = textwrap.dedent(inspect.getsource(owner)).splitlines()
    body = ast.parse("\n".join(lines)).body[0]
    found: dict[str, str] = {}
    for node in body.body if isinstance(body, ast.ClassDef) else ():
        if isinstance(node, ast.AnnAssign):
            target: ast.expr = node.target
        elif isinstance(node, ast.Assign):
            target = node.targets[0]
        else:
            continue
        if isinstance(target, ast.Name):
            text = " ".join([*_above(lines, node.lineno), *_behind(lines, node)])
            found[target.id] = " ".join(text.split())
    return found


def _above(lines: list[str], number: int) -> list[str]:
    """The comment that ends on the line before line *number* (the first is 1)."""
    begin = number - 1
    while begin > 0 and lines[begin - 1].lstrip().startswith("#"):
        begin -= 1
    return [line.strip().lstrip("#") for line in lines[begin : number - 1]]


def _behind(lines: list[str], node: ast.stmt) -> list[str]:
    rest = lines[(node.end_lineno or 1) - 1].encode()[node.end_col_offset or 0 :].decode()
    return [rest.partition("#")[2]] if "#" in rest else []


def kind_of(hint: Any) -> str:
    """What may be written, in words: "whole number, at least 1"."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        described = [m.description for m in _infos(inside[1:]) if m.description]
        return described[-1] if described else ", ".join([kind_of(inside[0]), *_bounds(inside[1:])])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(kind_of(each) for each in inside if each is not NoneType))
    if origin is Literal or (isinstance(hint, type) and issubclass(hint, Enum)):
        return "one of"
    if origin is tuple:
        return f"list, each: {kind_of(inside[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"table: {kind_of(inside[0])} = {kind_of(inside[1])}"
    return _WORDS[hint]


def _infos(extras: tuple[Any, ...]) -> list[FieldInfo]:
    return [each for each in extras if isinstance(each, FieldInfo)]


def _bounds(extras: tuple[Any, ...]) -> Iterator[str]:
    for bound in (each for info in _infos(extras) for each in info.metadata):
        match bound:
            case annotated_types.Ge(ge=least):
                yield f"at least {least}"
            case annotated_types.Gt(gt=least):
                yield f"above {least}"
            case annotated_types.Le(le=most):
                yield f"at most {most:,}"
            case annotated_types.MinLen(min_length=least):
                yield "not empty" if least == 1 else f"at least {least}"
            case annotated_types.MaxLen(max_length=most):
                yield f"at most {most} characters"


def _choices_of(hint: Any) -> Iterator[tuple[str, str]]:
    """Every value of a closed list in *hint*, in TOML, with its meaning."""
    if get_origin(hint) is Literal:
        for value in get_args(hint):
            meaning = texts_of(type(value)).get(value.name, "") if isinstance(value, Enum) else ""
            yield toml_value(value), meaning
    elif isinstance(hint, type) and issubclass(hint, Enum):
        for member in hint:
            yield toml_value(member), texts_of(hint).get(member.name, "").rstrip(".")
    elif get_origin(hint) is Annotated:
        if not any(info.description for info in _infos(get_args(hint)[1:])):
            taken = TypeAdapter(hint).validator  # which may refuse some of the words
            yield from (
                each for each in _choices_of(get_args(hint)[0]) if taken.isinstance_python(each[0].strip('"'))
            )
    else:
        for each in get_args(hint):
            yield from _choices_of(each)


def _default_of(field: Field[Any]) -> str:
    value = field.default_factory() if field.default_factory is not MISSING else field.default
    return "" if value is MISSING or value is None else toml_value(value)


def _example_of(path: str) -> str:
    """The parts of the example file under this table's header. Raises :class:`LookupError`."""
    text = EXAMPLE.read_text("utf-8")
    found = list(_HEADER.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    parts = [
        text[each.start() : end].strip() for each, end in zip(found, ends, strict=True) if each[1] == path
    ]
    if not parts:
        raise LookupError(f"{EXAMPLE.name} shows no [{path}]: write one there")
    return "\n\n".join(parts)
