"""``segl rules replay|diff|cost``: what other rules would have made of the mail of the last weeks, and what it cost."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from keyword_model import KeywordModel
from segl.cli import checking, rules_tuning, spread
from segl.decisions import feedback, kept
from segl.decisions.said import Says
from segl.language import Language
from segl.store.engine import transaction
from segl_delivery.receipts.weekly_rules import rules_that_cost
from world.tuning import TuningHouse

BOAT = "Min kajak ligger ved broen."
NUMBER = "Hans cpr-nummer er 010190-1233."


def test_what_a_weight_would_change_by_rule_domain_and_category(tuning: TuningHouse) -> None:
    for _ in range(2):
        tuning.decide(BOAT, domain="syd.example")
    both = tuning.decide(f"{BOAT} {NUMBER}")
    tuning.decide("Vi ses.")
    new = tuning.rule_file("new.toml", weight=0.2)
    done = tuning("rules", "replay", new)
    assert done.exit_code == 0
    text = done.stdout
    assert "4 decisions of the last 30 days: 2 would go another way" in text
    assert "secure → plain: 2" in text
    assert "the same way, for other categories: 1" in text
    assert "by rule\n      2  own.boat" in text
    assert "by sender domain\n      2  syd.example" in text
    assert "  3  -family" in text
    assert "all of it is foreseen" in text
    told = tuning.json("rules", "replay", new)[0]
    assert (told["turns"], told["relabelled"], told["unforeseen"]) == ({"secure → plain": 2}, 1, [])
    [relabelled] = [one for one in told["changes"] if one["name"] == both]
    assert (relabelled["why_before"], relabelled["why_after"]) == (["cpr", "family"], ["cpr"])


@pytest.mark.slow
def test_on_several_cores_it_says_what_it_says_on_one(
    tuning: TuningHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many decisions, or messages, are spread over the cores; how they are counted must not show it."""
    for number, body in enumerate((BOAT, "Vi ses.", f"{BOAT} {NUMBER}", NUMBER, BOAT)):
        tuning.decide(body, domain=f"{number % 2}.example", days_ago=number)
        (tuning.directory / f"{number}.eml").write_bytes(tuning.message(body))
    new = tuning.rule_file("new.toml", weight=0.2)
    mail = [word for number in range(5) for word in ("--mail", tuning.directory / f"{number}.eml")]
    commands = ((new, "--json"), (new, *mail, "--json"))
    alone = [tuning("rules", "replay", *words).stdout for words in commands]
    monkeypatch.setattr(rules_tuning, "_SPREAD", 1)
    monkeypatch.setattr(checking, "_MANY", 1)
    monkeypatch.setattr(kept, "_ROWS", 2)
    for module in (spread, checking):
        monkeypatch.setattr(module, "cores", lambda: 2)
    assert [tuning("rules", "replay", *words).stdout for words in commands] == alone
    assert json.loads(alone[0])["turns"] == {"secure → plain": 2}


def test_a_rule_turned_off_and_a_threshold_and_a_decision(tuning: TuningHouse) -> None:
    tuning.decide(BOAT)
    tuning.decide(NUMBER)
    for more, turns in (
        ("[label.family]\nthreshold = 0.9\n", {"secure → plain": 1}),
        ('[label.cpr]\ndecision = "hold"\n', {"secure → hold": 1}),
        ("[label.family]\nthreshold = 0.5\n", {}),
    ):
        [told] = tuning.json("rules", "replay", tuning.rule_file("new.toml", more=more))
        assert told["turns"] == turns, more
    off = tuning.directory / "off.toml"
    off.write_text('[[rule]]\nid = "own.boat"\nenabled = false\n', "utf-8")
    [told] = tuning.json("rules", "replay", off, "--on-top")
    assert (told["turns"], told["by_rule"]) == ({"secure → plain": 1}, {"own.boat": 1})


