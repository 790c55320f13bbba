"""What people say of decisions: that one was wrong, or right after all. It changes no rule by itself.

Of one decision the latest word counts. Saying it again changes nothing and leaves no trace; another word does both.
Each change is an entry in the audit trail, which nothing is ever taken out of: so whoever has only the link in a
receipt may change his mind a few times, and no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl import audit
from segl.audit import Act
from segl.decisions.said import Feedback, Says
from segl.masking import mask_digits
from segl.store.engine import insert_into
from segl.tables.audit import audit_entry
from segl.tables.decisions import decision_feedback

MOST_BY_LINK: Final = 5  # words of one decision that are taken by its link, for ever
SENDER: Final = "sender"  # who used the link in the receipt
_NOTE: Final = 300


class Heard(Enum):
    """What came of a word that was said by the link."""

    NEW = "new"
    AGAIN = "again"  # it stood so already
    FIXED = "fixed"  # too many were said before, or somebody here has spoken: nothing was changed


def say_by_link(connection: Connection, name: str, says: Says, now: float) -> Heard:
    """As :func:`say`, for the sender who used the link in his receipt. The trail is what counts them: it outlives the
    decision's record and the word itself. What somebody said by command (``segl feedback``) stands: he has looked."""
    audit.lock(connection)  # or two at once would both find room
    known = read(connection, name)
    if known is not None and known.says is says:
        return Heard.AGAIN
    if known is not None and known.by != SENDER:
        return Heard.FIXED
    counted = sa.select(sa.func.count()).where(
        audit_entry.c.subject == name,
        audit_entry.c.act == Act.FEEDBACK.value,
        audit_entry.c.actor == SENDER,
    )
    if (connection.scalar(counted) or 0) >= MOST_BY_LINK:
        return Heard.FIXED
    say(connection, name, says, SENDER, now)
    return Heard.NEW


def say(connection: Connection, name: str, says: Says, by: str, now: float, note: str = "") -> bool:
    """Note that *by* says *says* of the decision *name*; whether that is anything new. Of *note* numbers are masked."""
    known = read(connection, name)
    shown = mask_digits(" ".join(note.split()))[:_NOTE]
    if known is not None and known.says is says and (known.note == shown or not shown):
        return False
    kept = shown or (known.note if known is not None and known.says is says else "")
    values = {"id": name, "says": says.value, "at": now, "by": by[:255], "note": kept}
    table = decision_feedback
    insert = insert_into(connection, table).values(values)
    connection.execute(insert.on_conflict_do_update(index_elements=[table.c.id], set_=values))
    audit.append(connection, Act.FEEDBACK, name, by, at=now, says=says.value)
    return True


def read(connection: Connection, name: str) -> Feedback | None:
    row = connection.execute(sa.select(decision_feedback).where(decision_feedback.c.id == name)).one_or_none()
    return None if row is None else _feedback(row)


def latest(connection: Connection) -> Iterator[Feedback]:
    """The newest first; read while the transaction lasts."""
    query = sa.select(decision_feedback).order_by(decision_feedback.c.at.desc(), decision_feedback.c.id)
    return map(_feedback, connection.execute(query))


def said_since(connection: Connection, moment: float) -> Mapping[str, Feedback]:
    """What was said at *moment* or later, by the decision's id."""
    query = sa.select(decision_feedback).where(decision_feedback.c.at >= moment)
    return {row.id: _feedback(row) for row in connection.execute(query)}


def _feedback(row: sa.Row[Any]) -> Feedback:
    return Feedback(row.id, Says(row.says), row.at, row.by, row.note)
