"""A message has so much time, whatever takes it. What is left over is told of, and the message goes securely: Postfix
would give up, its sender would try again, and it would take as long again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any

import pytest

from keyword_model import BrokenModel, KeywordModel
from segl.settings.detection import Limits
from segl.vocabulary import Decision, Label, Unreadable
from segl_classifier import classify as module
from segl_classifier import detect as detecting
from segl_classifier.classify import classify, gather
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.extracted import Extracted
from segl_classifier.memory import Memory
from segl_classifier.message import Source, Text, unreadable
from segl_classifier.parse import parse
from segl_classifier.pool.client import Pool
from segl_classifier.pool.wire import Job
from segl_classifier.rules import RuleSet, load_rules
from segl_classifier.understanding.interface import Understanding

RULES = load_rules(())
POSTFIX_WAITS = 60.0  # milter_content_timeout in postfix/conf/front.main.cf
HARMLESS = "Vi ses på torsdag, når det nye anlæg står klar ved søen, og der er kaffe fra klokken ni til alle."
LONG = "\n\n".join(f"Punkt {n}: {HARMLESS} {HARMLESS} {HARMLESS}" for n in range(60))


class Clock:
    """The time, which passes only when something is said to take it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock)
    return clock


@dataclass(frozen=True)
class SlowModel(KeywordModel):
    """Takes a second for each text window, up to the 20 seconds of the real one and to the message's deadline."""

    clock: Clock = field(default_factory=Clock)

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        whole = super().understand(texts, deadline)
        ends = min(self.clock() + 20.0, deadline.at)
        for _ in whole.readings:
            if self.clock() > ends:
                return replace(whole, complete=False)
            self.clock.pass_(1.0)
        return whole


def mail(*files: str, body: str = HARMLESS) -> bytes:
    message = EmailMessage()
    message["Subject"] = "Bilag"
    message.set_content(body, charset="utf-8")
    for name in files:
        message.add_attachment(name.encode(), maintype="application", subtype="zip", filename=name)
    return message.as_bytes()


def reading(monkeypatch: pytest.MonkeyPatch, read: Callable[[Job], Extracted]) -> None:
    monkeypatch.setattr(Pool, "read", lambda _pool, job, _data: read(job))


def quickly(job: Job) -> Extracted:
    return Extracted((Text(HARMLESS, f"{job.where} > brev.txt", Source.ATTACHMENT),))


