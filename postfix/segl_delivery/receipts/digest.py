"""A day's receipts of one sender in one mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from segl.receipts.records import SentMessage
from segl.settings_receipts import ReceiptTerms
from segl_delivery.receipts.machine import SCHEMA, iso, machine_form
from segl_delivery.receipts.mail import Receipt
from segl_delivery.receipts.office import Office
from segl_delivery.receipts.templates_of import shipped
from segl_delivery.receipts.texts import TEXTS, Kind
from segl_delivery.receipts.view import House, ReceiptView, Row, Tls, label, view_of


def digest(
    office: Office,
    terms: ReceiptTerms,
    messages: Sequence[SentMessage],
    tls: Mapping[str, Mapping[str, Tls]],
    now: datetime,
) -> Receipt:
    """Of *messages*, all of one sender, at least one."""
    settings, sender = office.settings, messages[0].sender
    owner = settings.owner(messages[0].domain)
    house = House(owner.name, owner.feedback)
    views = [
        view_of(one, Kind.DAILY, terms.language, house, send=terms.send, tls=tls.get(one.id, {}))
        for one in messages
    ]
    texts = TEXTS[terms.language]
    number = f"{len(messages)} {texts.messages[len(messages) != 1]}"
    whole = replace(
        views[0],
        subject=texts.subject[Kind.DAILY].format(whom=number),
        rows=tuple(row for view, one in zip(views, messages, strict=True) for row in labelled(view, one)),
        about="",
        why="",
    )
    text, html = shipped().render(whole)
    return Receipt(
        organisation=owner.name,
        address=owner.receipt_sender,
        recipient=sender,
        language=terms.language,
        subject=whole.subject,
        name=f"digest.{now:%Y%m%d}.{messages[0].id[:32]}",
        about="",
        text=text,
        html=html,
        form={
            "schema": SCHEMA,
            "kind": Kind.DAILY.value,
            "sender": sender,
            "written_at": iso(now.timestamp()),
            "messages": [
                machine_form(one, None, tls.get(one.id, {}), number=one.told.receipts, now=now.timestamp())
                for one in messages
            ],
        },
    )


def labelled(view: ReceiptView, message: SentMessage) -> tuple[Row, ...]:
    """The rows of one mail, the first with what tells it from the others: not its subject, which is content."""
    return tuple(
        replace(row, mail="" if at else label(message, view.language)) for at, row in enumerate(view.rows)
    )
