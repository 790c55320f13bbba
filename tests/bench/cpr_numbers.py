"""Ten digits, and every way to spell them. Independent of the detector; checked against python-stdnum."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

TODAY = date(2026, 11, 24)

_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def _seventh(rnd: Random, year: int) -> int:
    """A seventh digit that is right for a birth in *year*."""
    yy = year % 100
    if 1900 <= year < 2000:
        return rnd.choice((0, 1, 2, 3, 4, 9) if yy >= 37 else (0, 1, 2, 3))
    return rnd.choice((4, 5, 6, 7, 8, 9) if yy <= 36 else (5, 6, 7, 8))


def cpr(rnd: Random) -> str:
    """Ten digits of somebody who may be alive: two thirds with modulus 11, a third without."""
    first = date(1932, 1, 1)
    born = first + timedelta(days=rnd.randrange((TODAY - first).days))
    if rnd.random() < 0.05:
        born = born.replace(month=1, day=1)
    with_modulus = rnd.random() < 0.67
    while True:
        digits = f"{born:%d%m%y}{_seventh(rnd, born.year)}{rnd.randrange(1000):03}"
        holds = sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
        if holds == with_modulus:
            return digits


def lookalike(rnd: Random) -> str:
    """Ten digits that begin with a date, as ids of all kinds do: some recent, some by chance."""
    if rnd.random() < 0.4:  # numbered by date
        day = TODAY - timedelta(days=rnd.randrange(4 * 365))
        return f"{day:%d%m%y}{rnd.randrange(10_000):04}"
    return f"{rnd.randint(1, 28):02}{rnd.randint(1, 12):02}{rnd.randrange(100):02}{rnd.randrange(10_000):04}"


# Spellings. Those of PLAIN a reader takes for a CPR number by themselves; those of LABELLED only where the
# text says so.

Spell = Callable[[str], str]


def _parts(between: str, serial: str) -> Spell:
    return lambda n: f"{n[:2]}{between}{n[2:4]}{between}{n[4:6]}{serial}{n[6:]}"


def _wide(n: str) -> str:
    return "".join(chr(0xFF10 + int(d)) for d in n)


def _arabic(n: str) -> str:
    return "".join(chr(0x660 + int(d)) for d in n)


def year_of(n: str) -> str:
    """The year of birth with four digits."""
    yy, seventh = int(n[4:6]), int(n[6])
    if seventh <= 3:
        return f"19{n[4:6]}"
    if seventh in (4, 9):
        return f"20{n[4:6]}" if yy <= 36 else f"19{n[4:6]}"
    return f"20{n[4:6]}" if yy <= 57 else f"18{n[4:6]}"


PLAIN: dict[str, Spell] = {
    "hyphen": _parts("", "-"),
    "bare": _parts("", ""),
    "space": _parts("", " "),
    "hyphen with spaces": _parts("", " - "),
    "space before hyphen": _parts("", " -"),
    "space after hyphen": _parts("", "- "),
    "en dash": _parts("", "–"),
    "en dash with spaces": _parts("", " – "),
    "em dash": _parts("", "—"),
    "minus": _parts("", "−"),
    "figure dash": _parts("", "‒"),
    "non-breaking hyphen": _parts("", "\u2011"),
    "no-break space": _parts("", "\u00a0"),
    "narrow no-break space": _parts("", "\u202f"),
    "thin space": _parts("", "\u2009"),
    "two spaces": _parts("", "  "),
    "soft hyphen in the date": lambda n: f"{n[:4]}\u00ad{n[4:6]}-{n[6:]}",
    "soft hyphen before the serial": lambda n: f"{n[:6]}-\u00ad{n[6:]}",
    "zero-width space": lambda n: f"{n[:6]}\u200b-{n[6:]}",
    "zero-width joiner between all": lambda n: "\u200d".join(f"{n[:6]}-{n[6:]}"),
    "byte-order mark": lambda n: f"\ufeff{n[:6]}-{n[6:]}",
    "direction marks": lambda n: f"\u200e{n[:6]}\u200e-{n[6:]}\u200e",
    "full-width": lambda n: f"{_wide(n[:6])}-{_wide(n[6:])}",
    "full-width with full-width hyphen": lambda n: f"{_wide(n[:6])}－{_wide(n[6:])}",
    "Arabic-Indic digits": lambda n: f"{_arabic(n[:6])}-{_arabic(n[6:])}",
    "dots and hyphen": _parts(".", "-"),
    "dots and space": _parts(".", " "),
    "slashes and hyphen": _parts("/", "-"),
    "slashes and space": _parts("/", " "),
    "hyphens and hyphen": _parts("-", "-"),
    "hyphens and space": _parts("-", " "),
    "spaces and space": _parts(" ", " "),
    "spaces and hyphen": _parts(" ", "-"),
    "spaces and spaced hyphen": _parts(" ", " - "),
    "slash": _parts("", "/"),
    "dot": _parts("", "."),
    "underscore": _parts("", "_"),
    "all dots": _parts(".", "."),
    "day and month apart": lambda n: f"{n[:4]} {n[4:6]}-{n[6:]}",
    "percent-coded hyphen": _parts("", "%2D"),
    "percent-coded space": _parts("", "%20"),
    "entity for a hyphen": _parts("", "&#45;"),
    "entity for a non-breaking hyphen": _parts("", "&#8209;"),
    "entity for a space": _parts("", "&nbsp;"),
    "entity for an en dash": _parts("", "&ndash;"),
    "each digit by itself": lambda n: " ".join(n),
    "each digit by itself, hyphen": lambda n: f"{' '.join(n[:6])} - {' '.join(n[6:])}",
    "line break after the hyphen": _parts("", "-\n"),
    "four-digit year": lambda n: f"{n[:4]}{year_of(n)}-{n[6:]}",
    "dots and four-digit year": lambda n: f"{n[:2]}.{n[2:4]}.{year_of(n)}-{n[6:]}",
    "hyphens and four-digit year": lambda n: f"{n[:2]}-{n[2:4]}-{year_of(n)}-{n[6:]}",
}
LABELLED: dict[str, Spell] = {
    "line break": _parts("", "\n"),
    "line break in the date": lambda n: f"{n[:4]}\n{n[4:6]}-{n[6:]}",
    "line break in the serial": lambda n: f"{n[:6]}-{n[6:8]}\n{n[8:]}",
    "line break, Windows": _parts("", "-\r\n"),
    "soft line break left over": _parts("", "-=\n"),
    "quoted line break": _parts("", "-\n> "),
    "bar": _parts("", " | "),
    "tab": _parts("", "\t"),
    "four-digit year and space": lambda n: f"{n[:4]}{year_of(n)} {n[6:]}",
    "ISO date": lambda n: f"{year_of(n)}-{n[2:4]}-{n[:2]}-{n[6:]}",
    "twelve digits": lambda n: f"{n[:4]}{year_of(n)}{n[6:]}",
    "serial in two": lambda n: f"{n[:6]}-{n[6:8]} {n[8:]}",
    "all in pairs": lambda n: " ".join(n[i : i + 2] for i in range(0, 10, 2)),
    "divided after five": lambda n: f"{n[:5]} {n[5:]}",
    "divided after the seventh": lambda n: f"{n[:7]}-{n[7:]}",
    "in parentheses": lambda n: f"{n[:6]} ({n[6:]})",
    "colon": _parts("", ":"),
    "plus": _parts("", "+"),
}
