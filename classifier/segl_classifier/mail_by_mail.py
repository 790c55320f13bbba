"""The mails of a thread, each judged by itself.

Of thirty harmless mails below one another one or two leave the model in some doubt, and words of illness, debts or a
case for teaching stand in others. Added up over the whole message they made one in four of such threads an alarm, where
none of its mails is one (docs/decisions/0094). So what the words of a mail raise or lower they do to what the model
says of the same mail, and a category is told by the mail that tells most for it.

What is found without the model (numbers, headings of lists, a message of few words), by a postmaster's rules, and in
texts that the model is not given counts in the whole message, as it did.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from segl.vocabulary import Finding, Label
from segl_classifier.message import Source, Text
from segl_classifier.reach import Judged, believed
from segl_classifier.rules import RuleSet
from segl_classifier.rules.model import Reads
from segl_classifier.understanding.interface import Model, Reading, Understanding
from segl_classifier.understanding.mail_heads import MailWithin
from segl_classifier.understanding.windows import heads_of
from segl_classifier.weigh import Outcome, Thresholds, Weighing, best_reading, is_for_all, weigh, weigh_whole

_FAINT = 0.2
"""A category that comes to less in the mail that tells most for it is told by the mail that tells most of all."""

_MOST = 200
"""Mails below the first: what has more is no thread, and is judged as one. Each costs a search of its own."""


@dataclass(frozen=True, slots=True)
class _Thread:
    """A text, and the mails below the one it begins with: their heads name people who are none of the matter."""

    text: Text
    shown: str = ""  # without those heads
    mails: Sequence[MailWithin] = ()

    @classmethod
    def of(cls, text: Text) -> _Thread:
        if text.source is not Source.BODY or not text.for_model:
            return cls(text)
        heads = heads_of(text)
        return cls(text, heads.text(), heads.mails())

    def number(self, place: int) -> int:
        """Of the mail that stands at *place*."""
        return bisect_right([mail.start for mail in self.mails], place)

    def about(self, number: int) -> str:
        """What the head of the mail of this number says that it is about."""
        return self.mails[number - 1].about if 0 < number <= len(self.mails) else ""

    def part(self, number: int) -> Text | None:
        """The mail of this number, from 0 on; a text that holds no others is of the first."""
        if not self.mails:
            return None if number else self.text
        if number > len(self.mails):
            return None
        starts = [0, *(mail.start for mail in self.mails), len(self.shown)]
        return replace(self.text, text=self.shown[starts[number] : starts[number + 1]])


@dataclass(frozen=True, slots=True)
class _Mail:
    """One mail of a thread: what is found in it, what the model says of it, and what both come to."""

    findings: Sequence[Finding]
    understanding: Understanding
    labels: Mapping[Label, Weighing]
    whole: float
    is_doubted: bool  # no plain mail

    @classmethod
    def weighed(
        cls, findings: Sequence[Finding], heard: Understanding, others: Sequence[Finding], by: Thresholds
    ) -> _Mail:
        labels = weigh([*others, *findings], by, heard)
        whole = weigh_whole(labels, by, heard)
        weighings = [*labels.values(), *([whole] if whole else [])]
        doubted = any(each.outcome in (Outcome.UNSURE, Outcome.HOLDS) for each in weighings)
        return cls(findings, heard, labels, whole.score if whole else 0.0, doubted)

    def tells(self, label: Label) -> tuple[bool, float]:
        """How much it tells for *label*, and before that whether it does for certain."""
        weighing = self.labels.get(label)
        return (weighing.would_hold, weighing.score) if weighing and not weighing.veto else (False, 0.0)

    def outcome(self, label: Label) -> Outcome:
        """What *label* comes to in it."""
        weighing = self.labels.get(label)
        return weighing.outcome if weighing else Outcome.NO


def each_by_itself(judged: Judged, rules: RuleSet, model: Model | None) -> Judged:
    """*judged* with what its mails come to by themselves, if there are several; else with what is believed of it."""
    as_one = judged._replace(findings=believed(judged, rules))
    heard = judged.understanding
    if model is None or heard is None or not heard.readings:
        return as_one
    if not any(_is_of_its_mail(finding, rules) for finding in judged.findings):
        return as_one
    threads = [_Thread.of(text) for text in judged.texts]
    if not 0 < max(len(thread.mails) for thread in threads) <= _MOST:
        return as_one
    others = [finding for finding in as_one.findings if not _is_of_its_mail(finding, rules)]
    thresholds = Thresholds(rules, model)

    def weighed(*, shown: bool) -> list[_Mail]:
        return [
            _Mail.weighed(found, _heard(readings, heard, model), others, thresholds)
            for found, readings in _mails(judged, heard, threads, rules, shown=shown)
        ]

    mails = weighed(shown=False)
    if any(mail.is_doubted for mail in mails):  # somebody will want to see why
        mails = weighed(shown=True)
    told = _told(mails, heard)
    all_ = _Mail.weighed(*told, others, thresholds)
    if any(mail.is_doubted for mail in mails) and not all_.is_doubted:
        return as_one  # never less than one of them says
    return Judged(judged.texts, [*others, *all_.findings], all_.understanding)


def _is_of_its_mail(finding: Finding, rules: RuleSet) -> bool:
    """Whether *finding* does something to what the model says, by words of a shipped rule."""
    rule = rules.rule(finding.rule)
    if rule is None or rule.own or rule.reads is not Reads.TEXT or finding.label is Label.CPR:
        return False
    return rule.alone or not finding.beyond_model


def _mails(
    judged: Judged, heard: Understanding, threads: Sequence[_Thread], rules: RuleSet, *, shown: bool
) -> Iterator[tuple[list[Finding], list[Reading]]]:
    """What is found and what was read in each mail. What stands in none of those below goes with the first."""
    subject = next((t for t in judged.texts if t.source is Source.SUBJECT and not t.remark), None)
    known = {_place(finding): finding for finding in reversed(judged.findings)}
    readings: dict[int, list[Reading]] = {}
    for reading in heard.readings:
        mail = threads[reading.window.source_index].number(reading.window.start)
        readings.setdefault(mail, []).append(reading)
    for mail in range(1 + max(len(thread.mails) for thread in threads)):
        parts = [part for thread in threads if (part := thread.part(mail))]
        about = next((said for thread in threads if (said := thread.about(mail))), "")
        beside = [replace(subject, text=about or subject.text)] if mail and subject else []
        found = _of_mail(parts, beside, rules, shown=shown)
        if found:
            yield [known.get(_place(each), each) for each in found], readings.pop(mail, [])
    # Where there are no words the surest counts.
    yield [], [reading for some in readings.values() for reading in some]


def _of_mail(parts: Sequence[Text], beside: Sequence[Text], rules: RuleSet, *, shown: bool) -> list[Finding]:
    """What *rules* find in the *parts* of one mail, and not in what is read *beside* them."""
    here = {part.where for part in parts}
    found = rules.find_words([*beside, *parts], shown=shown)
    return [each for each in found if each.where in here and _is_of_its_mail(each, rules)]


def _place(finding: Finding) -> tuple[str, str, float]:
    return finding.rule, finding.where, finding.score


def _heard(readings: Sequence[Reading], heard: Understanding, model: Model) -> Understanding:
    """What *readings* come to by themselves, as the model reckons it of all it *heard*: a category is no surer than
    that there is anything, and in doubt only where that is."""
    any_ = max((reading.any for reading in readings), default=0.0)
    doubt = model.any_threshold.leaves_room
    near = any_ / doubt if any_ < doubt else math.inf
    scores = {}
    for label, of_all in heard.scores.items():
        best = max((reading.scores.get(label, 0.0) for reading in readings), default=0.0)
        most = model.thresholds[label].unsure * near if label in model.thresholds else math.inf
        scores[label] = min(best, most, of_all)
    return Understanding(tuple(readings), any_, scores, heard.complete)


def _told(mails: Sequence[_Mail], heard: Understanding) -> tuple[list[Finding], Understanding]:
    """One evidence of all *mails*: of each category what is found and heard in the mail that tells most for it."""
    top = max(mails, key=lambda mail: mail.whole)
    tells: dict[Label, _Mail] = {
        label: _teller(label, mails, top) for label in Label if label is not Label.CPR
    }
    found = [each for label, mail in tells.items() for each in mail.findings if each.label is label]
    if all(mail is top for mail in tells.values()):
        found += filter(is_for_all, top.findings)
    else:  # what one of them says of all categories holds for those that it tells
        found += [
            replace(each, label=label)
            for label, mail in tells.items()
            for each in mail.findings
            if is_for_all(each)
        ]
    scores = {label: tells[label].understanding.scores[label] for label in heard.scores}
    telling = [mail for label, mail in tells.items() if mail.outcome(label) is not Outcome.NO]
    surest = max((top, *telling), key=lambda mail: mail.understanding.any)
    tellers = {
        label: reading
        for label, mail in ((None, surest), *tells.items())
        if (reading := best_reading(mail.understanding, label))
    }
    return found, replace(heard, any=surest.understanding.any, scores=scores, tellers=tellers)


def _teller(label: Label, mails: Sequence[_Mail], top: _Mail) -> _Mail:
    """The mail that tells most for *label*, or *top* where none tells anything."""
    best = max(mails, key=lambda mail: mail.tells(label))
    weighing = best.labels.get(label)
    if weighing is None or weighing.veto:
        return top
    is_little = weighing.outcome is Outcome.NO and (weighing.lowered > 0 or weighing.score < _FAINT)
    return top if is_little else best
