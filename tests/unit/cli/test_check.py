"""``segl check``: what it says of a message, by which rules and settings, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from keyword_model import KeywordModel
from segl.cli.main import build
from segl.errors import SeglError
from segl.vocabulary import Label
from world.checking import PLAIN, UNREADABLE, own_rules, segl

pytestmark = pytest.mark.usefixtures("no_model")


@pytest.mark.parametrize(("name", "code", "word"), [("plain", 0, "plain"), ("health", 10, "secure")])
def test_one_message(mail: Path, name: str, code: int, word: str) -> None:
    done = segl(mail / f"{name}.eml")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(word)


def test_the_model_reads_along(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = KeywordModel({"referatet": {Label.DISPUTE: 0.9}, "preben": {Label.HEALTH: 0.4}})
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: model)
    plain, health = segl("--json", mail / "plain.eml"), segl("--all", mail / "health.eml")
    told = json.loads(plain.stdout)
    assert (told["decision"], told["labels"]) == ("secure", ["dispute"])
    assert told["findings"][0] | {"excerpt": ""} == {
        "rule": "model",
        "label": "dispute",
        "where": "body",
        "excerpt": "",
        "score": 0.9,
    }
    assert "model health  " in health.stdout
    assert segl("--no-model", mail / "plain.eml").returncode == 0
    settings = mail / "segl.toml"
    settings.write_text('[organisation]\nname = "V"\ndomains = ["v.example"]\n[detection]\nmodel = false\n')
    assert segl("--settings", settings, mail / "plain.eml").returncode == 0


def test_doubt_is_shown_with_what_is_in_doubt(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = KeywordModel({"referatet": {Label.DISPUTE: 0.4}})
    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", lambda: model)
    done = segl(mail / "plain.eml")
    assert done.returncode == 10
    assert "  unsure\n" in done.stdout
    assert "model dispute  0.40  body" in done.stdout


def test_a_model_that_cannot_be_used_is_an_error(mail: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise SeglError("model: encoder.onnx missing", hint="install the package again")

    monkeypatch.setattr("segl_classifier.understanding.loading.load_model", damaged)
    done = segl(mail / "plain.eml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "segl: model: encoder.onnx missing\nhint: install the package again\n"


def test_the_evidence_is_shown_masked(mail: Path) -> None:
    done = segl(mail / "cpr.eml")
    assert done.returncode == 10
    assert "0101xx-xxxx" in done.stdout
    assert "010190-1234" not in done.stdout


def test_json_is_one_object_a_line(mail: Path) -> None:
    done = segl("--json", mail / "health.eml", mail / "plain.eml")
    health, plain = (json.loads(line) for line in done.stdout.splitlines())
    assert set(health) == {"file", "decision", "labels", "findings"}
    assert (health["file"], health["decision"]) == (str(mail / "health.eml"), "secure")
    assert "health" in health["labels"]
    assert set(health["findings"][0]) == {"rule", "label", "where", "excerpt", "score"}
    assert (plain["decision"], plain["labels"]) == ("plain", [])


def test_of_several_the_strictest_counts(mail: Path) -> None:
    done = segl(mail / "plain.eml", mail / "health.eml", mail / "plain.eml")
    assert done.returncode == 10
    assert "3 messages: 2 plain, 1 secure" in done.stdout


def test_a_hold_has_its_own_exit_code(mail: Path) -> None:
    rules = own_rules(mail, '[label.health]\ndecision = "hold"\n')
    done = segl("--rules", rules, mail / "health.eml", mail / "cpr.eml")
    assert done.returncode == 11
    assert done.stdout.startswith("hold ")


def test_a_reject_too(mail: Path) -> None:
    rules = own_rules(mail, '[label.cpr]\ndecision = "reject"\n')
    assert segl("--rules", rules, mail / "cpr.eml").returncode == 12


VETO = """
[[rule]]
id = "own.bulletin"
label = "health"
effect = "veto"
weight = 0.9
why = "Vagtplanen handler ikke om nogen."
words = "vagtplan"
matches = ["Her er en vagtplan."]
not_matches = ["Her er en plan."]
"""


def test_each_finding_has_the_same_five_keys_whatever_it_does_to_its_category(mail: Path) -> None:
    """Programs read them; what a rule takes away is told by `segl explain --json`, where the sums are."""
    rules = own_rules(mail, VETO)
    told = json.loads(segl("--json", "--rules", rules, mail / "health.eml").stdout)
    assert "own.bulletin" in {finding["rule"] for finding in told["findings"]}
    keys = {tuple(finding) for finding in told["findings"]}
    assert keys == {("rule", "label", "where", "excerpt", "score")}
    explained = CliRunner().invoke(
        build("explain"), ["explain", "--json", "--rules", str(rules), str(mail / "health.eml")]
    )
    effects = {one["rule"]: one.get("effect") for one in json.loads(explained.stdout)["findings"]}
    assert effects["own.bulletin"] == "veto"
    assert set(effects.values()) == {"veto", None}


def test_what_has_no_known_form_is_sent_securely(tmp_path: Path) -> None:
    (tmp_path / "odd.eml").write_bytes(UNREADABLE)
    done = segl("--json", tmp_path / "odd.eml")
    assert done.returncode == 10
    assert any(f["rule"].startswith("unreadable.") for f in json.loads(done.stdout)["findings"])


def test_a_message_beyond_the_limits_is_sent_securely(mail: Path) -> None:
    settings = mail / "segl.toml"
    settings.write_text(
        '[organisation]\nname = "V"\ndomains = ["vand.example"]\n[limits]\nmessage_bytes = 1000\n'
    )
    (mail / "large.eml").write_bytes(PLAIN + b"x" * 5000)
    done = segl("--json", "--settings", settings, mail / "large.eml", mail / "plain.eml")
    large, plain = (json.loads(line) for line in done.stdout.splitlines())
    assert large["findings"][0]["rule"] == "unreadable.too-large"
    assert (large["decision"], plain["decision"]) == ("secure", "plain")


def test_the_settings_bring_their_rules_and_their_policy(mail: Path) -> None:
    own_rules(mail, '[label.health]\ndecision = "hold"\n')
    settings = mail / "segl.toml"
    settings.write_text(
        f'[organisation]\nname = "V"\ndomains = ["vand.example"]\n'
        f'[detection]\nrules = ["{mail}/own.toml"]\nunreadable = "reject"\n'
    )
    (mail / "odd.eml").write_bytes(UNREADABLE)
    assert segl("--settings", settings, mail / "health.eml").returncode == 11
    assert segl("--settings", settings, mail / "odd.eml").returncode == 12


@pytest.mark.parametrize(
    ("option", "wrong"), [("--settings", "[organisatoin]\n"), ("--rules", "[[rule]]\nid = 'x'\nwieght = 1\n")]
)
def test_bad_settings_or_rules_are_told_fault_by_fault(mail: Path, option: str, wrong: str) -> None:
    bad = mail / "bad.toml"
    bad.write_text(wrong)
    done = segl(option, bad, mail / "plain.eml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "hint: did you mean" in done.stderr
    assert all(line.startswith(("segl: ", "hint: ")) for line in done.stderr.splitlines())


def test_quiet_only_exits(mail: Path) -> None:
    done = segl("-q", mail / "health.eml", mail / "plain.eml")
    assert (done.returncode, done.stdout, done.stderr) == (10, "", "")


def test_faults_beyond_number_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text("".join(f"[a{n}]\n" for n in range(100)))
    told = segl("--settings", file, "-").stderr.splitlines()
    assert told[-1] == "segl: and 51 more faults"  # organisation is missing, too
