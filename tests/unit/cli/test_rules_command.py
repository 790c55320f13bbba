"""``segl rules``: what helps whoever writes rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl.cli.doctor_checks import check_rules
from segl.cli.main import build
from segl.postfix.check import State
from segl.settings.file import parse_settings
from segl_classifier.rules import shipped_rules

RULE = """
[[rule]]
id = "own.boat"
label = "family"
weight = 0.6
why = "En regel om både, til prøve."
words = "kajak*"
unless = [{ list = "general", within = "message", by = 0.4 }]
matches = ["Min kajak ligger ved broen."]
not_matches = ["Nyhedsbrev om kajakker."]
"""


def segl(*arguments: str | Path) -> Result:
    return CliRunner().invoke(build("rules"), ["rules", *map(str, arguments)])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.toml"
    file.write_text(RULE, "utf-8")
    return file


def test_check_runs_all_examples(own: Path) -> None:
    done = segl("check", own)
    assert done.exit_code == 0
    assert f"in order: {len(shipped_rules().rules) + 1} rules" in done.stdout


VETO = """
[label.cpr]
threshold = 1.0

[[rule]]
id = "own.greeting"
label = "all"
effect = "veto"
weight = 0.9
why = "En regel om hilsner, til prøve."
words = "hilsen"
matches = ["Hilsen Bo"]
not_matches = ["Farvel Bo"]
"""


def test_check_warns_where_the_shipped_rules_are_weakened(own: Path) -> None:
    """All of it may be meant, so it is in order; but who wrote it sees what it does."""
    assert segl("check", own).stderr == ""
    own.write_text(VETO, "utf-8")
    done = segl("check", own)
    assert done.exit_code == 0
    assert "in order" in done.stdout
    assert (
        "warning: rule own.greeting takes out of account every category where its words stand" in done.stderr
    )
    assert "warning: cpr holds from 1 only (shipped: 0.5)" in done.stderr


def test_the_doctor_warns_of_them_too(own: Path) -> None:
    words = {"organisation": {"name": "V", "domains": ["vand.example"]}, "detection": {"rules": [str(own)]}}
    assert check_rules(parse_settings(words)).state is State.OK
    own.write_text(VETO.replace("veto", "lower"), "utf-8")
    check = check_rules(parse_settings(words))
    assert check.state is State.WARN
    assert "rule own.greeting lowers every category" in check.found


@pytest.mark.parametrize(
    ("weight", "threshold", "warned"), [("0.4", "0.4", False), ("0.3", "0.4", True), ("0.6", "0.7", True)]
)
def test_check_warns_of_a_rule_on_headings_that_never_decides(
    own: Path, weight: str, threshold: str, warned: bool
) -> None:
    """It is no fault: with more that speaks for the category it adds up, as other rules do."""
    text = RULE.replace("0.6", weight).replace("unless", "column = true\n#")
    text = text.replace("Min kajak ligger ved broen.", "Lejer;Kajak\\nAnna Lund;rød")
    own.write_text(f"{text}\n[label.family]\nthreshold = {threshold}\n", "utf-8")
    done = segl("check", own)
    assert done.exit_code == 0
    said = f"warning: rule own.boat weighs {weight}, and family holds from {threshold}"
    assert (said in done.stderr) is warned


def test_check_names_every_fault_and_exits_2(own: Path) -> None:
    own.write_text(RULE.replace("0.6", "6").replace("kajak*", "*"), "utf-8")
    done = segl("check", own)
    assert done.exit_code == 2
    assert (
        f"segl: {own}: rule own.boat: weight: input should be less than or equal to 1; found '6'"
        in done.stderr
    )


def test_check_does_not_call_an_empty_file_in_order(own: Path) -> None:
    own.write_text("# Reglerne kommer.\n", "utf-8")
    done = segl("check", own)
    assert done.exit_code == 2
    assert f"segl: {own}: is empty: it holds no rule, list, label or policy" in done.stderr
    assert "take the file away" in done.stderr


def test_check_reads_the_files_of_the_settings(own: Path, tmp_path: Path) -> None:
    settings = tmp_path / "segl.toml"
    settings.write_text(
        f'[organisation]\nname = "V"\ndomains = ["vand.example"]\n[detection]\nrules = ["{own}"]\n'
    )
    own.write_text("x = 1\n")
    done = segl("check", "--settings", settings)
    assert done.exit_code == 2
    assert "x: is not a known key" in done.stderr


@pytest.mark.parametrize("command", [["rules", "check"], ["rules", "list"], ["thresholds"]], ids=" ".join)
def test_settings_that_may_not_be_read_are_not_passed_over(
    own: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """An ordinary user would be told "in order" of the shipped rules alone, however broken the own ones are."""
    settings, read = own.with_name("segl.toml"), Path.read_text
    settings.touch()

    def denied(file: Path, *arguments: str) -> str:
        if file == settings:
            raise PermissionError
        return read(file, *arguments)

    monkeypatch.setattr(Path, "read_text", denied)
    monkeypatch.setattr("os.access", lambda *_: False)
    for module in ("rules", "options"):
        monkeypatch.setattr(f"segl.cli.{module}.DEFAULT_FILE", settings)
    done = CliRunner().invoke(build(command[0]), command)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{settings}: may not be read" in done.stderr
    assert "hint: run as root" in done.stderr


def test_list_shows_every_rule_and_why(own: Path) -> None:
    done = segl("list", own)
    assert done.exit_code == 0
    for rule in shipped_rules().rules:
        assert rule.id in done.stdout
        assert rule.why in done.stdout
    assert "own.boat" in done.stdout


def test_list_as_json(own: Path) -> None:
    rows = [json.loads(line) for line in segl("list", "--json", own).stdout.splitlines()]
    boat = next(row for row in rows if row["id"] == "own.boat")
    assert boat == {
        "id": "own.boat",
        "label": "family",
        "effect": "raise",
        "weight": 0.6,
        "column": False,
        "why": "En regel om både, til prøve.",
        "words": 1,
        "patterns": 0,
        "examples": 2,
        "file": str(own),
    }


def test_test_passes_when_all_examples_do(own: Path) -> None:
    done = segl("test", own)
    assert (done.exit_code, done.stdout.startswith("all pass")) == (0, True)


def test_test_shows_each_failure_with_its_arithmetic(own: Path) -> None:
    text = RULE.replace("Nyhedsbrev om kajakker.", "Min kajak igen.").replace("by = 0.4", "by = 0.1")
    own.write_text(text.replace("Min kajak ligger ved broen.", "Min jolle."), "utf-8")
    done = segl("test", own)
    assert done.exit_code == 1
    assert "own.boat: should match" in done.stdout
    assert "nothing was found" in done.stdout
    assert "own.boat: should not match" in done.stdout
    assert "+0.60 weight of the rule" in done.stdout
    assert "0.60; it counts as matched from 0.30" in done.stdout
    assert done.stdout.rstrip().endswith("examples fail")


def test_test_says_why_a_rule_on_headings_finds_nothing(own: Path) -> None:
    text = RULE.replace("unless", "column = true\n#").replace(
        "Min kajak ligger ved broen.", "Båd;Kajak\\nA;rød"
    )
    own.write_text(text, "utf-8")
    done = segl("test", own)
    assert done.exit_code == 1
    assert "nothing was found: no other column has persons" in done.stdout


def test_a_sentence_can_be_tried(own: Path) -> None:
    done = segl("test", own, "--text", "Min kajak og Bos skilsmisse.", "--subject", "Nyhedsbrev")
    assert done.exit_code == 0
    assert "own.boat" in done.stdout
    assert "-0.40 unless: general “nyhedsbrev”" in done.stdout
    assert "family: " in done.stdout


def test_a_sentence_without_anything_is_plain() -> None:
    assert "nothing was found → plain" in segl("test", "--text", "Mødet er flyttet.").stdout


def test_a_personal_number_in_a_text_counts_and_is_not_shown() -> None:
    done = segl("test", "--text", "CPR 070761-4285")
    assert "→ secure (cpr)" in done.stdout
    assert "4285" not in done.stdout
    assert "→ secure (cpr)" in segl("test", "--text", "Hej", "--subject", "CPR 070761-4285").stdout


def test_it_says_that_the_model_was_not_asked() -> None:
    assert "without the model" in segl("test", "--text", "Mødet er flyttet.").stdout
    assert "CPR numbers" in " ".join(segl("test", "--help").stdout.split())


def test_list_shows_what_a_rule_does(own: Path) -> None:
    own.write_text(RULE.replace("weight", 'effect = "veto"\nweight').replace('"family"', '"all"'), "utf-8")
    done = segl("list", own)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("own.boat")]
    assert line.split()[:4] == ["own.boat", "all", "veto", "0.60"]


def test_list_tells_rules_on_headings_from_those_on_text(own: Path) -> None:
    heading, *lines = segl("list", own).stdout.splitlines()
    at = heading.split().index("IN")
    read = {line.split()[0]: line.split()[at] for line in lines}
    assert (read["own.boat"], read["column.health"]) == ("text", "headings")
    rows = [json.loads(line) for line in segl("list", "--json").stdout.splitlines()]
    assert {row["id"] for row in rows if row["column"]} == {
        rule.id for rule in shipped_rules().rules if rule.id.startswith("column.")
    }


def test_a_text_that_is_vetoed(own: Path) -> None:
    own.write_text(RULE.replace("weight", 'effect = "veto"\nweight'), "utf-8")
    done = segl("test", own, "--text", "Min kajak og Bos skilsmisse.")
    assert "vetoed by own.boat" in done.stdout
    assert "→ plain (veto.own.boat)" in done.stdout


def test_a_text_that_is_lowered_shows_the_sum(own: Path) -> None:
    own.write_text(RULE.replace("weight", 'effect = "lower"\nweight'), "utf-8")
    done = segl("test", own, "--text", "Min kajak og Bos skilsmisse.")
    assert "-0.60 lowered by own.boat" in done.stdout
    assert "→ plain" in done.stdout


def test_a_file_that_is_no_toml_is_told_without_a_key(own: Path) -> None:
    own.write_text("[[rule", "utf-8")
    assert f"segl: {own}: is not TOML" in segl("check", own).stderr
