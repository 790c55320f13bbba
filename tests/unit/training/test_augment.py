"""The ways in which a text is changed before it is learned: what it says stays."""

from __future__ import annotations

import random

import pytest

from segl_training.augment import augmented

TEXT = "Karen er sygemeldt med stress. Omar kører bilen til værksted på Åvej, siger Karen."


def many() -> list[str]:
    chance = random.Random(1)
    return [augmented(TEXT, chance) for _ in range(1_000)]


MANY = many()


def test_most_stay_as_they_are() -> None:
    assert 0.6 < MANY.count(TEXT) / len(MANY) < 0.78


def test_the_same_chance_changes_the_same() -> None:
    assert many() == MANY


def test_people_get_other_names_everywhere_alike() -> None:
    renamed = [text for text in MANY if " er sygemeldt med stress. " in text and not text.startswith("Karen")]
    named = [text for text in renamed if text.endswith(f"siger {text.split()[0]}.")]
    assert len({text.split()[0] for text in named}) > 20


def test_a_name_stays_among_those_it_is_common_with() -> None:
    others = {
        text.split(". ")[1].split()[0] for text in MANY if "kører bilen til værksted på Åvej, siger" in text
    }
    assert "Omar" in others
    assert not others & {"Karen", "Jens", "Mette", "Søren"}


@pytest.mark.parametrize("head", ["skrev:", "Videresendt", "Sendt:", "Emne: SV:"])
def test_some_stand_below_the_head_of_an_answer(head: str) -> None:
    assert any(head in text and text.endswith(TEXT) for text in MANY)


@pytest.mark.parametrize("changed", ["vaerksted", "VÆRKSTED", "karen er sygemeldt", "Avej"])
def test_letters_arrive_in_other_ways(changed: str) -> None:
    assert any(changed in text for text in MANY)


def test_fingers_and_scanners_err() -> None:
    assert sum(len(text) != len(TEXT) and text.split()[:1] == ["Karen"] for text in MANY) > 5


def test_an_empty_text_is_no_fault() -> None:
    assert "" in {augmented("", random.Random(seed)) for seed in range(50)}
