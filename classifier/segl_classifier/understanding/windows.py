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
from dataclasses import replace
from typing import NamedTuple

from segl_classifier.layout.paragraphs import lines_ended, paragraphs
from segl_classifier.layout.tables import table_rows, told
from segl_classifier.markup.spoken import has_three_words
from segl_classifier.message import Source, Text
from segl_classifier.records.calendar_prose import is_coded, prose
from segl_classifier.understanding.codes import without_codes
from segl_classifier.understanding.interface import Window
from segl_classifier.understanding.mail_heads import without_mail_heads
from segl_classifier.understanding.standing import may_stand, without_standing
from segl_classifier.understanding.table_row import parts_of
from segl_classifier.understanding.written import clauses, in_small, joined, sentences, words

WORDS = 45
FEW = 18  # words: a paragraph of no more goes on in the next, as a greeting or a line that says of whom
OVERLAP = 18  # words: a longer last sentence is not repeated
PARTED = 500  # windows of a text, after which paragraphs go on in one another: a book has no end of them
MOST = 10_000  # windows of a message that are read

_QUOTE_MARK = re.compile(r"^[ \t]*(?:>[ \t]*)+", re.MULTILINE)
# Between the words of a file's name; some begin each with a capital instead.
_JOINS_NAME = re.compile(r"[_.+/\\-]+|(?<=[a-zæøåäöü])(?=[A-ZÆØÅÄÖÜ])")
_NUMBER = re.compile(r"\d(?:[\d .-]?\d){5,}")
_DIGIT = re.compile(r"\d")
_HALF = re.compile("[\ud800-\udfff]")

Piece = tuple[str, int, int, int]  # text, start, end, words
Paragraph = Iterable[Piece]


class SplitWindow(NamedTuple):
    """A window, and the sentences and table rows it was put together from, each as a window of its own; among them the
    subject, where it leads."""

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
        for held in _gathered(_paragraphs(text), lead):
            led = led or bool(lead)
            part, start, end = _joined(held)
            if part not in seen:  # plain and HTML say the same
                seen.add(part)
                window = Window(part, text.where, text.source, number, start, end)
                sentences = _sentences_of(window, held) if len(held) > 1 else ()
                if lead and first and sentences:
                    sentences = (_leading(texts, *first), *sentences)
                yield SplitWindow(window, sentences)
                lead = ""
    if led and len(words(subject)) <= WORDS // 2:  # a long one does not fit before a sentence
        subjects = subjects[1:]
    for number, of_message in subjects:  # those of messages inside, too
        if texts[number].remark and not _says_more(texts[number], subject):
            continue
        for held in _gathered([_pieces_of([(of_message, 0, len(of_message))])], ""):
            part, start, end = _joined(held)
            if len(words(of_message)) <= WORDS // 2:
                part += " |"  # as it would stand before a body: so the model knows it for a subject
            if part not in seen:
                seen.add(part)
                yield SplitWindow(Window(part, texts[number].where, Source.SUBJECT, number, start, end))


def _subjects(texts: Sequence[Text]) -> list[tuple[int, str]]:
    """The subjects among *texts*, by number; the titles of conversations come behind."""
    subjects = [(n, joined(whole(t.text).strip())) for n, t in enumerate(texts) if t.source is Source.SUBJECT]
    return sorted(subjects, key=lambda one: texts[one[0]].remark)


def _leading(texts: Sequence[Text], number: int, subject: str) -> Window:
    """The *subject* by itself, as it stands before the first sentence."""
    text = texts[number]
    return Window(_lead(subject)[0][0], text.where, Source.SUBJECT, number, 0, len(text.text))


def _says_more(remark: Text, subject: str) -> bool:
    """Whether *remark* has words enough, and others than the subject, which most conversations are titled with."""
    return (
        has_three_words(remark.text)
        and " ".join(remark.text.split()).lower() not in " ".join(subject.split()).lower()
    )


