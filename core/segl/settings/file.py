"""Reads the settings file. All faults that can be known are told at once, each with file, key and a hint.

This is one of the two places where pydantic works (the other is the rule file): it turns what a person
wrote into the frozen dataclasses of :mod:`segl.settings.document`, and never leaves this module.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from segl import toml_text
from segl.errors import MOST_TOLD, Fault, SettingsError, found, no_table
from segl.places import DEFAULT_FILE, NO_SETTINGS_HINT
from segl.policy.faults import with_groups_read
from segl.settings.checks import cross_faults
from segl.settings.document import Settings
from segl.settings.hints import RULE_TABLES, hint_of, no_list_at
from segl.settings.paths import beside

_ADAPTER = TypeAdapter(Settings)
_NOBODY: Final = {"name": "nobody", "domains": ["nobody.invalid"]}  # in place of a faulty [organisation]
_QUOTES: Final = 'texts stand in straight quotes: mode = "detect"'
_TWICE: Final = {  # what tomllib says of a table or a key that stands there already
    " twice ": "a table begins once: write what is new below the heading that is there",
    "Cannot overwrite": "a key or a table stands once: take one of the two away",
}
_RULE_FILE: Final = "segl rules check reads rule files; the settings name them in [detection] rules"
_NUL: Final = "has a NUL character (\\u0000)"
_LARGEST = 2 * 1024 * 1024  # bytes of a file: pins of some 30,000 domains
_CLASS = re.compile(r" for <class [^>]*>")  # pydantic names the class of what it wants as Python does
_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('[\w-]+')>")  # pydantic prints members as Python does


def load_settings(file: Path = DEFAULT_FILE) -> Settings:
    """The settings in *file*. Raises :class:`SettingsError` with every fault found."""
    return parse_settings(read_toml(file, SettingsError), file)


def checked_settings(file: Path, start_faults: Callable[[Settings, Path], list[Fault]]) -> Settings:
    """The settings in *file* for a process that needs more of them than that they are good by themselves: what they
    lack for it is what *start_faults* gives. Raises :class:`SettingsError` with every fault found."""
    settings = load_settings(file)
    if faults := start_faults(settings, file):
        raise SettingsError(faults)
    return settings


def parse_settings(raw: dict[str, Any], file: Path | str = "settings") -> Settings:
    """*raw* (parsed TOML) as settings; *file* names it in faults. Raises :class:`SettingsError`."""
    reading = read_settings(raw, file)
    if reading.faults or reading.settings is None:
        raise SettingsError(reading.faults)
    return reading.settings


@dataclass(frozen=True, slots=True)
class Reading:
    """A settings file as far as it can be understood.

    ``faulty`` names the tables that have a fault (``portal``), and their keys (``portal.url``). ``settings`` has the
    defaults in place of these keys, and none of the faulty ``[[domain]]`` entries; ``None``: nothing is known beyond
    the faults.
    """

    settings: Settings | None
    faults: tuple[Fault, ...] = ()
    faulty: frozenset[str] = frozenset()


def read_settings(raw: dict[str, Any], file: Path | str) -> Reading:
    """*raw* (parsed TOML) with all its faults; does not raise for them."""
    if "organisation" not in raw and any(name in raw for name in RULE_TABLES):
        return Reading(None, (Fault(file, "", "is a rule file, not the settings", _RULE_FILE),))
    faults = [Fault(file, place, _NUL, "take it out") for place in _with_nul(raw)]
    nul = frozenset(word for one in faults for word in table_and_key(one.key.split(".")))
    faulty: frozenset[str] = frozenset()
    try:
        settings = _ADAPTER.validate_python(raw)
    except ValidationError as error:
        faults += faults_of(error, file)
        faulty, rest = _without_faulty(raw, error)
        try:
            settings = _ADAPTER.validate_python(rest)
        except ValidationError:
            return Reading(None, tuple(faults), faulty | nul)
    if nul:
        return Reading(None, tuple(faults), faulty | nul)
    crossed = list(cross_faults(settings, file, faulty))
    settings = beside(settings, Path(file).parent)
    if "group" not in faulty:
        try:
            settings = with_groups_read(settings, file)
        except SettingsError as error:
            crossed += error.every
            faulty |= {"group"}
    for fault in crossed:
        faulty |= set(table_and_key(fault.key.split("."))) if fault.file == file else set()
    return Reading(settings, (*faults, *crossed), faulty)


def _with_nul(value: Any, place: str = "") -> Iterator[str]:
    """Where a NUL stands. No path, host or name that the system is asked for can hold one, and each that is asked for
    with it would end what asks, far from the line that is wrong."""
    if isinstance(value, str):
        if "\0" in value:
            yield place
        return
    inside = (
        value.items()
        if isinstance(value, Mapping)
        else enumerate(value, 1)
        if isinstance(value, list)
        else ()
    )
    for key, each in inside:
        yield from _with_nul(key, place) if isinstance(key, str) else ()
        yield from _with_nul(each, f"{place}.{key}".lstrip("."))


def table_and_key(place: Sequence[int | str]) -> tuple[str, str]:
    """``portal`` and ``portal.web`` of a place within ``[portal.web]``; the table twice of itself."""
    table = str(place[0])
    return table, ".".join(map(str, place[:2]))


def _without_faulty(raw: Mapping[str, Any], error: ValidationError) -> tuple[frozenset[str], dict[str, Any]]:
    """What is faulty, and *raw* without it: of a table the key, of ``[[domain]]`` the entry, for each speaks for
    itself, of other lists of tables all."""
    rest = {name: dict(table) if isinstance(table, dict) else table for name, table in raw.items()}
    faulty: set[str] = set()
    entries: set[int | str] = set()
    for item in error.errors(include_url=False, include_input=False):
        table, *inside = item["loc"]
        faulty |= set(table_and_key(item["loc"]))
        if table == "domain" and inside:
            entries.add(inside[0])
        elif inside and isinstance(rest.get(str(table)), dict):
            rest[str(table)].pop(inside[0], None)
        else:
            rest.pop(str(table), None)
    if "domain" in rest:
        rest["domain"] = [entry for number, entry in enumerate(rest["domain"]) if number not in entries]
    if "organisation" in faulty:
        rest["organisation"] = _NOBODY
    return frozenset(faulty), rest


def read_toml(file: Path, error: type[SettingsError] | type[Any]) -> dict[str, Any]:
    """The TOML document in *file*; unreadable or broken files become a fault of the class *error*."""
    try:
        if not stat.S_ISREG(file.stat().st_mode) and not file.is_dir():
            raise error([Fault(file, "", "is no ordinary file")])  # a pipe would keep us waiting
        if file.stat().st_size > _LARGEST:
            raise error([Fault(file, "", f"is larger than {_LARGEST} bytes")])
        return toml_text.parse(file.read_text("utf-8-sig"))
    except FileNotFoundError:
        hint = NO_SETTINGS_HINT if file == DEFAULT_FILE else ""
        raise error([Fault(file, "", "there is no such file", hint)]) from None
    except IsADirectoryError:
        raise error([Fault(file, "", "is a directory, not a file")]) from None
    except PermissionError:
        raise error([Fault(file, "", "may not be read", "run as root or as the service's user")]) from None
    except OSError as fault:
        raise error([Fault(file, "", f"cannot be read: {fault.strerror}")]) from None
    except RecursionError:
        raise error([Fault(file, "", "is not TOML: too many brackets")]) from None
    except UnicodeDecodeError as fault:
        raise error([Fault(file, f"byte {fault.start}", "is not UTF-8", "save the file as UTF-8")]) from None
    except tomllib.TOMLDecodeError as fault:
        hint = next((hint for words, hint in _TWICE.items() if words in str(fault)), _QUOTES)
        raise error([Fault(file, "", f"is not TOML: {fault}", hint)]) from None
    except toml_text.TomlFault as fault:
        raise error([Fault(file, fault.place, fault.problem, fault.hint)]) from None


def faults_of(error: ValidationError, file: Path | str) -> Iterable[Fault]:
    """Pydantic's list of faults in our words."""
    items = error.errors(include_url=False)
    tables = {item["loc"][:-1] for item in items}
    for number, item in enumerate(items):
        if item["type"] == "too_short" and item["loc"] in tables:
            continue  # it is short only because the faulty entries, told by themselves, do not count
        key = ".".join(
            str(part + 1) if isinstance(part, int) else part for part in item["loc"] if part != "[key]"
        )
        hint = hint_of(item) if number < MOST_TOLD else ""  # it takes its time, and no more faults are told
        match item["type"]:
            case "missing":
                yield Fault(file, key, "is required", hint)
            case "extra_forbidden" | "unexpected_keyword_argument":
                yield Fault(file, key, "is not a known key", hint)
            case "tuple_type":
                yield Fault(file, key, no_list_at(item["loc"], item["input"]))
            case "too_short":
                yield Fault(file, key, "must not be empty", hint)
            case "dataclass_type" | "dict_type":
                yield Fault(file, key, no_table(item["input"]), hint)
            case _:
                problem = _CLASS.sub("", item["msg"].removeprefix("Value error, "))
                problem = _ENUM_MEMBER.sub(r"\1", problem[0].lower() + problem[1:])
                yield Fault(file, key, problem + found(item["input"], problem), hint)
