"""What `segl doctor` says of the place of sealed messages, and of the other nodes that share the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from sqlalchemy.engine import Engine

from segl.clock import is_behind, is_impossible
from segl.counted import counted
from segl.errors import DeliveryError, SeglError, StoreError
from segl.postfix.check import AS_ROOT, Check, State
from segl.sealed.objects import storage_faults
from segl.settings.document import Settings
from segl.store.status import noted_in, sqlite_file

_WAITS_FOR: Final = "synchronous_standby_names"
_APART_SECONDS: Final = 30.0  # clocks that somebody sets by the network differ by less than one
_SEALED_WHY: Final = "what is to be sealed waits in Postfix's queue"


def node_checks(settings: Settings) -> Iterator[Check]:
    """The checks `storage.*`, `store.server`, `clock` and `nodes`."""
    yield from _storage(settings)
    if settings.store.url.startswith("sqlite"):
        if (file := sqlite_file(settings.store.url)) is not None:
            yield from _by_itself(settings, file)
        return
    from segl.store.engine import open_store

    try:
        engine = open_store(settings.store.url)
    except SeglError as error:  # check_host has told of it
        yield Check("nodes", State.UNKNOWN, error.private, "nobody knows of the other nodes", error.hint)
        return
    try:
        yield _server(engine)
        yield _apart(engine)
        yield _belongs(settings, engine)
        yield _nodes(settings, engine)
    finally:
        engine.dispose()


def _storage(settings: Settings) -> Iterator[Check]:
    """Write, read and delete a probe."""
    storage = settings.portal.storage
    if not storage.used:
        return
    from segl.sealed.objects import SealedObjects

    for fault in storage_faults(storage, Path()):
        may = "Permission denied" in fault.problem
        state = State.UNKNOWN if may else State.FAIL
        yield Check("storage", state, f"{fault.key}: {fault.problem}", _SEALED_WHY, fault.hint or AS_ROOT)
        return
    try:
        SealedObjects(storage).prepare()
    except DeliveryError as error:
        yield Check("storage", State.FAIL, error.private, _SEALED_WHY, "see [portal.storage]")
        return
    yield Check("storage", State.OK, f"{storage.name}: written, read, deleted")
    host = urlsplit(storage.endpoint).hostname or ""
    if (
        storage.endpoint.startswith("http:")
        and host not in ("localhost", "::1")
        and not host.startswith("127.")
    ):
        why = "what lies there is encrypted, but who fetches what, and when, can be seen on the way"
        yield Check("storage.tls", State.WARN, f"{storage.endpoint} is not https", why, "use https")


def _server(engine: Engine) -> Check:
    """What makes a commit mean that it is on disk, also on that of the server that takes over."""
    from segl.store.engine import transaction

    id_, why = "store.server", "a message may be called delivered and lost in a power cut"
    with transaction(engine) as connection:
        said = {
            name: str(connection.exec_driver_sql(f"SHOW {name}").scalar())
            for name in ("server_version", "fsync", "synchronous_commit", "full_page_writes", _WAITS_FOR)
        }
        standbys = connection.exec_driver_sql("SELECT count(*) FROM pg_stat_replication").scalar_one()
    off = [name for name, value in said.items() if value == "off"]
    if off:
        return Check(id_, State.FAIL, f"{', '.join(off)} off", why, "turn it on in postgresql.conf")
    if standbys and (not said[_WAITS_FOR] or said["synchronous_commit"] == "local"):
        why = "when one takes over, what was sealed in the last moments is lost, though the links to it have gone out"
        fix = f"name those that may take over in {_WAITS_FOR} (docs/scaling.md)"
        return Check(
            id_, State.WARN, f"{counted(standbys, 'standby', 'standbys')}; no commit waits for one", why, fix
        )
    return Check(id_, State.OK, f"PostgreSQL {said['server_version']}, commits are on disk")


def _apart(engine: Engine) -> Check:
    """This clock beside the database's, which all nodes share: what one node dates another holds against its own."""
    from segl.store.engine import transaction

    if impossible := _impossible():
        return impossible
    with transaction(engine) as connection:
        begun = time.time()
        there = float(connection.exec_driver_sql("SELECT extract(epoch FROM clock_timestamp())").scalar_one())
        ended = time.time()
    by = begun - there if there < begun else there - ended if there > ended else 0.0
    if by <= _APART_SECONDS:
        return Check("clock", State.OK, "as the database's")
    word = "ahead of" if there < begun else "behind"
    why = "a code that one node has sent is refused by another, and links and receipts come too soon or too late"
    fix = "set the clock right, here or there (timedatectl)"
    return Check("clock", State.WARN, f"{by:.0f} s {word} the database's", why, fix)