def test_what_needs_text_is_named_and_read_in_mail_at_hand(tuning: TuningHouse, tmp_path: Path) -> None:
    tuning.decide("Min kano ligger ved broen.")
    new = tuning.rule_file("new.toml", words="kajak*, kano*")
    done = tuning("rules", "replay", new)
    assert "1 decision of the last 30 days: 0 would go another way" in done.stdout
    assert "not foreseen, for it needs text (1): try --mail" in done.stdout
    assert "own.boat: other words, lists or conditions" in done.stdout
    box = tmp_path / "mails"
    box.mkdir()
    (box / "kano.eml").write_bytes(tuning.message("Min kano ligger ved broen."))
    (box / "te.eml").write_bytes(tuning.message("Vi ses til te."))
    done = tuning("rules", "replay", new, "--mail", box)
    assert "2 messages: 1 would go another way" in done.stdout
    assert "plain → secure: 1" in done.stdout
    assert "by rule\n      1  own.boat" in done.stdout
    assert "kano.eml" in done.stdout


def test_a_message_that_cannot_be_read_is_no_message_without_a_difference(
    tuning: TuningHouse, tmp_path: Path
) -> None:
    new = tuning.rule_file("new.toml", weight=0.2)
    mail, absent = tmp_path / "te.eml", tmp_path / "absent.eml"
    mail.write_bytes(tuning.message("Vi ses til te."))
    for words in (("replay", new, "--mail", mail, "--mail", absent), ("diff", new, new, mail, absent)):
        done = tuning("rules", *words)
        assert (done.exit_code, "absent.eml: there is no such file" in done.stderr) == (2, True), words
        assert "1 message: 0 would go another way" in done.stdout


def test_only_the_days_asked_for(tuning: TuningHouse) -> None:
    tuning.decide(BOAT, days_ago=10)
    new = tuning.rule_file("new.toml", weight=0.2)
    assert tuning.json("rules", "replay", new, "--days", "5")[0]["decisions"] == 0
    assert tuning.json("rules", "replay", new)[0]["turns"] == {"secure → plain": 1}


def test_other_settings_can_be_tried_as_well(tuning: TuningHouse) -> None:
    tuning.decide(BOAT)
    other = tuning.directory / "other.toml"
    rules = tuning.rule_file("new.toml", weight=0.1)
    text = tuning.settings.read_text("utf-8").replace(str(tuning.rules), str(rules))
    other.write_text(text, "utf-8")
    assert tuning.json("rules", "replay", "--new-settings", other)[0]["turns"] == {"secure → plain": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "no new rules are named"), ("x = 1\n", "is not a known key"), ("[[rule]\n", "is not TOML")],
)
def test_what_cannot_be_replayed(tuning: TuningHouse, content: str | None, told: str) -> None:
    file = tuning.directory / "bad.toml"
    if content is not None:
        file.write_text(content)
    done = tuning("rules", "replay", *([file] if content is not None else []))
    assert (done.exit_code, told in done.stderr) == (2, True)


def test_a_rule_file_that_is_not_there_is_told_before_a_store_is_looked_for(tuning: TuningHouse) -> None:
    (tuning.directory / "segl.db").unlink()
    done = tuning("rules", "replay", "nope.toml")
    assert (done.exit_code, done.stderr) == (2, "segl: nope.toml: there is no such file\n")
    letter = tuning.directory / "letter.eml"
    letter.write_bytes(tuning.message("Min kajak ligger ved broen."))
    done = tuning("rules", "replay", tuning.rule_file("new.toml", weight=0.2), "--mail", letter)
    assert (done.exit_code, "1 would go another way" in done.stdout) == (0, True), (
        "mail at hand needs no store"
    )


def test_it_foresees_what_then_happens(tuning: TuningHouse) -> None:
    """The same messages, decided anew once the new rules are in force."""
    bodies = [
        BOAT,
        f"{BOAT} {NUMBER}",
        NUMBER,
        "Vi ses.",
        "Preben er stadig sygemeldt med sin diskusprolaps.",
    ]
    names = [tuning.decide(body) for body in bodies]
    more = '[[rule]]\nid = "health.disease"\nenabled = false\n[label.cpr]\ndecision = "hold"\n'
    new = tuning.rule_file("new.toml", weight=0.2, more=more)
    [told] = tuning.json("rules", "replay", new, "--show", "100")
    foreseen = {one["name"]: (one["after"], one["why_after"]) for one in told["changes"]}
    tuning.rules.write_text(new.read_text("utf-8"), "utf-8")
    for name, body in zip(names, bodies, strict=True):
        [real] = tuning.json("decisions", "show", tuning.decide(body))
        [was] = tuning.json("decisions", "show", name)
        assert foreseen.get(name, (was["verdict"], was["why"])) == (real["verdict"], real["why"]), body
    assert len(foreseen) >= 3


