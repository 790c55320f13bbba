"""``segl thresholds``: what another threshold would find and cost, on texts and on own decisions."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from segl.cli.main import build
from segl.decisions import feedback
from segl.decisions.said import Says
from segl.store.engine import transaction
from segl.vocabulary import Decision, Label
from segl_classifier.decide import Strictness
from segl_classifier.evaluation.labelled import read_labelled
from segl_classifier.evaluation.measure import measure
from segl_classifier.evaluation.tradeoff import (
    NAME,
    STEPS,
    Name,
    at_threshold,
    decided_texts,
    names,
    read,
    table,
)
from segl_classifier.rules import shipped_rules
from segl_classifier.tuning.again import Terms
from segl_classifier.understanding.loading import digest_of, load_model, load_thresholds, shipped_model
from world.tuning import TuningHouse

CORPUS = Path(__file__).resolve().parents[3] / "classifier" / "corpus"
BOAT = "Min kajak ligger ved broen."
NUMBER = "Hans cpr-nummer er 010190-1233."


@pytest.fixture(scope="module")
def shipped() -> Path:
    folder = shipped_model()
    assert folder is not None
    return folder


def test_the_shipped_texts_were_measured_by_the_shipped_model(shipped: Path) -> None:
    """Who makes the model anew runs ``python -m segl_training.tradeoff classifier/model``."""
    corpus = read(shipped / NAME)
    assert corpus.model == digest_of(shipped)
    records = read_labelled(sorted(CORPUS.glob("dev_*.jsonl")))
    assert [(text.labels, text.must) for text in corpus.texts] == [
        (one.labels, one.must_encrypt) for one in records
    ]


def test_and_come_out_so_again(shipped: Path) -> None:
    from functools import partial

    from segl_classifier.classify import gather

    model, rules = load_model(shipped), shipped_rules()
    found = partial(gather, rules=rules, model=model)
    records = read_labelled(sorted(CORPUS.glob("dev_*.jsonl")))
    kept = read(shipped / NAME).texts
    for place in (0, 100, 200, 300):
        now = measure(records[place], found, rules, model)
        assert now.record.why == kept[place].record.why
        assert {hit.rule for hit in now.record.hits} == {hit.rule for hit in kept[place].record.hits}


@pytest.mark.parametrize("name", [Label.FAMILY, Label.CPR, "any"])
def test_the_table_is_what_each_threshold_decides(shipped: Path, name: Name) -> None:
    """A text that no threshold moves is decided once."""
    terms = Terms(shipped_rules(), Strictness(), load_thresholds(shipped))
    texts = read(shipped / NAME).texts[::9]
    rows = table(terms, name, (0.05, 0.3, 0.9), decided_texts(terms, texts))
    assert {0.05, 0.3, 0.9} <= {row.threshold for row in rows}
    for row in rows:
        other = at_threshold(terms, name, row.threshold)
        secure = [text for text in texts if other.decide(text.record).decision is not Decision.PLAIN]
        assert row.texts.secure == sum(text.must for text in secure)
        assert row.texts.alarms == sum(not text.must for text in secure)


def test_higher_thresholds_find_no_more_and_cost_no_more(shipped: Path) -> None:
    terms = Terms(shipped_rules(), Strictness(), load_thresholds(shipped))
    texts = tuple(decided_texts(terms, read(shipped / NAME).texts[::3]))
    for name in (Label.HEALTH, Label.CPR, "any"):
        rows = table(terms, name, STEPS, texts)
        assert [row.threshold for row in rows] == sorted(row.threshold for row in rows)
        assert sum(row.present for row in rows) == 1
        for one, next_one in pairwise(rows):
            assert one.texts.found >= next_one.texts.found
            assert one.texts.named >= next_one.texts.named
            assert one.texts.secure >= next_one.texts.secure
            assert one.texts.alarms >= next_one.texts.alarms


def test_everything_with_a_threshold_is_told_of() -> None:
    words = Terms(shipped_rules(), Strictness(), None)
    assert names(words) == tuple(Label)
    assert set(names(Terms(shipped_rules(), Strictness(), load_thresholds()))) == {*Label, "any"}


def test_own_decisions_and_what_was_said_of_them(tuning: TuningHouse) -> None:
    boats = [tuning.decide(BOAT) for _ in range(3)]
    tuning.decide(f"{BOAT} {NUMBER}")  # secure at any threshold of the boat's category
    tuning.decide("Vi ses.")
    for name, says in zip(boats, (Says.WRONG, Says.RIGHT), strict=False):
        with transaction(tuning.engine) as connection:
            feedback.say(connection, name, says, "sender", datetime.now().timestamp())
    [told] = tuning.json("thresholds", "--label", "family")
    assert told["decisions"] == 5
    rows = {row["threshold"]: row for row in told["thresholds"]}
    assert rows[0.4]["present"]
    assert rows[0.5]["own"] == dict.fromkeys(rows[0.5]["own"], 0)
    assert rows[0.7]["own"] == {
        "to_secure": 0,
        "to_plain": 3,
        "as_people_said": 1,
        "against_what_people_said": 1,
    }
    text = tuning("thresholds", "--label", "family").stdout
    assert "5 own decisions, 2 spoken of" in text
    assert any(line.split()[:2] == ["0.40", "now"] for line in text.splitlines())


def test_of_very_many_decisions_some_are_looked_at_and_all_that_people_spoke_of(
    tuning: TuningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month of a municipality is two million: read, kept and decided anew one by one it took hours and gigabytes."""
    monkeypatch.setattr("segl.cli.thresholds._MOST_LOOKED_AT", 12)
    boats = [tuning.decide(BOAT) for _ in range(48)]
    with transaction(tuning.engine) as connection:
        for name in boats:
            feedback.say(connection, name, Says.WRONG, "sender", datetime.now().timestamp())
    [told] = tuning.json("thresholds", "--label", "family")
    assert told["decisions"] == 48
    assert 0 < told["looked_at"] < 48
    [row] = [row for row in told["thresholds"] if row["threshold"] == 0.7]
    assert row["own"] == {
        "to_secure": 0,
        "to_plain": 48,
        "as_people_said": 48,
        "against_what_people_said": 0,
    }
    assert f"48 own decisions (reckoned by {told['looked_at']} of them), 48 spoken of" in (
        tuning("thresholds", "--label", "family").stdout
    )


