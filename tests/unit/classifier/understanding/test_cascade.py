"""The trained model on whole messages: what it finds, what it may cost, and what it says when that is not enough."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

import pytest

from segl.vocabulary import Label
from segl_classifier.classify import gather
from segl_classifier.deadline import Deadline
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding import cascade as module
from segl_classifier.understanding.asking import Budget
from segl_classifier.understanding.cascade import Cascade
from segl_classifier.understanding.interface import CascadeStage, Threshold, Understanding
from segl_classifier.understanding.loading import load_model
from segl_classifier.understanding.logits import Logits
from segl_classifier.understanding.passing import BY, by_itself
from segl_classifier.understanding.recalling import Encoder
from segl_classifier.understanding.windows import MOST
from told_stages import Says, running_out, saying


@pytest.fixture(scope="module")
def model() -> Cascade:
    loaded = load_model()
    assert loaded is not None
    return loaded


def body(*sentences: str) -> list[Text]:
    return [Text("\n\n".join(sentences), "part 1", Source.BODY)]


def asked(understood: Understanding) -> int:
    """Of how many windows the encoder was asked; sentences by themselves have a budget of their own (test_passing)."""
    return sum(r.stage is CascadeStage.ENCODER for r in understood.readings if not by_itself(r))


SENSITIVE = {
    Label.HEALTH: "Jens Holm er indlagt på psykiatrisk afdeling med en svær depression.",
    Label.RELIGIOUS_PHILOSOPHICAL: "Karen Bech har meldt sig ud af folkekirken, fordi hun er blevet muslim.",
    Label.PAYMENT_DEFAULT: "Du har ikke betalt din regning trods to rykkere, så kravet går til inkasso, Per Lund.",
    Label.CRIMINAL: "Ole Krog er dømt for vold og sidder i fængsel til maj.",
    Label.SEXUAL: "Mads fortalte mig, at han er bøsse og har fået en kæreste.",
}


@pytest.mark.parametrize("label", SENSITIVE)
def test_a_persons_matter_is_found_with_its_category(model: Cascade, label: Label) -> None:
    understood = model.understand(body(SENSITIVE[label]))
    assert understood.any >= model.any_threshold.leaves_room
    assert understood.scores[label] >= model.thresholds[label].holds


@pytest.mark.parametrize(
    "harmless",
    [
        "Mødet er flyttet til torsdag klokken 14. Vi ses.",
        "Vi har bestilt nye ventiler, og de bliver sat op i uge 34.",
        "Der er kaffe og rundstykker fra klokken halv ni. Hilsen Karen",
    ],
)
def test_ordinary_mail_is_plain_to_it(model: Cascade, harmless: str) -> None:
    assert model.understand(body(harmless)).any < model.any_threshold.unsure


def test_a_category_is_no_surer_than_that_there_is_anything(model: Cascade) -> None:
    for sentence in SENSITIVE.values():
        understood = model.understand(body(sentence))
        assert max(understood.scores.values()) <= understood.any


def test_no_category_holds_where_it_is_not_even_in_doubt_that_there_is_anything(model: Cascade) -> None:
    stricter = replace(model, fit=replace(model.fit, any_threshold=Threshold(1.1, 1.1)))
    for label, sentence in SENSITIVE.items():
        assert stricter.understand(body(sentence)).scores[label] < model.thresholds[label].unsure


def test_how_sure_the_whole_must_be_by_itself_changes_nothing_of_the_categories(model: Cascade) -> None:
    opens = model.any_threshold.leaves_room
    sterner = replace(model, fit=replace(model.fit, any_threshold=Threshold(1.1, 1.1, opens)))
    for sentence in SENSITIVE.values():
        assert sterner.understand(body(sentence)).scores == model.understand(body(sentence)).scores


def test_a_short_message_costs_the_encoder_a_few_windows(model: Cascade) -> None:
    understood = model.understand(body(*(f"{s} " * 4 for s in SENSITIVE.values())))
    assert len(understood.readings) > Budget().few
    assert asked(understood) == Budget().few


def test_a_long_one_gets_more_of_them_looked_at(model: Cascade) -> None:
    rows = [
        f"Nummer {n} på listen, Jens, er sygemeldt med gigt og indlagt på afdelingen. " * 3 for n in range(60)
    ]
    understood = model.understand(body(*rows))
    assert Budget().few < asked(understood) <= Budget().windows


def log(lines: int) -> list[str]:
    """Lines of a server's log, of which the stages before the encoder think more than it does."""
    return [
        f"2026-11-{1 + n % 28:02}T{n % 24:02}:14:{n % 60:02}.0{n % 90 + 10}Z app[{7000 + 37 * n}]: "
        f"request_id={4100535571 + 7919 * n} user=svc_{10 + n % 80} status=200 dur={20 + 13 * n}ms"
        for n in range(lines)
    ]


