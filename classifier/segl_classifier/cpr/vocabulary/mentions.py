"""Whether a text has a word for the personal number anywhere. Without one, odd spellings need no look.

The words are looked for in one pass (RE2), over a byte for each character, in which small letters cost a fraction of
what they cost in a text.
"""

from __future__ import annotations

import re

import re2

from segl_classifier.latin import latin_options, small_letters

NAMES_CPR = re.compile(r"cpr|personn", re.IGNORECASE)  # the usual words for it, in a heading
# Pieces of all words for the personal number, in lower case.
PIECES_OF_NAMES = (
    *(
        "cpr",
        "crpn",
        "crp-n",
        "crp n",
        "pers n",
        "personn",
        "personum",
        "perssonn",
        "peronsn",
        "personi",
        "persn",
        "person-",
        "pers.",
        "person n",
        "person i",
        "personal",
        "folkeregist",
        "fødselsn",
    ),
    *(
        "foedselsn",
        "födelsen",
        "security n",
        "sikringsn",
        "sikringsk",
        "sikringsb",
        "sundhedskort",
        "social sec",
        "registration n",
        "reg number",
        "personr",
        "personen",
        "gult ",
        "gule ",
    ),
    *(
        "dansk n",
        "dansk i",
        "danske n",
        "danske i",
        "danskt ",
        "danska n",
        "danish",
        "dänische",
        "civil",
        "identi",
        "erstatning",
    ),
    *(
        "nationalid",
        "skatte",
        "patient",
        "borger",
        "ssn",
        "idn",
        "id n",
        "id-n",
        "socialsec",
        "registrationn",
    ),
    *("ptn", "pt.n", "pt-n", "ptid", "pt.i", "pt-i", "patn", "pat.n", "pat-n"),
    *("løben", "loeben", "lbnr", "sidste 4", "sidste fire"),
)


def _any_of(words: tuple[str, ...]) -> re2._Regexp:
    return re2.compile("|".join(map(re.escape, words)).encode("latin-1"), latin_options())


_ANY = _any_of(PIECES_OF_NAMES)
# Capitals that Latin-1 lacks (Kelvin, and the Turkish İ), and what :meth:`str.lower` makes of them.
_BEYOND_LATIN = (("\u212a", "k"), ("\u0130", "i\u0307"))


# Of the words for replacement numbers.
_REPLACEMENT = _any_of(
    ("ecpr", "e-cpr", "erstatnings", "fiktiv", "midlertidig", "administrativ", "replacement", "temporary")
)


def may_name_replacement(text: str) -> bool:
    """Whether a word for a replacement number may stand in *text*."""
    return _REPLACEMENT.search(_small(text)) is not None


def mentions_cpr(text: str) -> bool:
    """Whether any of ``PIECES_OF_NAMES`` occurs in *text*, in whatever case."""
    return _ANY.search(_small(text)) is not None


def _small(text: str) -> bytes:
    """*text* in small letters, in Latin-1."""
    for capital, small in _BEYOND_LATIN:
        if capital in text:
            text = text.replace(capital, small)
    return small_letters(text)
