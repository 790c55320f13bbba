"""Changes of settings and rules, in the audit trail: what changed, when it came into force, and who did it, if known.

Every process reads the settings at its start and when it is reloaded, and notes them then (:func:`note`). The store
keeps the digests of what was noted last; whoever finds another one first, while holding the trail's end, writes the
entry. So a change is one entry, however many processes and workers come by it.

Values are never written, only the names of keys, and digests. Those of keys that may hold a password are made with
scrypt (RFC 7914) and a salt, so that nobody finds a short one by trying; what can hold none is spared it, as each of
them takes 20 ms of every start. Which way a digest was made is not kept: an earlier version may have made it the other
way, and of an unchanged value that is no change.

segl-milter, who alone may read the rules, may not reach the store. It leaves digests of what it loaded in a file in
``/run/segl`` (:mod:`segl.left_rules`), and segl-deliver notes them (:func:`note_rules`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl import audit
from segl.audit import Act
from segl.errors import SeglError
from segl.events import Events
from segl.settings.document import Settings
from segl.settings.portal import Sms
from segl.store.engine import transaction
from segl.tables.settings import settings_state

RULES: Final = "rules"
# Keys whose values may be, or hold, a password.
SECRET: Final = ("store.url", "portal.sms.url", "portal.sms.headers", "portal.sms.body", "tunnel_list[")
_SHIPPED: Final = {
    "portal.sms.url": Sms().url,
    "portal.sms.body": Sms().body,
    **{f"portal.sms.headers.{name}": value for name, value in Sms().headers.items()},
}
_MOST_NAMED: Final = 40
_MOST_BYTES: Final = 1_000_000
# By which an entry of a list is called.
_NAMES: Final = ("name", "domain", "address", "url", "domains", "labels")


@dataclass(frozen=True, slots=True)
class Change:
    """What :func:`note` found: names of keys or files."""

    file: str
    digest: str
    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def note(engine: Engine, settings: Settings, file: Path, actor: str) -> Change | None:
    """Note *settings*, read from *file*, as in force now. *actor* is the process, or the person. What has changed;
    ``None`` when nothing has, or when they were never noted before. Blocking. Raises
    :class:`~segl.errors.StoreError`."""
    values = dict(_flat(_plain(settings)))
    return _note(engine, str(file), values, actor)


def note_quietly(engine: Engine, settings: Settings, file: Path, events: Events, process: str) -> None:
    """:func:`note` for a process, which does its work whether or not the trail can be written."""
    try:
        note(engine, settings, file, process)
    except SeglError as error:
        events.failed("settings trail", error)


def note_rules(engine: Engine, file: Path, actor: str) -> Change | None:
    """Note the rules as segl-milter left them in *file*. As :func:`note`; ``None`` too when there is no such file, or
    when it holds anything else. Blocking. Raises :class:`~segl.errors.StoreError`."""
    digests: dict[str, str] | None = None
    with suppress(OSError, ValueError, RecursionError), file.open("rb") as stream:
        digests = json.loads(stream.read(_MOST_BYTES))
    if not isinstance(digests, dict) or not all(isinstance(text, str) for text in digests.values()):
        return None
    return note_files(engine, digests, actor)


def note_files(engine: Engine, digests: Mapping[str, str], actor: str) -> Change | None:
    """Note the *digests* of rule files, by name. As :func:`note`."""
    return _note(engine, RULES, digests, actor)


def _note(engine: Engine, file: str, values: Mapping[str, Any], actor: str) -> Change | None:
    host = socket.gethostname()[:255]
    name = file[-255:]
    with transaction(engine) as connection:
        before = _state(connection, host, name)
    salt = before.salt if before is not None else secrets.token_bytes(16)
    keys = {key: _digest_of(key, value, salt) for key, value in values.items()}
    digest = hashlib.sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest()
    if before is not None and before.digest == digest:
        return None
    with transaction(engine) as connection:
        audit.lock(connection)
        now = _state(connection, host, name)
        if now is not None and (now.digest == digest or bytes(now.salt) != bytes(salt)):
            return None  # another process was first
        _write(connection, host, name, salt, digest, keys)
        known = json.loads(now.keys) if now is not None else {}
        change = _change(name, digest, _made_alike(known, keys, values, salt), keys)
        if now is not None and not (change.changed or change.added or change.removed):
            return None
        facts = _facts(change, host, first=now is None)
        audit.append(connection, _act(name), name, actor, at=time.time(), **facts)
    return change if now is not None else None


def _made_alike(
    known: Mapping[str, str], keys: Mapping[str, str], values: Mapping[str, Any], salt: bytes
) -> dict[str, str]:
    """*known*, with the digest of *keys* where it is of the same value and was only made the other way."""
    differing = (key for key, kept in known.items() if key in keys and kept != keys[key])
    alike = (key for key in differing if known[key] == _digest_the_other_way(key, values[key], salt))
    return {**known, **{key: keys[key] for key in alike}}


def _change(file: str, digest: str, before: Mapping[str, str], after: Mapping[str, str]) -> Change:
    return Change(
        file,
        digest,
        tuple(sorted(key for key in before.keys() & after.keys() if before[key] != after[key])),
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
    )


def _facts(change: Change, host: str, *, first: bool) -> dict[str, audit.Fact]:
    facts: dict[str, audit.Fact] = {"digest": change.digest, "host": host}
    if first:
        return facts | {"first": True}
    for what, names in (("changed", change.changed), ("added", change.added), ("removed", change.removed)):
        if names:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            facts[what] = ", ".join(names[:_MOST_NAMED]) + more
    return facts


def _act(file: str) -> Act:
    return Act.RULES_CHANGED if file == RULES else Act.SETTINGS_CHANGED


def _state(connection: Connection, host: str, file: str) -> sa.Row[Any] | None:
    query = sa.select(settings_state)
    return connection.execute(
        query.where(settings_state.c.host == host, settings_state.c.file == file)
    ).one_or_none()


def _write(
    connection: Connection, host: str, file: str, salt: bytes, digest: str, keys: Mapping[str, str]
) -> None:
    values = {"salt": salt, "digest": digest, "keys": json.dumps(keys, sort_keys=True), "at": time.time()}
    where = (settings_state.c.host == host, settings_state.c.file == file)
    if not connection.execute(settings_state.update().where(*where).values(**values)).rowcount:
        connection.execute(settings_state.insert().values(host=host, file=file, **values))


def _plain(value: Any) -> Any:
    """*value* as JSON can hold it, without what was worked out from other values."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value) if each.init}
    if isinstance(value, Mapping):
        return {str(key): _plain(below) for key, below in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(str(item) for item in value)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _flat(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Each key with its value; an entry of a list of tables is one, under its own name."""
    if isinstance(value, dict) and (value or not at):
        for key, below in value.items():
            yield from _flat(below, f"{at}.{key}" if at else key)
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        seen: set[str] = set()
        for number, item in enumerate(value, 1):
            called = next((item[name] for name in _NAMES if isinstance(item.get(name), str)), "")
            called = called if called and called not in seen else f"{called}#{number}"
            seen.add(called)
            yield f"{at}[{called}]", item
    else:
        yield at, value


def _may_hold_password(key: str, value: Any) -> bool:
    """Not what is shipped, which everybody knows, nor the path of an SQLite file (a query may hold its password)."""
    if not key.startswith(SECRET) or (key in _SHIPPED and value == _SHIPPED[key]):
        return False
    return not (key == "store.url" and value.startswith("sqlite:///") and "?" not in value)


def _digest_of(key: str, value: Any, salt: bytes) -> str:
    return _slow(value, salt) if _may_hold_password(key, value) else _quick(value, salt)


def _digest_the_other_way(key: str, value: Any, salt: bytes) -> str | None:
    """As another version may have made it; ``None``: all make it in one way."""
    if not key.startswith(SECRET):
        return None
    return _quick(value, salt) if _may_hold_password(key, value) else _slow(value, salt)


def _slow(value: Any, salt: bytes) -> str:
    return hashlib.scrypt(_json(value), salt=salt, n=2**13, r=8, p=1, dklen=16).hex()


def _quick(value: Any, salt: bytes) -> str:
    return hashlib.sha256(salt + _json(value)).hexdigest()[:32]


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True).encode()
