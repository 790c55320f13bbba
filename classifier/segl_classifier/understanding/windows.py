"""Texts to windows: passages of at most 45 words, small enough to be about one thing.

Sentences are gathered until a window is full; the last one is repeated at the head of the next, so that "he"
and what is said of him are seen together. A paragraph of more than :data:`FEW` words ends its window: a sentence on a
colleague below general words on his illness is not read as one with them. A short one goes on in the next, since it
may say of whom ("Name: …"). The subject stands with the first sentence of the body. A table becomes lines of
``header: cell`` so that each row carries the meaning of its columns. Long runs of digits are read as zeros: the model
has no use for a number, and must not learn one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from segl_classifier.layout.paragraphs import lines_ended, paragraphs
from segl_classifier.layout.tables import table_rows
from segl_classifier.markup.spoken import has_three_words
from segl_classifier.message import Source, Text
from segl_classifier.records.calendar_prose import is_coded, prose
from segl_classifier.understanding.addressed import NO_GREETINGS, Greetings
from segl_classifier.understanding.codes import (
    without_clubs,
    without_codes,
    without_failures,
    without_members,
    without_styles,
)
from segl_classifier.understanding.filler import without_filler
from segl_classifier.understanding.interface import Window
from segl_classifier.understanding.mail_heads import MailHeads, MailWithin
from segl_classifier.understanding.plain_cells import without_plain
from segl_classifier.understanding.sections import Section, ended_by_long_lines, sections
from segl_classifier.understanding.standing import Line, may_stand, without_standing
from segl_classifier.understanding.table_row import parts_of
from segl_classifier.understanding.templates import without_templates
from segl_classifier.understanding.written import clauses, in_small, joined, sentences, words

WORDS = 45
FEW = 18  # words: a paragraph of no more goes on in the next, as a greeting or a line that says of whom
OVERLAP = 18  # words: a longer last sentence is not repeated
PARTED = 500  # windows of a text, after which paragraphs go on in one another: a book has no end of them
MOST = 10_000  # windows of a message that are read

_GREETED = (Source.BODY, Source.ATTACHMENT)
_QUOTE_MARK = re.compile(r"^[ \t]*(?:>[ \t]*)+", re.MULTILINE)
# Between the words of a file's name; some begin each with a capital instead.
_JOINS_NAME = re.compile(r"[_.+/\\-]+|(?<=[a-zæøåäöü])(?=[A-ZÆØÅÄÖÜ])")
_NUMBER = re.compile(r"\d(?:[\d .-]?\d){5,}")
_DIGIT = re.compile(r"\d")
_HALF = re.compile("[\ud800-\udfff]")


class Piece(NamedTuple):
    """A sentence or a part of a row, with its place and how many words it has. ``about`` is of whom or what the row is,
    in front of which the text stands, but for where it goes ``on`` with the piece before."""

    text: str
    start: int
    end: int
    words: int
    about: str = ""
    on: bool = False

    def read(self, before: Piece | None = None) -> str:
        """The text as it is read behind the piece *before*."""
        return self.text if before and self.on else f"{self.about}{self.text}"

    def count(self, before: Piece | None = None) -> int:
        """How many words are read of it behind the piece *before*."""
        return self.words if before and self.on else self.words + self.about.count(" ")


Paragraph = Iterable[Piece]


class SplitWindow(NamedTuple):
    """A window, and the sentences and table rows it was put together from, each as a window of its own."""

    window: Window
    sentences: tuple[Window, ...] = ()


def windows_of(texts: Sequence[Text]) -> Iterator[Window]:
    """The windows of a message in reading order. There is no end to them in a large message: take at most
    :data:`MOST`."""
    return (window for window, _ in split_windows(texts))


def split_windows(texts: Sequence[Text]) -> Iterator[SplitWindow]:
    """The windows of a message in reading order, with their sentences."""
    subjects = _subjects(texts)
    first = next(((n, subject) for n, subject in subjects[:1] if not texts[n].remark), None)
    subject = first[1] if first else ""
    led = False
    seen: set[str] = set()
    for number, text in enumerate(texts):
        if not text.for_model or text.source is Source.SUBJECT:
            continue
        if text.remark and not _says_more(text, subject):
            continue
        lead = subject if text.source is Source.BODY and not led else ""
        heads = heads_of(text)
        content = shown(text, heads)
        greetings = Greetings(content, lead) if text.source in _GREETED else NO_GREETINGS
        for section in sections_of(text, content, heads):
            section = section.untitled() if lead else section  # the subject stands there
            is_read = False
            # What is answered has the subject of the answer, where its head names none.
            again = subject if section.start and text.source is Source.BODY else ""
            for held in _gathered(_paragraphs(text, section, greetings), section.about or lead or again):
                is_read = True
                led = led or bool(lead)
                part, start, end = _joined(held)
                part = greetings.before(part, start)
                if part not in seen:  # plain and HTML say the same
                    seen.add(part)
                    window = Window(part, text.where, text.source, number, start, end)
                    sentences = _sentences_of(window, held, greetings) if len(held) > 1 else ()
                    yield SplitWindow(window, sentences)
                    lead = ""
            # Nothing else was written, or nothing that is read.
            for title in [] if is_read else lead_of(section.about):
                if title.text not in seen:
                    seen.add(title.text)
                    place = section.start, section.start + len(section.whole)
                    yield SplitWindow(Window(title.text, text.where, text.source, number, *place))
    if led and len(words(subject)) <= WORDS // 2:  # a long one does not fit before a sentence
        subjects = subjects[1:]
    for number, of_message in subjects:  # those of messages inside, too
        if texts[number].remark and not _says_more(texts[number], subject):
            continue
        is_short = len(words(of_message)) <= WORDS // 2
        for held in _gathered([_pieces_of([Line(of_message, 0, len(of_message))])], ""):
            part, start, end = _joined(held)
            if is_short:
                part += " |"  # as it would stand before a body: so the model knows it for a subject
            if part not in seen:
                seen.add(part)
                yield SplitWindow(Window(part, texts[number].where, Source.SUBJECT, number, start, end))


def _subjects(texts: Sequence[Text]) -> list[tuple[int, str]]:
    """The subjects among *texts*, by number; the titles of conversations come behind."""
    subjects = [
        (n, without_failures(joined(whole(t.text).strip())))
        for n, t in enumerate(texts)
        if t.source is Source.SUBJECT
    ]
    return sorted(subjects, key=lambda one: texts[one[0]].remark)


def _says_more(remark: Text, subject: str) -> bool:
    """Whether *remark* has words enough, and others than the subject, which most conversations are titled with."""
    return (
        has_three_words(remark.text)
        and " ".join(remark.text.split()).lower() not in " ".join(subject.split()).lower()
    )


def mails_of(text: Text) -> list[MailWithin]:
    """The mails within *text* that stand below heads of their own."""
    return heads_of(text).mails() if text.source in _GREETED else []


def heads_of(text: Text) -> MailHeads:
    """The heads of the mails within *text*."""
    return MailHeads.of(lines_ended(whole(text.text)))


def sections_of(text: Text, content: str, heads: MailHeads) -> Iterable[Section]:
    """The sections of *text*, of which the model is shown *content*, without the *heads* of mails in it."""
    if text.source not in _GREETED or is_coded(content):
        return [Section(0, "", content, content)]
    return sections(content, heads.mails())


def _paragraphs(text: Text, section: Section, greetings: Greetings) -> Iterator[Paragraph]:
    """The sentences and table rows of each paragraph of *section* of *text*, without the phrases of standing text and
    what tells of nobody in a letter to many."""
    begins, content = section.start, section.text
    if text.source is Source.FILENAME:
        yield _pieces_of([Line(name_in_words(content), 0, len(content))])
        return
    if is_coded(content):
        yield _pieces_of(piece for line, start, _ in prose(content) for piece in _sentences(line, start))
        return
    parts = (part for low, high in paragraphs(content) for part in ended_by_long_lines(content, low, high))
    for start, end in parts:
        paragraph = content[start:end]
        lines = _lines_of(paragraph, begins + start)
        if greetings:
            lines = (line for line in lines if greetings.tells(line.text, line.start))
        yield _pieces_of(without_standing(lines) if may_stand(paragraph) else lines)


def _lines_of(paragraph: str, offset: int) -> Iterator[Line]:
    """The sentences of *paragraph*, and the rows of tables in it, each with its headings. What stands around a table
    goes on from line to line as it does where there is none."""
    rows = table_rows(paragraph)
    if rows is None:
        yield from _sentences(paragraph, offset)
        return
    for of_table, some in groupby(without_plain(rows), key=lambda row: bool(row.cells)):
        if of_table:
            for row in some:
                start, end = offset + row.start, offset + row.end
                yield from (Line(part.text, start, end, part.about, part.on) for part in parts_of(row))
        else:
            first, *others = some
            end = others[-1].end if others else first.end
            yield from _sentences(paragraph[first.start : end], offset + first.start)


def _sentences(paragraph: str, offset: int) -> Iterator[Line]:
    paragraph = without_members(joined(paragraph))
    for start, end in sentences(paragraph):
        yield Line(paragraph[start:end], offset + start, offset + end)


def _pieces_of(lines: Iterable[Line]) -> Iterator[Piece]:
    """Each line as one piece, or as several where it is a long one."""
    for sentence, start, end, about, on in lines:
        of = f"{masked(' '.join(words(about)))} " if about else ""
        most = WORDS - of.count(" ")
        lies_so = len(sentence) == end - start
        for low, high in clauses(sentence):
            clause = sentence[low:high]
            found = words(in_small(_QUOTE_MARK.sub("", clause) if ">" in clause else clause))
            place = (start + low, start + high) if lies_so else (start, end)
            for first in range(0, len(found), most):
                some = found[first : first + most]
                yield Piece(masked(" ".join(some)), *place, len(some), of, on)
                on = True


def _gathered(found: Iterable[Paragraph], lead: str) -> Iterator[Sequence[Piece]]:
    """What is in each of the windows of *found*, the first with *lead*. A few words that are left at the end join the
    last window, where it has room."""
    ended: list[Piece] = []  # the window before, at the end of a paragraph
    held = lead_of(lead)
    fresh = count = 0  # words in held that are of no window yet; windows
    for paragraph in found:
        for piece in paragraph:
            if fresh and _count(held) + piece.count(held[-1]) > WORDS:
                yield from filter(None, (ended, held))
                ended, held, fresh = [], _repeated(held[-1], piece), 0
                count += 1
            held.append(piece)
            fresh += piece.words
        if fresh > FEW and count < PARTED:
            yield from filter(None, (ended,))
            ended, held, fresh = held, [], 0
            count += 1
    if fresh and ended and _count(ended) + _count(held) <= WORDS:
        ended, held = [*ended, *held], []
    yield from filter(None, (ended, held if fresh else []))


def lead_of(lead: str) -> list[Piece]:
    """The subject or title *lead*, as it is read before the first sentence; nothing where it has no words."""
    first = words(in_small(lead))[: WORDS // 2]
    return [Piece(masked(" ".join(first)) + " |", 0, 0, len(first))] if first else []


def _repeated(last: Piece, next_: Piece) -> list[Piece]:
    return [last] if last.words <= OVERLAP and last.count() + next_.count(last) <= WORDS else []


def _behind(held: Sequence[Piece]) -> Iterator[tuple[Piece, Piece | None]]:
    """Each of *held*, and the one before."""
    return zip(held, (None, *held), strict=False)


def _count(held: Sequence[Piece]) -> int:
    return sum(piece.count(before) for piece, before in _behind(held))


def _sentences_of(window: Window, held: Sequence[Piece], greetings: Greetings) -> tuple[Window, ...]:
    place = window.where, window.source, window.source_index
    return tuple(
        Window(greetings.before(one.read(), one.start), *place, one.start, one.end) for one in held if one.end
    )


def _joined(held: Sequence[Piece]) -> tuple[str, int, int]:
    placed = [piece for piece in held if piece.end] or list(held)
    text = " ".join(piece.read(before) for piece, before in _behind(held))
    return text, placed[0].start, placed[-1].end


def shown(text: Text, heads: MailHeads | None = None) -> str:
    """What of *text* the model is shown: each character of that in its place. *heads* are those of mails in it, where
    they are known."""
    content = (heads or heads_of(text)).text()
    return without_templates(without_clubs(without_failures(without_styles(without_filler(content)))))


def name_in_words(name: str) -> str:
    """The *name* of a file with blanks between its words."""
    return _JOINS_NAME.sub(" ", name)


def whole(text: str) -> str:
    """*text* with halves of characters (UTF-16 cut in the middle) as the character for what cannot be read:
    no tokenizer takes them."""
    return _HALF.sub("\ufffd", text)


def masked(text: str) -> str:
    """*text* with long numbers as zeros, and codes as one."""
    return _NUMBER.sub(lambda number: _DIGIT.sub("0", number[0]), without_codes(text))
