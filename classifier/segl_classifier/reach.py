"""How far the word goes of who says that the people in a text are invented, or whatever else a shipped rule lowers.

Said in one mail of a thread it says nothing of the others, nor on page 12 of what stands on page 3, nor in one file of
what is in the next. Added up over a whole message it took so much from all of it that somebody's real debts went in
clear below a case for teaching (docs/decisions/0083). So where something is told out of its reach, it is not believed
at all: what stands within it is then judged as if nobody had said so, which at worst is a false alarm.

It reaches through the mail that it stands in, some :data:`REACH` characters to both sides; on top of a message or in
its subject also what is attached. What a postmaster's own rules lower they lower in the whole message, as
docs/rules.md says.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from segl.vocabulary import Effect, Finding, Label
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet
from segl_classifier.understanding.interface import Understanding
from segl_classifier.understanding.windows import mails_of
from segl_classifier.weigh import Outcome, Thresholds, weigh

REACH = 2_000  # characters: a page
_TOLD = 0.3
"""The model's score, of anything, from which a window tells of something: half of what makes a message doubtful."""
_SAID = 0.4  # what a rule says that counts whatever the model says

Said = tuple[str, str]  # the rule of a finding, and where it was found


class _Piece(NamedTuple):
    """A part of text ``number`` that is about a page long, within the mail ``mail`` of it."""

    number: int
    mail: int
    start: int
    end: int


class Judged(NamedTuple):
    """What was read and found in the texts of a message itself, or of one attachment. Of one that is remembered there
    are no texts, and its findings are those that count in it."""

    texts: Sequence[Text]
    findings: Sequence[Finding]
    understanding: Understanding | None


def believed(judged: Judged, rules: RuleSet) -> tuple[Finding, ...]:
    """The findings of *judged* without those that lower what they may not, since something is told out of their reach
    in the same texts."""
    lowering = _lowering(judged.findings, rules)
    if not lowering:
        return tuple(judged.findings)
    pieces = list(_pieces(judged.texts))
    doubted = {
        (rule, where)
        for rule, where in lowering
        if _is_told(_out_of_reach(rule, where, pieces, judged.texts, rules), judged, rules)
    }
    return _without(judged.findings, doubted)


def believed_of_all(own: Judged, files: Sequence[Judged], rules: RuleSet) -> list[Finding]:
    """The findings of a message that count: of its *own* texts and of its *files*, each :func:`believed` by itself.
    What is said in a file reaches no further; what is said on top of the message reaches its files."""
    all_ = [own, *files]
    found: list[Finding] = []
    for one in all_:
        lowering = _lowering(one.findings, rules)
        if lowering and len(all_) > 1 and any(_tells(other, rules) for other in all_ if other is not one):
            doubted = {each for each in lowering if one is not own or not _is_on_top(*each, own.texts, rules)}
            found += _without(one.findings, doubted)
        else:
            found += one.findings
    return found


def _without(findings: Sequence[Finding], doubted: Set[Said]) -> tuple[Finding, ...]:
    return tuple(f for f in findings if f.effect is Effect.RAISE or (f.rule, f.where) not in doubted)


def _lowering(findings: Sequence[Finding], rules: RuleSet) -> Set[Said]:
    """The rule and the place of those of *findings* by which a shipped rule lowers."""
    lowering = (f for f in findings if f.effect is not Effect.RAISE)
    return {(f.rule, f.where) for f in lowering if (rule := rules.rule(f.rule)) and not rule.own}


def _pieces(texts: Sequence[Text]) -> Iterator[_Piece]:
    for number, text in enumerate(texts):
        begins = [mail.start for mail in mails_of(text)]
        for mail, (low, high) in enumerate(zip([0, *begins], [*begins, len(text.text)], strict=True)):
            while low < high:
                end = high if high - low <= REACH else _line_end(text.text, low, low + REACH)
                yield _Piece(number, mail, low, end)
                low = end


def _line_end(text: str, low: int, high: int) -> int:
    """Where the last line ends in ``text[low:high]``, or the last word."""
    end = max(text.rfind("\n", low, high), low) or text.rfind(" ", low, high)
    return end + 1 if end > low else high


def _out_of_reach(
    rule: str, where: str, pieces: Sequence[_Piece], texts: Sequence[Text], rules: RuleSet
) -> list[_Piece]:
    """Those of *pieces* of which what *rule* found in *where* says nothing."""
    reached: set[_Piece] = set()
    for place, piece in enumerate(pieces):
        text = texts[piece.number]
        if text.where != where or not _finds(rule, text, piece, rules):
            continue
        beside = pieces[max(0, place - 1) : place + 2]
        reached.update(one for one in beside if (one.number, one.mail) == (piece.number, piece.mail))
        if piece.start == piece.mail == 0 and text.source is not Source.ATTACHMENT:  # on top, or in a title
            reached.update(one for one in pieces if texts[one.number].source is Source.ATTACHMENT)
        if text.source is Source.SUBJECT:
            reached.update(one for one in pieces if one.start == one.mail == 0)
    return [piece for piece in pieces if piece not in reached]


def _finds(rule: str, text: Text, piece: _Piece, rules: RuleSet) -> bool:
    part = Text(text.text[piece.start : piece.end], text.where, text.source, text.remark)
    return any(found.rule == rule for found in rules.find([part], shown=False))


def _is_on_top(rule: str, where: str, texts: Sequence[Text], rules: RuleSet) -> bool:
    """Whether *rule* finds what it found in *where* on the first page of the message, or in its subject."""
    first = (piece for piece in _pieces(texts) if piece.start == piece.mail == 0)
    return any(
        texts[piece.number].where == where and _finds(rule, texts[piece.number], piece, rules)
        for piece in first
    )


def _is_told(pieces: Sequence[_Piece], judged: Judged, rules: RuleSet) -> bool:
    """Whether the model or the words of the rules tell of anything in *pieces*."""
    lows: dict[int, list[int]] = {}
    for piece in pieces:  # in their order
        lows.setdefault(piece.number, []).append(piece.start)
    ends = {(piece.number, piece.start): piece.end for piece in pieces}
    for reading in judged.understanding.readings if judged.understanding else ():
        number, start = reading.window.source_index, reading.window.start
        before = bisect_right(lows.get(number, ()), start)
        if reading.any >= _TOLD and before and start < ends[number, lows[number][before - 1]]:
            return True
    parts = (judged.texts[piece.number].text[piece.start : piece.end] for piece in pieces)
    heard = judged.understanding is not None
    found = (rules.find([Text(part, "part", Source.BODY)], shown=False) for part in parts)
    return any(_words_tell(one, rules, heard) for one in found)


def _tells(judged: Judged, rules: RuleSet) -> bool:
    """Whether anything is told in *judged*."""
    heard = judged.understanding
    return (heard is not None and heard.any >= _TOLD) or _words_tell(
        judged.findings, rules, heard is not None
    )


def _words_tell(findings: Sequence[Finding], rules: RuleSet, heard: bool) -> bool:
    """Whether the rules say so of what they found; where the model was *heard*, those that need none."""
    saying = [f for f in findings if f.effect is Effect.RAISE and f.label is not Label.CPR]
    if heard:
        return any(f.beyond_model and f.score >= _SAID for f in saying)
    return any(w.outcome is Outcome.HOLDS for w in weigh(saying, Thresholds(rules)).values())
