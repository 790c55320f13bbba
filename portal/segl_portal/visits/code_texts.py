"""The words of the mail and of the text message with a code, Danish and English.

Whoever reads it waits at the page: the code comes first. ``{names}`` are filled in by
:mod:`segl_portal.visits.code_mail`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.language import Language


@dataclass(frozen=True, slots=True)
class CodeTexts:
    """One language's texts."""

    subject: str
    code: str
    where: str
    reference: str
    warning: str
    sms: str


TEXTS: Final[dict[Language, CodeTexts]] = {
    "da": CodeTexts(
        subject="Din kode til den sikre besked ({reference})",
        code="Din kode er {code}",
        where="Skriv koden på den side, hvor du bad om den. Den gælder i {minutes} minutter, fra du bad "
        "om den, og kan bruges én gang.",
        reference="På siden skal der stå samme reference som her: {reference}. Gør der ikke det, så brug ikke koden.",
        warning="Giv ikke koden til andre. Ingen fra {organisation} vil spørge dig om den. "
        "Har du ikke bedt om en kode, har et program i dit mailsystem måske prøvet linket, eller en anden har fået fat "
        "i det. Giv ikke koden til nogen, og sig det til afsenderen, hvis du er i tvivl.",
        sms="Din kode er {code} (reference {reference}). Den gælder i {minutes} minutter. "
        "Giv den ikke til andre. {organisation}",
    ),
    "en": CodeTexts(
        subject="Your code for the secure message ({reference})",
        code="Your code is {code}",
        where="Type the code on the page where you asked for it. It is valid for {minutes} minutes from when "
        "you asked for it, and can be used once.",
        reference="The page must show the same reference as here: {reference}. If it does not, do not use the code.",
        warning="Do not give the code to anyone. Nobody from {organisation} will ask you for it. "
        "If you did not ask for a code, a program in your mail system may have tried the link, or someone else may "
        "have it. Do not give the code to anyone, and tell the sender if you are in doubt.",
        sms="Your code is {code} (reference {reference}). It is valid for {minutes} minutes. "
        "Do not give it to anyone. {organisation}",
    ),
}
