"""Paths in the settings that do not begin with /: they are meant beside the settings file.

Each process runs in a directory of its own (systemd's run in /), and a postmaster in any. A path that was taken from
there would be another file for each of them: other rules for ``segl check`` than for segl-milter, say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

_Table = TypeVar("_Table")


def beside(table: _Table, folder: Path) -> _Table:
    """*table*, a frozen dataclass, with every relative path in it looked for in *folder*; itself if there is none."""
    changed = {
        each.name: there
        for each in fields(table)  # type: ignore[arg-type]
        if each.init
        and (there := _beside(getattr(table, each.name), folder)) is not getattr(table, each.name)
    }
    return replace(table, **changed) if changed else table  # type: ignore[type-var]


def _beside(value: Any, folder: Path) -> Any:
    if isinstance(value, Path):
        return value if value.is_absolute() else folder / value
    if is_dataclass(value) and not isinstance(value, type):
        return beside(value, folder)
    if isinstance(value, tuple):
        found = tuple(_beside(one, folder) for one in value)
        return value if all(one is other for one, other in zip(found, value, strict=True)) else found
    if isinstance(value, Mapping):
        pairs = {key: _beside(one, folder) for key, one in value.items()}
        return value if all(pairs[key] is value[key] for key in pairs) else pairs
    return value
