"""The nodes that share one store, and whether they agree.

A node is a host with a front and a secure Postfix and Segl's processes. What is decided for a message must not depend
on which node it came by, so settings, rules and keys must be the same everywhere; they are files on each node, and
nothing but care keeps them so. Each node's segl-deliver writes digests of them beside its name, and ``segl doctor``
compares.

A digest tells nothing of a key: keys are random bytes, hashed under a label of this module.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl import __version__
from segl.clock import Clock, is_behind, is_impossible
from segl.days import DAY_SECONDS
from segl.settings.document import Settings
from segl.settings.values import without_password
from segl.settings.web import Web
from segl.store.engine import insert_into, transaction
from segl.tables.nodes import node
from segl.tables.sealed import sealed_message

PRESENT_SECONDS: Final = 3 * 3600.0  # a node is heard of once an hour
_FORGOTTEN_SECONDS: Final = 30 * DAY_SECONDS
# Further ahead than this whoever wrote had a wrong clock (docs/decisions/0054), if it was not for so many days on which
# messages were sealed: then it is this clock that is behind, as one whose battery died is by years.
_CREDIBLE_SECONDS: Final = 100 * DAY_SECONDS
_DAYS_AHEAD: Final = 3
_LABEL: Final = b"segl node v1\x00"
# Tables of the settings that decide what becomes of a message, or what people are told.
_SHARED: Final = (
    *("organisation", "tenant", "policy", "group", "domain", "demand", "detection", "limits"),
    *("certificates", "encryption", "hold", "receipt"),
)
# Such tables with keys that are a node's own, which are left out: sockets, addresses, places on its disk.
_SHARED_BUT: Final = {
    "routing": ("socket", "socket_mode", "announce_socket", "nameservers", "trusted_resolvers"),
    "inbound": ("authserv_id", "hand_to"),
    "receipts": ("key", "log"),
    "decisions": ("socket",),
    "canary": ("front", "socket", "tls_sink"),
}


@dataclass(frozen=True, slots=True)
class Node:
    """``marks``: of each thing that must be the same everywhere, a digest."""

    name: str
    seen_at: float
    version: str
    marks: Mapping[str, str]

    def differs(self, other: Node) -> list[str]:
        """In what the two are not the same. What only one of them knows of is no difference."""
        found = ["version"] if self.version != other.version else []
        common = self.marks.keys() & other.marks.keys()
        return found + sorted(name for name in common if self.marks[name] != other.marks[name])


def this_node(settings: Settings, now: float) -> Node:
    """As it is now. What cannot be read, a file or a whole folder, has no mark."""
    marks = {name: _digest(repr(getattr(settings, name)).encode()) for name in _SHARED}
    for name, own in _SHARED_BUT.items():
        marks[name] = _digest(repr(_without(getattr(settings, name), own)).encode())
    marks["delivery.sign_keys"] = _digest(repr(sorted(settings.delivery.sign_keys.items())).encode())
    lists = [replace(one, source=without_password(one.source)) for one in settings.tunnel_list]
    marks["tunnel_list"] = _digest(repr(lists).encode())
    web = replace(settings.portal, web=Web())
    storage = replace(web.storage, credentials=None)
    marks["portal"] = _digest(repr(replace(web, storage=storage)).encode())
    for name, files in _files(settings):
        if files is not None and (read := _read(files)) is not None:
            marks[name] = _digest(read)
    return Node(settings.store.node_name, now, __version__, marks)


def announce(engine: Engine, here: Node) -> None:
    """Write it down; forget nodes that have long been silent. Raises :class:`~segl.errors.StoreError`.

    When this node was last heard of is not moved back: by that a clock that is behind is known. Only what is more than
    100 days ahead is, unless it is this clock that is wrong: else it would be believed for as long."""
    values = {"version": here.version[:32], "marks": json.dumps(dict(here.marks))}
    with transaction(engine) as connection:
        counts = (node.c.seen_at >= here.seen_at) & _counts(connection, here.seen_at)
        later = sa.case((counts, node.c.seen_at), else_=here.seen_at)
        connection.execute(
            insert_into(connection, node)
            .values(name=here.name, seen_at=here.seen_at, **values)
            .on_conflict_do_update(index_elements=[node.c.name], set_=values | {"seen_at": later})
        )
        connection.execute(node.delete().where(node.c.seen_at < here.seen_at - _FORGOTTEN_SECONDS))


def nodes_of(engine: Engine) -> list[Node]:
    """All that have been heard of lately, by name. Raises :class:`~segl.errors.StoreError`."""
    with transaction(engine) as connection:
        rows = connection.execute(sa.select(node).order_by(node.c.name)).all()
    return [Node(row.name, row.seen_at, row.version, json.loads(row.marks)) for row in rows]


def last_heard(engine: Engine, now: float) -> float | None:
    """When any node last wrote here (both Unix seconds); ``None`` before the first. What is more than 100 days ahead of
    *now* does not count, unless messages were sealed on several such days, or *now* is before Segl was written. Raises
    :class:`~segl.errors.StoreError`."""
    with transaction(engine) as connection:
        return _latest(connection, _counts(connection, now))


def others_heard(engine: Engine, name: str) -> float | None:
    """When any node but *name* last wrote here (Unix seconds); ``None`` where it is the only one. Raises
    :class:`~segl.errors.StoreError`."""
    with transaction(engine) as connection:
        return _latest(connection, node.c.name != name)


def furthest_ahead(engine: Engine) -> float | None:
    """The latest time (Unix seconds) that any node ever wrote here, though it cannot be true; ``None`` before the
    first. For telling only. Raises :class:`~segl.errors.StoreError`."""
    with transaction(engine) as connection:
        return _latest(connection, sa.true())


def _latest(connection: Connection, which: sa.ColumnElement[bool]) -> float | None:
    last: float | None = connection.scalar(sa.select(sa.func.max(node.c.seen_at)).where(which))
    return last


def _counts(connection: Connection, now: float) -> sa.ColumnElement[bool]:
    """Whether what a row of ``node`` says of the time can be true, if *now* is what this clock says."""
    if is_impossible(now):  # then whoever wrote knows better
        return sa.true()
    until = now + _CREDIBLE_SECONDS
    furthest = _latest(connection, sa.true())
    if furthest is not None and furthest > until:  # hardly ever, and then the messages are counted
        sealed_at = sealed_message.c.created_at
        days = sa.func.count(sa.distinct(sa.cast(sealed_at / DAY_SECONDS, sa.Integer)))
        if (connection.scalar(sa.select(days).where(sealed_at > until)) or 0) >= _DAYS_AHEAD:
            return sa.true()
    return node.c.seen_at <= until


def not_behind(engine: Engine, now: float) -> float:
    """*now*, or when a node last wrote here if this clock is behind that (both Unix seconds): what is promised for so
    many days must not have ended when the clock is set right. Raises :class:`~segl.errors.StoreError`."""
    heard = last_heard(engine, now)
    return heard if heard is not None and is_behind(now, heard) else now


def is_believed(engine: Engine, name: str, clock: Clock, now: float) -> bool:
    """Whether *clock*, of the node *name*, may be right in saying *now* (Unix seconds), by what the store knows. Raises
    :class:`~segl.errors.StoreError`."""
    return clock.believes(now, last_heard(engine, now), others_heard(engine, name))


def _without(table: Any, keys: Iterable[str]) -> dict[str, object]:
    return {each.name: getattr(table, each.name) for each in fields(table) if each.name not in keys}


def _files(settings: Settings) -> Iterator[tuple[str, list[Path] | None]]:
    yield "receipts.key", [settings.receipts.key]
    if settings.portal.resend_key is not None:
        yield "portal.resend_key", [settings.portal.resend_key]
    # Of our own keys what says which there are, for whom, and which of them still sign: not the private halves.
    yield "delivery.keys", _in_folder(settings.delivery.keys, ".crt.pem", ".json")
    yield "delivery.certificates", _in_folder(settings.delivery.certificates, ".pem")


def _in_folder(folder: Path, *endings: str) -> list[Path] | None:
    """The files whose names end so; ``None`` where who asks may not look (``Path.glob`` finds nothing there, and says
    no word). A folder that is not there holds none."""
    try:
        return sorted(file for file in folder.iterdir() if file.name.endswith(endings))
    except FileNotFoundError:
        return []
    except OSError:
        return None


def _read(files: list[Path]) -> bytes | None:
    """Names and contents."""
    try:
        return b"".join(file.name.encode() + b"\x00" + file.read_bytes() for file in files)
    except OSError:
        return None


def _digest(data: bytes) -> str:
    return sha256(_LABEL + data).hexdigest()[:24]
