"""Rules on columns as a postmaster writes them: what he is told of them."""

from __future__ import annotations

from pathlib import Path

from segl_classifier.rules import RuleSet, load_rules
from segl_classifier.rules.compare import differences

GUESTS = """
[[rule]]
id = "own.guests"
label = "family"
column = true
weight = 0.6
why = "Hvem der bor på krisecentret."
words = "ankom"
matches = ["Navn;Ankom\\nAnna Lund;mandag"]
not_matches = ["Navn;Rejste\\nAnna Lund;mandag"]
"""


def written(folder: Path, text: str, *, examples: bool = True) -> RuleSet:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return load_rules([file], examples=examples)


def test_what_reads_text_now_is_a_difference(tmp_path: Path) -> None:
    headings = written(tmp_path, GUESTS)
    text = written(tmp_path, GUESTS.replace("column = true", ""))
    (difference,) = differences(headings, text)
    assert difference.details == ("in headings → text",)
