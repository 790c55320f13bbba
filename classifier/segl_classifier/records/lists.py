"""Data that programs exchange, told as lists: the name of each field above, or before, what it says.

In ``{"name": "Anna Lund", "sick_days": 14}`` and ``<Navn>Anna Lund</Navn><Restance>4500</Restance>`` what is told of
whom stands in the names of fields. Read as any text those are gone, or stand among signs. So the records of one kind
are told once more as a table, as the same program would have written them to a sheet, and single ones as a form. What a
record holds several of (days of absence of an employee) is a table with the fields of that record before its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from segl_classifier.records.names import AMOUNT, PURPOSE, measured_in, name_of, paid_for
from segl_classifier.records.trees import TEXT, Node, of_json, of_xml

_MOST = 100_000  # characters: what stands further down is told of in the same columns
_LONGEST = 300  # characters of a value: prose is read as it stands
_MOST_COLUMNS = 60
_UNIT = "unitCode"

Fields = dict[str, str]  # by what they are called
Kinds = dict[str, list[Node]]  # what there are several of, by the field that holds them


class _Row(NamedTuple):
    """A *node* with the fields of what holds it *before* its own. *paid* is what amounts in it are paid for."""

    before: Fields
    node: Node
    paid: str


def told_of_json(text: str) -> str:
    """The records of *text* as tables and forms; ``""`` if it holds none."""
    return _told(of_json(text))


def told_of_xml(markup: str) -> str:
    """The same of XML."""
    return _told(of_xml(markup))


def _told(root: Node | None) -> str:
    if root is None:
        return ""
    blocks: list[str] = []
    room = _MOST
    for block in _blocks(root):
        blocks.append(block[:room])
        room -= len(block)
        if room <= 0:
            break
    return "\n\n".join(blocks)


def _blocks(root: Node) -> Iterator[str]:
    fields, paid, kinds = _parted(root)
    if fields:
        yield "\n".join(f"{name}: {value}" for name, value in fields.items())
    waiting = deque([_Row({}, node, paid) for node in nodes] for nodes in kinds.values())
    while waiting:
        rows: list[Fields] = []
        inner: dict[str, list[_Row]] = {}
        size = 0
        for before, node, paid_above in waiting.popleft():
            own, paid, below = _parted(node, paid_above)
            rows.append(dict(islice((before | own).items(), _MOST_COLUMNS)))
            for name, nodes in below.items():
                inner.setdefault(name, []).extend(_Row(rows[-1], each, paid) for each in nodes)
            size += sum(map(len, rows[-1].values())) + 1
            if size > _MOST:
                break
        yield _table(rows)
        waiting += inner.values()


def _table(rows: Sequence[Fields]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))[:_MOST_COLUMNS]
    lines = ["\t".join(columns), *("\t".join(row.get(name, "") for name in columns) for row in rows)]
    return "\n".join(lines)


def _parted(node: Node, paid: str = "") -> tuple[Fields, str, Kinds]:
    """The fields of *node* with those of the single nodes in it, what its amounts are *paid* for where a standard's
    code says that, here or above, and what it holds several of."""
    fields: Fields = {}
    kinds: Kinds = {}
    _gather(node, "", fields, kinds)
    paid = next(filter(None, (paid_for(fields[name]) for name in fields if name.startswith(PURPOSE))), paid)
    if paid and AMOUNT in fields:
        fields[paid] = fields.pop(AMOUNT)
    return fields, paid, kinds


def _gather(node: Node, of: str, fields: Fields, kinds: Kinds) -> None:
    for written, values in node.fields.items():
        name = name_of(written) if written != TEXT else ""
        nodes = [value for value in values if isinstance(value, Node)]
        texts = [value for value in values if isinstance(value, str)]
        if texts:
            _put(fields, _called(of, name, node), ", ".join(texts))
        if len(nodes) > 1:
            kinds.setdefault(" ".join((of, name)), []).extend(nodes)
        for single in nodes if len(nodes) == 1 else ():
            _gather(single, name or of, fields, kinds)


def _called(of: str, name: str, node: Node) -> str:
    """What the field *name* of a *node* in the field *of* another is called."""
    unit = node.fields.get(_UNIT, [""])[0]
    if not name and isinstance(unit, str) and (used := measured_in(unit)):
        return used
    return " ".join(dict.fromkeys(filter(None, (of, name))))


def _put(fields: Fields, name: str, value: str) -> None:
    cell = " ".join(value[:_LONGEST].split())
    known = fields.get(name)
    fields[name] = cell if known is None else f"{known}, {cell}"[:_LONGEST]
