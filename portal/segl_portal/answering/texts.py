"""The words that an answer's mail adds to what was written, Danish and English. The sender reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.language import Language


@dataclass(frozen=True, slots=True)
class AnswerTexts:
    """One language's texts; ``{names}`` are filled in by :mod:`segl_portal.answering.letter`."""

    no_subject: str
    no_text: str
    signature: str
    files_name: str  # a file whose own name says nothing


TEXTS: Final[dict[Language, AnswerTexts]] = {
    "da": AnswerTexts(
        no_subject="(uden emne)",
        no_text="(Svaret har ingen tekst, kun vedhæftede filer.)",
        signature="Skrevet af {who} på den sikre side hos {organisation}. Svarer du på denne mail, "
        "bliver dit svar også sendt krypteret.",
        files_name="fil",
    ),
    "en": AnswerTexts(
        no_subject="(no subject)",
        no_text="(The reply has no text, only attached files.)",
        signature="Written by {who} on the secure page of {organisation}. If you reply to this mail, "
        "your reply is also sent encrypted.",
        files_name="file",
    ),
}
