"""The mail to the postmaster about digests that nobody takes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from segl.language import Language
from segl.mail.compose import Letter, one_line
from segl.masking import mask_digits
from segl.settings_organisation import Owner

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
