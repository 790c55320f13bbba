"""Why a message goes securely, in its sender's words."""

from __future__ import annotations

from segl.language import Language
from segl.reasons import in_words


def test_a_language_that_nobody_reads_is_no_broken_file() -> None:
    told: dict[Language, str] = {
        "da": "en del af den er på et sprog, der ikke læses automatisk",
        "en": "a part of it is in a language that is not read automatically",
    }
    for language, words in told.items():
        assert in_words(["unreadable.unknown-language", "unreadable.unknown-script"], language) == words
        assert in_words(["unreadable.damaged"], language) not in ("", words)
