"""Identifiers, keys, check sums and addresses in running text: what programs write for programs, and nobody reads.

Forwarded newsletters, links for signing, bounces and logs are full of them: ``c8a2f4ac-0f31-47af-8ec9-f9eaf917ba83``,
``/c/136/23c7a80ab5.html``, lines of base64. The model has met them in one place only, as templates of fingerprints and
faces, and takes any for one. So it is shown a nought in their place, as it is for the digits of long numbers, unless
words of biometrics stand beside them (docs/decisions/0070).

The plates of cars are such codes, too: a list of who parks where was a matter of each of them.

Addresses of mail it has hardly met at all, and takes a row of them for a list of those of whom something is told; they
are left out.

The places of pipes on a map are rows of numbers with eight decimals, as programs for maps write them: each file of
them was biometric. A row is one nought.

What people write with letters and digits together stays: ``Elmevej 12B``, ``COVID-19``, ``HLA-B27``, ``N06AB04``.
"""

from __future__ import annotations

import re
from typing import Final

from segl_classifier.understanding.written import NOTHING

_STANDS_IN: Final = "0"
# Addresses of mail, and pictures by their id.
_ADDRESS: Final = re.compile(
    r"\s?\[cid:[^\[\]\s]*+\]"
    r"|\s?[<(\[]?(?:mailto:)?(?<![\w.+%'-])[\w.+%'-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+)++[>)\]]?"
)
_DIGIT: Final = re.compile("[0-9]")
# What has no blank in it, and is long enough.
_RUN: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:/+=%~@&?#{}|$!*,;-]{6,}[0-9A-Za-z=/]")
_ATOM: Final = re.compile("[0-9A-Za-z]+")
_SWITCH: Final = re.compile("[0-9](?=[A-Za-z])|[A-Za-z](?=[0-9])")
_OF_A_TIME: Final = re.compile("[0-9]+T[0-9]+|[0-9]+Z")  # "2026-11-30T02:11:14.123Z"
_WORD: Final = re.compile("(?![a-f]+(?![a-z]))[A-Za-z][a-z]{4,}")  # no run of a figure to the base of 16
# A car's plate, Danish or Norwegian. Not what somebody owes: "KR 12 345".
_PLATE: Final = re.compile(r"\b(?!KR)[A-ZÆØÅ]{2} ?[0-9]{2} ?[0-9]{3}\b")
_SHORTEST: Final = 8
_SHORTEST_OF_SEVERAL: Final = 12  # of what is put together from several: "3f-81-c0-9a-27"
# Two numbers or more with four decimals or more, or with three behind six digits, and a height behind
# them: places on a map, points of a drawing.
_BEHIND_PLACE: Final = r"[\s,;()\[\]]{0,6}+"
_PLACE: Final = rf"-?(?:[0-9]{{1,9}}[.,][0-9]{{4,}}+|[0-9]{{6,9}}[.,][0-9]{{3}}){_BEHIND_PLACE}"
_PLACES: Final = re.compile(
    rf"(?<![\w.,])(?:(?:{_PLACE}){{2,}}+(?:-?[0-9]{{1,4}}[.,][0-9]{{2,3}}(?![0-9]){_BEHIND_PLACE})?+)++"
)
# Two declarations of a style sheet or more, one behind the other: "font-size:11.0pt; margin:0in;".
_STYLES: Final = re.compile(
    r"(?:(?<![\w-])(?:(?:font|margin|padding|border|color|background|width|height|behavior|cursor|zoom)|"
    r"(?:mso|font|margin|padding|border|background|min|max|text|line|letter|word|vertical|page|panose|tab|table|list|"
    r"outline|overflow|white|unicode|layout|box|-webkit|-ms)-[\w-]{1,60}+)[ \t]*+:[^;:{}\n]{1,120}+;\s{0,80}+){2,}"
)
_FEWEST_DECLARATIONS: Final = 2
_SIGN: Final = re.compile(r"[^\n]")
# Of jobs that programs run, and of nobody who is examined.
_BUILDS: Final = re.compile(
    r"\b(?:failed (?:jobs?|pipeline|build|workflow)|fejlede (?:batch)?jobs?|"
    r"(?:jobs?|pipeline|build|workflow run)(?: #?[\w-]{1,30})? (?:has |had )?(?:failed|fejlede))\b",
    re.IGNORECASE,
)
_RUNNERS: Final = re.compile(r"\b(?:pipeline|jenkins|gitlab|github)\b", re.IGNORECASE)
_OF_RUNNERS: Final = re.compile(
    r"\b(?:workflow|build|branch|commit|deploy|stage|triggered|jobs?)\b", re.IGNORECASE
)
_EXAM: Final = re.compile(
    r"exam|eksam|prøve|kursus|course|student|elev|pupil|lærling|apprentice|grade|karakter|certifi",
    re.IGNORECASE,
)
_FAILED: Final = re.compile(r"\b(?:failed|fail(?:s|ure)|fejlede?)\b", re.IGNORECASE)
# One of which is in each of these, to ask at once.
_FAILINGS: Final = ("ailed", "ails", "ailure", "AIL", "ejlede")
_MEMBER: Final = re.compile(
    r"\bmedlemsn(?:r\b\.?|ummer(?:et)?\b)(?: er)?[ :]{1,2}[0-9]{2,12}\b", re.IGNORECASE
)
_OF_UNIONS: Final = re.compile(
    r"fagfor|f[oö]rbund|faglig|\bfack|a-?kass[ea]|klub|tillids|tillitsv|overenskomst|strejk|streik|union|"
    r"(?-i:\b[A-ZÆØÅ]{2,5}\b)|\b3f\b|\bmetal\b",
    re.IGNORECASE,
)
_OF_ANY_UNION: Final = re.compile(
    r"fagfor|f[oö]rbund|faglig|\bfack|a-?kass[ea]|tillids|tillitsv|overenskomst|strejk|streik|union|parti\b|partiet|kreds|"
    r"vælger|väljare|velger|kontingent|"
    r"(?-i:\b[A-ZÆØÅ]{2,5}\b)|\b3f\b|\bmetal\b",
    re.IGNORECASE,
)
_OF_SHOPS: Final = re.compile(
    r"\b(?:dobbelte |bonus)?point\b|\b(?:kunde|fordels)klub|\bklubpris|[0-9] ?(?:%|pct\.?|procent|prosent) (?:på|rabat)"
    r"|\b(?:bonus)?poäng\b|\b(?:bonus)?poeng\b|\bkundklubb|\bkundeklubb",
    re.IGNORECASE,
)
_IN_CLUB: Final = re.compile(
    r"\bkære medlem(?:mer)?\b|\bmedlems(?:pris|fordel|rabat|tilbud)\w{0,5}|"
    r"\b(?:som )?medlem(?:mer|mar)? (?:af|av|i|hos) (?:[\w’'-]{1,30} ){0,2}[\w’'-]{0,20}klubb?(?:en)?\b",
    re.IGNORECASE,
)
# In Danish, Norwegian, Swedish, German and English.
_OF_BODIES: Final = re.compile(
    r"\bfp ?\d|fing(?:er|r)|aftryk|avtryck|avtrykk|abdruck|thumb|tommel|\btumm|daumen|\biris|retina|nethinde|"
    r"minuti|biometr|templat|skabelon|\bface(?:[ -]?(?:id|scan|print)|\b)|facial|ansigt|ansikt|gesicht|\bpalm\b|"
    r"håndflade|handflat|\bvein|\bvene|stemmeprøve|\bvoice|enrol|gangart",
    re.IGNORECASE,
)


