"""Where in a text ten digits stand that could be a personal number, however they are spelled.

Three steps, each linear. A *chain* is a run of digits with nothing but signs between them, looked for in the
:mod:`.shape` of the text, so that text without one is passed over fast. A chain with unusual signs in it is
folded to plain ones (:mod:`.fold`). In it every spelling is tried that begins at the beginning of a group of
digits and ends at the end of one, day and month checked in the expression itself, so that little is left to
judge. Where such an expression is worth trying at all is told by a looser one over the :mod:`.groups` of digits.

How a candidate is spelled is its :class:`~segl_classifier.cpr.spelling.form.Spelling`. What is plainly a piece of
something longer is dropped here; what is doubtful is kept, with the doubt noted for the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from segl.vocabulary import Adjustment
from segl_classifier.cpr.spelling.borders import JOINTS_AFTER, MAY_JOIN_BEFORE, of_longer_number
from segl_classifier.cpr.spelling.fold import Folded, fold
from segl_classifier.cpr.spelling.form import Spelling, spelling_of
from segl_classifier.cpr.spelling.groups import DATED, SHORT, USUAL, Groups
from segl_classifier.cpr.vocabulary.mentions import mentions_cpr
from segl_classifier.latin import in_latin


class Candidate(NamedTuple):
    """Ten digits with a day and a month in them. ``start`` and ``end`` are places in the original text."""

    start: int
    end: int
    spelling: Spelling
    digits: str
    doubts: tuple[Adjustment, ...] = ()
    year: int | None = None  # of birth, where it is written with four digits
    read: bool = False  # what the words around it say is among the doubts

    def __repr__(self) -> str:
        return f"Candidate({self.start}, {self.end}, {self.spelling.name})"  # without the digits


_new = tuple.__new__  # for what is made of each number of a long table: half of the time of a call
_FIRST = r"(?<![0-9][0-9])"  # after the first digit: no digit stands before it


def _ten(*gaps: tuple[str, str, str]) -> re.Pattern[str]:
    """Ten digits with a day (61-91 too: replacement numbers) and a month, for each of *gaps*: what may stand
    within day, month and year, between them, and between the last four."""
    spellings = "|".join(
        rf"(?:(?<=0){inside}[1-9]|(?<=[126-8]){inside}[0-9]|(?<=[39]){inside}[01])"
        rf"{between}(?:0{inside}[1-9]|1{inside}[0-2]){between}[0-9]{inside}[0-9]"
        rf"[\W_]{{0,24}}+[0-9]{last}[0-9]{last}[0-9]{last}[0-9](?![0-9])"
        for inside, between, last in gaps
    )
    return re.compile(rf"[0-36-9]{_FIRST}(?:{spellings})")


_SIGNS, _MAYBE = r"[\W_]{1,3}+", r"[\W_]{0,3}+"
_USUAL = _ten(("", r"[ ./_\r\n-]{0,4}+", "[ -]{0,3}+"), (_SIGNS, _SIGNS, _SIGNS))
_ANYHOW = _ten((_MAYBE, _MAYBE, _MAYBE))
_S = r"[./ _-]{1,2}"


def _other_dates(gap: str) -> re.Pattern[str]:
    """Dates in another form than DDMMYY, *gap*, and four digits."""
    return re.compile(
        rf"[0-9]{_FIRST}(?:(?:(?<=[0-3])[0-9])?{_S}[01]?[0-9]{_S}(?:18|19|20)?[0-9]{{2}}"  # 1.1.1990
        r"|(?<=[0-3])[0-9][01][0-9](?P<glued>18|19|20)[0-9]{2}"  # 01011990
        r"|(?<=[12])[0-9]{3}(?P<iso>[./-]?)[01][0-9](?P=iso)[0-3][0-9])"  # 1990-01-01, 19900101
        rf"(?P<gap>{gap})[0-9]{{2}} ?[0-9]{{2}}(?![0-9])"
    )


_DATED = _other_dates(r" {0,2}+- {0,2}+")
_DATED_LOOSELY = _other_dates(r" {0,2}+[-./_ |;\t]? {0,2}+")
_BORN = _other_dates(r" {1,2}+|/| ?\(")
_FOUR_OF_YEAR = re.compile(r"(?:18|19|20)[0-9]{2}(?![0-9])")
_SAYS_BORN = re.compile(r"\b(?:født|fødselsd|född|born|birth|geboren)", re.IGNORECASE)
_SHORT = re.compile(rf"[1-9]{_FIRST}(?:0[1-9]|1[0-2])[0-9]{{2}}[ -]?[0-9]{{4}}(?![0-9])")

_CHAIN = re.compile(rb"0(?:\xad*+(?: \xad*+){0,24}+0){7}[0 \xad]*+")  # of the shape
# A chain of eight digits holds a number only if the date is written with one digit each for day and month.
_OF_EIGHT = re.compile(rb"0[ \xad]+0[ \xad]+00[ \xad]*00 ?00")
# The same of the text, with percent codes and entities between the digits, for texts that have any.
_CODED_CHAIN = re.compile(r"\d(?:%[0-9A-Fa-f]{2}|&\#?\w{2,12};|[\d\W_]){7,}+")
_PERCENT, _ENTITY = re.compile(r"%[0-9A-Fa-f]{2}"), re.compile(r"&\#?\w{2,12};")
_PLAIN = re.compile(r"[0-9 .,:;/_|+()\t\r\n<*!?\"'#$~[\]{}^@-]*")
# Of Latin-1: where a text has none but these, every chain in it is plain.
_ALL_PLAIN = bytes(
    code for code in range(256) if _PLAIN.fullmatch(chr(code)) is not None or chr(code).isalpha()
)
# The end of a row, which may be flowed text, and the day with which the next begins.
_DAY_BELOW = re.compile(
    r"\d\d[ .\r\u200b]{0,3}[\n\u200b][ \r]{0,3}(?:0[1-9]|[12]\d|3[01])[-./](?:0[1-9]|1[0-2])[-./](?:19|20)\d\d"
)
_PIECES = re.compile(r"([0-9]+)([^0-9]*)")
_STEP, _LONGEST = 2_000, 100  # characters of a chain read at a time; of the longest spelling
_NEAR = 200  # characters between two chains that are searched as one stretch
_ALIKE = re.compile(r"(?:[0-9](?:[^\w\n]{1,3}+|\n)){20,}|(?:[0-9]{2}[^\w\n]{1,3}+){20,}")
_START, _END = itemgetter(0), itemgetter(1)
_WITH_PERIODS = (Spelling.FULL_YEAR, Spelling.FULL_YEAR_LOOSE)
_BARE = Spelling.BARE
_IN_A_ROW = (_BARE, Spelling.SHORT)
_PERIOD = Adjustment("the four digits may be a year", -0.2)


def candidates(text: str, shape: bytes) -> Iterator[Candidate]:
    """Every candidate in *text*, in order of its place; spellings may overlap. *shape* is that of *text*."""
    scan = _Scan(text)
    coded = ("%" in text and _PERCENT.search(text)) or ("&" in text and _ENTITY.search(text))
    chains = _CODED_CHAIN.finditer(text) if coded else _CHAIN.finditer(shape)
    whole = Folded(text, 0, None)
    latin = None if coded else in_latin(text)
    all_plain = latin is not None and not latin.translate(None, _ALL_PLAIN)
    first = last = -1  # of the stretch of plain chains, near each other, that is searched as one
    for match in chains:
        begin, end = match.span()
        if not coded and shape.count(b"0", begin, end) == 8 and not _OF_EIGHT.match(shape, begin):
            continue
        plain = all_plain or _PLAIN.fullmatch(text, begin, end) is not None
        if coded and plain and begin and text[begin - 1] == "%":
            # "%20070761-4285": the first digits may be those of a percent code.
            yield from scan.folded(begin, end)
        if plain and first >= 0 and begin - last <= _NEAR:
            last = end
            continue
        if first >= 0:
            yield from scan.spelled(whole, first, last)
        first, last = (begin, end) if plain else (-1, -1)
        if not plain:
            yield from scan.folded(begin, end)
    if first >= 0:
        yield from scan.spelled(whole, first, last)


class _Scan:
    """The scan of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._says: bool | None = None
        self._is_born: bool | None = None

    def folded(self, begin: int, end: int) -> Iterator[Candidate]:
        """The candidates of the chain ``text[begin:end]``, which has unusual signs, folded piece by piece."""
        text = self._text
        if begin and text[begin - 1] in "%#":  # the first digits are those of a percent code or an entity
            begin -= 2 if text[begin - 2 : begin] == "&#" else 1
        for start in range(begin, end, _STEP):
            stop = start + _STEP
            piece = fold(text, max(begin, start - _LONGEST), min(end, stop + 2 * _LONGEST))
            for candidate in self.spelled(piece, 0, len(piece.plain)):
                if start <= candidate.start < stop:
                    yield candidate

    def spelled(self, folded: Folded, begin: int, end: int) -> Iterator[Candidate]:
        """The candidates in ``plain[begin:end]``, piece by piece: who has enough may stop."""
        plain = folded.plain
        for start in range(begin, end, _STEP):
            stop = min(end, start + _STEP + _LONGEST)  # so far, what begins before the next piece may reach
            found: list[Candidate] = []
            groups = Groups(plain, start, stop)
            dated = groups.places(DATED)
            says = self._says
            if says is None:  # it takes time to tell: only if something odd is there
                says = _may_be_odd(plain, groups, dated, start, stop) and self._says_cpr()
            if says:
                self._ten(found, folded, _everywhere(_ANYHOW, plain, start, stop), stop)
                for match in _apart(_DATED_LOOSELY, dated, plain, stop):
                    _dated(found, folded, match)
                for match in _apart(_SHORT, groups.places(SHORT), plain, stop):
                    digits = "0" + "".join(c for c in match.group() if c.isdigit())
                    _add(found, folded, match, Spelling.SHORT, digits)
            else:
                self._ten(found, folded, _at(_USUAL, groups.places(USUAL), plain, stop), stop)
                for match in _apart(_DATED, dated, plain, stop):
                    _dated(found, folded, match)
                for match in self._born(dated, plain, stop):
                    _dated(found, folded, match)
            if len(found) > 1:
                found.sort(key=_END, reverse=True)
                found.sort(key=_START)  # by start; of those with the same, the longest first
            next_piece = folded.at(start + _STEP) if start + _STEP < end else folded.at(end - 1) + 1
            for candidate in found:
                if candidate.start < next_piece:
                    yield candidate

    def _ten(
        self, found: list[Candidate], folded: Folded, matches: Iterator[re.Match[str]], end: int
    ) -> None:
        """Adds what *matches*: ten digits that begin with day and month."""
        plain, begin = folded.plain, 0
        as_it_stands = folded.origins is None and not folded.begin
        for match in matches:
            spelled = match.group()
            if len(spelled) == 10:
                start, stop = match.span()
                # Most of a long table: told without a call.
                joined = plain[stop : stop + 1] in JOINTS_AFTER or plain[start - 1 : start] in MAY_JOIN_BEFORE
                if as_it_stands and not joined:
                    found.append(_new(Candidate, (start, stop, _BARE, spelled, (), None, False)))
                else:
                    _add(found, folded, match, _BARE, spelled)
                continue
            if len(spelled) == 11 and spelled[6] == "-" and spelled[:6].isdigit():  # the usual spelling
                _add(found, folded, match, Spelling.HYPHEN, spelled[:6] + spelled[7:])
                continue
            start, stop = match.span()
            if start < begin:
                continue
            pieces = _PIECES.findall(spelled)
            if (run := _ALIKE.match(plain, start, end)) is not None and len(run.group()) > _LONGEST:
                begin = run.end() - _LONGEST // 2  # a long row of digits or pairs holds no number
            spelling = spelling_of(pieces, plain, start, stop)
            if spelling is None or _DAY_BELOW.fullmatch(
                self._text, folded.at(start), folded.at(stop - 1) + 1
            ):
                continue
            if not spelling.needs_word or self._says_cpr():
                _add(found, folded, match, spelling, "".join(digits for digits, _ in pieces))

    def _born(self, dated: Iterable[int], plain: str, stop: int) -> Iterator[re.Match[str]]:
        """Dates with four figures of the year and four digits without a hyphen, if the text speaks of a birth."""
        for match in _at(_BORN, dated, plain, stop):
            if self._is_born is None:
                self._is_born = _SAYS_BORN.search(self._text) is not None
            if not self._is_born:
                return
            if match["iso"] is not None or _FOUR_OF_YEAR.search(plain, match.start(), match.start("gap")):
                yield match

    def _says_cpr(self) -> bool:
        """Whether a word for the personal number occurs at all. Without one, odd spellings need no look."""
        if self._says is None:
            self._says = mentions_cpr(self._text)
        return self._says


