"""What ``segl doctor`` says of the model."""

from __future__ import annotations

from typing import Any

import pytest

from keyword_model import KeywordModel
from segl.cli.doctor_checks import check_model
from segl.errors import SeglError
from segl.postfix.check import State
from segl.settings.file import parse_settings


def damaged() -> None:
    raise SeglError("/model: encoder.onnx missing", hint="install the package again")


@pytest.mark.parametrize(
    ("detection", "load", "state", "found"),
    [
        ({}, lambda: KeywordModel({}), State.OK, "15 categories"),
        ({}, lambda: None, State.WARN, "none is installed: words alone decide"),
        ({}, damaged, State.FAIL, "/model: encoder.onnx missing"),
        ({"model": False}, damaged, State.OK, "turned off: words alone decide"),
    ],
    ids=["there", "none", "damaged", "off"],
)
def test_the_model_is_loaded_as_the_milter_would(
    monkeypatch: pytest.MonkeyPatch, detection: dict[str, Any], load: Any, state: State, found: str
) -> None:
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", load)
    organisation = {"name": "V", "domains": ["vand.example"]}
    check = check_model(parse_settings({"organisation": organisation, "detection": detection}))
    assert (check.id, check.state, check.found) == ("model", state, found)
    assert check.fix or state is State.OK