def without_codes(text: str) -> str:
    """*text*, a sentence or the row of a table, with a nought for each code in it, and without addresses."""
    if "@" in text or "[cid:" in text:
        text = _ADDRESS.sub("", text)
    if not _DIGIT.search(text):
        return text
    hidden = _PLATE.sub(_STANDS_IN, _RUN.sub(_hidden, _PLACES.sub(f"{_STANDS_IN} ", text)))
    return text if hidden == text or _OF_BODIES.search(text) else hidden


def without_members(paragraph: str) -> str:
    """*paragraph* with a nought for each number of a member, each other character in its place: unless it speaks of a
    union, anybody's number in a club ("Jeg er medlemsnr. 454."), which the model takes for one in a union."""
    if "edlemsn" not in paragraph or _OF_UNIONS.search(paragraph):
        return paragraph
    return _MEMBER.sub(lambda number: _STANDS_IN + NOTHING * (len(number[0]) - 1), paragraph)


def without_styles(text: str) -> str:
    """*text* without the declarations of style sheets, which damaged pages and letters saved as text leave in it; each
    other character stays in its place."""
    if text.count(";") < _FEWEST_DECLARATIONS or ":" not in text:
        return text
    return _STYLES.sub(lambda styles: _SIGN.sub(NOTHING, styles[0]), text)


def without_clubs(text: str) -> str:
    """*text*, the letter of a shop to those who collect points in its club, without that they are members: the model
    takes such a club for a union or a party. Each other character stays in its place."""
    if "medlem" not in text.lower() or not _OF_SHOPS.search(text) or _OF_ANY_UNION.search(text):
        return text
    return _IN_CLUB.sub(lambda member: NOTHING * len(member[0]), text)


def without_failures(text: str) -> str:
    """*text*, where it tells of builds and their jobs, without what failed: jobs do, and the model takes who started
    one for somebody at an exam. Each other character stays in its place."""
    if not any(map(text.__contains__, _FAILINGS)) or not _FAILED.search(text) or not _tells_of_builds(text):
        return text
    return _FAILED.sub(lambda failed: NOTHING * len(failed[0]), text)


def _tells_of_builds(text: str) -> bool:
    builds = bool(_BUILDS.search(text)) or bool(_RUNNERS.search(text) and _OF_RUNNERS.search(text))
    return builds and not _EXAM.search(text)


def _hidden(run: re.Match[str]) -> str:
    """The code as a whole, or what is one in it: the name of a host goes on behind the number of the machine."""
    text = run.group()
    atoms = _ATOM.findall(text)
    codes = [atom for atom in atoms if _is_code(atom)]
    mixed = [atom for atom in atoms if _SWITCH.search(atom) and not _OF_A_TIME.fullmatch(atom)]
    if len(text) >= _SHORTEST_OF_SEVERAL and (codes or len(mixed) > 1):
        figures = [atom for atom in atoms if atom.isdigit()]
        if 2 * sum(map(len, (*mixed, *figures))) >= sum(map(len, atoms)):
            return _STANDS_IN
    return _ATOM.sub(lambda atom: _STANDS_IN if _is_code(atom[0]) else atom[0], text) if codes else text


def _is_code(atom: str) -> bool:
    """Whether letters and digits take turns as they do in no word: the longer, the fewer turns it takes. Not where a
    word is much of it: ``Metformin1000mg``."""
    if len(atom) < _SHORTEST:
        return False
    turns = len(_SWITCH.findall(atom))
    if turns < (1 if len(atom) >= _SHORTEST_OF_SEVERAL else 3):
        return False
    return 5 * max(map(len, _WORD.findall(atom)), default=0) < 2 * len(atom)
