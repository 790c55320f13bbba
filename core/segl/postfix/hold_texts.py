"""The words of the mails about messages on hold, Danish and English. ``{names}`` are filled in by
:mod:`segl.postfix.holding`. Nothing of the content is told, and no subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.audit import Act
from segl.language import Language


@dataclass(frozen=True, slots=True)
class HoldTexts:
    """One mail: its subject and paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]


TO_SENDER: Final[dict[Language, HoldTexts]] = {
    "da": HoldTexts(
        "Din besked venter på godkendelse",
        (
            "Din besked fra {when} er ikke sendt endnu. Den venter, til {officer} har set på den.",
            "Til:\n{recipients}",
            "Nogle oplysninger må kun sendes med en særlig tilladelse. Derfor bliver beskeden set efter først. "
            "Grunden er: {reasons}.",
            "Du skal ikke gøre noget, og du skal ikke sende den igen. Bliver den godkendt, sender vi den krypteret. "
            "Haster det, så skriv til {officer}, og nævn {id}.",
        ),
    ),
    "en": HoldTexts(
        "Your message waits for approval",
        (
            "Your message of {when} has not been sent yet. It waits until {officer} has looked at it.",
            "To:\n{recipients}",
            "Some information may only be sent with a particular permission. So the message is looked at first. The "
            "reason is: {reasons}.",
            "You do not need to do anything, and should not send it again. If it is approved we send it encrypted. If "
            "it is urgent, write to {officer}, and mention {id}.",
        ),
    ),
}

TO_OFFICER: Final[dict[Language, HoldTexts]] = {
    "da": HoldTexts(
        "En besked venter på din godkendelse",
        (
            "En besked fra {sender}, sendt {when}, venter på en afgørelse.",
            "Til:\n{recipients}",
            "Grund: {reasons}",
            "På serveren:\n    sudo segl hold show {id}\n    sudo segl hold release {id}\n"
            "    sudo segl hold reject {id}",
        ),
    ),
    "en": HoldTexts(
        "A message waits for your approval",
        (
            "A message from {sender}, sent on {when}, waits for a decision.",
            "To:\n{recipients}",
            "Reason: {reasons}",
            "On the server:\n    sudo segl hold show {id}\n    sudo segl hold release {id}\n"
            "    sudo segl hold reject {id}",
        ),
    ),
}

STILL_WAITING: Final[dict[Language, HoldTexts]] = {
    "da": HoldTexts(
        "Beskeder venter stadig på din godkendelse",
        (
            "Disse beskeder venter stadig. Egne afsendere har fået at vide, at nogen ser på dem.",
            "{messages}",
            "På serveren:\n    sudo segl hold list",
        ),
    ),
    "en": HoldTexts(
        "Messages still wait for your approval",
        (
            "These messages still wait. Own senders were told that somebody looks at them.",
            "{messages}",
            "On the server:\n    sudo segl hold list",
        ),
    ),
}

SENDER_UNTOLD: Final[dict[Language, HoldTexts]] = {
    "da": HoldTexts(
        "Afsenderen har ikke fået at vide, at beskeden er afvist",
        (
            "Beskeden {id} fra {sender}, sendt {when}, blev afvist og er slettet. Afsenderen kunne ikke få besked: "
            "mailserveren tager ikke imod mail til adressen ({refusal}).",
            "Til:\n{recipients}",
            "Giv afsenderen besked på en anden måde.",
        ),
    ),
    "en": HoldTexts(
        "The sender does not know that the message was refused",
        (
            "The message {id} from {sender}, sent on {when}, was refused and is deleted. Its sender could not be told: "
            "the mail server takes no mail for the address ({refusal}).",
            "To:\n{recipients}",
            "Tell the sender in another way.",
        ),
    ),
}

# Instead of recipients and reasons, to an officer outside.
ON_THE_SERVER: Final[dict[Language, str]] = {
    "da": "Hvem en besked er til, og hvorfor den venter, ses på serveren. Det står ikke her, fordi denne mail "
    "sendes ud af huset.",
    "en": "To whom a message goes, and why it waits, is shown on the server. It is not said here, because this mail "
    "leaves the house.",
}

# The same of a message that is deleted.
NOT_SAID: Final[dict[Language, str]] = {
    "da": "Hvem beskeden var til, står ikke her, fordi denne mail sendes ud af huset.",
    "en": "To whom the message went is not said here, because this mail leaves the house.",
}

AGREED: Final[dict[Language, str]] = {"da": "godkendt af", "en": "approved by"}

# Decided, and it waits all the same.
NOT_DONE: Final[dict[Language, dict[Act, str]]] = {
    "da": {
        Act.RELEASED: "frigivet af {who}, men ikke sendt; kør den samme kommando igen: {command}",
        Act.REJECTED: "afvist af {who}, men ikke slettet; kør den samme kommando igen: {command}",
    },
    "en": {
        Act.RELEASED: "released by {who}, but not sent; run the same command again: {command}",
        Act.REJECTED: "rejected by {who}, but not deleted; run the same command again: {command}",
    },
}

REJECTED: Final[dict[Language, HoldTexts]] = {
    "da": HoldTexts(
        "Din besked er ikke sendt",
        (
            "Din besked fra {when} blev ikke godkendt og er ikke sendt. Den er slettet her; du har den selv blandt "
            "dine sendte mails.",
            "Til:\n{recipients}",
            "{why}",
            "Har du spørgsmål, så skriv til {officer}, og nævn {id}.",
        ),
    ),
    "en": HoldTexts(
        "Your message was not sent",
        (
            "Your message of {when} was not approved and has not been sent. It is deleted here; you have it among the "
            "mails you sent.",
            "To:\n{recipients}",
            "{why}",
            "If you have questions, write to {officer}, and mention {id}.",
        ),
    ),
}