def test_attachments_that_hang_and_a_slow_model_together_take_no_longer_than_postfix_waits(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    """Each keeps to its own limit, and these add up: 40 seconds for attachments, and thrice 20 for understanding."""

    def hang(job: Job) -> Extracted:
        clock.pass_(job.seconds)
        text = Text(f"Nummer 010190-1234 er Bos.\n\n{LONG}", f"{job.where} > brev.txt", Source.ATTACHMENT)
        return Extracted((text,), unread=(unreadable(Unreadable.TIMED_OUT, job.where),))

    reading(monkeypatch, hang)
    begun = clock()
    raw = mail("a.zip", "b.zip", body=f"Preben har diskusprolaps.\n\n{LONG}")
    verdict = classify(raw, RULES, model=SlowModel({"diskusprolaps": {Label.HEALTH: 0.9}}, clock=clock))
    assert clock() - begun <= Limits().message_seconds + 1.0 < POSTFIX_WAITS
    assert verdict.decision is Decision.SECURE
    assert "unreadable.timed-out" in verdict.reasons
    assert {f.where for f in verdict.findings if f.label is Label.CPR} == {
        "part 2 > a.zip > brev.txt", "part 3 > b.zip > brev.txt"
    }  # fmt: skip
    assert verdict.labels == (Label.CPR, Label.HEALTH), "what was found before the end counts"


# Where the time of a message may go, and how that is brought about.
_STAGES: dict[str, tuple[Any, str]] = {
    "parsing": (module, "parse"),
    "reading the message": (module, "extract"),
    "reading an attachment": (Pool, "read"),
    "looking for numbers": (detecting, "find_cpr"),
    "looking for words": (RuleSet, "find"),
    "understanding": (KeywordModel, "understand"),
}


@pytest.mark.parametrize("stage", _STAGES)
def test_wherever_the_time_goes_nothing_is_begun_after_it_and_the_message_is_not_plain(
    stage: str, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    reading(monkeypatch, quickly)
    model = KeywordModel({})
    assert classify(mail("a.zip", "b.zip"), RULES, model=model).decision is Decision.PLAIN
    place, name = _STAGES[stage]
    real, begun = getattr(place, name), clock()

    def slow(*given: Any, **named: Any) -> Any:
        clock.pass_(Limits().message_seconds)
        return real(*given, **named)

    monkeypatch.setattr(place, name, slow)
    verdict = classify(mail("a.zip", "b.zip"), RULES, model=model)
    assert (verdict.decision, verdict.reasons) == (Decision.SECURE, ("unreadable.timed-out",))
    assert clock() - begun == Limits().message_seconds, "not a second time"


def test_texts_of_the_message_are_no_longer_read_either(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    message = EmailMessage()
    message.set_content("Først.", charset="utf-8")
    for n in range(5):
        message.add_attachment(f"Afsnit {n}.", filename=f"{n}.txt")

    def slow(*given: Any) -> Any:
        clock.pass_(Limits().message_seconds)
        return parse(*given)

    monkeypatch.setattr(module, "parse", slow)
    found = gather(message.as_bytes(), RULES)
    assert [text.text for text in found.texts if text.source is Source.ATTACHMENT] == []
    assert ("unreadable.timed-out", "this part, and those behind it") in {
        (finding.rule, finding.excerpt) for finding in found.findings
    }


def test_where_the_model_had_no_time_for_anything_words_decide(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    real = RuleSet.find

    def slow(self: RuleSet, texts: Sequence[Text]) -> Any:
        clock.pass_(Limits().message_seconds)
        return real(self, texts)

    monkeypatch.setattr(RuleSet, "find", slow)
    verdict = classify(mail(body="Preben har diskusprolaps."), RULES, model=KeywordModel({}))
    assert verdict.reasons == ("health", "unreadable.timed-out")


def test_where_nothing_was_left_over_the_time_may_end(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """An empty file behind the last that holds words has nothing to be understood."""
    reading(monkeypatch, lambda job: quickly(job) if "a.zip" in job.where else Extracted())
    real = KeywordModel.understand

    def slow(self: KeywordModel, texts: Sequence[Text], *more: Any) -> Understanding:
        if any("a.zip" in text.where for text in texts):
            clock.pass_(Limits().message_seconds)
        return real(self, texts, *more)

    monkeypatch.setattr(KeywordModel, "understand", slow)
    assert classify(mail("a.zip", "b.zip"), RULES, model=KeywordModel({})).reasons == ()


def test_what_was_not_done_for_want_of_time_is_done_when_the_message_comes_again(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    slow = True

    def read(job: Job) -> Extracted:
        clock.pass_(Limits().message_seconds if slow else 0.0)
        return quickly(job)

    reading(monkeypatch, read)
    model, memory = KeywordModel({}), Memory()
    assert classify(mail("a.zip"), RULES, model=model, memory=memory).decision is Decision.SECURE
    assert len(memory) == 0
    slow = False
    assert classify(mail("a.zip"), RULES, model=model, memory=memory).decision is Decision.PLAIN
    assert len(memory) == 1


def test_a_model_that_fails_takes_nothing_of_what_was_found_in_attachments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(job: Job) -> Extracted:
        return Extracted((Text("Personnummer 010190-1234", f"{job.where} > brev.txt", Source.ATTACHMENT),))

    reading(monkeypatch, read)
    verdict = classify(mail("a.zip"), RULES, model=BrokenModel({}))
    assert verdict.reasons == ("cpr", "unreadable.failed")


def test_the_setting_says_how_long(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    def read(job: Job) -> Extracted:
        clock.pass_(job.seconds)
        return quickly(job)

    reading(monkeypatch, read)
    begun = clock()
    classify(mail("a.zip", "b.zip"), RULES, Limits(message_seconds=5.0), model=KeywordModel({}))
    assert clock() - begun == pytest.approx(4.0), "a fifth is left to what comes after reading"


def test_a_deadline_is_a_moment() -> None:
    assert not NEVER.is_over
    assert Deadline(time.monotonic()).is_over
    assert not Deadline.after(60.0).is_over
    assert Deadline.after(60.0).before(61.0).is_over
