"""Excerpts of several places of one message."""

from __future__ import annotations

import pytest

from segl_classifier.excerpts import Excerpts, excerpt

LINES = "Hej\nKaren har cpr o1o19o-l234, skriv til hende.\nHun er syg, og sagen er 2026-004512.\n"


@pytest.mark.slow
@pytest.mark.parametrize("text", [LINES, LINES * 15], ids=["short", "long"])
def test_of_several_places_each_shows_what_it_shows_alone(text: str) -> None:
    of_message = Excerpts()
    for start in range(0, len(text) - 6, 11):
        assert of_message.excerpt(text, start, start + 6) == excerpt(text, start, start + 6)


def test_another_text_shows_nothing_of_the_one_before() -> None:
    of_message = Excerpts()
    of_message.excerpt("Karen er syg", 0, 5)
    assert of_message.excerpt("Peter er rask", 0, 5) == "Peter er rask"