def _may_be_odd(plain: str, groups: Groups, dated: Iterable[int], start: int, stop: int) -> bool:
    """Whether anything is there that only a word for the personal number makes one. Dates may stand at *dated*."""
    if _ANYHOW.search(plain, start, stop) is not None:
        return True
    return (
        next(_at(_DATED_LOOSELY, dated, plain, stop), None) is not None
        or next(_at(_SHORT, groups.places(SHORT), plain, stop), None) is not None
    )


def _everywhere(spelling: re.Pattern[str], plain: str, start: int, stop: int) -> Iterator[re.Match[str]]:
    """All that matches between *start* and *stop*, overlapping or not."""
    while (match := spelling.search(plain, start, stop)) is not None:
        yield match
        start = match.start() + 1


def _at(spelling: re.Pattern[str], places: Iterable[int], plain: str, stop: int) -> Iterator[re.Match[str]]:
    """What matches at one of *places*, overlapping or not."""
    for place in places:
        if (match := spelling.match(plain, place, stop)) is not None:
            yield match


def _apart(
    spelling: re.Pattern[str], places: Iterable[int], plain: str, stop: int
) -> Iterator[re.Match[str]]:
    """What matches at one of *places*, none overlapping the one before."""
    done = 0
    for match in _at(spelling, places, plain, stop):
        if match.start() >= done:
            done = match.end()
            yield match


