"""Codes and references, and how they are sent: after the page has answered, and no more than there is room for."""

from __future__ import annotations

import re
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.events import Events
from segl_portal.visits.browser import Browser
from segl_portal.visits.code_texts import TEXTS, CodeTexts
from segl_portal.visits.codes import new_code, new_reference, spoken, typed
from segl_portal.visits.posting import Posting
from segl_portal.visits.service import CodePromised, Denied
from world.counter import Counter


def test_codes_have_eight_digits_each_as_likely_as_another() -> None:
    codes = [new_code() for _ in range(2_000)]
    assert all(re.fullmatch(r"[0-9]{8}", code) for code in codes)
    assert len(set(codes)) > 1_990
    for place in range(8):
        tally = Tally(code[place] for code in codes)
        assert len(tally) == 10
        # 200 of each are expected; seven standard deviations are never seen
        assert all(100 < count < 300 for count in tally.values())


def test_references_are_easy_to_compare() -> None:
    references = {new_reference() for _ in range(500)}
    assert all(re.fullmatch(r"[BCDFGHJKLMNPRSTVX]{2}[2-9]{2}", reference) for reference in references)
    assert len(references) > 450


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.sampled_from(["", " ", "-", ".", "\u00a0", "\t"]))
def test_a_code_is_read_however_it_is_typed(code: str, between: str) -> None:
    assert typed(spoken(code)) == code
    assert typed(between.join(code)) == code
    assert typed(code.translate({ord("0") + n: 0xFF10 + n for n in range(10)})) == code, "full width"
    assert typed(code.translate({ord("0") + n: 0x660 + n for n in range(10)})) == code, "arabic-indic"


@given(st.text(max_size=80))
def test_what_is_read_has_eight_digits(text: str) -> None:
    code = typed(text)
    assert code is None or re.fullmatch(r"[0-9]{8}", code)


@pytest.mark.parametrize("text", ["1234567", "123456789", "1234567a", "½2345678", "1" * 10_000, "", "²" * 9])
def test_what_is_no_code_is_told_from_one(text: str) -> None:
    assert typed(text) is None


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_a_message_with_a_code_that_was_copied_whole_is_as_good(texts: CodeTexts) -> None:
    """By a long press a telephone copies all of a text message."""
    code, told = "04711147", {"reference": "KV37", "minutes": 15, "organisation": "Nordby Vand 2 A/S"}
    for line in (texts.code, texts.sms, texts.sms + " https://x.example/1/22"):
        assert typed(line.format(code=spoken(code), **told)) == code
        assert typed(f"\n {line.format(code=code, **told)}\t") == code


@pytest.mark.parametrize(
    "text",
    [
        *("Din kode er 1234 567", "Din kode er 1234 56789", "koder 12345678 og 87654321", "KV12345678"),
        *("Ring 12 34 56 78", "kode" * 200 + " 12345678", "12345678abc", "ordre 1234-5678-9012"),
    ],
)
def test_a_number_among_words_that_may_be_another_is_no_code(text: str) -> None:
    assert typed(text) is None


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with Counter(tmp_path) as counter:
        yield counter


def test_the_page_answers_before_the_code_is_sent(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    letter, go = counter.seal(), threading.Event()
    send = type(counter.desk_port).send

    def slow(*arguments: object, **more: object) -> object:
        assert go.wait(20)
        return send(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(counter.desk_port), "send", slow)
    asked = counter.desk.ask(
        Browser.new(), letter.recipient_id, letter.link, network="192.0.2.7", language="da"
    )
    assert isinstance(asked, CodePromised)
    assert counter.return_port.received == []
    assert not counter.posting.flush(0.01)
    go.set()
    assert counter.posting.flush()
    assert len(counter.return_port.received) == 1


def assert_true(value: bool) -> None:
    assert value


def test_no_more_is_promised_than_there_is_room_for_whoever_asks(counter: Counter) -> None:
    waiting, go = Posting(Events("test"), most=2, threads=1), threading.Event()
    counter.desk._posting = waiting
    for _ in range(2):
        waiting.put(lambda: assert_true(go.wait(20)))
    for link in (counter.seal().link, "x"):
        assert (
            counter.desk.ask(Browser.new(), "f" * 32, link, network="192.0.2.7", language="da") is Denied.BUSY
        )
    go.set()
    waiting.close()


def test_a_job_that_fails_takes_no_room_and_stops_nothing() -> None:
    jobs = Posting(Events("test"), most=2, threads=1)
    done = threading.Event()

    def fails() -> None:
        raise ZeroDivisionError

    for _ in range(5):
        jobs.put(fails)
        assert jobs.flush()
    jobs.put(done.set)
    jobs.close()
    assert done.is_set()
