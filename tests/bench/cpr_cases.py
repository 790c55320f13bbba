"""Labelled cases for the CPR detector, made from a seed: every spelling, in sentences from life, beside look-alikes.

Independent of the detector: the numbers come from a generator of its own (checked against python-stdnum in the
unit tests), and the sentences are written from what stands in Danish mail. A case is positive when the text
leaves a reader in no doubt that the number is somebody's CPR number, negative when it plainly is something else.
Numbers of look-alikes have a valid date too: that is what makes them look alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from bench.cpr_apart import MONTHS, NOT_SPLIT, SPLIT
from bench.cpr_lookalikes import MORE_OTHERS, OTHER_FRAMES, OTHER_TABLES, OTHER_WORDS, SHAPES
from bench.cpr_numbers import LABELLED, PLAIN, TODAY, Spell, cpr, lookalike, year_of
from bench.cpr_sentences import (
    BESIDE_OTHERS,
    CALLED,
    CPR_TABLES,
    MORE_PERSONAL,
    NAMES,
    NINE_DIGITS,
    ODD_PLACES,
    ODD_SPELLINGS,
    PERSONAL,
    REPLACEMENTS,
    TABLE_SPELLINGS,
)


@dataclass(frozen=True, slots=True)
class Case:
    """``kind`` names the spelling (positive) or the look-alike (negative), ``context`` the surroundings."""

    text: str
    positive: bool
    kind: str
    context: str


def _negatives_of_digits(rnd: Random) -> str:
    """Ten digits in a CPR layout that nobody can have: no such day, or a birth to come."""
    if rnd.random() < 0.5:
        no_day = rnd.choice(("3102", "3104", "3111", "0013", "3213", "4512", "2913"))
        return f"{no_day}{rnd.randrange(100):02}-{rnd.randrange(10_000):04}"
    day, month, year = rnd.randint(1, 28), rnd.randint(1, 12), rnd.randint(28, 36)
    return f"{day:02}{month:02}{year:02}-{rnd.choice('456789')}{rnd.randrange(1000):03}"


def _dates_and_times(rnd: Random) -> str:
    day = TODAY - timedelta(days=rnd.randrange(700))
    later = day + timedelta(days=rnd.randint(1, 60))
    hour, minute = rnd.randrange(6, 22), rnd.randrange(60)
    return rnd.choice(
        (
            f"{day:%d.%m.%y}-{later:%d.%m}",
            f"{day:%d.%m.%Y} - {later:%d.%m.%Y}",
            f"{day:%d.%m.%y} {hour:02}.{minute:02}",
            f"{day:%d-%m-%Y} {hour:02}:{minute:02}",
            f"{day:%d%m%y} kl. {hour:02}{minute:02}",
            f"{day:%Y-%m-%d %H:%M}",
            f"{day:%d/%m} {hour:02}:{minute:02}, {later:%d/%m} 09:00",
            f"{day:%d.%m.%Y}-{later:%Y}",
            f"IMG_{day:%d%m%y}_{hour:02}{minute:02}.jpg",
            f"{day:%y%m%d}{hour:02}{minute:02} pumpe 2 stop",
            f"{day:%d%m%y}{hour:02}{minute:02} niveau højt\n{day:%d%m%y}{hour:02}{min(59, minute + 1):02} normal",
            f"Aflæst {day:%d.%m.%y}: 1204 m3. Forrige: 1180 m3",
            f"{day:%d-%m-%y};1200,50;8.410,00",
        )
    )


def _spelled(rnd: Random, names: tuple[str, ...] | None = None) -> tuple[str, Spell]:
    name = rnd.choice(names or tuple(PLAIN))
    return name, PLAIN[name]


def _other_spelled(rnd: Random) -> str:
    """A look-alike, mostly in a row, often divided like a CPR number."""
    n = lookalike(rnd)
    return rnd.choice((n, n, n, f"{n[:6]}-{n[6:]}", f"{n[:6]} {n[6:]}"))


def _apart(frame: str, n: str, name: str) -> str:
    """*frame* with the date of the number *n* in it, and the last four digits in another place."""
    d, mo = n[:2], n[2:4]
    halves = {"d": d, "mo": mo, "d1": int(d), "mo1": int(mo), "month": MONTHS[int(mo) - 1], "y": n[4:6]}
    return frame.format(**halves, yyyy=year_of(n), s=n[6:], name=name)


def _positive(rnd: Random) -> Case:
    n, m, other, name = cpr(rnd), cpr(rnd), lookalike(rnd), rnd.choice(NAMES)
    draw = rnd.random()
    if draw < 0.06:
        text = _apart(rnd.choice(SPLIT), n, name)
        return Case(text, True, "date and last four apart", "split")
    if draw < 0.09:
        r = str(int(n[0]) + 6) + n[1:]
        r = rnd.choice((r, f"{r[:6]}-{r[6:]}"))
        return Case(rnd.choice(REPLACEMENTS).format(n=r, name=name), True, "replacement number", "called")
    if draw < 0.11:
        while n[0] != "0":
            n = cpr(rnd)
        return Case(rnd.choice(NINE_DIGITS).format(n9=n[1:], name=name), True, "leading zero lost", "table")
    if draw < 0.21:
        kind, spell = _spelled(rnd, TABLE_SPELLINGS)
        text = rnd.choice(CPR_TABLES).format(n=spell(n), m=spell(m), name=name)
        return Case(text, True, kind, "table")
    if draw < 0.27:
        kind, spell = _spelled(rnd, ODD_SPELLINGS)
        text = rnd.choice(ODD_PLACES).format(n=spell(n), m=spell(m), name=name)
        return Case(text, True, kind, "odd place")
    if draw < 0.37:
        kind, spell = _spelled(rnd)
        text = rnd.choice(BESIDE_OTHERS).format(n=spell(n), other=other, name=name)
        return Case(text, True, kind, "beside others")
    if draw < 0.50:
        kind = rnd.choice(tuple(LABELLED))
        return Case(rnd.choice(CALLED).format(n=LABELLED[kind](n), name=name), True, kind, "called")
    kind, spell = _spelled(rnd)
    context, frames = ("called", CALLED) if draw < 0.72 else ("personal", (*PERSONAL, *MORE_PERSONAL))
    return Case(rnd.choice(frames).format(n=spell(n), m=spell(m), name=name), True, kind, context)


def _negative(rnd: Random) -> Case:
    n, m, name = lookalike(rnd), lookalike(rnd), rnd.choice(NAMES)
    draw = rnd.random()
    if draw < 0.62:
        kind = rnd.choice((*OTHER_WORDS, "more"))
        said = rnd.choice(OTHER_WORDS.get(kind, MORE_OTHERS)).format(
            n=n if kind in ("P-number", "account", "phone") else _other_spelled(rnd)
        )
        frame = rnd.choice(OTHER_FRAMES)
        return Case(frame.format(x=said, name=name, first=name.split()[0]), False, kind, "words")
    if draw < 0.76:
        return Case(rnd.choice(OTHER_TABLES).format(n=n, m=m, name=name), False, "column of others", "table")
    if draw < 0.86:
        kind = rnd.choice(tuple(SHAPES))
        n4 = f"{n[:4]} {n[4:8]} {n[8:]}"
        said = rnd.choice(SHAPES[kind]).format(n=n, n4=n4)
        return Case(
            rnd.choice(("{x}", "Hej\n{x}\nVh Per", "Se {x} nedenfor")).format(x=said), False, kind, "shape"
        )
    if draw < 0.88:
        text = _apart(rnd.choice(NOT_SPLIT), cpr(rnd), name)
        return Case(text, False, "date and four of something else", "split")
    if draw < 0.94:
        said = _dates_and_times(rnd)
        return Case(
            rnd.choice(("{x}", "Mødet er {x}", "Periode: {x}\n", "{x} hos os")).format(x=said),
            False,
            "date and time",
            "shape",
        )
    frame = rnd.choice((*PERSONAL, *CALLED))
    return Case(frame.format(n=_negatives_of_digits(rnd), name=name), False, "nobody's number", "digits")


def cases(count: int, seed: int = 20261124) -> Iterator[Case]:
    """*count* cases, half of them positive, always the same for the same *seed*."""
    rnd = Random(seed)
    for index in range(count):
        yield _positive(rnd) if index % 2 else _negative(rnd)
