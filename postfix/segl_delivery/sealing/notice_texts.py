"""The words of the notice mail, Danish and English. ``{names}`` are filled in by :mod:`segl_delivery.sealing.notice`.

The reader has never heard of Segl, may be old, busy or afraid of fraud, and should understand each line
at the first reading: short sentences, everyday words (a test counts both). Nothing of the message is told: no content,
and no subject unless the house wants it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.language import Language


@dataclass(frozen=True, slots=True)
class NoticeTexts:
    """One language's texts."""

    language: Language
    subject: str
    heading: str
    who: str  # with the sender's address
    who_unnamed: str  # when the address is no ordinary one
    who_elsewhere: str  # a stranger, whose mail is forwarded here
    about: str  # only where the house tells subjects
    why: str
    button: str
    steps: str
    by_mail: str  # the second step
    by_phone: str
    phrase: str  # when the sender gave one
    until: str
    check: str
    question: str
    short: str  # one paragraph, for readers of the other language


TEXTS: Final[dict[Language, NoticeTexts]] = {
    "da": NoticeTexts(
        language="da",
        subject="Du har fået en sikker besked fra {organisation}",
        heading="Du har fået en sikker besked",
        who="{sender} fra {organisation} har sendt dig en besked.",
        who_unnamed="{organisation} har sendt dig en besked.",
        who_elsewhere="{organisation} har sendt en besked fra {sender} videre til dig.",
        about="Emne: {subject}",
        why="Beskeden kan indeholde personlige oplysninger. Derfor ligger den på en sikker side, "
        "og du læser den dér i stedet for i denne mail.",
        button="Læs beskeden",
        steps="Sådan gør du: 1. Tryk på »Læs beskeden«. 2. {code} 3. Skriv koden på siden. Så kan du læse beskeden og "
        "svare.",
        by_mail="Tryk på »Send mig en kode«. Den kommer i en ny mail til dig.",
        by_phone="Tryk på »Send mig en kode«. Den kommer som sms til dit nummer, der ender på {phone}.",
        phrase="Afsenderen har givet dig et kodeord. Skriv det på siden, før du beder om koden.",
        until="Du kan læse beskeden til og med {until}. Derefter bliver den slettet.",
        check="Er mailen ægte? Linket ovenfor skal begynde med {base}. Har din arbejdsplads lavet linket om, er det "
        "sidens adresse, der skal begynde sådan. Ellers skal du ikke bruge det. "
        "Du bliver aldrig bedt om MitID, kortnummer eller dine egne adgangskoder for at læse beskeden. "
        "Er du i tvivl, så ring til {organisation}. Brug et nummer, du kender i forvejen.",
        question="Giv ikke linket videre: det er kun til dig. Har du spørgsmål, så kontakt afsenderen. "
        "Skriv ikke personlige oplysninger i et svar på denne mail.",
        short="På dansk: Du har fået en sikker besked fra {organisation}. Brug linket ovenfor for at læse "
        "den senest {until}.",
    ),
    "en": NoticeTexts(
        language="en",
        subject="You have a secure message from {organisation}",
        heading="You have a secure message",
        who="{sender} at {organisation} has sent you a message.",
        who_unnamed="{organisation} has sent you a message.",
        who_elsewhere="{organisation} has passed a message from {sender} on to you.",
        about="Subject: {subject}",
        why="The message may contain personal information. It is therefore kept on a secure page, "
        "where you read it instead of in this mail.",
        button="Read the message",
        steps="How to do it: 1. Press “Read the message”. 2. {code} 3. Type the code on the page. Then you can read "
        "the message and reply to it.",
        by_mail="Press “Send me a code”. It comes in a new mail to you.",
        by_phone="Press “Send me a code”. It comes as a text message to your number that ends in {phone}.",
        phrase="The sender has given you a code word. Type it on the page before you ask for the code.",
        until="You can read the message up to and including {until}. After that it is deleted.",
        check="Is this mail genuine? The link above must begin with {base}. If your workplace has changed the link, it "
        "is the address of the page that must begin so. If it does not, do not use it. "
        "You will never be asked for MitID, a card number or your own passwords to read the message. "
        "If you are in doubt, call {organisation}. Use a number you already know.",
        question="Do not pass the link on: it is for you only. If you have questions, contact the sender. "
        "Do not write personal information in a reply to this mail.",
        short="In English: You have a secure message from {organisation}. Use the link above to read it, "
        "at the latest on {until}.",
    ),
}
