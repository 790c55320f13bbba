"""Databases of SQLite (sqlite.org/fileformat2.html): GeoPackage (OGC 12-128), in which QGIS keeps maps and what it
knows of a project, and what many programs keep beside their work.

SQLite itself reads them, from memory, without what a database can make it do: views, triggers and virtual tables are
not asked, and functions in its columns are refused. Each table is told with the names of its columns. Places on a map
are bytes that say nothing; other bytes are files, or told of. A row that was deleted may still stand in the file:
numbers there that no row has are told with what stands around them.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from segl.mime import sniff
from segl.vocabulary import Unreadable
from segl_classifier.formats.cells.lost_zeros import restored
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest

_VERSIONS = slice(18, 20)  # of the file: 2 is one with a log of writes beside it, which nobody sent
_MOST_TABLES = 1_000
_LONGEST = 10_000_000  # bytes of a value
_TABLES = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY rootpage"
_VIRTUAL = re.compile(r"\s*create\s+virtual\b", re.IGNORECASE)
_PLACES = (b"GP\0", b"\0\1")  # GeoPackage, SpatiaLite
_INDEX = re.compile(
    r"rtree_.*_(?:node|rowid|parent)|.*_fts\d?_\w+|idx_.*_(?:node|rowid|parent)|sqlite_stat\d", re.DOTALL
)
_SMALL = 64  # bytes, no letters, in which nothing can be told
_MARKUP, _A_PAGE = "<", 200
_NUMBER = re.compile(rb"(?<![0-9])[0-9]{6}[- ]?[0-9]{4}(?![0-9])")
_AROUND = 60
_MOST_DELETED = 1_000
_CALLS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ))


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The rows of all tables, and files in them."""
    harvest = Harvest(allowance)
    with closing(sqlite3.connect(":memory:")) as base:
        try:
            base.deserialize(data[: _VERSIONS.start] + b"\1\1" + data[_VERSIONS.stop :])
            _shut(base)
            for table, made in base.execute(_TABLES).fetchmany(_MOST_TABLES + 1):
                _read_table(base, table, made or "", harvest)
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            harvest.lack(Unreadable.DAMAGED, f"a database: {type(error).__name__}")
    _read_deleted(data, harvest)
    return harvest.content()


def _shut(base: sqlite3.Connection) -> None:
    base.execute("PRAGMA trusted_schema = OFF")
    base.execute("PRAGMA cell_size_check = ON")
    base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    base.text_factory = lambda raw: raw.decode("utf-8", "replace")
    base.set_authorizer(lambda call, *_: sqlite3.SQLITE_OK if call in _CALLS else sqlite3.SQLITE_DENY)


def _read_table(base: sqlite3.Connection, table: str, made: str, harvest: Harvest) -> None:
    if _VIRTUAL.match(made):
        return  # what it holds stands in tables of its own
    quoted = table.replace('"', '""')
    rows = base.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name, in quotes
    is_index = _INDEX.fullmatch(table) is not None
    lines = ["\t".join(column[0] for column in rows.description)]
    left = harvest.left
    for row in rows:
        lines.append("\t".join(_told(value, harvest, is_index=is_index) for value in row))
        left -= len(lines[-1])
        if left < 0:
            break  # the harvest tells that it is full
    if len(lines) > 1:
        harvest.text(restored("\n".join(lines)), f"table {table[:60]}")


def _told(value: object, harvest: Harvest, *, is_index: bool) -> str:
    """*value* as it stands in a row; what is a file goes to the *harvest*."""
    if isinstance(value, bytes):
        if sniff.is_text(value):
            return " ".join(value.decode("utf-8", "replace").split())
        if not is_index and len(value) > _SMALL and not value.startswith(_PLACES):
            harvest.file("", sniff.signature(value[: sniff.HEAD]), value)
        return ""
    if isinstance(value, str):
        if len(value) > _A_PAGE and value.lstrip().startswith(_MARKUP):  # as programs keep their settings
            harvest.file("", "application/xml", value.encode())
            return ""
        return " ".join(value.split())
    return "" if value is None else str(value)


def _read_deleted(data: bytes, harvest: Harvest) -> None:
    said = harvest.found(re.compile(r"\d{6}[- ]?\d{4}"))
    harvest.lines(list(_deleted(data, said)), "deleted rows")


def _deleted(data: bytes, said: set[str]) -> Iterator[str]:
    for count, found in enumerate(_NUMBER.finditer(data)):
        if count > _MOST_DELETED:
            return
        if found[0].decode() not in said:
            around = data[max(0, found.start() - _AROUND) : found.end() + _AROUND]
            yield around.decode("utf-8", "replace").replace("\0", " ")
