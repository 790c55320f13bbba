"""Attachments are judged each by itself, and not read again when nothing that matters has changed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import partial

import pytest

from corpus.compound import message as saved_by_outlook
from corpus.extracted import names_of_read
from segl.settings.detection import Limits
from segl.vocabulary import Finding, Label, Unreadable
from segl_classifier.classify import classify, gather
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.extracted import Extracted
from segl_classifier.memory import AttachmentResult, Memory
from segl_classifier.message import Part, Source, Text, unreadable
from segl_classifier.pool.reader import PoolReader
from segl_classifier.rules import RuleSet, shipped_rules
from segl_classifier.understand import joined
from segl_classifier.understanding.interface import (
    CascadeStage,
    Reading,
    Threshold,
    Understanding,
    Window,
    Words,
)

RULES = shipped_rules()
CPR = b"Personnummer 010190-1234 tilh\xc3\xb8rer Bo"


def zipped(content: bytes = CPR, name: str = "brev.txt") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


def mail(*attachments: tuple[str, bytes], subject: str = "Bilag") -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("Se bilag.")
    for name, data in attachments:
        message.add_attachment(data, maintype="application", subtype="zip", filename=name)
    return message.as_bytes()


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """What is remembered: of all messages of a test."""
    memory = Memory()
    monkeypatch.setitem(globals(), "gather", partial(gather, memory=memory))
    return memory


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the attachments that are truly read."""
    return names_of_read(monkeypatch)


def findings(raw: bytes, rules: RuleSet = RULES, limits: Limits = Limits()) -> list[tuple[str, str]]:  # noqa: B008
    return [(finding.rule, finding.where) for finding in gather(raw, rules, limits).findings]


def test_under_the_name_of_another_file_it_is_read_again(read: list[str]) -> None:
    table = zipped(b"Navn;Dage\nAnna Lund;3\nBo Hansen;14", "liste.csv")

    def within(name: str) -> bytes:
        letter = EmailMessage()
        letter.set_content("Se vedlagte.")
        letter.add_attachment(mail(("a.zip", table)), maintype="application", subtype="x-eml", filename=name)
        return letter.as_bytes()

    assert [rule for rule, _ in findings(within("Post.eml"))] == []
    assert [rule for rule, _ in findings(within("Sygefravær uge 12.eml"))] == ["column.work"]
    assert read == ["a.zip", "a.zip"]


DAYS = zipped(b"Navn;Dage\nAnna Lund;3\nBo Hansen;14", "liste.csv")


def forwarded(*subjects: str) -> bytes:
    """A list in a message in messages; *subjects* from within."""
    inner, *outer = subjects
    raw = mail(("a.zip", DAYS), subject=inner)
    for subject in outer:
        head = f"Subject: {subject}\r\nContent-Type: multipart/mixed; boundary=x{len(raw)}\r\n\r\n"
        part = f"--x{len(raw)}\r\nContent-Type: message/rfc822\r\n\r\n"
        raw = head.encode() + part.encode() + raw + f"\r\n--x{len(raw)}--\r\n".encode()
    return raw


@pytest.mark.parametrize(
    "subjects",
    [
        ("Sygemeldte",),
        ("Sygemeldte", "VS:"),
        ("Sygemeldte", "Post", "VS:"),
        ("Post", "Sygemeldte", "VS:"),
        ("Post", "Sygemeldte"),
    ],
)
def test_the_subject_of_each_message_it_is_in_stands_over_it(subjects: tuple[str, ...]) -> None:
    assert [rule for rule, _ in findings(forwarded(*subjects))] == ["column.work"]


def test_so_does_the_subject_of_a_message_that_outlook_saved() -> None:
    attachment = "__attach_version1.0_#00000000"
    for subject, rules in (("Sygemeldte", ["column.work"]), ("Post", [])):
        streams = {
            "0037001F": subject.encode("utf-16-le"),
            f"{attachment}/3707001F": "liste.csv".encode("utf-16-le"),
            f"{attachment}/37010102": b"Navn;Dage\nAnna Lund;3\nBo Hansen;14",
        }
        assert [rule for rule, _ in findings(mail(("post.msg", saved_by_outlook(streams))))] == rules


def test_under_another_subject_of_an_inner_message_it_is_read_again(read: list[str]) -> None:
    assert [rule for rule, _ in findings(forwarded("Post", "VS:"))] == []
    assert [rule for rule, _ in findings(forwarded("Sygemeldte", "VS:"))] == ["column.work"]
    assert [rule for rule, _ in findings(forwarded("Post", "VS:"))] == []
    assert read == ["a.zip", "a.zip"]