def test_what_differs_between_two_files(tuning: TuningHouse) -> None:
    more = '[list.money]\nextend = true\nwords = "skilling*"\n[label.health]\nthreshold = 0.7\n'
    new = tuning.rule_file("new.toml", weight=0.2, words="kajak, kano*", more=more)
    done = tuning("rules", "diff", tuning.rules, new)
    assert done.exit_code == 1
    for text in (
        "rule own.boat changed",
        "weight 0.6 → 0.2",
        "words +2: kajak, kano*",
        "words -1: kajak*",
        "list money changed",
        "label health changed",
        "threshold",
    ):
        assert text in done.stdout
    assert tuning("rules", "diff", new, new).exit_code == 0
    added = json.loads(tuning("rules", "diff", "shipped", tuning.rules, "--json").stdout)
    assert [(one["kind"], one["name"], one["what"]) for one in added["differences"]] == [
        ("rule", "own.boat", "added")
    ]


def test_and_what_comes_of_it_on_messages(tuning: TuningHouse, tmp_path: Path) -> None:
    mail = tmp_path / "kano.eml"
    mail.write_bytes(tuning.message("Min kano ligger ved broen."))
    new = tuning.rule_file("new.toml", words="kano*, kajak*")
    done = tuning("rules", "diff", tuning.rules, new, mail)
    assert "1 message: 1 would go another way" in done.stdout
    assert "nordby.example" in done.stdout


def test_what_counts_beside_a_model_does_so_with_the_new_rules_too(
    tuning: TuningHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: KeywordModel({}))
    tuning.write_settings(detection="")
    mail = tmp_path / "few.eml"
    mail.write_bytes(tuning.message("Preben er sygemeldt med en depression."))
    done = tuning("rules", "diff", tuning.rules, tuning.rule_file("new.toml", weight=0.2), mail)
    assert "1 message: 0 would go another way" in done.stdout
    assert "plain →" not in done.stdout
    assert done.stdout.rstrip().endswith("1 message: 0 would go another way")


def say(tuning: TuningHouse, name: str, says: Says) -> None:
    with transaction(tuning.engine) as connection:
        feedback.say(connection, name, says, "sender", datetime.now().timestamp())


def test_the_rules_that_cost_most_stand_first(tuning: TuningHouse) -> None:
    for says in (Says.WRONG, Says.WRONG, Says.RIGHT):
        say(tuning, tuning.decide(BOAT), says)
    say(tuning, tuning.decide(f"{BOAT} {NUMBER}"), Says.WRONG)
    say(tuning, tuning.decide("Vi ses."), Says.WRONG)  # went plain: no rule's doing
    tuning.decide(NUMBER)
    told = [tuning.json("rules", "cost")[place] for place in (0, 1)]
    assert told == [
        {"rule": "own.boat", "secure": 4, "wrong": 3, "right": 1, "alone": 2},
        {"rule": "cpr", "secure": 2, "wrong": 1, "right": 0, "alone": 0},
    ]
    text = tuning("rules", "cost").stdout
    assert text.splitlines()[1].split() == ["own.boat", "3", "2", "1", "4"]
    assert "3 decisions of the last 7 days were called wrong" in text


def test_the_weekly_report_has_them_too(tuning: TuningHouse) -> None:
    end = datetime.now().astimezone() + timedelta(hours=1)

    def section(language: Language = "da", domain: str = "") -> tuple[str, tuple[str, ...]]:
        with transaction(tuning.engine) as connection:
            counts = (lambda one: one == domain) if domain else (lambda _one: True)
            return rules_that_cost(connection, end - timedelta(days=7), end, language, counts)

    assert section()[1] == ("Ingen har svaret, at en mail ikke var følsom.",)
    say(tuning, tuning.decide(BOAT, days_ago=8), Says.WRONG)
    say(tuning, tuning.decide(BOAT, domain="syd.example"), Says.RIGHT)
    assert section() == (
        "Regler, der oftest tog fejl",
        (
            "1 af 2 svar var »ikke følsomt«. `segl rules cost` viser mere.",
            "own.boat: forkert: 1, sikre mails i alt: 2",
        ),
    )
    assert section("en", "syd.example")[1] == ("Nobody has answered that a mail was not sensitive.",)
