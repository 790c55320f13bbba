"""Reads rule files and lays them over each other; every fault is kept, so that all are told at once.

The shipped files are one layer; each file of the postmaster is another on top: a rule or list of the same
name replaces, a new one adds, ``enabled = false`` turns off. Shipped files are never edited.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from segl.errors import Fault
from segl.vocabulary import Label
from segl_classifier.rules import schema

MAX_FILE = 2 * 1024 * 1024


@dataclass(slots=True)
class Draft:
    """The layers so far. ``rules`` and ``lists`` carry the file they come from, for faults."""

    rules: dict[str, tuple[Path, schema.RuleTable]] = field(default_factory=dict)
    lists: dict[str, list[tuple[Path, schema.ListTable]]] = field(default_factory=dict)
    labels: dict[Label, schema.LabelTable] = field(default_factory=dict)
    ignore: tuple[Path, tuple[str, ...]] = (Path(), ())
    faults: list[Fault] = field(default_factory=list)
    digest: Any = field(default_factory=sha256)

    def copy(self) -> Draft:
        """The same, to lay more over; the tables themselves are never changed."""
        lists = {name: list(tables) for name, tables in self.lists.items()}
        faults, digest = list(self.faults), self.digest.copy()
        return Draft(dict(self.rules), lists, dict(self.labels), self.ignore, faults, digest)

    def fault(self, file: Path, key: str, problem: str, hint: str = "") -> None:
        self.faults.append(Fault(file, key, problem, hint))


def add_layer(draft: Draft, files: Sequence[Path]) -> None:
    """Lay *files* over *draft*. Within one layer an id may stand only once."""
    seen: dict[str, Path] = {}
    lists_seen: dict[str, Path] = {}
    for file in files:
        if (table := _file(draft, file)) is None:
            continue
        for number, raw in enumerate(table.rule, 1):
            _add_rule(draft, file, number, raw, seen)
        for name, words in table.list.items():
            if name in lists_seen:
                draft.fault(file, f"list.{name}", f"stands in {lists_seen[name].name} already")
            lists_seen[name] = file
            _add_list(draft, file, name, words)
        for label, policy in table.label.items():
            old = draft.labels.get(label, schema.LabelTable())
            draft.labels[label] = old.model_copy(update=policy.model_dump(exclude_none=True))
        if table.policy.ignore is not None:
            draft.ignore = (file, table.policy.ignore)


def _add_rule(draft: Draft, file: Path, number: int, raw: dict[str, Any], seen: dict[str, Path]) -> None:
    name = raw.get("id")
    key = f"rule {name}" if isinstance(name, str) and name else f"rule number {number}"
    off = raw.get("enabled") is False
    kind = schema.OffTable if off and set(raw) <= {"id", "enabled"} else schema.RuleTable
    if off and kind is schema.RuleTable:
        raw = {**raw, "enabled": True}
    try:
        rule = kind.model_validate(raw)
    except ValidationError as error:
        draft.faults += faults_of(error, file, kind, key)
        return
    if rule.id in seen:
        where = "above" if seen[rule.id] == file else f"in {seen[rule.id].name}"
        draft.fault(file, key, f"there is a rule of this id {where} already", "give it another id")
        return
    seen[rule.id] = file
    if isinstance(rule, schema.RuleTable) and not off:
        draft.rules[rule.id] = (file, rule)
    elif rule.id not in draft.rules and kind is schema.OffTable:
        draft.fault(file, key, "turns off a rule that does not exist", near_name(rule.id, draft.rules))
    else:
        draft.rules.pop(rule.id, None)


def _add_list(draft: Draft, file: Path, name: str, words: schema.ListTable) -> None:
    if not words.extend:
        draft.lists[name] = [(file, words)]
    elif name in draft.lists:
        draft.lists[name].append((file, words))
    else:
        draft.fault(file, f"list.{name}", "extends a list that does not exist", near_name(name, draft.lists))


def _file(draft: Draft, file: Path) -> schema.FileTable | None:
    try:
        size = file.stat().st_size
        if size > MAX_FILE:
            draft.fault(
                file, "-", f"has {size} bytes; a rule file may have {MAX_FILE}", "split it in several"
            )
            return None
        content = file.read_bytes()
        raw = tomllib.loads(content.decode("utf-8"))
    except FileNotFoundError:
        draft.fault(file, "-", "there is no such file")
    except IsADirectoryError:
        draft.fault(file, "-", "is a directory, not a file")
    except OSError as error:
        draft.fault(file, "-", f"cannot be read: {error.strerror}", "run as root or as the service's user")
    except UnicodeDecodeError as error:
        draft.fault(file, f"byte {error.start}", "is not UTF-8", "save the file as UTF-8")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        draft.fault(
            file, "-", f"is not TOML: {error}", "texts stand in quotes; patterns best in 'single' ones"
        )
    else:
        draft.digest.update(content)
        try:
            return schema.FileTable.model_validate(raw)
        except ValidationError as error:
            draft.faults += faults_of(error, file, schema.FileTable)
    return None


def faults_of(error: ValidationError, file: Path, table: type[BaseModel], key: str = "") -> Iterator[Fault]:
    """Pydantic's list of faults in our words; *key* names the table that was checked."""
    for item in error.errors(include_url=False):
        path = [str(p + 1) if isinstance(p, int) else str(p) for p in item["loc"]]
        path = [p for p in path if not p.startswith(("constrained-", "literal["))]
        where = ": ".join(filter(None, (key, ".".join(path)))) or "-"
        match item["type"]:
            case "missing":
                yield Fault(file, where, "is required")
            case "extra_forbidden":
                yield Fault(file, where, "is not a known key", near_name(path[-1], _keys(table, path)))
            case "enum" if "label" in path or path[-1:] == ["[key]"]:
                bad = str(item["input"])
                yield Fault(file, where, f"{bad!r} is no category", near_name(bad, list(Label)))
            case _:
                problem = item["msg"].removeprefix("Value error, ")
                yield Fault(
                    file, where, problem[0].lower() + problem[1:], f"found {str(item['input'])[:60]!r}"
                )


def _keys(table: type[BaseModel], path: Sequence[str]) -> Iterable[str]:
    if table is schema.FileTable and len(path) > 1:
        inner: dict[str, type[BaseModel]] = {
            "list": schema.ListTable,
            "label": schema.LabelTable,
            "policy": schema.PolicyTable,
        }
        return inner[path[0]].model_fields if path[0] in inner else table.model_fields
    if len(path) > 1 and path[0] in ("near", "boost", "unless"):
        table = schema.ConditionTable
    return table.model_fields


def near_name(name: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to *name*; empty when none is near."""
    near = get_close_matches(name, [str(k) for k in known], n=1)
    return f"did you mean {near[0]}?" if near else ""