def test_what_a_subject_itself_says_is_told_of_where_it_stands() -> None:
    raw = forwarded("CPR 010190-1234", "VS:")
    assert [where for rule, where in findings(raw) if rule == "cpr"] == ["part 1 > message > subject"]


def test_an_attachment_seen_before_is_not_read_again(read: list[str]) -> None:
    first = gather(mail(("a.zip", zipped())), RULES)
    again = gather(mail(("a.zip", zipped())), RULES)
    assert read == ["a.zip"]
    assert [(f.rule, f.where, f.score) for f in again.findings] == [
        (f.rule, f.where, f.score) for f in first.findings
    ]
    assert [(f.label, f.where) for f in first.findings] == [(Label.CPR, "part 2 > a.zip > brev.txt")]
    assert [text.text for text in again.texts if text.source is Source.ATTACHMENT] == []


def test_it_is_told_of_at_the_place_where_it_stands_now(read: list[str]) -> None:
    findings(mail(("a.zip", zipped())))
    assert ("cpr", "part 3 > a.zip > brev.txt") in findings(
        mail(("b.zip", zipped(b"hej")), ("a.zip", zipped()))
    )
    assert read == ["a.zip", "b.zip"]


def test_the_same_file_twice_in_one_message_is_told_of_twice(read: list[str]) -> None:
    assert findings(mail(("a.zip", zipped()), ("a.zip", zipped()))) == [
        ("cpr", "part 2 > a.zip > brev.txt"),
        ("cpr", "part 3 > a.zip > brev.txt"),
    ]


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        (mail(("b.zip", zipped())), Limits()),
        (mail(("a.zip", zipped(CPR + b"."))), Limits()),
        (mail(("a.zip", zipped()), subject="Andet"), Limits()),
        (mail(("a.zip", zipped())), Limits(parts=10)),
    ],
    ids=["name", "bytes", "subject", "limits"],
)
def test_whatever_matters_makes_it_another(raw: bytes, limits: Limits, read: list[str]) -> None:
    findings(mail(("a.zip", zipped())))
    findings(raw, limits=limits)
    assert len(read) == 2


