"""Sentences that say more by themselves than the window they stand in: which are read, what they count, who is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segl.vocabulary import Label
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules
from segl_classifier.spoken_words import words_of
from segl_classifier.understanding import passing
from segl_classifier.understanding.asking import Budget
from segl_classifier.understanding.cascade import LABELS, Cascade
from segl_classifier.understanding.interface import CascadeStage, Window, Words
from segl_classifier.understanding.loading import load_model
from segl_classifier.understanding.windows import WORDS, SplitWindow, split_windows
from told_stages import Says, alone, running_out, saying

NEUTRAL = (
    "Taget på pumpehuset bliver lagt om i uge 14.",
    "Håndværkerne holder på pladsen bag laden.",
    "Kantinen har åbent som vanligt, og der er fisk om fredagen.",
    "Printeren på første sal er flyttet til kopirummet.",
)
MATTER = "Lis Møller har fået diagnosen skizofreni og er indlagt."


def body(text: str) -> Text:
    return Text(text, "part 1", Source.BODY)


def read_alone(text: str) -> list[str]:
    return [one.text for one in passing.sentences(split_windows([body(text)]))]


def test_the_sentences_of_a_window_are_read_once_each_where_they_have_a_few_words() -> None:
    assert read_alone(f"{NEUTRAL[0]} Se bilag. {MATTER} {NEUTRAL[0]}") == [NEUTRAL[0], MATTER]


@pytest.mark.parametrize(("words", "read"), [(4, False), (5, True), (30, True), (31, False)])
def test_a_sentence_of_very_few_words_tells_nothing_and_one_of_many_was_the_window(
    words: int, read: bool
) -> None:
    window = Window("Et vindue.", "part 1", Source.BODY, 0, 0, 10)
    sentence = replace(window, text=" ".join(["ord"] * words))
    assert passing.sentences([SplitWindow(window, (sentence,))]) == ([sentence] if read else [])


@pytest.mark.parametrize(
    "condition", ["Går du på efterløn, falder det til 210 kr.", "If you are ill, call us before eight."]
)
def test_what_holds_if_is_told_of_nobody_by_itself(condition: str) -> None:
    assert read_alone(f"{NEUTRAL[0]} {condition} {MATTER} Hvis du savner Lis, er hun indlagt.") == [
        NEUTRAL[0],
        MATTER,
        "Hvis du savner Lis, er hun indlagt.",
    ]


def test_a_window_of_one_sentence_was_read_by_itself() -> None:
    assert read_alone(MATTER) == []
    assert read_alone(f"{' '.join(NEUTRAL)} {MATTER}\n\n{MATTER}") == [*NEUTRAL]


def test_a_sentence_of_nearly_a_whole_window_is_read_by_its_clauses() -> None:
    long = "Så " + "og ".join(["vi ses i uge 14 "] * 7).strip()
    assert len(long.split()) in range(31, WORDS)
    assert " ".join(read_alone(f"Hej. {long}.")) == f"{long}."
    assert len(read_alone(f"Hej. {long}.")) > 1


def test_the_rows_of_a_table_are_read_with_their_headings() -> None:
    table = "Navn\tÅrsag\tDage\nJens Holm\tKOL\t12\nÅse Bro\tferie\t5"
    assert "Navn: Jens Holm, Årsag: KOL, Dage: 12" in read_alone(table)


@pytest.mark.parametrize("mark", ["[2] ", "(3) ", "12. ", "4) ", "b) ", "- ", "• ", "* ", "- [ ] "])
def test_one_is_read_without_the_mark_of_an_item_before_it(mark: str) -> None:
    assert MATTER in read_alone(f"{NEUTRAL[0]}\n{mark}{MATTER}\n{NEUTRAL[1]}")


def test_a_sentence_in_a_cell_is_read_without_the_others_too() -> None:
    read = read_alone(f"Opgave\tHvem\tNote\nSalt\tTina\t{MATTER}\nSand\tPer\tBestilles i uge 48")
    assert {f"Opgave: Salt, Hvem: Tina, Note: {MATTER}", MATTER} <= set(read)
    assert "Bestilles i uge 48" not in read


def test_each_lies_where_it_stands_in_the_text() -> None:
    text = f"{NEUTRAL[0]} {MATTER}  {NEUTRAL[1]}"
    [_, matter, _] = passing.sentences(split_windows([body(text)]))
    assert text[matter.start : matter.end].strip() == MATTER


NONE_HELD = np.zeros(len(LABELS), bool)


@pytest.mark.parametrize(("count", "most"), [(5, Budget().sentences), (100, 12), (5000, 16)])
def test_the_encoder_is_asked_of_a_few_the_likeliest(count: int, most: int, shipped: Cascade) -> None:
    gates = shipped.fit.gates
    logits = np.zeros((count, 1 + len(LABELS)))
    logits[:, 0] = np.arange(count) + gates.alone_likely
    assert passing.for_encoder(logits, NONE_HELD, gates, Budget()) == list(range(count - most, count))
    assert passing.for_encoder(logits - count, NONE_HELD, gates, Budget()) == []


def of_category(*categories: Label) -> NDArray[np.float64]:
    """Sentences that are likely, the first the likeliest, each of its category."""
    logits = np.zeros((len(categories), 1 + len(LABELS)))
    logits[:, 0] = 9.0 - np.arange(len(categories))
    for row, category in zip(logits, categories, strict=True):
        row[1 + LABELS.index(category)] = row[0]
    return logits


@pytest.mark.parametrize(
    ("most", "held", "asked"),
    [
        (1, (), [0]),
        (2, (), [0, 1]),
        (3, (), [0, 1, 3]),  # each category has its turn
        (1, (Label.HEALTH,), [3]),  # of what is certain there is nothing to ask
        (3, (Label.HEALTH,), [3, 4]),
        (3, (Label.HEALTH, Label.CRIMINAL), [4]),
        (3, tuple(LABELS), []),
    ],
)
def test_a_conviction_does_not_wait_behind_sentences_on_one_illness(
    most: int, held: tuple[Label, ...], asked: list[int], shipped: Cascade
) -> None:
    logits = of_category(Label.HEALTH, Label.HEALTH, Label.HEALTH, Label.CRIMINAL, Label.FAMILY)
    known = np.array([label in held for label in LABELS])
    budget = Budget(sentences=most)
    assert passing.for_encoder(logits, known, shipped.fit.gates, budget) == asked


SPOKEN = np.array([False, True, True, True])


@pytest.mark.parametrize(
    ("logit", "held", "asked"),
    [
        (0.0, (), [1, 2]),  # two of those of which the words say as much
        (-0.5, (), [1, 2]),
        (-0.6, (), []),
        (0.0, (Label.HEALTH,), [2, 3]),
    ],
)
def test_of_what_is_doubtful_the_encoder_is_asked_only_where_the_words_speak(
    logit: float, held: tuple[Label, ...], asked: list[int], shipped: Cascade
) -> None:
    logits = of_category(Label.CRIMINAL, Label.HEALTH, Label.FAMILY, Label.CRIMINAL)
    logits[:, 0] = logit
    assert shipped.fit.gates.alone_likely > 0.1
    known = np.array([label in held for label in LABELS])
    budget = Budget(sentences=1, spoken=2)
    assert passing.for_encoder(logits, known, shipped.fit.gates, budget, SPOKEN) == asked


def test_the_likeliest_are_looked_through_where_there_are_very_many(shipped: Cascade) -> None:
    logits, budget = of_category(*[Label.HEALTH] * 4)[::-1], Budget(sifted=2)
    assert passing.for_sieve(logits, shipped.fit.gates, budget) == [2, 3]
    windows = [Window(f"ord {n}", "part 1", Source.BODY, 0, 0, 5) for n in range(4)]
    said = [passing.Told(window, window.text, named=False) for window in windows]
    assert passing.spoken(said, logits, Words(lambda _: True), budget) == [2, 3]


@pytest.fixture(scope="module")
def shipped() -> Cascade:
    loaded = load_model()
    assert loaded is not None
    return loaded


@pytest.fixture
def model(shipped: Cascade) -> Cascade:
    """All of its stages find :data:`MATTER` by itself, and nothing in any window."""
    return saying(shipped, {MATTER: Label.HEALTH})


AMONG = " ".join([*NEUTRAL[:2], MATTER, *NEUTRAL[2:]])
SAY_SO = Words(lambda sentence: sentence == MATTER)


def test_what_is_lost_in_its_window_is_found_by_itself_and_counts_for_less(model: Cascade) -> None:
    understood = model.understand([body(AMONG)])
    [reading] = alone(understood.readings)
    assert (reading.window.text, reading.stage) == (MATTER, CascadeStage.ENCODER)
    assert reading.lowered == ((passing.LOWERED, passing.BY),)
    assert understood.any == reading.any >= model.any_threshold.unsure
    assert understood.scores[Label.HEALTH] >= model.thresholds[Label.HEALTH].holds
    by_itself = model.understand([body(MATTER)])
    assert not alone(by_itself.readings)
    assert by_itself.any > understood.any


def test_the_sieve_and_the_encoder_are_asked_of_what_the_stages_before_find_likely(model: Cascade) -> None:
    model.understand([body(AMONG)])
    stages: Any = (model.linear, model.sieve, model.encoder)
    assert [[text for text in stage.asked if text in (*NEUTRAL, MATTER)] for stage in stages] == [
        [*NEUTRAL[:2], MATTER, *NEUTRAL[2:]],
        [MATTER],
        [MATTER],
    ]


def test_a_message_that_is_certain_may_hold_something_else_besides(model: Cascade) -> None:
    certain = saying(model, {AMONG: Label.CRIMINAL, MATTER: Label.HEALTH}).understand([body(AMONG)])
    assert certain.any >= model.budget.certain
    assert [reading.window.text for reading in alone(certain.readings)] == [MATTER]


def test_what_is_certain_already_is_not_asked_again(model: Cascade) -> None:
    certain = saying(model, {AMONG: Label.HEALTH, MATTER: Label.HEALTH}).understand([body(AMONG)])
    assert certain.any >= model.budget.certain
    assert not alone(certain.readings)


def test_without_time_for_those_that_are_likely_it_does_not_say_that_it_understood(model: Cascade) -> None:
    late = replace(model, budget=replace(model.budget, seconds=-1.0))
    assert not late.understand([body(AMONG)]).complete
    assert late.understand([body(" ".join(NEUTRAL))]).complete


def test_nor_where_the_sieve_takes_the_encoders_time(model: Cascade, monkeypatch: pytest.MonkeyPatch) -> None:
    assert model.understand([body(AMONG)]).complete
    late = running_out(model, MATTER, monkeypatch).understand([body(AMONG)])
    assert (late.complete, alone(late.readings)) == (False, [])


@pytest.mark.parametrize(("sieve", "asked"), [(1.0, [MATTER]), (-1.0, [])], ids=["doubtful", "unlikely"])
def test_where_the_words_say_as_much_the_encoder_is_asked_of_what_is_doubtful(
    shipped: Cascade, sieve: float, asked: list[str]
) -> None:
    stages: dict[str, Any] = {"linear": Says({}, rest=-0.6), "sieve": Says({}, rest=sieve)}
    deaf = replace(saying(shipped, {MATTER: Label.HEALTH}), **stages)
    assert not alone(deaf.understand([body(AMONG)]).readings)
    heard = deaf.hearing(SAY_SO).understand([body(AMONG)])
    assert [(one.window.text, one.stage) for one in alone(heard.readings)] == [
        (text, CascadeStage.ENCODER) for text in asked
    ]


def test_and_it_is_believed_sooner(model: Cascade) -> None:
    [without] = alone(model.understand([body(AMONG)]).readings)
    [with_words] = alone(model.hearing(SAY_SO).understand([body(AMONG)]).readings)
    assert with_words.lowered == ((passing.LOWERED, passing.BY_SPOKEN),)
    assert with_words.any > without.any


@pytest.mark.parametrize(
    ("spoken", "named", "by"),
    [
        (False, False, passing.BY),
        (False, True, passing.BY_NAMED),
        (True, False, passing.BY_SPOKEN),
        (True, True, passing.BY_SPOKEN_NAMED),
    ],
)
def test_as_is_what_names_somebody(model: Cascade, spoken: bool, named: bool, by: float) -> None:
    words = Words(lambda _: spoken, lambda sentence: [(0, 3)] if named and sentence == MATTER else [])
    [reading] = alone(model.hearing(words).understand([body(AMONG)]).readings)
    assert reading.lowered == ((passing.LOWERED, by),)


def test_who_is_told_of_by_a_first_name_alone_is_read_as_if_by_both(shipped: Cascade) -> None:
    told, read = (
        "Palle er sigtet for at have stjålet kobber.",
        "Palle Holm er sigtet for at have stjålet kobber.",
    )
    stages: dict[str, Any] = {"linear": Says({}, rest=-0.6)}
    model = replace(saying(shipped, {read: Label.CRIMINAL}), **stages)
    words = Words(lambda sentence: sentence == told, lambda sentence: [(0, 5)] if sentence == told else [])
    [reading] = alone(model.hearing(words).understand([body(f"{NEUTRAL[0]} {told} {NEUTRAL[1]}")]).readings)
    assert reading.window.text == told
    assert reading.any >= model.any_threshold.unsure


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("KHN er gået ned med stress.", "Bo Holm er gået ned med stress."),
        ("Thorbjørg drikker igen.", "Bo Holm drikker igen."),  # three words
        ("Hej alle Skovgaard er sygemeldt med stress.", "Bo Holm er sygemeldt med stress."),  # told of one
        ("Naboen sælger hash.", "Naboen Bo Holm sælger hash."),
        ("Mon den nye kollega, som vi fik i går, hedder Karla?", None),
        ("Pumpen er gået ned igen.", None),
    ],
)
def test_whoever_is_told_of_is_read_as_if_by_both_names(told: str, read: str | None) -> None:
    rules = shipped_rules()
    window = Window("Et vindue.", "part 1", Source.BODY, 0, 0, 10)
    [one] = passing.told(
        [SplitWindow(window, (replace(window, text=told),))], Words(lambda _: True, rules.first_names)
    )
    assert (one.window.text, one.full) == (
        told,
        told.replace("Karla", "Karla Holm") if read is None else read,
    )
    assert one.is_short == (len(told.split()) < 5)
    spoken = passing.Sentence.of(one, spoken=True)
    assert spoken.by == (
        passing.BY_SPOKEN if one.by_role or "gået ned igen" in told else passing.BY_SPOKEN_NAMED
    )
    assert one.by_role == told.startswith("Naboen")
    assert passing.Sentence.of(one, spoken=False).read == told


def test_an_animal_may_have_a_name_that_is_in_no_list() -> None:
    window = Window(
        "Kong dumpede prøven igen i går. Hunden skal træne mere.", "part 1", Source.BODY, 0, 0, 10
    )
    sentence = replace(window, text="Kong dumpede prøven igen i går.")
    [one] = passing.told([SplitWindow(window, (sentence,))], words_of(shipped_rules()))
    assert (one.full, one.named) == (sentence.text, False)


def test_of_a_mail_that_is_one_sentence_it_is_read_anew_with_whole_names(shipped: Cascade) -> None:
    model = saying(shipped, {"Bo Holm er gået ned med stress.": Label.HEALTH})
    text = body("KHN er gået ned med stress.")
    assert not alone(model.understand([text]).readings)
    [reading] = alone(model.hearing(Words(lambda _: True)).understand([text]).readings)
    assert (reading.window.text, reading.lowered) == (
        text.text,
        ((passing.LOWERED, passing.BY_SPOKEN_NAMED),),
    )


def test_words_alone_do_not_make_it_so(shipped: Cascade) -> None:
    sure_of_nothing = saying(shipped, {})
    heard = sure_of_nothing.hearing(Words(lambda _: True)).understand([body(AMONG)])
    assert heard.any < sure_of_nothing.any_threshold.unsure


def test_of_a_long_message_as_few_are_asked_about_as_without_words(model: Cascade) -> None:
    many = body(" ".join(f"{word.capitalize()} er kommet hjem igen i dag." for word in "abcdefghij"))
    heard = model.hearing(Words(lambda _: True)).understand([many])
    assert len(alone(heard.readings)) <= model.budget.spoken


def test_the_subject_is_no_sentence_of_the_mail_that_it_leads() -> None:
    subject = Text("Lis Møller er indlagt med skizofreni", "subject", Source.SUBJECT)
    found = passing.sentences(split_windows([subject, body(f"{MATTER} {NEUTRAL[0]}")]))
    assert [(one.text, one.source, one.source_index) for one in found] == [
        (MATTER, Source.BODY, 1),
        (NEUTRAL[0], Source.BODY, 1),
    ]


def test_the_shipped_model_finds_what_is_told_in_passing(shipped: Cascade) -> None:
    understood = shipped.understand([body(AMONG)])
    by_themselves = [reading.window.text for reading in alone(understood.readings)]
    assert MATTER in by_themselves or understood.any >= shipped.budget.certain
    assert understood.scores[Label.HEALTH] >= shipped.thresholds[Label.HEALTH].unsure
