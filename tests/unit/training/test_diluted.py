"""Windows put together: somebody's matter among general words on the same, and among anything else."""

from __future__ import annotations

import pytest

from segl.vocabulary import Label
from segl_classifier.message import Source
from segl_classifier.understanding.interface import Window
from segl_training.corpus import LABELS, Example, Labelled
from segl_training.diluted import diluted

MATTER = "Lone Krag er sygemeldt med en svær depression."
GENERAL = (
    "Mange danskere får diagnosen depression, og hun står sjældent alene med den. Der er kaffe bagefter.",
    "Patienten i filmen får en depression og kommer på psykiatrisk afdeling. Der er kaffe fra klokken syv.",
)
OTHER = "Pumpen er skiftet, og trykket er igen normalt i hele byen."


def labelled(text: str, *labels: Label, weight: float = 1.0, example: int = 0) -> Labelled:
    window = Window(text, "part 1", Source.BODY, 0, 0, len(text))
    return Labelled(window, example, tuple(float(label in labels) for label in LABELS), weight)


def mail(*spans: tuple[Label, str]) -> Example:
    return Example("x-1", "x/1", (), frozenset(label for label, _ in spans), False, spans)


FOUND = [mail((Label.HEALTH, "er sygemeldt med en svær depression")), mail()]
WINDOWS = [
    labelled(MATTER, Label.HEALTH),
    *(labelled(text, example=1) for text in GENERAL),
    labelled(OTHER, example=1),
]


@pytest.fixture(scope="module", params=range(20))
def made(request: pytest.FixtureRequest) -> list[Labelled]:
    return diluted(FOUND, WINDOWS, 1, request.param)


def test_a_matter_stands_among_general_words_on_its_category(made: list[Labelled]) -> None:
    text = made[0].window.text
    assert MATTER in text
    assert any(general.split(".")[0][:40] in text for general in GENERAL)
    assert "Pumpen" not in text
    assert made[0].labels[LABELS.index(Label.HEALTH)] == 1.0
    assert len(text.split()) <= 45 + 6


def test_as_often_it_stands_among_anything_else() -> None:
    made = [diluted(FOUND, WINDOWS, 1, seed)[1] for seed in range(20)]
    assert all(MATTER in one.window.text and one.labels[LABELS.index(Label.HEALTH)] for one in made)
    assert sum("Pumpen" in one.window.text for one in made) in range(1, 20)


def test_where_a_subject_stands_it_says_what_the_mail_is_about() -> None:
    theatre = labelled("Vores nye skuespil | Hej alle, her er rollerne til på onsdag.", example=1)
    made = [diluted(FOUND, [WINDOWS[0], theatre], 1, seed) for seed in range(20)]
    assert made == [[]] * 20


def test_general_words_alone_say_nothing_however_many() -> None:
    made = [one for seed in range(20) for one in diluted(FOUND, [*WINDOWS[:1] * 2, *WINDOWS], 2, seed)[4:]]
    assert made
    for one in made:
        assert MATTER not in one.window.text
        assert not any(one.labels)
        assert one.weight == 1.0


def test_two_thirds_as_many_are_of_general_words_alone() -> None:
    many = [
        labelled(MATTER.replace("Lone", name), Label.HEALTH)
        for name in ("Bo", "Per", "Ole", "Ida", "Mia", "Ane")
    ]
    made = diluted(FOUND, [*many, *WINDOWS], 6, 1)
    assert [any(one.labels) for one in made] == [True] * 12 + [False] * 4


def test_the_same_seed_makes_the_same() -> None:
    assert diluted(FOUND, WINDOWS, 1, 3) == diluted(FOUND, WINDOWS, 1, 3)


def test_of_a_long_window_the_sentence_that_tells_is_taken() -> None:
    long = f"{OTHER} {OTHER} {OTHER} {OTHER} Kære alle. {MATTER} {OTHER}"
    [first, *_] = diluted(FOUND, [labelled(long, Label.HEALTH), *WINDOWS[1:]], 1, 1)
    assert MATTER in first.window.text
    assert "Pumpen" not in first.window.text


def test_a_window_that_is_not_sure_teaches_nothing() -> None:
    unsure = [labelled(MATTER, Label.HEALTH, weight=0.5), *WINDOWS[1:]]
    assert diluted(FOUND, unsure, 1, 1) == []


def test_without_general_words_on_its_category_there_is_still_anything_else() -> None:
    [made] = diluted(FOUND, [WINDOWS[0], WINDOWS[3]], 1, 1)
    assert MATTER in made.window.text
    assert "Pumpen" in made.window.text
