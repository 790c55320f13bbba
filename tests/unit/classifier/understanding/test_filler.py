"""Text that only fills a page is not read; what stands in it is."""

from __future__ import annotations

import pytest

from segl_classifier.understanding.filler import without_filler
from segl_classifier.understanding.written import NOTHING

LOREM = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore"
AGAIN = "Ut enim ad minim veniam,\r\nquis nostrud exercitation."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (LOREM, ""),
        (f"{LOREM}\n\n{AGAIN}", "\n\n\n"),
        (f"{AGAIN} {LOREM}", "\n"),
        (f"{LOREM}. Lis er indlagt i dag. {AGAIN}", "Lis er indlagt i dag. \n"),
        (f"Kære Lis {LOREM}, Bo er syg", "Kære Lis Bo er syg"),
        (f"Lorem ipsum er syg. {AGAIN} Hilsen Bo", "Lorem ipsum er syg. \nHilsen Bo"),
        (AGAIN, AGAIN),  # nothing says that it is such a text
        ("", ""),
    ],
)
def test_runs_of_it_are_left_out_and_all_else_stays_in_its_place(text: str, left: str) -> None:
    shown = without_filler(text)
    assert len(shown) == len(text)
    assert shown.replace(NOTHING, "") == left
    assert all(mark in (before, NOTHING) for mark, before in zip(shown, text, strict=True))
