"""What stands in a foreign language in anybody's mail: the disclaimer below what a company in Lyon writes in English,
and the head that its program puts above what it quotes. Neither says anything about a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# A disclaimer says all three, in one paragraph.
_SECRET: Final = re.compile(
    "confiden[tcz]|riservat|vertrouwelijk|poufn|luottamuks|bizalmas|gizli|povj?erljiv|d[ôů]v[eě]rn|zaupn|konfiden|"
    "trúnað|loyndar|salassa|privilegi",
    re.IGNORECASE,
)
_MAIL: Final = re.compile(
    "messag|mensa[jg]|correo|courriel|bericht|wiadomoś|viesti|sähköposti|mail|üzenet|ileti|mesaj|poruk|zpráv|správ|"
    "sporočil|žinut|laišk|ziņo|vēstul|kiri|tölvupóst|teldupost|boðini",
    re.IGNORECASE,
)
_RECIPIENT: Final = re.compile(
    "destinat|destiné|geadresseerde|ontvanger|bestemd|adresat|odbiorc|vastaanotta|címzett|alıcı|prima[tl]|příjemc|"
    "príjemc|prejemn|naslovnik|gavėj|adresāt|saņēm|adressaa|viðtakan|móttakan|recipient",
    re.IGNORECASE,
)
# And what a line below it says: before printing this, think of the environment.
_PAPER: Final = re.compile(
    r"(?:imprim|stamp|print|afdruk|drukow|tulost|nyomtat|yazdır|ispis|tisk|tlač|spausd)\w*", re.IGNORECASE
)
_NATURE: Final = re.compile(
    "environ|ambient|milieu|środowisk|ympäristö|környezet|çevre|mediul|okoliš|prostřed|prostred|okolj|aplink|vidi|"
    "keskkon|umhverf",
    re.IGNORECASE,
)
_MOST_WORDS = 150  # of a disclaimer; a longer paragraph is a letter that may hold one
_MOST_OF_LINE = 20
_PARAGRAPH: Final = re.compile(r"\n[^\w\n]*\n")
# "Wysłane: poniedziałek, 3 listopada 2026 10:02", "Le lun. 3 nov. 2026 à 10:02, Anna Petit a écrit :"
_DATED: Final = re.compile(
    r"\b(?:19|20)\d\d\b[^\n]*\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}[:.h]\d\d\b[^\n]*\b(?:19|20)\d\d\b"
)


def without(text: str) -> Iterator[str]:
    """The lines of *text* but those of a disclaimer, and the dates of what is quoted."""
    for paragraph in _PARAGRAPH.split(text):
        if _is_disclaimer(paragraph):
            continue
        for line in paragraph.split("\n"):
            if line.count(" ") <= _MOST_OF_LINE and (_DATED.search(line) or _spares_paper(line)):
                continue
            yield line


def _is_disclaimer(paragraph: str) -> bool:
    return (
        paragraph.count(" ") <= _MOST_WORDS
        and _SECRET.search(paragraph) is not None
        and _MAIL.search(paragraph) is not None
        and _RECIPIENT.search(paragraph) is not None
    )


def _spares_paper(line: str) -> bool:
    return _PAPER.search(line) is not None and _NATURE.search(line) is not None