def test_own_labelled_messages(tuning: TuningHouse, tmp_path: Path) -> None:
    file = tmp_path / "own.jsonl"
    lines = [
        {"body": BOAT, "labels": ["family"]},
        {"body": "Kajakken er ny.", "labels": []},
        {"body": "Vi ses.", "labels": []},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    [told] = tuning.json("thresholds", "--label", "family", "--corpus", file)
    assert told["texts"] == {"of_label": 1, "must": 1, "harmless": 2}
    rows = {row["threshold"]: row for row in told["thresholds"]}
    assert (rows[0.6]["found"], rows[0.6]["wrongly"], rows[0.6]["alarms"]) == (1, 1, 1)
    assert (rows[0.7]["found"], rows[0.7]["wrongly"], rows[0.7]["alarms"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--label", "helth"), "'helth' has no threshold here"),
        (("--corpus", "/nowhere.jsonl"), "cannot be read"),
        (("--settings", "/nowhere.toml"), "there is no such file"),
    ],
)
def test_what_cannot_be(words: tuple[str, ...], told: str) -> None:
    done = CliRunner().invoke(build("thresholds"), ["thresholds", *words])
    assert (done.exit_code, told in done.stderr) == (2, True), done.output


@pytest.mark.parametrize(
    "content", ["", "x", "{}\n", '{"v":1,"model":"","texts":2}\n', '{"v":1,"texts":0}\n']
)
def test_a_spoilt_file_of_texts_is_told(tmp_path: Path, content: str) -> None:
    from segl.errors import SeglError

    file = tmp_path / NAME
    file.write_text(content)
    with pytest.raises(SeglError, match="cannot be used"):
        read(file)
