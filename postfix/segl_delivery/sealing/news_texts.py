"""The words of the mails about sealed messages: to their senders, and the reminder to recipients. Danish and English.

``{names}`` are filled in by :mod:`segl_delivery.sealing.news`. Senders are busy and know the message: what happened,
and what they can do. Recipients are those of :mod:`segl_delivery.sealing.notice_texts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.language import Language
from segl.sealed.news import NewsKind


@dataclass(frozen=True, slots=True)
class NewsTexts:
    """One kind of news to the sender. ``line`` is one recipient's; ``unreminded`` the end where her mailbox took no
    reminder."""

    subject: str
    begins: str
    line: str
    ends: str
    unreminded: str = ""


@dataclass(frozen=True, slots=True)
class ReminderTexts:
    """To a recipient who has not opened her message; the mail has no link."""

    subject: str
    heading: str
    who: str
    who_unnamed: str
    who_elsewhere: str  # a stranger, whose mail is forwarded here
    find: str
    until: str
    lost: str


NEWS: Final[dict[Language, dict[NewsKind, NewsTexts]]] = {
    "da": {
        NewsKind.OPENED: NewsTexts(
            subject="Din sikre besked er åbnet",
            begins="Din sikre besked fra {sent} er åbnet af:",
            line="  {recipient}, {opened}",
            ends="Åbnet vil sige, at modtageren har skrevet sin engangskode og har fået beskeden vist.",
        ),
        NewsKind.ENDING: NewsTexts(
            subject="Din sikre besked er ikke åbnet endnu",
            begins="Din sikre besked fra {sent} er ikke åbnet endnu af:",
            line="  {recipient}",
            ends="Beskeden kan læses til og med {until} ({left}). Derefter bliver den slettet. Vi har mindet "
            "modtageren om den i dag. Haster det, så ring til modtageren.\n\n"
            "Skal beskeden ikke læses alligevel, så træk den tilbage her:\n{revoke}",
            unreminded="Beskeden kan læses til og med {until} ({left}). Derefter bliver den slettet. Modtageren er "
            "ikke mindet om den: postkassen tager ikke imod mails. Kontakt modtageren på en anden måde.\n\n"
            "Skal beskeden ikke læses alligevel, så træk den tilbage her:\n{revoke}",
        ),
        NewsKind.ENDED: NewsTexts(
            subject="Din sikre besked blev ikke åbnet",
            begins="Din sikre besked fra {sent} blev slettet {until} uden at være åbnet af:",
            line="  {recipient}",
            ends="Ingen kan læse den mere. Skal modtageren stadig have den, så send den igen, eller kontakt "
            "modtageren på en anden måde.",
        ),
    },
    "en": {
        NewsKind.OPENED: NewsTexts(
            subject="Your secure message was opened",
            begins="Your secure message of {sent} was opened by:",
            line="  {recipient}, {opened}",
            ends="Opened means that the recipient typed the one-time code and was shown the message.",
        ),
        NewsKind.ENDING: NewsTexts(
            subject="Your secure message has not been opened yet",
            begins="Your secure message of {sent} has not been opened yet by:",
            line="  {recipient}",
            ends="The message can be read up to and including {until} ({left}). After that it is deleted. We have "
            "reminded the recipient today. If it is urgent, call the recipient.\n\n"
            "If the message should not be read after all, take it back here:\n{revoke}",
            unreminded="The message can be read up to and including {until} ({left}). After that it is deleted. The "
            "recipient was not reminded: the mailbox takes no mail. Contact the recipient in another way.\n\n"
            "If the message should not be read after all, take it back here:\n{revoke}",
        ),
        NewsKind.ENDED: NewsTexts(
            subject="Your secure message was not opened",
            begins="Your secure message of {sent} was deleted on {until} without having been opened by:",
            line="  {recipient}",
            ends="Nobody can read it any more. If the recipient should still have it, send it again, or contact the "
            "recipient in another way.",
        ),
    },
}

DAYS_LEFT: Final[dict[Language, tuple[str, str, str]]] = {
    "da": ("kun i dag", "en dag endnu", "{days} dage endnu"),
    "en": ("today only", "one more day", "{days} more days"),
}

REMINDER: Final[dict[Language, ReminderTexts]] = {
    "da": ReminderTexts(
        subject="Husk din sikre besked fra {organisation}",
        heading="Du har en sikker besked, som du ikke har læst",
        who="{sender} fra {organisation} har sendt dig en besked.",
        who_unnamed="{organisation} har sendt dig en besked.",
        who_elsewhere="{organisation} har sendt en besked fra {sender} videre til dig.",
        find="Sådan finder du den: Led i din indbakke og i mappen med uønsket post efter en mail fra {address}. Den "
        "kom {notified}. Den har emnet:\n  {notice}\nBrug linket i den mail. I denne mail er der ikke noget link.",
        until="Du kan læse beskeden til og med {until}. Derefter bliver den slettet.",
        lost="Kan du ikke finde mailen, så kontakt afsenderen. Skriv ikke personlige oplysninger i et svar på denne "
        "mail.",
    ),
    "en": ReminderTexts(
        subject="Remember your secure message from {organisation}",
        heading="You have a secure message that you have not read",
        who="{sender} at {organisation} has sent you a message.",
        who_unnamed="{organisation} has sent you a message.",
        who_elsewhere="{organisation} has passed a message from {sender} on to you.",
        find="How to find it: Look in your inbox and your spam folder for a mail from {address}. It came on "
        "{notified}. Its subject is:\n  {notice}\nUse the link in that mail. There is no link in this one.",
        until="You can read the message up to and including {until}. After that it is deleted.",
        lost="If you cannot find the mail, contact the sender. Do not write personal information in a reply to this "
        "mail.",
    ),
}
