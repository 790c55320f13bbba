"""The rule engine: looks for all words of all rules at once, then asks only the rules that were hit.

A text is read in one pass by an Aho–Corasick automaton over every word of every rule, and by one RE2 set over
every pattern, those of lists included. For each hit, and only there, the passage around it is looked at for
what the rule wants by its side (:mod:`.passage`). An ordinary mail hits few rules or
none, so nearly all the time is the one pass.

A compiled engine is never changed: threads and forked workers share it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from segl.vocabulary import FAINT, Adjustment, Finding
from segl_classifier.excerpts import Excerpts
from segl_classifier.markup.spoken import has_three_words
from segl_classifier.message import Source, Text
from segl_classifier.rules.distinct import Hit, in_crowds
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Condition, Parts, Reads, Rule, Scope
from segl_classifier.rules.passage import Mark, Marked, Marker, Passage
from segl_classifier.rules.pattern import PatternSet
from segl_classifier.rules.words import NormalText

_PLACES = 5  # findings kept of one rule: the best places
_MORE = 20  # further places looked at in one text for a better one, once a rule has found something

_BESIDE = 4  # words, or three and a blank
_EDGES = " '\"<>()[]{}.,:;!?/*-\n"

# The parts that are read together: one names the matter, another the person.
_TOGETHER = (Source.SUBJECT, Source.BODY)


class _Near(NamedTuple):
    """A mark of this list: a word, where it stands; of a pattern that it is somewhere, so that passages look for it."""

    part: str


# What a word or pattern stands for: a rule, by its number, a list wanted in the whole message, by its
# name, or a list wanted in a passage; a word also for any rule on columns (``None``).
_Key = int | str | _Near


@dataclass(slots=True)
class Scan:
    """What one pass found in one text. ``heading`` is where words of rules on columns stand; ``entries``: whether words
    of rules on statements do."""

    source: Source
    where: str
    text: Marked
    hits: list[Hit]
    heading: list[tuple[int, int]]
    marks: dict[str, str]  # lists wanted in the whole message: the word found
    beyond_model: bool = False
    remark: bool = False
    head: Passage | None = None  # its first words, once they are asked for
    entries: bool = False


@dataclass(frozen=True, slots=True)
class _Best:
    score: float
    start: int
    end: int
    adjustments: tuple[Adjustment, ...]


class Engine:
    """Rules made ready to search."""

    def __init__(self, parts: Parts) -> None:
        self._rules = parts.rules
        conditions = [c for rule in parts.rules for c in (*rule.near, *rule.boost, *rule.unless)]
        wide = {name for c in conditions if c.within is Scope.MESSAGE for name in c.lists}
        close = [condition for condition in conditions if condition.within is not Scope.MESSAGE]
        self._crowds = {
            n: rule
            for n, rule in enumerate(parts.rules)
            if rule.reads is not Reads.ENTRIES and (rule.distinct > 1 or rule.notes)
        }
        self._ignore = frozenset(parts.policy.ignore)
        self._entries = {n for n, rule in enumerate(parts.rules) if rule.reads is Reads.ENTRIES}
        self._reading = {  # by source, the other rules that are looked for in it
            source: {n for n, rule in enumerate(parts.rules) if source in rule.where} - self._entries
            for source in Source
        }
        self._marker = Marker(close, parts.lists)
        words = [
            (word, number)
            for number, rule in enumerate(parts.rules)
            if rule.reads is not Reads.HEADINGS
            for word in rule.words
        ]
        named = [
            (parts.lists[part], name)
            for name in sorted(wide | self._ignore)
            for part in parts.lists[name].parts
        ]
        marks = [(word, name) for each, name in named for word in each.words]
        heading = [(word, None) for word, _ in parts.words_of_columns()]
        beside = [(word, _Near(part)) for word, part in self._marker.others]
        self._lexicon: Lexicon[_Key | None] = Lexicon([*words, *marks, *heading, *beside])
        patterns = [
            (p, number)
            for number, rule in enumerate(parts.rules)
            if rule.reads is not Reads.HEADINGS
            for p in rule.patterns
        ]
        listed = [(p, name) for each, name in named for p in each.patterns]
        near = [(p, _Near(part)) for p, part in self._marker.patterns]
        self._set: PatternSet[_Key] = PatternSet([*patterns, *listed, *near])

    def find(self, scans: Sequence[Scan], *, shown: bool = True) -> list[Finding]:
        """The findings in the texts of *scans*, the parts of one message: of each rule its best places, *shown* in
        excerpts or not."""
        subject = next((s for s in scans if s.source is Source.SUBJECT and not s.remark), None)
        beside = _Beside(scans)
        shared = {k: v for s in scans if s.source in _TOGETHER for k, v in s.marks.items()}
        found: dict[int, list[tuple[_Best, Scan]]] = {}
        for scan in scans:
            if not scan.hits:
                continue
            marks = shared
            if scan.source is Source.ATTACHMENT:
                marks = {**(subject.marks if subject else {}), **scan.marks}
            for number, best in self._judge(scan, beside.of(scan), marks).items():
                found.setdefault(number, []).append((best, scan))
        read = [scan.text.text.flat for scan in scans if not scan.beyond_model]
        excerpts = Excerpts()
        return [
            _finding(
                self._rules[number],
                best,
                scan.where,
                excerpts.excerpt(scan.text.text.shown, best.start, best.end) if shown else "",
                beyond_model=scan.beyond_model and _stands_alone(best, scan, read),
            )
            for number in sorted(found)
            for best, scan in sorted(found[number], key=lambda f: -f[0].score)[:_PLACES]
        ]

    def meet(self, text: str) -> None:
        """As :meth:`.load.RuleSet.meet`."""
        self._set.matching(NormalText.of(text).shown.encode())

    def scan(self, text: Text) -> Scan:
        """One pass over *text*."""
        normal = NormalText.of(text.text)
        hits: list[Hit] = []
        heading: list[tuple[int, int]] = []
        marks: dict[str, str] = {}
        ignored: list[tuple[int, int]] = []
        near: list[str] = []
        others: list[tuple[Mark, str]] = []
        entries = False
        reading = self._reading[text.source]

        def take(key: int | str | None, start: int, end: int, shown: str) -> None:
            nonlocal entries
            if key is None:
                heading.append((start, end))
            elif isinstance(key, int):
                if key in reading:
                    hits.append((start, end, key))
                elif key in self._entries:
                    entries = True
            else:
                marks.setdefault(key, shown)
                if key in self._ignore:
                    ignored.append((start, end))

        for start, end, word, keys in self._lexicon.hits(normal):
            for key in keys:
                if isinstance(key, _Near):
                    others.append(((start, end, word.text), key.part))
                else:
                    take(key, start, end, word.text)
        encoded = normal.shown.encode()
        for found in self._set.matching(encoded):
            if isinstance(found, _Near):
                near.append(found.part)
                continue
            for start, end in self._set.spans(found, encoded):
                take(found, start, end, f"pattern of {found}")
        marked = Marked(self._marker, normal, frozenset(near), others)
        hits.sort()
        if ignored and hits:
            hits = _without(marked, hits, ignored)
        hits = in_crowds(hits, self._crowds, normal.shown)
        return Scan(
            source=text.source,
            where=text.where,
            text=marked,
            hits=hits,
            heading=heading,
            marks=marks,
            beyond_model=not text.for_model,
            remark=text.remark,
            entries=entries,
        )

    def _judge(self, scan: Scan, others: Sequence[Scan], marks: dict[str, str]) -> dict[int, _Best]:
        """The best place of each rule that was hit in *scan*."""
        best: dict[int, _Best] = {}
        more: dict[int, int] = {}
        passage: Passage | None = None
        asides = _Asides(scan, others)
        for start, end, number in scan.hits:
            rule = self._rules[number]
            if number in best:
                more[number] = more.get(number, 0) + 1
                if more[number] > _MORE or best[number].score >= rule.highest:
                    continue
            if passage is None or end > passage.share_until:
                passage = Passage.around(scan.text, start, end)
            judged = _judge(rule, start, end, passage, asides, marks)
            if judged and judged.score >= FAINT and (number not in best or judged.score > best[number].score):
                best[number] = judged
        return best


def _finding(rule: Rule, best: _Best, where: str, shown: str, *, beyond_model: bool) -> Finding:
    return Finding(
        rule.id,
        rule.label,
        where,
        shown,
        best.score,
        best.adjustments,
        effect=rule.effect,
        beyond_model=beyond_model or rule.alone,
    )


def _without(text: Marked, hits: list[Hit], ignored: list[tuple[int, int]]) -> list[Hit]:
    """*hits* without those in a sentence that is to be passed over (a standing disclaimer)."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(ignored):
        if not spans or end > spans[-1][1]:
            spans.append(Passage.around(text, start, end).sentence(start, end))
    starts = [low for low, _ in spans]
    kept = []
    for hit in hits:
        before = bisect_right(starts, hit[0]) - 1  # the last span that begins no later than the hit
        if before < 0 or hit[1] > spans[before][1]:
            kept.append(hit)
    return kept