def test_other_rules_read_anew(read: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    findings(mail(("a.zip", zipped())))
    monkeypatch.setattr(RuleSet, "digest", "another")
    findings(mail(("a.zip", zipped())))
    assert len(read) == 2


def test_gaps_are_remembered_too(read: list[str]) -> None:
    locked = bytearray(zipped())
    locked[6] |= 1
    locked[locked.index(b"PK\1\2") + 8] |= 1
    raw = mail(("a.zip", bytes(locked)))
    assert findings(raw) == findings(raw) == [("unreadable.encrypted", "part 2 > a.zip")]
    assert len(read) == 1


@pytest.mark.parametrize(
    "cause", [Unreadable.TIMED_OUT, Unreadable.FAILED, Unreadable.TOO_LARGE, Unreadable.TOO_MANY]
)
def test_what_failed_once_is_tried_again(
    cause: Unreadable, monkeypatch: pytest.MonkeyPatch, memory: Memory
) -> None:
    def failing(self: PoolReader, part: Part, data: bytes, chars: int) -> Extracted:
        return Extracted(unread=(unreadable(cause, part.where),))

    monkeypatch.setattr(PoolReader, "read_data", failing)
    assert findings(mail(("a.zip", zipped()))) == [(f"unreadable.{cause}", "part 2 > a.zip")]
    assert len(memory) == 0


def test_the_memory_is_bounded_and_keeps_the_latest() -> None:
    memory = Memory(3)
    keys = [memory.key(b"%d" % number) for number in range(5)]
    for key in keys[:3]:
        memory.keep(key, AttachmentResult("a"), None)
    memory.recall(keys[0], None)
    memory.keep(keys[3], AttachmentResult("a"), None)
    assert [memory.recall(key, None) is not None for key in keys] == [True, False, True, True, False]


def test_text_of_all_attachments_together_is_limited(read: list[str]) -> None:
    long = zipped(b"ord " * 500)
    raw = mail(("a.zip", long), ("b.zip", long), ("c.zip", long))
    assert ("unreadable.too-large", "part 3 > b.zip > brev.txt") in findings(
        raw, limits=Limits(text_chars=3000)
    )
    found = gather(raw, RULES, Limits(text_chars=3000))
    assert sum(len(text.text) for text in found.texts if text.source is Source.ATTACHMENT) <= 3000


# The model's part


@dataclass
class Echo:
    """A model that is sure of health wherever the word stands, and counts what it is asked."""

    asked: list[int] = field(default_factory=list)
    complete: bool = True

    @property
    def thresholds(self) -> Mapping[Label, Threshold]:
        return {Label.HEALTH: Threshold(0.5, 0.3)}

    @property
    def any_threshold(self) -> Threshold:
        return Threshold(0.5, 0.3)

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        self.asked.append(len(texts))
        readings = []
        for number, text in enumerate(texts):
            score = 0.9 if "diagnose" in text.text else 0.01
            window = Window(text.text, text.where, text.source, number, 0, len(text.text))
            readings.append(Reading(window, CascadeStage.LINEAR, score, {Label.HEALTH: score}))
        best = max((reading.any for reading in readings), default=0.0)
        return Understanding(tuple(readings), best, {Label.HEALTH: best}, self.complete)

    def hearing(self, _words: Words, /) -> Echo:
        return self


def test_what_the_model_said_is_remembered_without_what_it_read(memory: Memory, read: list[str]) -> None:
    model = Echo()
    raw = mail(("a.zip", zipped(b"Hans diagnose")))
    first, again = (gather(raw, RULES, model=model).understanding for _ in range(2))
    assert read == ["a.zip"]
    assert first is not None
    assert again is not None
    assert first.any == again.any == 0.9
    assert first.scores == again.scores
    kept = repr(memory._known)
    assert "diagnose" not in kept
    assert "brev.txt" in kept  # places are no text


def test_of_a_harmless_attachment_only_its_scores_are_remembered(memory: Memory, read: list[str]) -> None:
    raw, model = mail(("a.zip", zipped(b"Vi ses til kaffe"))), Echo()
    first, again = (gather(raw, RULES, model=model).understanding for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.any == again.any == 0.01
    (kept,) = memory._known.values()
    assert kept.understanding == Understanding((), 0.01, {Label.HEALTH: 0.01})


def test_without_a_memory_each_is_read_with_its_texts(read: list[str]) -> None:
    raw = mail(("a.zip", zipped()))
    first, again = (gather(raw, RULES, memory=None) for _ in range(2))
    assert again.findings == first.findings
    assert again.texts == first.texts
    assert read == ["a.zip", "a.zip"]


@pytest.mark.parametrize(
    ("content", "times"), [(b"hej", 1), (CPR, 2), (b"Hans diagnose", 2)], ids=["quiet", "rules", "model"]
)
def test_only_quiet_ones_may_be_remembered(content: bytes, times: int, read: list[str]) -> None:
    memory, model = Memory(only_quiet=True), Echo()
    first, again = (gather(mail(("a.zip", zipped(content))), RULES, model=model, memory=memory) for _ in "12")
    assert again.findings == first.findings
    assert len(read) == times


def test_the_verdict_is_the_same_from_memory(read: list[str], memory: Memory) -> None:
    raw = mail(("a.zip", zipped(b"Hans diagnose")), ("b.zip", zipped()))
    model = Echo()
    first, again = (classify(raw, RULES, model=model, memory=memory) for _ in range(2))
    assert read == ["a.zip", "b.zip"]
    assert first.labels == (Label.CPR, Label.HEALTH)
    assert (again.decision, again.labels, again.reasons) == (first.decision, first.labels, first.reasons)


def test_readings_name_their_text_by_its_number() -> None:
    found = gather(mail(("a.zip", zipped(b"Hans diagnose")), ("b.zip", zipped(b"hej"))), RULES, model=Echo())
    assert found.understanding is not None
    for reading in found.understanding.readings:
        assert found.texts[reading.window.source_index].text == reading.window.text


def test_another_model_reads_anew(read: list[str]) -> None:
    raw = mail(("a.zip", zipped()))
    for model in (Echo(), Echo(), None):
        gather(raw, RULES, model=model)
    assert len(read) == 3


def test_what_was_not_understood_to_the_end_is_not_kept(read: list[str], memory: Memory) -> None:
    gather(mail(("a.zip", zipped())), RULES, model=Echo(complete=False))
    assert len(memory) == 0


def test_understandings_are_joined_by_the_strongest() -> None:
    one = Understanding((), 0.3, {Label.HEALTH: 0.2, Label.FAMILY: 0.3})
    other = Understanding((), 0.2, {Label.HEALTH: 0.5}, complete=False)
    both = joined([None, one, other])
    assert both is not None
    assert (both.any, both.scores, both.complete) == (0.3, {Label.HEALTH: 0.5, Label.FAMILY: 0.3}, False)
    assert joined([None]) is None


def test_no_digits_of_a_number_stay_in_the_memory(memory: Memory) -> None:
    gather(mail(("010190-1234.zip", zipped(name="010190-1234.txt"))), RULES)
    assert len(memory) == 1
    kept = repr(memory._known)
    assert "0190-12" not in kept
    assert isinstance(next(iter(memory._known.values())).findings[0], Finding)