def _impossible() -> Check | None:
    """What a machine without a battery says before it has asked the network."""
    now = time.time()
    if not is_impossible(now):
        return None
    why = "certificates seem not to be valid yet: no TLS is proven, and partners' tunnels are not used"
    fix = "set it right (timedatectl), and have it set before Postfix starts (systemd-time-wait-sync or chrony-wait)"
    return Check("clock", State.FAIL, f"it says {_day(now)}, when this Segl was not written yet", why, fix)


def _by_itself(settings: Settings, file: Path) -> Iterator[Check]:
    """Where no other node shares the store, which is *file*."""
    from segl.sealed.belonging import KEY, belongs, place_of

    try:
        noted, heard = noted_in(file, KEY)
    except StoreError:  # check_host has told of it
        return
    place = place_of(settings.portal)
    yield _ours(place, lambda: belongs(noted, place.owner()))
    if impossible := _impossible():
        yield impossible
    elif heard is not None and is_behind(time.time(), heard):
        why = "the clock is wrong, or was: by it links end too late or too soon, and certificates seem to have ended"
        fix = "set it right (timedatectl). If it is right, it was ahead then: docs/troubleshooting.md, clock_doubted"
        yield Check("clock", State.WARN, f"it is before {_minute(heard)}, when Segl last ran", why, fix)
    else:
        yield Check("clock", State.OK, "Segl was not heard of in the future")


def _belongs(settings: Settings, engine: Engine) -> Check:
    from segl.sealed.belonging import storage_of

    place = storage_of(settings.portal, engine)
    return _ours(place, place.look)


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def _ours(place: _Named, look: Callable[[], bool | None]) -> Check:
    id_ = "storage.ours"
    try:
        state = look()
    except PermissionError:
        return Check(id_, State.UNKNOWN, f"{place.name} may not be looked at", _SEALED_WHY, AS_ROOT)
    except (OSError, SeglError) as error:
        return Check(id_, State.FAIL, f"{place.name}: {error}", _SEALED_WHY, "see its message in the log")
    if state is None:
        return Check(id_, State.OK, f"{place.name} is marked when segl-deliver starts first")
    if not state:
        fix = "is it mounted, is it the right one? After a move: segl sealed adopt"
        return Check(id_, State.FAIL, f"{place.name} does not bear our store's id", _SEALED_WHY, fix)
    return Check(id_, State.OK, f"{place.name} belongs to our store")


def _nodes(settings: Settings, engine: Engine) -> Check:
    from segl.nodes import PRESENT_SECONDS, nodes_of, this_node

    now = time.time()
    here, known = this_node(settings, now), nodes_of(engine)
    others = [one for one in known if one.name != here.name and now - one.seen_at < PRESENT_SECONDS]
    why = "what becomes of a message would depend on the node it comes by"
    different = [f"{one.name} ({', '.join(found)})" for one in others if (found := here.differs(one))]
    if different:
        fix = "make settings, rules and keys the same on all nodes, then: systemctl reload segl-deliver there"
        return Check("nodes", State.FAIL, f"not the same as here: {'; '.join(different)}", why, fix)
    ahead = [f"{one.name} ({_day(one.seen_at)})" for one in known if is_behind(now, one.seen_at)]
    if ahead:
        why = "one of the two clocks is wrong, and by it links end too late or too soon"
        fix = "set the clock right, there or here (timedatectl), then: systemctl reload segl-deliver on that node"
        return Check("nodes", State.WARN, f"heard of in the future: {', '.join(ahead)}", why, fix)
    silent = [one.name for one in known if now - one.seen_at >= PRESENT_SECONDS]
    told = f"this is {here.name}; the same on {', '.join(one.name for one in others) or 'no other'}"
    if silent:
        fix = (
            "start it; one whose log says clock_doubted is heard of again after six hours, or three days. A node that"
            " is gone is left out 30 days after it was last seen"
        )
        return Check("nodes", State.WARN, f"{told}; silent: {', '.join(silent)}", "it does no work", fix)
    return Check("nodes", State.OK, told)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at).date().isoformat()


def _minute(at: float) -> str:
    return datetime.fromtimestamp(at).isoformat(sep=" ", timespec="minutes")
