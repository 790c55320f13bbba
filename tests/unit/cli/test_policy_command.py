"""``segl policy``: what holds for whom, and by whose word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from segl.cli.main import build

SETTINGS = """
[organisation]
name = "Nordby"
domains = ["nordby.example"]

[[tenant]]
name = "Skolen"
domains = ["skole.example"]

[[portal.look]]
domains = ["skole.example"]
name = "Nordby Skole"

[[demand]]
labels = ["health"]
least = "pinned"

[[policy]]
name = "revisor"
sender = ["bogholderi@skole.example"]
recipient = ["revisor.example"]
verdict = "plain"
lowers = ["billing"]

[[policy]]
name = "skolen"
organisation = "Skolen"
receipts = "all"

[[policy]]
name = "helbred"
labels = ["health"]
recipient = ["revisor.example"]
verdict = "reject"

[[policy]]
name = "straf"
labels = ["criminal"]
verdict = "hold"

[[policy]]
name = "kommunen"
recipient = ["kommune.example"]
least = "dane"
order = ["certificate", "portal"]

[[policy]]
name = "store"
tags = ["fortroligt:"]
min_bytes = 1000
least = "sealed"
"""
BOOKS, BO = "bogholderi@skole.example", "bo@kommune.example"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    rules = tmp_path / "own.toml"
    rules.write_text('[label.criminal]\ndecision = "hold"\n', "utf-8")
    found = tmp_path / "segl.toml"
    found.write_text(
        f'{SETTINGS}[portal]\nurl = "https://x.example"\n[detection]\nrules = ["{rules}"]\n\n', "utf-8"
    )
    return found


def segl(*arguments: str, file: Path) -> Result:
    return CliRunner().invoke(build("policy"), ["policy", *arguments, "--settings", str(file)])


def explained(*arguments: str, file: Path) -> dict[str, Any]:
    done = segl("explain", *arguments, "--json", file=file)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def words(found: dict[str, Any], term: str) -> tuple[str, str]:
    return found[term]["value"], found[term]["source"]


def test_without_anything_known_of_the_message_what_may_be_is_perhaps(file: Path) -> None:
    found = explained(BOOKS, BO, file=file)
    assert (found["organisation"], found["to_organisation"]) == ("Skolen", None)
    assert words(found, "verdict") == ("as found", "what is found in the message")
    assert [one["policy"] for one in found["verdict"]["perhaps"]] == ["straf"]
    assert words(found, "least") == ("dane", "policy kommunen")
    assert found["least"]["perhaps"] == [
        {
            "policy": "store",
            "value": "sealed",
            "if": "1000 bytes or more, subject begins with fortroligt:",
        }
    ]
    assert words(found, "order") == ("certificate, portal", "policy kommunen")
    assert words(found, "receipts") == ("all", "policy skolen")
    assert found["receipts"]["level"] == "organisation"
    assert words(found, "look") == ("Nordby Skole", "[[portal.look]]")


@pytest.mark.parametrize(
    ("arguments", "verdict", "note"),
    [
        (["--label", "billing"], "plain", "lowers secure"),
        (["--label", "billing", "--label", "cpr"], "secure", "policy revisor does not lower it: cpr"),
        (["--label", "none"], "plain", ""),
        (["--label", "criminal"], "hold", "policy revisor does not lower it: hold"),
        (["--label", "health"], "reject", "raises secure; policy revisor does not lower it: health"),
        (["--label", "personal"], "secure", "policy revisor does not lower it: personal"),
        (["--label", "unsure"], "secure", "policy revisor does not lower it: unsure"),
        (["--label", "billing", "--label", "unsure"], "secure", "policy revisor does not lower it: unsure"),
    ],
)
def test_the_verdict_with_its_reason(file: Path, arguments: list[str], verdict: str, note: str) -> None:
    found = explained(BOOKS, "x@revisor.example", *arguments, file=file)["verdict"]
    assert (found["value"], found["note"], found["perhaps"]) == (verdict, note, [])


@pytest.mark.parametrize(
    ("archive", "arguments", "told"),
    [
        ("arkiv@andre.example", ["--label", "billing"], True),
        ("arkiv@andre.example", [], True),
        ("arkiv@revisor.example", ["--label", "billing"], False),
        ("arkiv@revisor.example", [], False),
        ("arkiv@andre.example", ["--label", "health"], False),  # not lowered for anybody
    ],
)
def test_that_a_copy_for_an_archive_keeps_a_verdict_up_is_told(
    file: Path, archive: str, arguments: list[str], told: bool
) -> None:
    text = file.read_text("utf-8")
    domains = 'domains = ["nordby.example"]\n'
    file.write_text(text.replace(domains, f'{domains}copies_to = ["{archive}"]\n'), "utf-8")
    found = explained(BOOKS, "x@revisor.example", *arguments, file=file)["verdict"]
    assert (f"a copy goes to {archive}" in found["note"]) is told


@pytest.mark.parametrize(
    ("arguments", "least"),
    [
        ([], ("pkix", "routing.least")),
        (["--label", "health"], ("pinned", "[[demand]]")),
        (["--size", "1000", "--tag", "Fortroligt"], ("sealed", "policy store")),
        (["--size", "999", "--tag", "fortroligt"], ("pkix", "routing.least")),
        (["--size", "1000", "--tag", "none"], ("pkix", "routing.least")),
    ],
)
def test_the_least_proof_is_the_strictest_of_all_words(
    file: Path, arguments: list[str], least: tuple[str, str]
) -> None:
    assert words(explained("a@nordby.example", "x@y.example", *arguments, file=file), "least") == least


def test_for_people(file: Path) -> None:
    text = segl("explain", BOOKS, BO, file=file).stdout
    assert text.splitlines()[0] == f"{BOOKS} (Skolen) → {BO} (outside)"
    assert "  order     certificate, portal  (policy kommunen, installation)" in text
    assert "perhaps hold by policy straf: category criminal" in text
    inside = segl("explain", BOOKS, "x@nordby.example", file=file).stdout
    assert "goes inside" in inside


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["anna", BO], "anna is no mail address"),
        (["a@b.example", ""], "there is no recipient"),
        (["a@b.example", BO, "--label", "helth"], "did you mean health?"),
        (["a@b.example", BO, "--label", "persnal"], "did you mean personal?"),
        (["a@b.example", BO, "--score", "health=2"], "health=2 is no score"),
        (["a@b.example", BO, "--size", "-1"], "--size"),
    ],
)
def test_bad_input_is_told(file: Path, arguments: list[str], problem: str) -> None:
    done = segl("explain", *arguments, file=file)
    assert done.exit_code == 2
    assert problem in done.output


def test_the_null_sender_can_be_asked_for(file: Path) -> None:
    found = explained("", BO, file=file)
    assert words(found, "receipts") == ("failures", "the sender is not ours")


def test_entries_are_listed_in_the_order_in_which_they_count(file: Path) -> None:
    lines = [json.loads(line) for line in segl("list", "--json", file=file).stdout.splitlines()]
    assert [(one["policy"], one["level"]) for one in lines] == [
        ("revisor", "address"),
        ("skolen", "organisation"),
        ("helbred", "installation"),
        ("straf", "installation"),
        ("kommunen", "installation"),
        ("store", "installation"),
    ]
    assert lines[0]["if"] == ["from bogholderi@skole.example", "to revisor.example"]
    text = segl("list", file=file).stdout
    assert "plain, where there is only billing" in text


def test_entries_that_never_count_are_found(file: Path) -> None:
    assert "6 policies, 0 groups with 0 members: good" in segl("check", file=file).stdout
    more = '[[policy]]\nname = "igen"\nlabels = ["criminal"]\ncpr_numbers = 2\nverdict = "reject"\n'
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    done = segl("check", file=file)
    assert done.exit_code == 1
    assert "igen: its verdict never counts, straf comes before" in done.output


def test_entries_that_open_the_house_are_found(file: Path) -> None:
    more = '[[policy]]\nname = "land"\nrecipient = [".dk"]\nverdict = "plain"\nlowers = ["billing"]\n'
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    done = segl("check", file=file)
    assert done.exit_code == 1
    assert "policy land: sends in clear to whoever has a domain below .dk" in done.stderr
    checked = CliRunner().invoke(build("settings"), ["settings", "check", str(file)])
    assert (checked.exit_code, checked.stdout[:8]) == (0, "in order"), "it may be meant"
    assert "warning: policy land: sends in clear" in checked.stderr


@pytest.mark.parametrize(
    ("party", "meant"),
    [
        ("@friends", 'is not a mail address; a group is "group:friends"'),
        ("@x.example", 'is not a mail address; the domain is "x.example", without "@"'),
        ("@", "is not a mail address"),
    ],
)
def test_who_writes_a_group_as_others_do_is_told_how(file: Path, party: str, meant: str) -> None:
    more = f'[[policy]]\nname = "x"\nrecipient = ["{party}"]\nverdict = "hold"\n'
    file.write_text(file.read_text("utf-8") + more, "utf-8")
    done = segl("check", file=file)
    assert done.exit_code == 2
    assert f"recipient.1: {meant}" in done.stderr


def test_bad_settings_are_told_fault_by_fault(file: Path) -> None:
    file.write_text(SETTINGS + '[[policy]]\nname = "x"\nverdict = "plain"\n', "utf-8")
    done = segl("check", file=file)
    assert done.exit_code == 2
    assert '"plain" is for everybody' in done.output


def test_no_more_numbers_are_asked_about_than_are_counted(file: Path) -> None:
    done = segl("explain", "anna@skolen.example", "bo@x.example", "--cpr-numbers", "9" * 20, file=file)
    assert done.exit_code == 2
    assert "must be at most 50" in done.output
