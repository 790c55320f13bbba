"""What to write in the place of a fault of the settings file, where the fault itself does not say so."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from pydantic_core import ErrorDetails

from segl.errors import no_list
from segl.settings.document import Settings

Place = tuple[int | str, ...]

RULE_TABLES: Final = ("rule", "list", "label")
"""What stands in rule files alone (:mod:`segl_classifier.rules.layers`)."""
_WORD: Final = re.compile(r"'([\w-]+)'")
_TYPES: Final = {
    "bool_type": "write true or false, without quotes",
    "bool_parsing": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "int_parsing": "write a whole number, without quotes",
    "int_from_float": "write a whole number",
    "float_type": "write a number, without quotes",
    "float_parsing": "write a number, without quotes",
    "string_type": 'write a text, in quotes: "…"',
    "path_type": 'write a path, in quotes: "/…"',
}


def hint_of(item: ErrorDetails) -> str:
    """A hint for a fault as pydantic tells it; empty where its words say what would be right. It takes its time."""
    place = item["loc"]
    match item["type"]:
        case "missing":
            return _example(place)
        case "extra_forbidden" | "unexpected_keyword_argument" if len(place) == 1 and place[0] in RULE_TABLES:
            return "rules stand in files of their own, which [detection] rules names"
        case "extra_forbidden" | "unexpected_keyword_argument":
            near = get_close_matches(str(place[-1]).lower(), keys_beside(place), n=1)
            return f"did you mean {near[0]}?" if near else f"{_reference(place)} names those that are"
        case "enum" | "literal_error":
            words = _WORD.findall(item["msg"])
            near = get_close_matches(str(item["input"]).lower(), words, n=1)
            return f"did you mean {near[0]}?" if near else ""
        case "too_short":
            return _example(place)
        case "dataclass_type" | "dict_type":
            return _begun(place, item["input"])
        case "string_pattern_mismatch" if item["ctx"]["pattern"].startswith("^https?://"):
            return "begin with https://"
        case "string_pattern_mismatch":
            return f"{_reference(place)} says what it may be"
        case kind:
            return _TYPES.get(kind, "")


def no_list_at(place: Place, value: object) -> str:
    """What to write where something else than a list stood."""
    if keys_beside((*place, "")):
        return f"must be a list of tables, each begun with [[{'.'.join(map(str, place))}]]"
    return no_list(value)


def keys_beside(place: Place) -> list[str]:
    """What the table may hold that the key at *place* stands in."""
    table = _type_at(place[:-1])
    return [each.name for each in fields(table) if each.init] if is_dataclass(table) else []


def _example(place: Place) -> str:
    """How what is missing at *place* could begin."""
    key, wanted = str(place[-1]), _type_at(place, entries=False)
    if is_dataclass(wanted):
        required = [each.name for each in fields(wanted) if each.init and _is_required(each)]
        header = ".".join(str(part) for part in place if isinstance(part, str))
        return f"begin it with [{header}]" + (f"; it holds {' and '.join(required)}" if required else "")
    # Annotated, or "… or none".
    while get_origin(wanted) not in (None, Literal, tuple, dict) and get_args(wanted):
        wanted = get_args(wanted)[0]
    if get_origin(wanted) is tuple:
        return f'write {key} = ["…"]'
    if get_origin(wanted) is Literal:
        return f"write {key} = one of {', '.join(map(str, get_args(wanted)))}"
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return f"write {key} = one of {', '.join(str(member.value) for member in wanted)}"
    if wanted in (str, Path):
        return f'write {key} = "…"'
    return f"{_reference(place)} says what it may be"


def _begun(place: Place, found: object) -> str:
    """How the table at *place* is written, where something else was *found*."""
    header = ".".join(str(part) for part in place if isinstance(part, str))
    if isinstance(place[-1], int):
        return f"begin each with [[{header}]]"
    if any(isinstance(part, int) for part in place):
        return f"write {place[-1]} = {{ … = … }}"
    return f"begin it with [{header}]" + (", in single brackets" if isinstance(found, list) else "")


def _is_required(each: Any) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _reference(place: Place) -> str:
    """The command that shows the page on the table that *place* lies in."""
    path: list[str] = []
    for part in place[:-1]:
        if isinstance(part, str):
            if not is_dataclass(_type_at((*path, part))):
                break
            path.append(part)
    return " ".join(["segl settings reference", *filter(None, [".".join(path)])])


def _type_at(place: Place, *, entries: bool = True) -> Any:
    """What belongs at *place*; of a list of tables, or a table that may be left out, the table."""
    table: Any = Settings
    for number, part in enumerate(place):
        if isinstance(part, str) and part in getattr(table, "__dataclass_fields__", {}):
            table = get_type_hints(table)[part]
        while not is_dataclass(table) and get_args(table) and (entries or number < len(place) - 1):
            table = get_args(table)[0]
    return table