def _stands_alone(best: _Best, scan: Scan, read: Sequence[str]) -> bool:
    """Whether a place in a text that the model is not given counts as it does without a model: its sentence has words
    (a link has none), and the place, with some words to both sides, is not in *read*, which the model is given. Pages
    repeat their first sentences in what programs read; there the model has judged them."""
    flat = scan.text.text.flat
    low, high = Passage.around(scan.text, best.start, best.end).sentence(best.start, best.end)
    if not has_three_words(flat[low:high]):
        return False
    before = flat[low : best.start].split(" ")[-_BESIDE:]
    behind = flat[best.end : high].split(" ")[:_BESIDE]
    said = (" ".join(before) + flat[best.start : best.end] + " ".join(behind)).strip(_EDGES)
    return not any(said in text for text in read)


class _Beside:
    """The other parts of each text's message: of its text the subject, of its subject and names the texts. A message
    within another has parts of its own."""

    __slots__ = ("_bodies", "_subjects")
    _MOST = 4

    def __init__(self, scans: Sequence[Scan]) -> None:
        self._subjects = {
            scan.where.removesuffix(Source.SUBJECT): scan
            for scan in reversed(scans)
            if scan.source is Source.SUBJECT and not scan.remark
        }
        self._bodies: dict[str, list[Scan]] = {}
        for scan in scans:
            if scan.source is Source.BODY:
                self._bodies.setdefault(self._message(scan), []).append(scan)

    def of(self, scan: Scan) -> Sequence[Scan]:
        message = self._message(scan)
        if scan.source in (Source.BODY, Source.ATTACHMENT):
            subject = self._subjects.get(message)
            return [subject] if subject else []
        return self._bodies.get(message, [])[: self._MOST]

    def _message(self, scan: Scan) -> str:
        """The message that *scan* is of, by what its places begin with."""
        where = scan.where
        while where and where not in self._subjects:
            around = where.removesuffix(" > ").rpartition(" > ")[0]
            where = f"{around} > " if around else ""
        return where


