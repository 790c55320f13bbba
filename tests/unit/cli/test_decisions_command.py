"""``segl decisions`` and ``segl explain ID``: the sums of a message that is gone, and no word of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from segl.cli import decided
from segl.cli.decided import looks_like_id
from segl.decisions.record import DecisionRecord, Said
from segl.store.engine import transaction
from segl.tables.decisions import decision
from segl.vocabulary import Decision, Label
from segl_classifier.understanding.interface import CascadeStage
from segl_classifier.understanding.loading import load_thresholds
from world.tuning import TuningHouse

BOAT = "Min kajak ligger ved broen, og Preben Hansen har nøglen. Hans cpr-nummer er 010190-1233."


def test_the_newest_stand_first_and_can_be_chosen(tuning: TuningHouse) -> None:
    old = tuning.decide("Vi ses.", days_ago=40)
    tea = tuning.decide("Vi ses til te.", days_ago=1, domain="syd.example")
    boat = tuning.decide(BOAT)
    listed = tuning("decisions", "list").stdout.splitlines()
    assert [line.split()[-1] for line in listed[1:]] == [boat[:32], tea[:32]]
    assert "family" in listed[1]
    _, newest, cut = tuning("decisions", "list", "--limit", "1").stdout.splitlines()
    assert (newest.split()[-1], cut) == (boat[:32], "the newest 1; there are more: --limit N shows so many")
    for words, names in {
        ("--days", "60"): [boat, tea, old],
        ("--verdict", "plain"): [tea],
        ("--label", "cpr"): [boat],
        ("--rule", "own.boat"): [boat],
        ("--rule", "own.bo"): [],
        ("--domain", "SYD.example"): [tea],
        ("--limit", "1"): [boat],
    }.items():
        assert [one["id"] for one in tuning.json("decisions", "list", *words)] == names, words


def test_each_stage_of_the_model_has_a_name() -> None:
    assert {stage: f"{stage.name.lower()} stage" for stage in CascadeStage} == decided._STAGES


def test_explain_of_an_id_tells_the_sums_without_text(tuning: TuningHouse) -> None:
    name = tuning.decide(BOAT)
    done = tuning("explain", name)
    assert done.exit_code == 10
    assert "family: 0.60, holds from 0.40: holds" in done.stdout
    assert "own.boat 0.60 in body: +0.60 weight" in done.stdout
    assert "decided: secure (cpr, family), mode detect" in done.stdout
    assert "from      nordby.example to 1" in done.stdout
    for word in ("kajak", "Preben", "010190", "broen", "0101"):
        assert word not in done.stdout
    assert tuning("decisions", "show", name[:32]).stdout == done.stdout


@pytest.mark.parametrize("digits", [0, 6, 12, 25, 32])
def test_it_is_found_by_queue_id_and_the_beginning_of_its_id_too(tuning: TuningHouse, digits: int) -> None:
    name = tuning.decide(BOAT)
    queue_id = tuning.json("decisions", "list")[0]["queue_id"]
    [told] = tuning.json("explain", name[:digits] or queue_id)
    assert told["id"] == name
    assert tuning("feedback", name[:digits] or queue_id, "right").exit_code == 0
    assert told["by_present_rules"] == {"verdict": "secure", "why": ["cpr", "family"]}
    assert told["feedback"] is None


def test_by_other_rules_than_then_it_says_so(tuning: TuningHouse) -> None:
    name = tuning.decide(BOAT)
    tuning.rule_file("own.toml", weight=0.3)
    done = tuning("explain", name)
    assert "family: 0.30, holds from 0.40: does not hold" in done.stdout
    assert "it was decided by others" in done.stdout
    assert "decided: secure (cpr, family)" in done.stdout


@pytest.mark.parametrize(("by", "changed"), [("0123456789abcdef", True), (None, False)])
def test_scores_of_another_model_are_said_to_be(tuning: TuningHouse, by: str | None, changed: bool) -> None:
    tuning.write_settings("model = true")
    thresholds = load_thresholds()
    assert thresholds is not None
    said = Said(0.9, {Label.HEALTH: 0.8})
    tuning.keep(
        DecisionRecord("3" * 32, 1.0, "x.example", Decision.SECURE, said=said, model=by or thresholds.digest)
    )
    done = tuning("explain", "3" * 32)
    assert ("the model has changed since" in done.stdout) == changed
    [told] = tuning.json("explain", "3" * 32)
    assert told["model_changed"] == changed


def test_what_is_not_there_says_why_it_may_not_be(tuning: TuningHouse) -> None:
    done = tuning("explain", "0" * 64)
    assert (done.exit_code, "no decision" in done.stderr, "hint:" in done.stderr) == (1, True, True)
    done = tuning("explain", "findes-ikke.eml")
    assert "is neither a file nor a decision that is remembered" in done.stderr


def test_two_of_one_queue_id_are_told_apart(tuning: TuningHouse) -> None:
    one = DecisionRecord("1" * 32, 1.0, "x.example", Decision.PLAIN, queue_id="4bX1Yz0Q2xz1")
    two = DecisionRecord("2" * 32, 2.0, "x.example", Decision.PLAIN, queue_id="4bX1Yz0Q2xz1")
    tuning.keep(one, two)
    tuning.keep(DecisionRecord("1" * 31 + "2", 1.0, "x.example", Decision.PLAIN))
    for name in ("4bX1Yz0Q2xz1", "1" * 31, "1" * 6):
        done = tuning("decisions", "show", name)
        assert (done.exit_code, "names several decisions" in done.stderr) == (2, True), name
    assert tuning("decisions", "show", "2" * 6).exit_code == 0


def test_the_audit_command_proves_the_records_too(tuning: TuningHouse) -> None:
    tuning.decide(BOAT)
    tuning.decide("Vi ses.")
    done = tuning("audit", "verify")
    assert (
        done.exit_code,
        "2 records of decisions in 2 batches are as they were written" in done.stdout,
    ) == (0, True)
    with transaction(tuning.engine) as connection:
        connection.execute(decision.delete().where(decision.c.verdict == "plain"))
    done = tuning("audit", "verify")
    assert (done.exit_code, "is gone" in done.stderr) == (1, True)
    with transaction(tuning.engine) as connection:
        connection.execute(decision.update().values(form=sa.func.replace(decision.c.form, "0.6", "0.7")))
    done = tuning("audit", "verify", "--json")
    assert done.exit_code == 1
    assert "is not as entry" in done.stdout


@pytest.mark.parametrize(
    ("name", "is_id"),
    [
        ("<" + "a" * 5_000 + "@x.example>", True),
        ("ab" * 16, True),
        ("ab" * 32, True),
        ("4bX1Yz0Q2xz1", True),
        ("8B4D4B06960", True),
        ("abc123", True),
        ("abc12", False),
        ("<1@desk.example>", True),
        ("1@desk.example", True),
        ("mail.eml", False),
        ("mails/1@desk.example", False),
        ("-", False),
        ("", False),
        ("AB" * 40, False),
    ],
)
def test_what_is_taken_for_an_id_and_what_for_a_file(name: str, is_id: bool, tmp_path: Path) -> None:
    assert looks_like_id(name) is is_id
    file = tmp_path / "4bX1Yz0Q2xz1"
    file.touch()
    assert not looks_like_id(str(file))
