"""``segl evaluate``: what it prints, and how bad input is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from keyword_model import KeywordModel
from segl.cli.main import build
from segl.vocabulary import Label

pytestmark = pytest.mark.usefixtures("no_model")

SECRET = "Preben er stadig sygemeldt med sin diskusprolaps."
# Words enough for the model to know better than the rules.
MORE = (
    " Den nye pumpe kommer på torsdag mellem otte og tolv, så der er ikke varmt vand den formiddag, "
    "hverken i kantinen eller på lageret."
)
RECORDS: list[dict[str, Any]] = [
    {"id": "found", "body": SECRET + MORE, "labels": ["health"], "why": "illness"},
    {"id": "missed", "text": "Hun er flyttet ind hos sin søster.", "labels": ["family"], "why": "implied"},
    {
        "id": "alarm",
        "body": f"Vores kedel har fået diskusprolaps, siger Bo.{MORE}",
        "labels": [],
        "why": "a boiler",
    },
    {"id": "quiet", "body": "Mødet er flyttet til torsdag.", "labels": []},
    {"id": "unclear", "body": SECRET, "labels": [], "unclear": True},
    {
        "id": "attached",
        "body": "Se bilag.",
        "labels": ["cpr"],
        "attachments": [{"filename": "l.docx", "type": "docx", "text": "CPR-nummer: 010190-1234"}],
    },
]


def segl(*arguments: str | Path) -> Result:
    return CliRunner().invoke(build("evaluate"), ["evaluate", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "set.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in RECORDS), "utf-8")
    return file


def test_the_figures_and_the_mistakes(file: Path) -> None:
    done = segl(file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("5 messages in ")
    assert "judged by words alone" in done.stdout
    lines = {line[:23].strip(): line for line in done.stdout.splitlines()}
    assert "0.667" in lines["must be secure, found"]
    assert "2 of 3" in lines["must be secure, found"]
    assert "0.500" in lines["false alarms"]
    assert lines["cpr"].split() == ["cpr", "1", "1.000", "1.000", "1.000"]
    assert "1 missed, the surest first" in done.stdout
    assert "missed  family  -  implied" in done.stdout
    assert "a boiler" in done.stdout


def test_no_text_is_shown_unless_asked_for(file: Path) -> None:
    assert "flyttet ind" not in segl(file).stdout
    assert "flyttet ind" not in segl(file, "--json").stdout
    assert "Hun er flyttet ind hos sin søster." in segl(file, "--show").stdout


def test_as_json(file: Path) -> None:
    done = segl(file, "--json")
    told = json.loads(done.stdout)
    assert (told["n"], told["model"], told["only_unreadable"]) == (5, False, 0)
    assert told["must_encrypt"]["recall"] == pytest.approx(2 / 3, abs=1e-4)
    assert told["must_encrypt"]["recall_95"][0] <= told["must_encrypt"]["recall"]
    assert set(told["labels"]) == {label.value for label in Label}
    assert [wrong["id"] for wrong in told["missed"]] == ["missed"]
    assert [wrong["id"] for wrong in told["false_alarms"]] == ["alarm"]
    assert segl(file, "--json").stdout == done.stdout


def test_the_model_is_asked_when_there_is_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = KeywordModel({"hos sin søster": {Label.FAMILY: 0.9}, "preben": {Label.HEALTH: 0.9}})
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: model)
    told = json.loads(segl(file, "--json").stdout)
    assert (told["model"], told["missed"], told["false_alarms"]) == (True, [], [])
    assert json.loads(segl(file, "--json", "--no-model").stdout)["model"] is False


def test_categories_that_were_not_seen_or_are_not_true_are_listed(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = KeywordModel({"hos sin søster": {Label.HEALTH: 0.9}})
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: model)
    shown = segl(file).stdout
    assert "1 for other categories, the most astray first" in shown
    assert "missed  family  health  implied" in shown
    [wrong] = json.loads(segl(file, "--json").stdout)["other_categories"]
    assert (wrong["kind"], wrong["labels"], wrong["said"]) == ("other categories", ["family"], ["health"])


def test_many_are_spread_over_the_cores_with_the_same_result(file: Path) -> None:
    one = json.loads(segl(file, "--json").stdout)
    many = json.loads(segl(*[file] * 5, "--json").stdout)
    assert many["n"] == 5 * one["n"]
    assert many["must_encrypt"]["recall"] == one["must_encrypt"]["recall"]
    assert [wrong["id"] for wrong in many["missed"]] == ["missed"] * 5


def test_broken_lines_are_told_by_file_and_line(file: Path) -> None:
    file.write_text('{"text": "x", "labels": []}\n{"text": "x", "labels": ["helth"]}\n{', "utf-8")
    done = segl(file)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"segl: {file}:2: labels: 'helth' is no category\nhint: did you mean health?" in done.stderr
    assert f"segl: {file}:3: is no JSON" in done.stderr


def test_a_rule_file_may_be_tried(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        """
        [[rule]]
        id = "own.moved"
        label = "family"
        weight = 0.8
        why = "Nogen er flyttet ind hos nogen."
        words = "flyttet ind hos"
        matches = ["Hun er flyttet ind hos Bo."]
        not_matches = ["Hun er flyttet."]
        """,
        "utf-8",
    )
    assert json.loads(segl(file, "--json", "--rules", own).stdout)["missed"] == []


def test_what_stands_in_a_record_cannot_steer_a_terminal(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    odd = {"id": "\x1b[2J", "text": "\x1b[31mPreben", "labels": ["health"], "why": "\x1b]0;x\x07"}
    file.write_text(json.dumps(odd) + "\n")
    done = segl(file, "--show")
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert "Preben" in done.stdout
