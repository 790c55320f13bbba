"""The mails to the postmaster about receipts and digests that nobody takes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from segl.language import Language
from segl.mail.compose import Letter, one_line
from segl.masking import mask_digits
from segl.settings.organisation import Owner

_TEXTS: Final[dict[Language, tuple[str, str, str]]] = {
    "da": (
        "Dagens kvitteringer kunne ikke afleveres",
        "Kvitteringerne til {to} om mails fra {sender} blev ikke taget imod: {why}",
        "De {number} mails, de handlede om, bliver der ikke sendt flere kvitteringer for. De står her: "
        "segl receipt list --sender '{sender}'",
    ),
    "en": (
        "Daily receipts could not be delivered",
        "The receipts to {to} about mails from {sender} were not taken: {why}",
        "No more receipts are sent of the {number} mails they were about. They are listed by: "
        "segl receipt list --sender '{sender}'",
    ),
}

_OF_ONE: Final[dict[Language, tuple[str, str, str]]] = {
    "da": (
        "En kvittering kunne ikke afleveres",
        "{sender} har sendt en mail, som ikke er nået frem til alle, og kunne ikke få det at vide: kvitteringen blev "
        "ikke taget imod ({why}).",
        "Hvem der mangler den, ses med: segl receipt show {id}",
    ),
    "en": (
        "A receipt could not be delivered",
        "{sender} sent a mail that has not reached everybody, and could not be told: the receipt was not taken "
        "({why}).",
        "Who lacks it is shown by: segl receipt show {id}",
    ),
}


def receipt_given_up(
    owner: Owner, report_to: str, sender: str, message_id: str, why: str, now: datetime
) -> bytes:
    """That *sender* did not hear that the message *message_id* (its envelope id) failed or waits."""
    subject, what, rest = _OF_ONE[owner.language]
    words = {"sender": one_line(sender), "why": mask_digits(one_line(why)), "id": message_id[:32]}
    paragraphs = [what.format(**words), rest.format(**words)]
    return Letter(owner.name, owner.receipt_sender, report_to, subject, paragraphs, owner.language).message(
        now
    )


def given_up(
    owner: Owner, report_to: str, sender: str, to: str, number: int, why: str, now: datetime
) -> bytes:
    """That *to* took no digest of *number* mails of *sender*, and what it said (*why*)."""
    subject, what, rest = _TEXTS[owner.language]
    words = {
        "to": one_line(to),
        "sender": one_line(sender).replace("'", ""),
        "why": mask_digits(one_line(why)),
        "number": number,
    }
    paragraphs = [what.format(**words), rest.format(**words)]
    return Letter(owner.name, owner.receipt_sender, report_to, subject, paragraphs, owner.language).message(
        now
    )