@pytest.mark.slow
def test_what_would_alarm_by_the_cheap_stages_alone_is_read(model: Cascade) -> None:
    understood = model.understand([Text("\n".join(log(60)), "part 1", Source.BODY)])
    unread = [r for r in understood.readings if r.stage is not CascadeStage.ENCODER]
    assert all(r.any < model.any_threshold.unsure for r in unread)
    assert understood.any < model.any_threshold.unsure
    assert understood.complete


@pytest.mark.slow
def test_of_more_than_may_be_read_none_of_it_is_for_that(model: Cascade) -> None:
    lines = [Text("\n".join(log(60)), "part 1", Source.BODY)]
    tight = replace(model, budget=Budget(windows=3))
    assert asked(tight.understand(lines)) <= Budget().few < asked(model.understand(lines))


@pytest.mark.parametrize("label", SENSITIVE)
def test_a_persons_matter_among_such_lines_is_found(model: Cascade, label: Label) -> None:
    lines = log(40)
    said = "\n".join([*lines[:20], "", SENSITIVE[label], "", *lines[20:]])
    understood = model.understand([Text(said, "part 1", Source.BODY)])
    assert understood.any >= model.any_threshold.leaves_room


def test_without_time_for_it_the_message_is_not_said_to_be_read(
    model: Cascade, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, clock = type(model.encoder).logits, SimpleNamespace(now=0.0)

    def slow(encoder: Encoder, texts: list[str]) -> Logits:
        clock.now += Budget().seconds + 1
        return real(encoder, texts)

    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(type(model.encoder), "logits", slow)
    assert not model.understand([Text("\n".join(log(60)), "part 1", Source.BODY)]).complete


def test_no_message_is_nothing_to_read(model: Cascade) -> None:
    assert model.understand([]) == Understanding()
    assert model.understand(body("")) == Understanding()


def test_without_time_it_does_not_say_that_it_understood(model: Cascade) -> None:
    hurried = replace(model, budget=Budget(seconds=-1.0))
    assert not hurried.understand(body(SENSITIVE[Label.HEALTH])).complete


def test_nor_where_the_message_has_less_time_left_than_the_model_may_take(model: Cascade) -> None:
    text = body(SENSITIVE[Label.HEALTH])
    assert not model.understand(text, Deadline.after(-1.0)).complete
    assert model.understand(text, Deadline.after(60.0)).complete


def test_nor_without_time_for_the_sieve(model: Cascade, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sieve alone takes what time there is, and leaves nothing that the encoder would be asked about."""
    gates = replace(model.fit.gates, doubtful=-5.0, uncertain=99.0, uncertain_label=99.0, likely=99.0)
    said = replace(saying(model, {}), fit=replace(model.fit, gates=gates))
    first, second = (Text(f"Vi ses i uge {n}.", f"part {n}", Source.ATTACHMENT) for n in (1, 2))
    monkeypatch.setattr(module, "_SIEVE_BATCH", 1)
    assert said.understand([first, second]).complete
    late = running_out(said, first.text, monkeypatch).understand([first, second])
    assert [reading.stage for reading in late.readings] == [CascadeStage.SIEVE, CascadeStage.LINEAR]
    assert not late.complete


def test_with_too_many_windows_neither(model: Cascade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    many = body(*(f"Vi ses i uge {n}, når det nye anlæg står klar ved søen. " * 4 for n in range(30)))
    assert not model.understand(many).complete


FIRST, SECOND, THIRD = (f"Vi ses i uge {n} på værkstedet. Der er kaffe og kage til alle." for n in (1, 2, 3))
ASKS_OF_ALL = {
    "doubtful": -9.0,
    "uncertain": -9.0,
    "likely": 99.0,
    "surely": 99.0,
    "alone": -9.0,
    "alone_likely": -9.0,
}


def stages_of(
    model: Cascade, encoder: Mapping[str, Label], *, go_on: float = 0.0, **budget: float
) -> tuple[Cascade, Says]:
    """*model* with stages that say -3, -2.5 and -2 of everything, but for what *encoder* knows; and its encoder."""
    asked = Says(encoder, rest=-2.0)
    stages: dict[str, Any] = {"linear": Says({}, rest=-3.0), "sieve": Says({}, rest=-2.5), "encoder": asked}
    gates = replace(model.fit.gates, go_on=go_on, **ASKS_OF_ALL)
    limits: dict[str, Any] = {"few": 3, "sentences": 0, "one_in": 9, **budget}
    fit = replace(model.fit, gates=gates)
    return replace(model, frame=None, fit=fit, budget=Budget(**limits), **stages), asked


def files(*texts: str) -> list[Text]:
    return [Text(text, f"part {n}", Source.ATTACHMENT) for n, text in enumerate(texts)]


@pytest.mark.parametrize(("says", "asked"), [({FIRST: Label.HEALTH}, [FIRST, SECOND, THIRD]), ({}, [FIRST])])
def test_where_the_encoder_does_not_say_no_it_is_asked_of_the_others(
    model: Cascade, says: Mapping[str, Label], asked: list[str]
) -> None:
    told, encoder = stages_of(model, says)
    told.understand(files(FIRST, SECOND, THIRD))
    assert encoder.asked == asked


def test_what_the_encoder_has_no_time_for_is_not_understood(
    model: Cascade, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 1)
    told, encoder = stages_of(model, {}, go_on=-99.0, certain=1.1)
    # nothing alarms, and no sentence is likely by itself: they would be asked of the encoder, too
    gates = replace(told.fit.gates, alone=99.0, alone_likely=99.0)
    fit = replace(told.fit, gates=gates, any_threshold=replace(model.any_threshold, unsure=1.1))
    told = replace(told, fit=fit)
    assert told.understand(files(FIRST, SECOND)).complete
    late = running_out(told, FIRST, monkeypatch, "encoder").understand(files(FIRST, SECOND))
    assert encoder.asked == [FIRST, SECOND, FIRST]
    assert not late.complete


@pytest.mark.parametrize(("certain", "read"), [(0.0, 1), (1.1, 3)])
def test_it_reads_on_until_it_is_certain(
    model: Cascade, monkeypatch: pytest.MonkeyPatch, certain: float, read: int
) -> None:
    monkeypatch.setattr(module, "_BATCH", 1)
    told, encoder = stages_of(model, {}, go_on=-99.0, certain=certain, windows_when_certain=1)
    told.understand(files(FIRST, SECOND, THIRD))
    assert len(encoder.asked) == read


def test_what_the_stages_say_is_mixed_in_the_shares_that_were_fitted(model: Cascade) -> None:
    told, _ = stages_of(model, {}, sentences=2)
    fit = model.fit
    sifted = fit.sieve_share * -2.5 + (1 - fit.sieve_share) * -3.0
    mixed = fit.encoder_share * -2.0 + (1 - fit.encoder_share) * sifted
    whole, *by_themselves = told.understand(files(FIRST)).readings
    assert whole.any == pytest.approx(1 / (1 + math.exp(-(fit.slope[0] * mixed + fit.offset[0]))), rel=1e-4)
    less = 1 / (1 + math.exp(-(fit.slope[0] * mixed + fit.offset[0] - BY)))
    assert [one.any for one in by_themselves] == pytest.approx([less] * 2, rel=1e-4)


HARMLESS = (
    "Punkt {} på listen er gennemgået af udvalget i dag, og der er ikke noget at bemærke til tegningerne af den nye "
    "bro ved havnen."
)
ILL = (
    "Punkt {} på listen handler om Jens Holm, der er sygemeldt med en svær depression og har været indlagt på "
    "psykiatrisk afdeling siden i mandags."
)
SECONDS = 10.0  # of processor time


@pytest.mark.slow
def test_a_message_of_more_windows_than_are_read_costs_seconds_and_is_told_of(model: Cascade) -> None:
    """Through the real stages: all windows to the linear one, as many as may be to the sieve, and some to the encoder.
    Each sentence has more words than half a window, so no two of them share one."""
    message = EmailMessage()
    message["Subject"] = "Listen"
    message.set_content(
        "\n\n".join((ILL if n % 15 == 0 else HARMLESS).format(n) for n in range(MOST + 100)), charset="utf-8"
    )
    raw = message.as_bytes()
    begun = time.process_time()
    found = gather(raw, shipped_rules(), model=model)
    spent = time.process_time() - begun
    assert found.understanding is not None
    assert not found.understanding.complete
    assert ("unreadable.timed-out", "not all of it was understood") in {
        (finding.rule, finding.excerpt) for finding in found.findings
    }
    stages = [reading.stage for reading in found.understanding.readings if not by_itself(reading)]
    assert len(stages) == MOST + 1
    assert 0 < stages.count(CascadeStage.SIEVE) <= Budget().sifted
    assert 0 < stages.count(CascadeStage.ENCODER) <= Budget().windows
    assert spent < SECONDS


@pytest.mark.slow
def test_a_message_of_as_many_windows_as_are_read_is_understood_whole(model: Cascade) -> None:
    """It is the number of windows that counts there, not what time they took."""
    whole = model.understand(body(*(HARMLESS.format(n) for n in range(MOST))))
    assert (len(whole.readings), whole.complete) == (MOST, True)
