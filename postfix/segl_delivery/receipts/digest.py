"""A day's receipts of one sender in one mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from segl.receipts.due import fingerprint
from segl.receipts.records import SentMessage
from segl.receipts.states import Line
from segl.settings.receipts import ReceiptTerms
from segl_delivery.receipts.machine import SCHEMA, iso, machine_form
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.sender_links import no_link
from segl_delivery.receipts.since import Fates
from segl_delivery.receipts.texts import TEXTS, ReceiptKind
from segl_delivery.receipts.view import ReceiptView, Row, Tls, label, view_of
from segl_delivery.receipts.writer import ReceiptWriter, readable_by

MOST_LINES: Final = 2_000  # recipients in one mail, some megabytes


def digest(
    writer: ReceiptWriter,
    terms: ReceiptTerms,
    messages: Sequence[SentMessage],
    tls: Mapping[str, Mapping[str, Tls]],
    now: datetime,
    *,
    reader: str = "",
    fates: Fates | None = None,
    revoke: Callable[[Line], str] = no_link,
    not_sensitive: Callable[[SentMessage], str] = lambda _: "",
) -> Receipt:
    """Of *messages*, all of one sender, at least one; for *reader*, the sender or who has a copy. *fates*: what became
    of sealed copies since; *revoke* and *not_sensitive* give the sender's links, or ``""``."""
    reader = reader or messages[0].sender
    messages = [readable_by(reader, one, writer.settings) for one in messages]
    house = writer.house(messages[0].domain)
    views = [
        view_of(
            one,
            ReceiptKind.DAILY,
            terms.language,
            house,
            send=terms.send,
            tls=tls.get(one.id, {}),
            revoke=revoke,
            fates=fates,
            not_sensitive=not_sensitive(one),
        )
        for one in messages
    ]
    name = f"digest.{now:%Y%m%d}.{_said(messages, reader)}"
    return writer.made(
        _joined(views, messages), messages[0], name, _machine_form(messages, tls, now.timestamp(), fates)
    )


def _joined(views: Sequence[ReceiptView], messages: Sequence[SentMessage]) -> ReceiptView:
    """One view of them all, row by row."""
    texts = TEXTS[views[0].language]
    number = f"{len(messages)} {texts.messages[len(messages) != 1]}"
    return replace(
        views[0],
        subject=texts.subject[ReceiptKind.DAILY].format(whom=number),
        rows=tuple(row for view, one in zip(views, messages, strict=True) for row in labelled(view, one)),
        about="",
        why="",
        not_sensitive="",  # each mail's stands with it
    )


def _machine_form(
    messages: Sequence[SentMessage],
    tls: Mapping[str, Mapping[str, Tls]],
    now: float,
    fates: Fates | None,
) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "kind": ReceiptKind.DAILY.value,
        "sender": messages[0].sender,
        "written_at": iso(now),
        "messages": [
            machine_form(one, None, tls.get(one.id, {}), number=one.told.receipts, now=now, fates=fates)
            for one in messages
        ],
    }


def _said(messages: Sequence[SentMessage], reader: str) -> str:
    """By which a digest that is sent twice is known as one, and one that says more as another."""
    said = [reader, *(f"{one.id} {one.complete} {fingerprint(one.lines)}" for one in messages)]
    return sha256("\n".join(said).encode()).hexdigest()[:32]


def parts_of(messages: Sequence[SentMessage]) -> Iterator[list[SentMessage]]:
    """*messages* in their order, so many at a time as one mail may tell of: a program sends thousands a day."""
    part: list[SentMessage] = []
    lines = 0
    for message in messages:
        if part and lines + len(message.lines) > MOST_LINES:
            yield part
            part, lines = [], 0
        part.append(message)
        lines += len(message.lines)
    if part:
        yield part


def labelled(view: ReceiptView, message: SentMessage) -> tuple[Row, ...]:
    """The rows of one mail, the first with what tells it from the others: not its subject, which is content."""
    mail = " · ".join(filter(None, (label(message, view.language), view.not_sensitive)))
    return tuple(replace(row, mail="" if at else mail) for at, row in enumerate(view.rows))
