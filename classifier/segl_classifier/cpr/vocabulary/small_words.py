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
            "stk",
            "pcs",
        ),
    )
)
ARTICLES = frozenset(("et", "en", "noget", "a", "an", "ett", "the", "your", "mit", "det"))
COUNTED = frozenset(("stk", "styk", "stykker", "pcs", "stueck"))
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
# What has one of these before or behind it is not what the number is: "uden cpr", "i stedet for cpr", "cpr mangler".
TURNS_AWAY = frozenset(
    (
        *("uden", "aldrig", "men", "stedet", "fremfor", "undtagen", "hverken", "ingen", "intet", "mangler"),
        *("erstatter", "slettet", "udeladt", "without", "never", "but", "instead", "except", "missing"),
        *("utan", "istaellet", "staellet", "ohne", "nie", "aber", "sondern", "statt", "anstatt"),
        *("null", "none", "nil"),
    )
)
# One is the other: "cpr, brugt som kundenr.", "cpr, der er kundenr.".
USED_AS = frozenset(("som", "as", "als"))
SAME = USED_AS | {"er", "is", "ist", "ogsaa", "also", "auch"}
DEFINITE = ("en", "et", "erne")