def _paragraphs(text: Text) -> Iterator[Paragraph]:
    """The sentences and table rows of each paragraph of *text*, without the phrases of standing text."""
    content = without_mail_heads(lines_ended(whole(text.text)))
    if text.source is Source.FILENAME:
        name = _JOINS_NAME.sub(" ", content)
        yield _pieces_of([(name, 0, len(content))])
        return
    if is_coded(content):
        yield _pieces_of(piece for line, start, _ in prose(content) for piece in _sentences(line, start))
        return
    for start, end in paragraphs(content):
        paragraph = content[start:end]
        lines = _lines_of(paragraph, start)
        yield _pieces_of(without_standing(lines) if may_stand(paragraph) else lines)


def _lines_of(paragraph: str, offset: int) -> Iterator[tuple[str, int, int]]:
    """The sentences of *paragraph*, and the rows of tables in it, each with its headings."""
    rows = table_rows(paragraph)
    if rows is None:
        yield from _sentences(paragraph, offset)
        return
    for row in rows:
        start, end = offset + row.start, offset + row.end
        if row.cells:
            yield from ((part, start, end) for part in parts_of(told(row)))
        else:
            yield from _sentences(paragraph[row.start : row.end], start)


def _sentences(paragraph: str, offset: int) -> Iterator[tuple[str, int, int]]:
    paragraph = joined(paragraph)
    for start, end in sentences(paragraph):
        yield paragraph[start:end], offset + start, offset + end


def _pieces_of(spans: Iterable[tuple[str, int, int]]) -> Iterator[Piece]:
    """Each span as one piece, or as several where it is a long one."""
    for sentence, start, end in spans:
        lies_so = len(sentence) == end - start
        for low, high in clauses(sentence):
            clause = sentence[low:high]
            found = words(in_small(_QUOTE_MARK.sub("", clause) if ">" in clause else clause))
            place = (start + low, start + high) if lies_so else (start, end)
            for first in range(0, len(found), WORDS):
                some = found[first : first + WORDS]
                yield masked(" ".join(some)), *place, len(some)


def _gathered(found: Iterable[Paragraph], lead: str) -> Iterator[Sequence[Piece]]:
    """What is in each of the windows of *found*, the first with *lead*. A few words that are left at the end join the
    last window, where it has room."""
    ended: list[Piece] = []  # the window before, at the end of a paragraph
    held = _lead(lead)
    fresh = count = 0  # words in held that are of no window yet; windows
    for paragraph in found:
        for piece in paragraph:
            if fresh and _count(held) + piece[3] > WORDS:
                yield from filter(None, (ended, held))
                ended, held, fresh = [], _repeated(held[-1], piece), 0
                count += 1
            held.append(piece)
            fresh += piece[3]
        if fresh > FEW and count < PARTED:
            yield from filter(None, (ended,))
            ended, held, fresh = held, [], 0
            count += 1
    if fresh and ended and _count(ended) + _count(held) <= WORDS:
        ended, held = [*ended, *held], []
    yield from filter(None, (ended, held if fresh else []))


def _lead(lead: str) -> list[Piece]:
    first = words(in_small(lead))[: WORDS // 2]
    return [(masked(" ".join(first)) + " |", 0, 0, len(first))] if first else []


def _repeated(last: Piece, next_: Piece) -> list[Piece]:
    return [last] if last[3] <= OVERLAP and last[3] + next_[3] <= WORDS else []


def _count(held: Sequence[Piece]) -> int:
    return sum(piece[3] for piece in held)


def _sentences_of(window: Window, held: Sequence[Piece]) -> tuple[Window, ...]:
    return tuple(replace(window, text=text, start=start, end=end) for text, start, end, _ in held if end)


def _joined(held: Sequence[Piece]) -> tuple[str, int, int]:
    spans = [p for p in held if p[2]] or list(held)
    return " ".join(p[0] for p in held), spans[0][1], spans[-1][2]


def whole(text: str) -> str:
    """*text* with halves of characters (UTF-16 cut in the middle) as the character for what cannot be read:
    no tokenizer takes them."""
    return _HALF.sub("\ufffd", text)


def masked(text: str) -> str:
    """*text* with long numbers as zeros, and codes as one."""
    return _NUMBER.sub(lambda number: _DIGIT.sub("0", number[0]), without_codes(text))