class _Asides:
    """What is read along with a passage: the first words of the other parts, and the text's own first line."""

    __slots__ = ("_first", "_first_end", "_others")
    _LINE = 120
    _HEAD = 300

    def __init__(self, scan: Scan, others: Sequence[Scan]) -> None:
        self._others = [self._head(other) for other in others]
        line = scan.text.text.shown.find("\n")
        self._first_end = min(line if line >= 0 else self._LINE, self._LINE)
        self._first = Passage(scan.text, 0, self._first_end)

    def _head(self, other: Scan) -> Passage:
        if other.head is None:
            other.head = Passage(other.text, 0, self._HEAD)
        return other.head

    def find(self, condition: Condition, start: int) -> str | None:
        if condition.within is not Scope.PASSAGE:
            return None
        found = next((shown for other in self._others if (shown := other.any(condition))), None)
        if found is None and start >= self._first_end:
            found = self._first.any(condition)
        return found


def _judge(
    rule: Rule, start: int, end: int, passage: Passage, asides: _Asides, marks: dict[str, str]
) -> _Best | None:
    """The arithmetic of one hit; ``None`` when something that must stand near does not."""

    def holds(condition: Condition) -> str | None:
        if condition.within is Scope.MESSAGE:
            return next((f"{name} “{marks[name]}”" for name in condition.lists if name in marks), None)
        return passage.find(condition, start, end) or asides.find(condition, start)

    near = []
    for condition in rule.near:
        if (shown := holds(condition)) is None:
            return None  # where most hits of an ordinary mail end
        near.append(Adjustment(f"near: {shown}", 0.0))
    steps = [Adjustment("weight of the rule", rule.weight), *near]
    steps += [Adjustment(f"boost: {shown}", c.by) for c in rule.boost if (shown := holds(c))]
    steps += [Adjustment(f"unless: {shown}", -c.by) for c in rule.unless if (shown := holds(c))]
    score = min(1.0, max(0.0, sum(step.by for step in steps)))
    return _Best(score, start, end, tuple(steps))
