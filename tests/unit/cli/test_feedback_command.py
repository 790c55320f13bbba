"""``segl feedback``: a person's word on a decision."""

from __future__ import annotations

import time

import pytest

from segl.cli.person import me
from world.tuning import TuningHouse


@pytest.mark.slow
def test_it_is_noted_listed_and_can_be_changed(tuning: TuningHouse) -> None:
    name = tuning.decide("Min kajak ligger ved broen.")
    done = tuning("feedback", name[:32], "wrong", "--note", "en båd, ringede 010190-1234")
    assert (done.exit_code, "secure (family) was wrong" in done.stdout) == (0, True)
    assert "as was said before" in tuning("feedback", name, "wrong").stdout
    [said] = tuning.json("feedback", "list")
    assert 0 <= time.time() - said.pop("at") < 3600
    assert (said.pop("id")[:32], said.pop("by")) == (name[:32], me())
    note = "en båd, ringede 0101xx-xxxx"
    assert said == {"says": "wrong", "note": note, "verdict": "secure", "why": ["family"]}
    assert "feedback: wrong by" in tuning("explain", name).stdout
    assert tuning.json("feedback", name, "right")[0]["new"] is True
    assert [one["says"] for one in tuning.json("feedback", "list")] == ["right"]
    assert tuning.json("explain", name)[0]["feedback"]["says"] == "right"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("0" * 64, "wrong"), 1, "no decision"),
        (("0" * 64,), 2, "wrong or right"),
        (("0" * 64, "maybe"), 2, "'maybe' is neither"),
        (("list", "wrong"), 2, "list takes nothing more"),
        (("Æ\x1b[31m", "wrong"), 1, "no decision Æ\N{REPLACEMENT CHARACTER}[31m"),
    ],
)
def test_what_cannot_be(tuning: TuningHouse, words: tuple[str, ...], code: int, told: str) -> None:
    done = tuning("feedback", *words)
    assert (done.exit_code, told in done.stderr) == (code, True), done.output


def test_an_empty_list_is_a_heading(tuning: TuningHouse) -> None:
    assert tuning("feedback", "list").stdout.splitlines() == ["when  says  by  verdict  why  id  note"]
