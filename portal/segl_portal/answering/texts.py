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
        signature="Skrevet af {who} på {organisation}s sikre side. Svarer du på denne mail, "
        "bliver dit svar også sendt sikkert.",
        files_name="fil",
    ),
    "en": AnswerTexts(
        no_subject="(no subject)",
        no_text="(The answer has no text, only attached files.)",
        signature="Written by {who} on the secure page of {organisation}. If you answer this mail, "
        "your answer is sent securely, too.",
        files_name="file",
    ),
}
