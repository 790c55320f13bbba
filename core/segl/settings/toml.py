"""Values of settings as TOML (https://toml.io/en/v1.0.0), each on one line, and whole settings as they are in force.

Python reads TOML and does not write it; libraries that do break lists over lines, which a table of defaults cannot
have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from re import compile as pattern
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from segl.settings.document import Settings
from segl.settings.values import Masked

_BARE = pattern(r"[A-Za-z0-9_-]+")


def toml_value(value: Any) -> str:
    """*value* as it stands after ``key =``. Raises :class:`TypeError` for what no setting is."""
    match value:
        case Enum():
            return toml_value(value.value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        case str() | Path():
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return f"[{', '.join(map(toml_value, value))}]"
        case Mapping():
            pairs = (f"{_key(name)} = {toml_value(inside)}" for name, inside in value.items())
            return f"{{ {', '.join(pairs)} }}" if value else "{}"
    raise TypeError(f"no setting is a {type(value).__name__}")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(str(name))


def effective(settings: Settings, *, changed: bool = False) -> Iterator[str]:
    """*settings* as lines of a settings file, defaults included, or only what differs from them (*changed*).
    Keys without a value are left out; what may be secret is masked."""
    for each in fields(settings):
        if not each.init:
            continue  # worked out from the others
        yield from _table(each.name, getattr(settings, each.name), changed)


def _table(path: str, value: Any, changed: bool) -> Iterator[str]:
    if isinstance(value, tuple):
        for entry in value:
            yield from _one(path, f"[[{path}]]", entry, changed)
    else:
        yield from _one(path, f"[{path}]", value, changed)


def _one(path: str, header: str, table: Any, changed: bool) -> Iterator[str]:
    masks, inside, lines = _masks(type(table)), [], []
    for each in fields(table):
        value = getattr(table, each.name)
        if is_dataclass(value) or (isinstance(value, tuple) and value and is_dataclass(value[0])):
            inside.append((each.name, value))
        elif value is not None and not (changed and value == _default(each)):
            shown = _masked(value, masks[each.name]) if each.name in masks else value
            lines.append(f"{_key(each.name)} = {toml_value(shown)}")
    if lines or header.startswith("[["):
        yield from (header, *lines, "")
    for name, value in inside:
        yield from _table(f"{path}.{name}", value, changed)


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _masked(value: Any, mask: Masked) -> Any:
    if isinstance(value, Mapping):
        return {name: mask.shown(inside) for name, inside in value.items()}
    return mask.shown(value)


def _masks(table: type[Any]) -> dict[str, Masked]:
    hints = get_type_hints(table, include_extras=True)
    found = ((name, next(masks_in(hint), None)) for name, hint in hints.items())
    return {name: mark for name, mark in found if mark is not None}


def masks_in(hint: Any) -> Iterator[Masked]:
    """Every mark in *hint*, that of the values of a mapping too."""
    if get_origin(hint) is Annotated:
        yield from (each for each in get_args(hint)[1:] if isinstance(each, Masked))
    for each in get_args(hint):
        yield from masks_in(each)
