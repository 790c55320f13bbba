"""Words for numbers below a hundred in the five languages of a Danish mailbox, and what each stands for. Data;
:mod:`.spoken` reads runs of them."""

from __future__ import annotations

from itertools import product

# In every spelling that is met, of all languages.
_UNITS = (
    "nul null noll zero oh",
    "en et ett én ét een eet one ein eins",
    "to två tvaa two zwei zwo",
    "tre three drei",
    "fire fyra four vier",
    "fem five fünf fuenf",
    "seks sex six sechs",
    "syv sju seven sieben",
    "otte åtte åtta aatte aatta eight acht",
    "ni nio nine neun",
)
_TEENS = (
    "ti tio ten zehn",
    "elleve elva eleven elf",
    "tolv twelve zwölf zwoelf",
    "tretten tretton thirteen dreizehn",
    "fjorten fjorton fourteen vierzehn",
    "femten femton fifteen fünfzehn fuenfzehn",
    "seksten sexton sixteen sechzehn",
    "sytten sjutton seventeen siebzehn",
    "atten arton eighteen achtzehn",
    "nitten nitton nineteen neunzehn",
)
# Tens behind the unit: "enogtyve", "einundzwanzig".
_UNIT_FIRST = (
    "tyve zwanzig",
    "tredive tredve dreißig dreissig",
    "fyrre fyrretyve førre vierzig",
    "halvtreds halvtres halvtredsindstyve fünfzig fuenfzig",
    "tres treds tresindstyve sechzig",
    "halvfjerds halvfjers halvfjerdsindstyve siebzig",
    "firs firsindstyve achtzig",
    "halvfems halvfemsindstyve neunzig",
)
# Tens before it: "sekstien", "sixty-one".
_UNIT_LAST = (
    "tjue tjugo twenty",
    "tretti trettio thirty",
    "førti foerti fyrtio forty",
    "femti femtio fifty",
    "seksti sextio sixty",
    "sytti sjuttio seventy",
    "åtti aatti åttio eighty",
    "nitti nittio ninety",
)
_ORDINALS = (
    *("første foerste", "anden andet", "tredje tredie", "fjerde", "femte", "sjette", "syvende", "ottende"),
    *("niende", "tiende", "ellevte elvte", "tolvte", "trettende", "fjortende", "femtende", "sekstende"),
    *("syttende", "attende", "nittende", "tyvende"),
)
_MONTHS = "januar februar marts april maj juni juli august september oktober november december"


def _table(spellings: tuple[str, ...], first: int, each: int = 1) -> dict[str, int]:
    return {word: first + each * at for at, words in enumerate(spellings) for word in words.split()}


UNITS = _table(_UNITS, 0)
TENS_LAST = _table(_UNIT_FIRST, 20, 10)
TENS_FIRST = _table(_UNIT_LAST, 20, 10)
TEENS = _table(_TEENS, 10)
MONTHS = _table(tuple(_MONTHS.split()), 1)
_COUNTED = [(word, unit) for word, unit in UNITS.items() if unit]
_GLUED = {
    unit + joint + tens: more + one
    for (unit, one), joint, (tens, more) in product(_COUNTED, ("og", "und"), (TENS_LAST | TENS_FIRST).items())
} | {tens + unit: more + one for (tens, more), (unit, one) in product(TENS_FIRST.items(), _COUNTED)}
BELOW_HUNDRED = UNITS | TEENS | TENS_LAST | TENS_FIRST | _GLUED
# Of days, and of months that are called by their number.
ORDINALS = _table(_ORDINALS, 1) | {
    **{f"{unit}ogtyvende": 20 + one for unit, one in _COUNTED},
    "tredivte": 30,
    "enogtredivte": 31,
}
HUNDRED = ("hundrede", "hundred", "hundre", "hundra", "hundert")
THOUSAND = ("tusinde", "tusind", "tusen", "thousand", "tausend")
AND = frozenset(("og", "und", "and", "och"))
# What is said between two parts of a number.
SAID_BETWEEN = AND | {
    "så",
    "then",
    "i",
    "komma",
    "bindestreg",
    "streg",
    "dash",
    "hyphen",
    "minus",
    "bindestrich",
}
