"""Reads one rule file, and says in our words what pydantic finds wrong with its tables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from segl import toml_text
from segl.errors import Fault, found, no_list, no_table
from segl.vocabulary import Label
from segl_classifier.rules import schema

MAX_FILE = 2 * 1024 * 1024
_WORD = re.compile(r"'([\w-]+)'")


def read_file(file: Path) -> tuple[bytes, dict[str, Any]] | Fault:
    """The content of *file* and the TOML in it, or why there is none."""
    try:
        if not file.is_dir() and file.exists() and not file.is_file():
            return Fault(file, "", "is neither a file nor a folder")
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            return Fault(
                file, "-", f"is too large; a rule file may have {MAX_FILE} bytes", "split it in several"
            )
        return content, toml_text.parse(content.decode("utf-8-sig"))
    except FileNotFoundError:
        return Fault(file, "", "there is no such file")
    except IsADirectoryError:
        return Fault(file, "", "is a folder, not a file")
    except (OSError, ValueError) as error:
        return _unusable(file, error)
    except RecursionError:
        return Fault(file, "", "is not TOML: too many brackets within brackets")


def _unusable(file: Path, error: OSError | ValueError) -> Fault:
    match error:
        case UnicodeDecodeError():
            return Fault(file, f"byte {error.start}", "is not UTF-8", "save the file as UTF-8")
        case tomllib.TOMLDecodeError():
            hint = "texts stand in quotes; patterns best in 'single' ones"
            return Fault(file, "", f"is not TOML: {error}", hint)
        case toml_text.TomlFault():
            return Fault(file, error.place, error.problem, error.hint)
        case OSError():
            hint = "run as root or as the service's user" if isinstance(error, PermissionError) else ""
            return Fault(file, "", f"cannot be read: {(error.strerror or 'unknown error').lower()}", hint)
        case _:
            return Fault(str(file), "", "is no usable file name")


def faults_of(error: ValidationError, file: Path, table: type[BaseModel], key: str) -> Iterator[Fault]:
    """Pydantic's list of faults; *key* names the table that was checked."""
    items = error.errors(include_url=False)
    tables = {item["loc"][:-1] for item in items}
    for item in items:
        if item["type"] == "too_short" and item["loc"] in tables:
            continue  # it is short only because the faulty entries, told by themselves, do not count
        path = [str(p + 1) if isinstance(p, int) else str(p) for p in item["loc"]]
        where = ": ".join(filter(None, (key, ".".join(path))))
        match item["type"]:
            case "missing":
                yield Fault(file, where, "is required")
            case "extra_forbidden":
                hint = near_name(path[-1].lower(), _keys(table, path)) or "docs/rules.md names those that are"
                yield Fault(file, where, "is not a known key", hint)
            case "enum" if path == ["label"]:
                bad = str(item["input"])
                yield Fault(file, where, f"{bad!r} is no category", near_name(bad, Label))
            case "bool_type":
                problem = "must be true or false"
                hint = f"write {path[-1]} = true or {path[-1]} = false, without quotes"
                yield Fault(file, where, problem + found(item["input"], problem), hint)
            case "enum":
                words, problem = _WORD.findall(item["msg"]), _told(item)
                yield Fault(file, where, problem, near_name(str(item["input"]).lower(), words))
            case "float_type":
                yield Fault(file, where, _told(item), "write a number, without quotes")
            case "tuple_type":
                yield Fault(file, where, no_list(item["input"]))
            case "too_short":
                yield Fault(file, where, "must not be empty")
            case "model_type" if not path:
                header = f"[[{key.split()[0]}]]" if key.startswith("rule ") else f"[{key}]"
                yield Fault(file, where, no_table(item["input"]), f"begin it with {header}")
            case _:
                yield Fault(file, where, _told(item))


def _told(item: ErrorDetails) -> str:
    """What pydantic says, and what stood there."""
    problem = item["msg"].removeprefix("Value error, ")
    return problem[0].lower() + problem[1:] + found(item["input"], problem)


def _keys(table: type[BaseModel], path: Sequence[str]) -> Iterable[str]:
    return (schema.ConditionTable if len(path) > 1 else table).model_fields


def near_name(name: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to *name*; empty when none is near."""
    near = get_close_matches(name, [str(each) for each in known], n=1)
    return f"did you mean {near[0]}?" if near else ""