def _dated(found: list[Candidate], folded: Folded, match: re.Match[str]) -> None:
    """Adds a date in another form than DDMMYY, and four digits."""
    pieces = [digits for digits, _ in _PIECES.findall(match.group())]
    if match["iso"] is not None:
        numbers = "".join(pieces)
        day, month, year, serial = numbers[6:8], numbers[4:6], numbers[:4], numbers[8:]
    elif match["glued"] is not None:
        numbers = "".join(pieces)
        day, month, year, serial = numbers[:2], numbers[2:4], numbers[4:8], numbers[8:]
    else:
        rest = "".join(pieces[2:])
        day, month, year, serial = pieces[0], pieces[1], rest[:-4], rest[-4:]
    digits = day.zfill(2) + month.zfill(2) + year[-2:] + serial
    if len(year) == 2:
        if len(day) + len(month) < 4:  # otherwise it is found as ten digits
            _add(found, folded, match, Spelling.ONE_DIGIT, digits)
        return
    hyphen = match["gap"].strip() == "-" and match["iso"] is None
    _add(found, folded, match, Spelling.FULL_YEAR if hyphen else Spelling.FULL_YEAR_LOOSE, digits, int(year))


def _add(
    found: list[Candidate],
    folded: Folded,
    match: re.Match[str],
    spelling: Spelling,
    digits: str,
    year: int | None = None,
) -> None:
    """Adds a candidate, unless it is plainly a piece of a longer number."""
    start, end = match.span()
    plain = folded.plain
    doubts: tuple[Adjustment, ...] = ()
    # Most touch nothing of that kind, which is told without a call.
    if (start and plain[start - 1] in MAY_JOIN_BEFORE) or plain[end : end + 1] in JOINTS_AFTER:
        touching = of_longer_number(plain, start, end, spelling.divided, spelling in _IN_A_ROW)
        if touching is None:
            return
        doubts = touching
    if spelling in _WITH_PERIODS and digits[6:8] in ("19", "20") and match["glued"] is match["iso"] is None:
        doubts = (*doubts, _PERIOD)
    if folded.origins is not None:
        start, end = folded.at(start), folded.at(end - 1) + 1
    else:
        start, end = start + folded.begin, end + folded.begin
    found.append(_new(Candidate, (start, end, spelling, digits, doubts, year, False)))
