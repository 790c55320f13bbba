"""The rows behind a visit: a recipient's copy as the store has it, and a browser's visit to it.

Every function does the same work for a copy that is not there as for one that is: :data:`NOBODY` takes its place in
all that is computed, and what comes out opens nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.sealed.directory import is_id
from segl.sealed.keys import SECRET, WRAPPED, Place, Secret, WrongSecret, answers_key, unwrap
from segl.store.engine import insert_into
from segl.tables.sealed import portal_visit, sealed_message, sealed_recipient
from segl_portal.visits.browser import Browser, NotOurs

_AHEAD_SECONDS: Final = 3600.0  # by less the clocks of two nodes differ


@dataclass(frozen=True, slots=True)
class Copy:
    """One recipient's copy of a sealed message. Times are Unix seconds."""

    recipient_id: str
    message_id: str
    sender: str
    recipient: str
    created_at: float
    expires_at: float
    size: int
    server_secret: bytes | None
    wrapped_key: bytes
    phone: str | None = None
    phrase_hash: str | None = None


NOBODY: Final = Copy("0" * 32, "0" * 32, "", "", 0.0, 0.0, 0, os.urandom(SECRET), os.urandom(WRAPPED))


@dataclass(frozen=True, slots=True)
class Visit:
    """A browser that asked for a code. ``open_until``: the right one was given, and it may read so long."""

    wrapped_link: bytes
    reference: str
    code_mac: bytes | None
    code_until: float
    tries: int
    created_at: float
    open_until: float | None


def is_reading(visit: Visit | None, now: float, longest: float) -> bool:
    """Whether this browser has the message open; a visit takes at most *longest* seconds."""
    return (
        visit is not None
        and visit.open_until is not None
        and now < min(visit.open_until, visit.created_at + longest)
    )


def place_of(recipient_id: str) -> str:
    """*recipient_id* as a key of the store; what is no id becomes one that nobody has."""
    if is_id(recipient_id):
        return recipient_id
    return sha256(recipient_id.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def find_copy(connection: Connection, recipient_id: str) -> Copy | None:
    row, message = sealed_recipient.c, sealed_message.c
    query = (
        sa.select(
            *(row.id, row.message_id, message.sender, row.recipient, message.created_at, message.expires_at),
            *(message.size, row.server_secret, row.wrapped_key, row.phone, row.phrase_hash),
        )
        .join(sealed_message, message.id == row.message_id)
        .where(row.id == recipient_id)
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else Copy(*found)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a right link opens: the message, and the recipient's answers."""

    content: Secret
    answers: Secret


def keys_of(copy: Copy | None, link: Secret | None, now: float) -> Keys | None:
    """The keys, when *link* is the right one for a copy that can still be opened."""
    alive = copy is not None and copy.server_secret is not None and now < copy.expires_at
    used = copy if copy is not None and alive else NOBODY
    place = Place(bytes.fromhex(used.message_id), bytes.fromhex(used.recipient_id))
    link, server = link or Secret.new(), Secret(used.server_secret or bytes(SECRET))
    answers = answers_key(link, server, place)
    try:
        return Keys(unwrap(used.wrapped_key, link, server, place), answers)
    except WrongSecret:
        return None


def link_of(text: str) -> Secret | None:
    """The link secret in *text*, as it stands after ``#``."""
    with suppress(ValueError):
        return Secret.from_text(text)
    return None


def link_in(browser: Browser, place: str, visit: Visit | None) -> Secret | None:
    """The link secret that *visit* keeps for *browser*."""
    wrapped = visit.wrapped_link if visit is not None else bytes(WRAPPED)
    reading = visit is not None and visit.open_until is not None
    with suppress(NotOurs, ValueError):
        return Secret(browser.unwrap(place, wrapped, reading=reading))
    return None


def find_visit(connection: Connection, browser: Browser, place: str, now: float) -> Visit | None:
    """The visit of *browser*; not one from the future, of a clock that was set back: it and its code would last on."""
    table = portal_visit.c
    query = sa.select(
        *(table.wrapped_link, table.reference, table.code_mac, table.code_until, table.tries),
        *(table.created_at, table.open_until),
    ).where(*_mine(browser, place), table.created_at <= now + _AHEAD_SECONDS)
    row = connection.execute(query).one_or_none()
    return None if row is None else Visit(*row)


def begin(
    connection: Connection, browser: Browser, place: str, visit: Visit, *, reads: bool, right: bool
) -> None:
    """A code was asked for. An older one of this browser is no longer good. Where it *reads* already it may go on
    reading, no longer than before. Whoever neither reads nor gave the *right* link has at most what this browser had
    before somebody else came to it: what she reads stays as it is."""
    table = portal_visit.c
    values: dict[str, Any] = {
        "wrapped_link": visit.wrapped_link,
        "reference": visit.reference,
        "code_mac": visit.code_mac,
        "code_until": visit.code_until,
        "tries": 0,
    }
    mine = {"browser": browser.id, "recipient_id": place}
    standing = {} if reads else {"created_at": visit.created_at, "open_until": sa.null()}
    connection.execute(
        insert_into(connection, portal_visit)
        .values(**mine, **values, created_at=visit.created_at)
        .on_conflict_do_update(
            index_elements=[table.browser, table.recipient_id],
            set_={**values, **standing},
            where=sa.or_(
                sa.literal(reads or right), table.open_until.is_(None), table.open_until <= visit.created_at
            ),
        )
    )


def count_try(connection: Connection, browser: Browser, place: str, most: int, now: float) -> bool:
    """Use up one try of the code that is out, before it is looked at; whether there was one."""
    table = portal_visit.c
    statement = portal_visit.update().where(
        *_mine(browser, place), table.code_mac.is_not(None), table.code_until > now, table.tries < most
    )
    return bool(connection.execute(statement.values(tries=table.tries + 1)).rowcount)


def take_back_try(connection: Connection, browser: Browser, place: str) -> None:
    """What was counted a moment ago was the right code."""
    statement = portal_visit.update().where(*_mine(browser, place), portal_visit.c.tries > 0)
    connection.execute(statement.values(tries=portal_visit.c.tries - 1))


def count_try_again(connection: Connection, browser: Browser, place: str, most: int) -> bool:
    """Use up one try of a code that was given already; whether there was one."""
    table = portal_visit.c
    statement = portal_visit.update().where(*_mine(browser, place), table.tries < most)
    return bool(connection.execute(statement.values(tries=table.tries + 1)).rowcount)


def open_visit(
    connection: Connection, browser: Browser, place: str, mac: bytes, link: Secret, now: float, until: float
) -> bool:
    """Use the code up; False when somebody else just did. Whoever reads already begins anew, with a new code."""
    statement = portal_visit.update().where(*_mine(browser, place), portal_visit.c.code_mac == mac)
    wrapped = browser.wrap(place, link.reveal(), reading=True)
    opened = {"code_mac": None, "created_at": now, "open_until": until, "wrapped_link": wrapped}
    return bool(connection.execute(statement.values(opened)).rowcount)


def prolong(connection: Connection, browser: Browser, place: str, until: float) -> None:
    statement = portal_visit.update().where(*_mine(browser, place), portal_visit.c.open_until.is_not(None))
    connection.execute(statement.values(open_until=until))


def end(connection: Connection, browser: Browser, place: str) -> None:
    connection.execute(portal_visit.delete().where(*_mine(browser, place)))


def _mine(browser: Browser, place: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (portal_visit.c.browser == browser.id, portal_visit.c.recipient_id == place)
