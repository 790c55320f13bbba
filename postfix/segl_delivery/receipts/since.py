"""What became of a sealed copy after it was ready, for whoever is told of it later: a digest in the morning, a receipt
that waited for another recipient. That it is ready is true for a while."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from segl.addresses import mailbox_key
from segl.days import DAY_SECONDS
from segl.receipts.states import Line, State
from segl.tables.sealed import sealed_message, sealed_recipient

_AT_ONCE = 500
_SOONEST_GONE = DAY_SECONDS  # its records outlive it by `receipts.retention_days`, a day at least


class Fate(StrEnum):
    """Of a sealed copy. The names are keys of :attr:`segl_delivery.receipts.texts.ReceiptTexts.states`."""

    OPENED = "opened"  # its content was shown, whatever came after
    REVOKED = "revoked"
    ENDED = "ended"  # expired, or its records are gone


@dataclass(frozen=True, slots=True)
class Since:
    """Unix time *at*; 0 when it is not known."""

    fate: Fate
    at: float


Fates = Mapping[tuple[str, str], Since]


def fate_of(line: Line, fates: Fates) -> Since | None:
    """``None``: it is as the line says."""
    if line.state is not State.SEALED:
        return None
    return fates.get((line.sealed_id, mailbox_key(line.recipient)))


def fates_of(connection: Connection, lines: Iterable[Line], now: float) -> dict[tuple[str, str], Since]:
    """Of the sealed ones of *lines*, by sealed id and recipient (:func:`segl.addresses.mailbox_key`), those that are no
    longer just ready."""
    sealed = {
        (line.sealed_id, mailbox_key(line.recipient)): line.at
        for line in lines
        if line.state is State.SEALED and line.sealed_id
    }
    found = {
        (row.message_id, mailbox_key(row.recipient)): row
        for row in _rows(connection, {sealed_id for sealed_id, _ in sealed})
    }
    fates = {key: _fate(found.get(key), at, now) for key, at in sealed.items()}
    return {key: fate for key, fate in fates.items() if fate is not None}


def _rows(connection: Connection, ids: Iterable[str]) -> Iterator[Row[tuple[object, ...]]]:
    columns = sealed_recipient.c
    every = sorted(ids)
    for begin in range(0, len(every), _AT_ONCE):
        yield from connection.execute(
            sa.select(
                columns.message_id,
                columns.recipient,
                columns.opened_at,
                columns.revoked_at,
                columns.server_secret.is_(None).label("is_shredded"),
                sealed_message.c.expires_at,
            )
            .join(sealed_message)
            .where(columns.message_id.in_(every[begin : begin + _AT_ONCE]))
            .order_by(columns.notified_at)  # of several tries the one whose notice went last counts
        )


def _fate(row: Row[tuple[object, ...]] | None, sealed_at: float, now: float) -> Since | None:
    if row is None:
        return Since(Fate.ENDED, 0.0) if now > sealed_at + _SOONEST_GONE else None
    if row.opened_at is not None:
        return Since(Fate.OPENED, row.opened_at)
    if row.revoked_at is not None:
        return Since(Fate.REVOKED, row.revoked_at)
    if row.is_shredded or row.expires_at <= now:
        return Since(Fate.ENDED, row.expires_at)
    return None
