"""How long each stage took: times add up, none counts twice, and all stages of a message are there."""

from __future__ import annotations

import pytest

from segl.settings.detection import Limits
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules
from segl_classifier.stages import Stage, Stages


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


def test_a_stage_inside_another_takes_its_time_from_it(clock: list[float]) -> None:
    stages = Stages(lambda: clock[0])
    with stages(Stage.EXTRACT):
        clock[0] += 1
        with stages(Stage.DETECT):
            clock[0] += 10
        clock[0] += 100
    clock[0] += 1000  # in no stage
    with stages(Stage.DETECT):
        clock[0] += 5
    assert stages.seconds == {Stage.EXTRACT: 101, Stage.DETECT: 15}


def test_what_fails_in_a_stage_has_left_it(clock: list[float]) -> None:
    stages = Stages(lambda: clock[0])

    def fails() -> None:
        with stages(Stage.PARSE):
            clock[0] += 2
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fails()
    clock[0] += 50
    with stages(Stage.DECIDE):
        clock[0] += 1
    assert stages.seconds == {Stage.PARSE: 2, Stage.DECIDE: 1}


@pytest.mark.parametrize("raw", [b"Subject: x\r\n\r\nHej\r\n", b"", b"\xff" * 1000])
def test_every_message_goes_through_every_stage(raw: bytes) -> None:
    stages = Stages()
    classify(raw, shipped_rules(), Limits(), stages=stages)
    assert set(stages.seconds) == set(Stage)
    assert all(took >= 0 for took in stages.seconds.values())
