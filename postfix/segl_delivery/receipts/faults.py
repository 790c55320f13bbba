"""What a sender is told when a copy did not arrive: what happened, and what he can do. Pure.

A status (RFC 3463) says what is wrong, and not who found it. Postfix reports ``5.3.4`` of a size that it does not take
itself and of one that a server outside refused; ``5.7.0`` is a stranger's spam filter or our own "no secure way". Who
answered decides, then (:attr:`segl.receipts.states.Line.host`: who outside did, empty when nobody had a say): a sender
who calls the recipient about a fault of ours has been told something untrue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from segl.language import Language
from segl.receipts.states import Line


@dataclass(frozen=True, slots=True)
class FaultTexts:
    """One language's. ``outside`` and ``own`` go by the beginning of the status; the longest that fits is taken. What
    has a temporary one was tried until time was up (``late``)."""

    outside: Mapping[str, str]
    own: Mapping[str, str]
    outside_late: str
    own_late: str
    unsure: str  # it went out whole, and nobody said that it was taken
    unencoded: str  # 5.6.7, of an address in ASCII: it is the header that has other letters
    outside_said: str
    own_said: str


_DA_ADDRESS: Final = {
    "5.1": "Adressen findes ikke. Se efter stavefejl, og send mailen igen til den rigtige adresse.",
    "5.1.2": "Domænet efter @ findes ikke. Se efter stavefejl, og send mailen igen.",
    "5.1.3": "Adressen er skrevet forkert. Se efter stavefejl, og send mailen igen.",
    "5.1.10": "Domænet efter @ tager ikke imod mail. Se efter stavefejl, eller brug en anden adresse.",
    "5.2": "Postkassen kan ikke tage imod. Ring til modtageren, eller brug en anden adresse.",
    "5.6.7": "Adressen har bogstaver, som modtagerens mailserver ikke kan bruge. Brug en anden adresse.",
}
_EN_ADDRESS: Final = {
    "5.1": "There is no such address. Look for a misspelling, and send the mail again.",
    "5.1.2": "There is no such domain behind the @. Look for a misspelling, and send the mail again.",
    "5.1.3": "The address is written wrongly. Look for a misspelling, and send the mail again.",
    "5.1.10": "The domain behind the @ takes no mail. Look for a misspelling, or use another address.",
    "5.2": "The mailbox takes no mail. Call the recipient, or use another address.",
    "5.6.7": "The address has letters that the recipient's mail server cannot use. Use another address.",
}
_DA_REFUSED: Final = "Modtagerens mailserver afviste den. Ring til modtageren, eller brug en anden adresse."
_EN_REFUSED: Final = "The recipient's mail server refused it. Call the recipient, or use another address."

TEXTS: Final[Mapping[Language, FaultTexts]] = {
    "da": FaultTexts(
        outside=_DA_ADDRESS
        | {
            "": _DA_REFUSED,
            "5.1.7": _DA_REFUSED,  # it found fault with the sender's address
            "5.1.8": _DA_REFUSED,
            "5.2.3": "Mailen er for stor for modtageren. Send mindre bilag.",
            "5.3.4": "Mailen er for stor for modtageren. Send mindre bilag.",
            "5.7": "Modtagerens mailserver tager ikke imod den. Ring til modtageren, eller brug en anden adresse.",
        },
        own=_DA_ADDRESS
        | {
            "": "Vores eget mailsystem kunne ikke sende den. Sig det til jeres it-ansvarlige.",
            "5.2.3": "Mailen er for stor til at blive sendt. Send mindre bilag.",
            "5.3.4": "Mailen er for stor til at blive sendt. Send mindre bilag.",
            "5.4.4": "Domænet efter @ har ingen mailserver. Se efter stavefejl, eller brug en anden adresse.",
            "5.6.0": "Det er ikke klart, hvis nummeret i emnet er. Skriv [sms:adresse=nummer] for hver modtager, der "
            "skal have sin kode som sms, og send mailen igen.",
            "5.6.6": "Du har trukket beskeden tilbage, før den var sendt til denne modtager.",
            "5.7": "Vores eget mailsystem fandt ingen sikker vej til modtageren. Sig det til jeres it-ansvarlige.",
        },
        outside_late="Den kunne ikke leveres i tide: modtagerens mailserver bad os vente, til tiden var gået. "
        "Send den igen, eller brug en anden adresse.",
        own_late="Den kunne ikke leveres i tide: der kom ingen sikker forbindelse til modtagerens mailserver, "
        "eller vores eget mailsystem kunne ikke sende den. Send den igen, eller brug en anden adresse. Sker det for "
        "flere modtagere, så sig det til jeres it-ansvarlige.",
        unsure="Modtagerens mailserver fik mailen, men sagde aldrig, om den tog imod den. Modtageren har måske "
        "fået den, også flere gange. Spørg, før du sender den igen.",
        unencoded="Mailens emne eller et andet felt har bogstaver (æ, ø, å), som programmet, der sendte den, ikke har "
        "kodet, og modtagerens mailserver kan ikke bruge dem. Sig det til dem, der står for programmet.",
        outside_said="Svaret var: {said}",
        own_said="Vores eget mailsystem skrev: {said}",
    ),
    "en": FaultTexts(
        outside=_EN_ADDRESS
        | {
            "": _EN_REFUSED,
            "5.1.7": _EN_REFUSED,
            "5.1.8": _EN_REFUSED,
            "5.2.3": "The mail is too large for the recipient. Send smaller attachments.",
            "5.3.4": "The mail is too large for the recipient. Send smaller attachments.",
            "5.7": "The recipient's mail server does not take it. Call the recipient, or use another address.",
        },
        own=_EN_ADDRESS
        | {
            "": "Our own mail system could not send it. Tell those who look after your IT.",
            "5.2.3": "The mail is too large to be sent. Send smaller attachments.",
            "5.3.4": "The mail is too large to be sent. Send smaller attachments.",
            "5.4.4": "The domain behind the @ has no mail server. Look for a misspelling, or use another address.",
            "5.6.0": "It is not clear whose the number in the subject is. Write [sms:address=number] for each "
            "recipient whose code should come by text message, and send the mail again.",
            "5.6.6": "You took the message back before it was sent to this recipient.",
            "5.7": "Our own mail system found no secure way to the recipient. Tell those who look after your IT.",
        },
        outside_late="It could not be delivered in time: the recipient's mail server asked us to wait until the time "
        "was over. Send it again, or use another address.",
        own_late="It could not be delivered in time: no secure connection to the recipient's mail server came about, "
        "or our own mail system could not send it. Send it again, or use another address. If it happens with several "
        "recipients, tell those who look after your IT.",
        unsure="The recipient's mail server was given the mail, and never said whether it took it. The recipient may "
        "have it, even several times. Ask before you send it again.",
        unencoded="The subject of the mail or another field has letters (æ, ø, å) that the program it was sent with "
        "left unencoded, and the recipient's mail server cannot use them. Tell those who look after the program.",
        outside_said="The answer was: {said}",
        own_said="Our own mail system wrote: {said}",
    ),
}


_UTF8: Final = "5.6.7"
# smtp(8), version 3.10 (smtp_proto.c), of a server outside: its name, and an address. Our own agents have a path there.
_UNANSWERED: Final = re.compile(
    r"(?:lost connection|conversation) with \S+\.[a-z][a-z0-9-]+\[[0-9a-f:]\S*\] (?:timed out )?"
    r"while sending end of data -- message may be sent more than once",
    re.IGNORECASE,
)


def is_unsure(line: Line) -> bool:
    """Whether nobody knows if the recipient has it: each try was taken in whole, and then nothing was said."""
    return not line.host and _UNANSWERED.match(line.detail) is not None


def advice(line: Line, language: Language) -> str:
    """Of a copy that failed: why, and what the sender can do."""
    texts = TEXTS[language]
    if is_unsure(line):
        return texts.unsure
    if line.status == _UTF8 and line.recipient.isascii():
        return texts.unencoded
    if line.status.startswith("4."):
        return texts.outside_late if line.host else texts.own_late
    faults = texts.outside if line.host else texts.own
    fits = [code for code in faults if line.status == code or line.status.startswith(f"{code}.")]
    return faults[max(fits, key=len, default="")]


def said(line: Line, language: Language) -> str:
    """The words of whoever found the fault, if they are known."""
    texts = TEXTS[language]
    words = texts.outside_said if line.host else texts.own_said
    return words.format(said=line.detail) if line.detail else ""
