"""Small words that the walk to the left of a number takes notice of, each a :func:`.words.key`. Data only."""

from __future__ import annotations

# A point after these ends no sentence.
ABBREVIATED = frozenset(
    (
        *("nr", "no", "num", "tlf", "mob", "tel", "reg", "ref", "rekv", "rev", "fak", "inv", "ord", "ser"),
        *(
            "j",
            "p",
            "f",
            "fx",
            "eks",
            "ca",
            "vedr",
            "ang",
            "cpr",
            "pers",
            "geb",
            "abs",
            "jf",
            "pos",
            "pol",
            "kr",
        ),
    )
)
ARTICLES = frozenset(("et", "en", "noget", "a", "an", "ett", "the", "your", "mit", "det"))
DIGITS = frozenset(("cifre", "ciffer", "cifret", "digits", "digit", "siffer", "siffror", "stellen"))
HAVE = frozenset(("har", "fik", "have", "got", "had", "havde"))
PRONOUNS = frozenset(("jeg", "vi", "du", "han", "hun", "we", "you", "he", "she", "they", "de", "jag"))
WRITER = frozenset(("jeg", "vi", "we", "jag", "wir", "ich"))
FROM = frozenset(("fra", "from", "von", "fraan", "mellem", "between"))
SUBJECTS = PRONOUNS | {
    "at",
    "to",
    "kan",
    "skal",
    "vil",
    "maa",
    "can",
    "must",
    "will",
    "please",
    "ich",
    "wir",
    "sie",
}
HAVE_DONE = HAVE | {
    "has",
    "er",
    "blev",
    "bliver",
    "blevet",
    "is",
    "was",
    "been",
    "hat",
    "habe",
    "haben",
}
REFERS = frozenset(("det", "den", "nummeret", "it", "that", "es"))
DEFINITE = ("en", "et", "erne")
