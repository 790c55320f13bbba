"""The tree of errors, as it is drawn at the head of :mod:`segl.errors`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from segl import errors

SOURCES = ("core", "classifier", "milter", "postfix", "portal")
_CLASS = re.compile(r"^ *class (\w+)\(([^()]+)\):", re.MULTILINE)
_BRANCH = re.compile(r"^    ((?:│   |    )*)[├└]── (\w+) +(.*)$", re.MULTILINE)
_ELSEWHERE = re.compile(r"\((?:[^()]* )?(segl[\w.]*)(?:;[^()]*)?\)")


def classes(repository: Path) -> Iterator[tuple[str, list[str], str]]:
    """Name, bases and module of each class that has a base."""
    for source in SOURCES:
        for file in (repository / source).rglob("*.py"):
            module = ".".join(file.relative_to(repository / source).with_suffix("").parts)
            for name, bases in _CLASS.findall(file.read_text("utf-8")):
                yield name, [base.strip() for base in bases.split(",")], module


def written(repository: Path) -> dict[str, tuple[set[str], str]]:
    """Of each public class below ``SeglError``: its parents in the tree, and its module."""
    below: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, bases, module in classes(repository):
        for base in bases:
            below[base].append((name, module))
    found: dict[str, tuple[set[str], str]] = {}
    waiting = ["SeglError"]
    while waiting:
        parent = waiting.pop()
        for name, module in below[parent]:
            if not name.startswith("_"):
                found.setdefault(name, (set(), module))[0].add(parent)
                waiting.append(name)
    return found


def drawn() -> dict[str, tuple[str, str]]:
    """Of each class in the drawing: its parent, and the module that is named."""
    found: dict[str, tuple[str, str]] = {}
    path = ["SeglError"]
    for indent, name, told in _BRANCH.findall(errors.__doc__ or ""):
        depth = len(indent) // 4
        elsewhere = _ELSEWHERE.search(told)
        path = [*path[: depth + 1], name]
        found[name] = (path[-2], elsewhere[1] if elsewhere else "segl.errors")
    return found


def test_every_error_stands_in_the_drawn_tree_where_it_is(repository: Path) -> None:
    there, tree = written(repository), drawn()
    assert len(there) > 40
    assert sorted(tree) == sorted(there)
    assert {name: module for name, (_, module) in tree.items()} == {
        name: module for name, (_, module) in there.items()
    }
    misplaced = [name for name, (parent, _) in tree.items() if parent not in there[name][0]]
    assert misplaced == []


def test_no_other_class_of_ours_bears_an_errors_name(repository: Path) -> None:
    """``except ProtocolError`` must mean one thing, whichever module it was imported from."""
    names = [name for name, _, _ in classes(repository) if name.endswith("Error")]
    assert len(names) > 15
    assert sorted({name for name in names if names.count(name) > 1}) == []
