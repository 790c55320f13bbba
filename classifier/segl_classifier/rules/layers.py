"""Lays rule files over each other; every fault is kept, so that all are told at once.

The shipped files are one layer; each file of the postmaster is another on top: a rule or list of the same
name replaces, a new one adds, ``enabled = false`` turns off. Shipped files are never edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from segl.errors import Fault
from segl.settings.hints import RULE_TABLES
from segl.vocabulary import Label
from segl_classifier.rules import schema
from segl_classifier.rules.read import faults_of, near_name, read_file

_MOST_RULES = 2_000
_TABLES = (*RULE_TABLES, "policy")
_OF_SETTINGS = "name the rule files that stand in its [detection] rules, or give it as --settings"

Kind = TypeVar("Kind", bound=schema.Table)


@dataclass(slots=True)
class Draft:
    """The layers so far. ``rules`` and ``lists`` carry the file they come from, for faults; a list that
    could not be used is there without tables, so that its name at least is known. ``files`` has the SHA-256 of
    what was read of each file; ``shipped`` are those that come with Segl."""

    rules: dict[str, tuple[Path, schema.RuleTable]] = field(default_factory=dict)
    lists: dict[str, list[tuple[Path, schema.ListTable]]] = field(default_factory=dict)
    labels: dict[Label, schema.LabelTable] = field(default_factory=dict)
    ignore: tuple[Path, tuple[str, ...]] = (Path(), ())
    faults: list[Fault] = field(default_factory=list)
    digest: Any = field(default_factory=sha256)
    files: dict[Path, str] = field(default_factory=dict)
    shipped: frozenset[Path] = frozenset()

    def copy(self) -> Draft:
        """The same, to lay more over; the tables themselves are never changed."""
        lists = {name: list(tables) for name, tables in self.lists.items()}
        faults, digest = list(self.faults), self.digest.copy()
        return replace(
            self,
            rules=dict(self.rules),
            lists=lists,
            labels=dict(self.labels),
            faults=faults,
            digest=digest,
            files=dict(self.files),
        )

    def fault(self, file: Path, key: str, problem: str, hint: str = "") -> None:
        self.faults.append(Fault(file, key, problem, hint))

    def checked(self, kind: type[Kind], raw: Any, file: Path, key: str) -> Kind | None:
        """*raw* as a table of *kind*; its faults are kept and it is ``None`` when it is none."""
        try:
            return kind.model_validate(raw)
        except ValidationError as error:
            self.faults += faults_of(error, file, kind, key)
            return None


def add_layer(draft: Draft, files: Sequence[Path]) -> None:
    """Lay *files* over *draft*. Within one layer a name may stand only once."""
    rules_seen: dict[str, Path] = {}
    lists_seen: dict[str, Path] = {}
    for file in files:
        read = read_file(file)
        if isinstance(read, Fault):
            draft.faults.append(read)
            continue
        content, raw = read
        draft.digest.update(content)
        draft.files[file] = sha256(content).hexdigest()
        if not any(raw.values()):  # what an editor, or a disk that was full, left of one
            hint = "give it a [[rule]], [list.…], [label.…] or [policy], or take the file away"
            draft.fault(file, "", "is empty: it holds no rule, list, label or policy", hint)
        if "organisation" in raw and not any(name in raw for name in RULE_TABLES):
            draft.fault(file, "", "is a settings file, not a rule file", _OF_SETTINGS)
            continue
        for name in raw:
            if name not in _TABLES:
                draft.fault(file, name, "is not a known key", near_name(name, _TABLES))
        for number, table in enumerate(_rows(draft, file, raw), 1):
            _add_rule(draft, file, number, table, rules_seen)
        for name, table in _tables(draft, file, raw, "list"):
            _add_list(draft, file, name, table, lists_seen)
        for name, table in _tables(draft, file, raw, "label"):
            _add_label(draft, file, name, table)
        if policy := draft.checked(schema.PolicyTable, raw.get("policy", {}), file, "policy"):
            draft.ignore = draft.ignore if policy.ignore is None else (file, policy.ignore)


def _rows(draft: Draft, file: Path, raw: dict[str, Any]) -> list[Any]:
    rows = raw.get("rule", [])
    if not isinstance(rows, list):
        draft.fault(file, "rule", "is no list of rules", "write each rule under [[rule]], with two brackets")
        return []
    if len(rows) > _MOST_RULES:
        draft.fault(file, "rule", f"holds {len(rows)} rules; {_MOST_RULES} are allowed")
    return rows[:_MOST_RULES]


def _tables(draft: Draft, file: Path, raw: dict[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    tables = raw.get(name, {})
    if isinstance(tables, dict):
        yield from tables.items()
    else:
        draft.fault(
            file, name, f"is no table of {name}s", f"write each under [{name}.name], with one bracket"
        )


def _add_rule(draft: Draft, file: Path, number: int, raw: Any, seen: dict[str, Path]) -> None:
    fields: Iterable[str] = raw if isinstance(raw, dict) else ()
    name = raw.get("id") if isinstance(raw, dict) else None
    key = f"rule {name}" if isinstance(name, str) and name else f"rule number {number}"
    enabled = raw.get("enabled", True) if isinstance(raw, dict) else True
    off = enabled is False
    if enabled is not True and set(fields) <= {"id", "enabled"}:
        if turned := draft.checked(schema.OffTable, raw, file, key):
            _turn_off(draft, file, key, turned.id, seen)
        return
    rule = draft.checked(schema.RuleTable, {**raw, "enabled": True} if off else raw, file, key)
    if rule is None or _stands_twice(draft, file, key, rule.id, seen):
        return
    if off:
        draft.rules.pop(rule.id, None)
    else:
        draft.rules[rule.id] = (file, rule)


def _turn_off(draft: Draft, file: Path, key: str, name: str, seen: dict[str, Path]) -> None:
    if _stands_twice(draft, file, key, name, seen):
        return
    if draft.rules.pop(name, None) is None:
        draft.fault(file, key, "turns off a rule that does not exist", near_name(name, draft.rules))


def _stands_twice(draft: Draft, file: Path, key: str, name: str, seen: dict[str, Path]) -> bool:
    if name not in seen:
        seen[name] = file
        return False
    where = "above" if seen[name] == file else f"in {seen[name].name}"
    draft.fault(file, key, f"there is a rule of this id {where} already", "give it another id")
    return True


def _add_list(draft: Draft, file: Path, name: str, raw: Any, seen: dict[str, Path]) -> None:
    key = f"list.{name}"
    if name in seen:
        draft.fault(file, key, f"stands in {seen[name].name} already", "give it another name")
        return
    seen[name] = file
    if not schema.is_list_name(name):
        draft.fault(file, key, "is no name for a list", "use small letters, digits, - and _")
    table = draft.checked(schema.ListTable, raw, file, key)
    if table is None:
        draft.lists.setdefault(name, [])
    elif not table.extend:
        draft.lists[name] = [(file, table)]
    elif name in draft.lists:
        draft.lists[name].append((file, table))
    else:
        draft.fault(file, key, "extends a list that does not exist", near_name(name, draft.lists))


def _add_label(draft: Draft, file: Path, name: str, raw: Any) -> None:
    if name not in list(Label):
        draft.fault(file, f"label.{name}", f"{name!r} is no category", near_name(name, Label))
    elif table := draft.checked(schema.LabelTable, raw, file, f"label.{name}"):
        old = draft.labels.get(Label(name), schema.LabelTable())
        draft.labels[Label(name)] = old.model_copy(update=table.model_dump(exclude_none=True))
