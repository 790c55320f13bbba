"""Whole collections of odd messages: none raises, none hangs, none goes unread without a finding, and none with
something unread is plain.

The traps and monsters of this repository always run. Where an outside corpus is found (see
``tests/corpus/messages.py``) each of its messages is judged too, by the shipped rules, and what was read is compared
with a naive reading by the standard library.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from html import unescape

import pytest

from corpus.extracted import extract, make_ready
from corpus.messages import MONSTERS, hidden, outside_corpus, outside_messages
from segl.settings.detection import Limits
from segl.vocabulary import Decision, Finding, Verdict
from segl_classifier.classify import gather
from segl_classifier.decide import decide
from segl_classifier.message import Text
from segl_classifier.parse import parse
from segl_classifier.rules import shipped_rules
from segl_classifier.stages import Stage, Stages
from world.needs import OUTSIDE_CORPUS

LIMITS = Limits()
SECONDS = 4.0  # twice what the worst takes on a slow machine
SECONDS_A_MB = 10.0  # more, to judge it: a long text is looked through in several ways
OUTSIDE = outside_corpus()
_WORD = re.compile(r"[A-Za-z]{5,}")


def read(raw: bytes) -> tuple[list[Text], list[Finding], float]:
    """The texts and findings of *raw*, and the processor time it took in seconds."""
    start = time.process_time()
    texts, unread = extract(parse(raw, LIMITS), LIMITS)
    return texts, unread, time.process_time() - start


@dataclass(frozen=True)
class Told:
    """What is made of a message: its texts, the verdict, and the processor time that reading it took, in seconds."""

    texts: list[Text]
    verdict: Verdict
    seconds: float

    @property
    def unread(self) -> set[str]:
        return {finding.rule for finding in self.verdict.unreadable}


def judged(raw: bytes, name: str) -> Told:
    """*raw* is read, attachments and all, and judged. What holds of each: nothing of ours failed, it is plain only if
    all of it was read, and it takes no more processor time than its length allows."""
    make_ready(LIMITS)
    rules, stages, start = shipped_rules(), Stages(time.process_time), time.process_time()
    found = gather(raw, rules, LIMITS, stages=stages)
    verdict = decide(found.findings, rules)
    assert time.process_time() - start < SECONDS + len(raw) / 1e6 * SECONDS_A_MB, name
    told = Told(found.texts, verdict, stages.seconds[Stage.PARSE] + stages.seconds[Stage.EXTRACT])
    assert "unreadable.failed" not in told.unread, name
    assert not told.unread or verdict.decision is not Decision.PLAIN, name
    return told


# Of these more is left out than is read.
BEYOND_THE_LIMITS = {
    "3,000 nested multiparts", "200 nested digests", "1,000 nested messages", "10,000 parts",
    "100,000 empty parts", "1,000 images", "1 MB in one header", "200,000 header fields",
    "1 MB of parameters", "50,000 uuencoded files", "20,000 pictures in a page",
    "20,000 files in a calendar",
}  # fmt: skip


@pytest.mark.parametrize("name", MONSTERS)
def test_monsters_are_read_in_bounded_time_and_never_plain_with_something_unread(name: str) -> None:
    told = judged(MONSTERS[name](), name)
    assert told.seconds < SECONDS
    assert told.unread or name not in BEYOND_THE_LIMITS


def test_what_lies_beyond_the_limits_is_a_monster() -> None:
    assert MONSTERS.keys() > BEYOND_THE_LIMITS


def test_a_message_of_50_mb_is_read_within_its_limits() -> None:
    line = b"Kontoret har aabent fra ni til tre paa alle hverdage.\r\n"
    text = b"Subject: lang\r\n\r\n" + line * (50_000_000 // len(line))
    texts, unread, seconds = read(text)
    assert {finding.rule for finding in unread} == {"unreadable.too-large"}
    assert sum(len(text.text) for text in texts) == LIMITS.text_chars
    assert seconds < SECONDS


@pytest.mark.parametrize("case", hidden())
def test_no_trap_raises_when_cut_off_anywhere(case: str) -> None:
    raw = hidden()[case].encode()
    for end in range(len(raw)):
        read(raw[:end])


# The outside corpus


def naive(raw: bytes) -> str:
    """The words of the text parts as the standard library gives them, tags taken out."""
    words: list[str] = []
    waiting: list[Message] = [message_from_bytes(raw)]
    while waiting:
        part = waiting.pop()
        encoded = str(part.get("content-transfer-encoding", "")).strip().lower()
        if part.get_content_maintype() == "message" and encoded in ("base64", "quoted-printable"):
            continue  # the standard library does not decode an encoded message: what it gives is no text
        if part.get_content_type() == "text/rfc822-headers":
            continue  # trace headers, left out on purpose
        if part.is_multipart():
            waiting += [inner for inner in part.get_payload() if isinstance(inner, Message)]
        elif part.get_content_maintype() == "text":
            words.append(_naive_text(part))
    return "\n".join(words)


def _naive_text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = data.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        text = data.decode("latin-1")
    if part.get_content_subtype() == "html":
        text = re.sub(r"(?is)<(style|script)\b.*?</\1\s*>|<!--.*?-->", " ", text)
        text = unescape(re.sub(r"<[^>]*>", "\0", text))
    return text


# What the naive reading calls a word of the text and is none, looked at one by one.
TNEF = b"\x78\x9f\x3e\x22"
OLE = b"\xd0\xcf\x11\xe0"  # an Outlook message as a file
_MIME4J = "apache+james-mime4j/core/src/test/resources/testmsgs"
_MIMEKIT = "jstedfast+MimeKit/UnitTests/TestData/messages"
_RSPAMD = "rspamd+rspamd/test/functional/messages"
NOT_TEXT = {
    f"{_MIME4J}/obsolete.msg": "a header name before a blank and a colon",
    f"{_MIME4J}/very-long-boundary.msg": "a delimiter line",
    f"{_MIME4J}/very-very-long-boundary.msg": "a delimiter line",
    f"{_MIME4J}/weird-boundary.msg": "a delimiter line",
    "zbateson+mail-mime-parser/tests/_data/emails/m4005.txt": "a small picture shown in place",
    f"{_MIMEKIT}/feedback-report.txt": "header fields and delimiters, behind a byte order mark",
    f"{_RSPAMD}/phish_sender2.eml": "header fields, the first of them folded before its colon",
    f"{_RSPAMD}/phish_sender4.eml": "header fields, the first of them folded before its colon",
}


@pytest.mark.slow
@OUTSIDE_CORPUS
def test_the_outside_corpus_is_read_or_told_of_and_what_is_unread_is_never_plain() -> None:
    assert OUTSIDE is not None
    messages = outside_messages(OUTSIDE)
    assert len(messages) >= (752 if OUTSIDE.name == "peers.zip" else 100)
    slow: list[str] = []
    lost: dict[str, list[str]] = {}
    verdicts: list[Verdict] = []
    for name, raw in messages.items():
        told = judged(raw, name)
        verdicts.append(told.verdict)
        if told.seconds > SECONDS:
            slow.append(name)
        if told.unread or raw.startswith((TNEF, OLE)):
            continue  # told of; or no message but a file, in which the naive reading sees words that are none
        text = "\n".join(text.text for text in told.texts)
        missing = set(_WORD.findall(naive(raw))) - set(_WORD.findall(text))
        if missing:  # or divided, by inline tags or soft line breaks, for one of the two
            joined = re.sub(r"\s+", "", text)
            missing = {word for word in missing if word not in joined}
        if missing and name not in NOT_TEXT:
            lost[name] = sorted(missing)
    assert slow == []
    assert lost == {}
    assert {verdict.decision for verdict in verdicts} == {Decision.PLAIN, Decision.SECURE}
    assert any(verdict.unreadable for verdict in verdicts)
