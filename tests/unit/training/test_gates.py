"""The whole decision tried at other gates: what is found, and how many passages the encoder reads for it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segl_classifier.evaluation.labelled import read_labelled
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.cascade import Cascade
from segl_classifier.understanding.loading import load_model, shipped_model
from segl_training import gates

ILL = "Kære Ulla. Jens Holm er indlagt med svær depression og bliver opereret på torsdag."
ROOF = "Kære Ulla. Taget på pumpehuset bliver lagt om i uge 14, og stilladset er bestilt."


@pytest.fixture(scope="module")
def model() -> Cascade:
    loaded = load_model()
    assert loaded is not None
    return loaded


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    file = tmp_path / "mails.jsonl"
    kept = {"subject": "Til dig", "html": False, "attachments": [], "spans": [], "unclear": False, "why": ""}
    kept |= {"from": "a@office.example", "to": ["b@firm.example"]}
    mails = [("ill", ILL, ["health"]), ("roof", ROOF, [])]
    lines = (
        json.dumps({**kept, "id": id_, "body": body, "labels": labels, "must_encrypt": bool(labels)})
        for id_, body, labels in mails
    )
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


class Counting:
    def __init__(self) -> None:
        self.read: list[str] = []

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read += texts
        return np.array([[len(text), 0.0] for text in texts], np.float32)


def test_each_passage_is_read_once_and_counted_each_time() -> None:
    stage: Any = Counting()
    remembered = gates.Remembered(stage)
    assert remembered.logits(["a", "bb", "a"])[:, 0].tolist() == [1, 2, 1]
    assert remembered.logits(["bb", "ccc"])[:, 0].tolist() == [2, 3]
    assert (stage.read, remembered.asked) == (["a", "bb", "ccc"], 5)


def tried(model: Cascade, texts: Path, **values: float) -> gates.Result:
    encoder = gates.Remembered(model.encoder)
    stages: dict[str, Any] = {"encoder": encoder}
    model = replace(model, **stages)
    rules = shipped_rules()
    read = list(gates.seen(read_labelled([texts]), rules, model))
    return gates.result(read, rules, gates.at(model, values), encoder)


def test_what_is_found_and_what_a_harmless_mail_costs(model: Cascade, texts: Path) -> None:
    assert tried(model, texts) == gates.Result(1.0, 0.0, 1.0, 0.0)
    everything = tried(model, texts, doubtful=-99, uncertain=-99)
    assert everything.found == 1.0
    assert everything.cost == 2.0  # the one window of the mail on the roof, and its subject


def test_values_are_of_a_gate_or_of_the_budget(model: Cascade) -> None:
    other = gates.at(model, {"likely": 2.5, "few": 1.0})
    assert (other.fit.gates.likely, other.budget.few) == (2.5, 1)
    assert replace(other.fit.gates, likely=model.fit.gates.likely) == model.fit.gates


@pytest.mark.slow
def test_each_mixture_of_values_is_a_line(
    texts: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "gates",
        str(shipped_model()),
        "--texts",
        str(texts),
        "--uncertain",
        "-99",
        "0",
        "--few",
        "1",
        "3",
    ]
    monkeypatch.setattr(sys, "argv", asked)
    gates.main()
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["uncertain", "few", "found", "alarms", "F1", "cost"]
    assert [line.split()[:2] for line in lines] == [["-99", "1"], ["-99", "3"], ["0", "1"], ["0", "3"]]
    assert {tuple(line.split()[2:5]) for line in lines} == {("1.000", "0.000", "1.000")}
