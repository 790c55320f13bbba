"""Rule files: what is refused, how that is told, and how a postmaster's file lies over the shipped ones."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest

from segl.errors import RulesError
from segl.vocabulary import Decision, Label
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet, load_rules, named_files, shipped_rules
from world.needs import ROOT

BAD = Path(__file__).parents[3] / "bad_rules"
RULE = """
[[rule]]
id = "{id}"
label = "billing"
weight = 0.6
why = "Et eksempel på en regel."
words = "{word}"
matches = ["Det er en {word}."]
not_matches = ["Det er en båd."]
"""


def written(folder: Path, text: str, name: str = "own.toml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def found_by(rules: RuleSet, text: str) -> set[str]:
    return {finding.rule for finding in rules.find([Text(text, "body", Source.BODY)])}


def test_the_shipped_files_alone_are_made_ready_once(tmp_path: Path) -> None:
    """So that a reload costs nothing where a house has no rules of its own."""
    alone = load_rules()
    assert load_rules([]) is alone is shipped_rules()
    assert load_rules([written(tmp_path, RULE.format(id="own.boat", word="kajak"))]) is not alone
    assert load_rules() is alone


@pytest.mark.parametrize("case", sorted(BAD.iterdir()), ids=lambda case: case.name)
def test_a_bad_file_is_refused_and_every_fault_is_named(case: Path) -> None:
    expected = (case / "expected").read_text("utf-8").splitlines()
    with pytest.raises(RulesError) as refused:
        load_rules([case / "rules.toml"])
    faults = [str(fault) for fault in refused.value.faults]
    assert len(faults) == len(expected), faults
    for line in expected:
        assert any(line in fault for fault in faults), (line, faults)
    assert all(fault.startswith(str(case / "rules.toml")) for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"billing"', '"biling"', "label: 'biling' is no category (did you mean billing?)"),
        (
            "0.6",
            '"0.6"',
            "weight: input should be a valid number; found '0.6' (write a number, without quotes)",
        ),
        ("why", 'effect = "VETO"\nwhy', "found 'VETO' (did you mean veto?)"),
        ("why", 'where = ["bdy"]\nwhy', "found 'bdy' (did you mean body?)"),
        ("why", "Where = []\nwhy", "Where: is not a known key (did you mean where?)"),
        ("why", "where = []\nwhy", "where: must not be empty"),
        ("why", "farve = 1\nwhy", "farve: is not a known key (docs/rules.md names those that are)"),
        (
            "[[rule]]",
            "[[list.x]]\n[[rule]]",
            "list.x: input should be a table; found a list (begin it with [list.x])",
        ),
        (
            "[[rule]]",
            "[list]\nx = 1\n[[rule]]",
            "list.x: input should be a table; found '1' (begin it with [list.x])",
        ),
    ],
)
def test_the_only_fault_of_a_file_says_what_to_write(tmp_path: Path, old: str, new: str, told: str) -> None:
    text = RULE.format(id="own.x", word="faktura").replace(old, new, 1)
    with pytest.raises(RulesError) as refused:
        load_rules([written(tmp_path, text)])
    [fault] = refused.value.faults
    assert told in str(fault)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Notepad and others write one."""
    text = "\N{ZERO WIDTH NO-BREAK SPACE}" + RULE.format(id="own.boat", word="jolle").lstrip()
    assert found_by(load_rules([written(tmp_path, text)], shipped=False), "Min jolle er ny.") == {"own.boat"}


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="there is no such file"):
        load_rules([tmp_path / "none.toml"])


@pytest.mark.parametrize("name", ["/" + "a" * 5_000, "a\0b"])
def test_a_name_that_no_file_can_have_is_a_fault(name: str) -> None:
    with pytest.raises(RulesError, match=r"cannot be read|no usable file name"):
        load_rules([Path(name)])


@ROOT
@pytest.mark.parametrize(
    "mode", [0o600, 0o711], ids=["in a folder that may not be entered", "a folder that may not be read"]
)
def test_what_the_services_user_may_not_look_into_is_a_fault(tmp_path: Path, mode: int) -> None:
    """As rules below /root: the milter said so by a traceback, and was started again and again."""
    folder = tmp_path / "own"
    folder.mkdir()
    file = written(folder, RULE.format(id="own.boat", word="jolle"))
    for place in (*tmp_path.parents[:-2], tmp_path):
        place.chmod(place.stat().st_mode | 0o011)
    folder.chmod(mode)
    os.seteuid(65_534)
    try:
        with pytest.raises(RulesError, match="cannot be read: permission denied"):
            load_rules([folder if mode & 0o001 else file])
    finally:
        os.seteuid(0)


def test_a_file_that_never_ends_is_not_read() -> None:
    with pytest.raises(RulesError, match="neither a file nor a folder"):
        load_rules([Path("/dev/zero")])


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="a rule file may have"):
        load_rules([written(tmp_path, "# " + "x" * 3_000_000)])


def test_the_faults_of_several_files_are_told_together(tmp_path: Path) -> None:
    one = written(tmp_path, "[policy", "one.toml")
    two = written(tmp_path, "[polcy]", "two.toml")
    with pytest.raises(RulesError) as refused:
        load_rules([one, two])
    assert {fault.file for fault in refused.value.faults} == {one, two}


def test_a_new_id_adds_a_rule(tmp_path: Path) -> None:
    rules = load_rules([written(tmp_path, RULE.format(id="own.boat", word="kajak"))])
    assert len(rules.rules) == len(shipped_rules().rules) + 1
    assert rules.digest != shipped_rules().digest
    assert "own.boat" in found_by(rules, "Min kajak ligger ved broen.")


def test_the_same_id_replaces_a_rule(tmp_path: Path) -> None:
    rules = load_rules([written(tmp_path, RULE.format(id="health.cause", word="kajak"))])
    assert len(rules.rules) == len(shipped_rules().rules)
    assert "health.cause" not in found_by(rules, "Hun er gravid.")
    assert "health.cause" in found_by(rules, "Min kajak ligger ved broen.")


def test_a_later_file_replaces_an_earlier_one(tmp_path: Path) -> None:
    one = written(tmp_path, RULE.format(id="own.boat", word="kajak"), "one.toml")
    two = written(tmp_path, RULE.format(id="own.boat", word="jolle"), "two.toml")
    assert found_by(load_rules([one, two], shipped=False), "en kajak") == set()
    assert found_by(load_rules([two, one], shipped=False), "en kajak") == {"own.boat"}


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    written(tmp_path, RULE.format(id="own.a", word="kajak"), "a.toml")
    written(tmp_path, RULE.format(id="own.b", word="jolle"), "b.toml")
    assert found_by(load_rules([tmp_path], shipped=False), "en kajak og en jolle") == {"own.a", "own.b"}


def test_a_folder_without_rules_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="a folder without rule files"):
        load_rules([tmp_path])


@pytest.mark.parametrize("left", ["", " ", "\n", "# Reglerne kommer.\n", "rule = []\n", "[policy]\n"])
def test_a_file_that_holds_nothing_is_a_mistake(tmp_path: Path, left: str) -> None:
    """Else what an editor or a full disk left of it would let the house's own words go in clear."""
    written(tmp_path, RULE.format(id="own.boat", word="kajak"), "whole.toml")
    emptied = written(tmp_path, left, "emptied.toml")
    for named in (emptied, tmp_path):
        with pytest.raises(RulesError, match="is empty: it holds no rule") as refused:
            load_rules([named])
        (fault,) = refused.value.faults
        assert (fault.file, "take the file away" in fault.hint) == (emptied, True)


def test_one_folder_may_not_hold_the_same_id_twice(tmp_path: Path) -> None:
    written(tmp_path, RULE.format(id="own.a", word="kajak"), "a.toml")
    written(tmp_path, RULE.format(id="own.a", word="jolle"), "b.toml")
    with pytest.raises(RulesError, match=r"a rule of this id in a\.toml already"):
        load_rules([tmp_path])


def test_enabled_false_turns_a_rule_off(tmp_path: Path) -> None:
    assert "health.cause" in found_by(shipped_rules(), "Hun er gravid.")
    off = written(tmp_path, '[[rule]]\nid = "health.cause"\nenabled = false\n')
    rules = load_rules([off])
    assert "health.cause" not in {rule.id for rule in rules.rules}
    assert "health.cause" not in found_by(rules, "Hun er gravid.")


def test_a_whole_rule_may_be_turned_off_where_it_stands(tmp_path: Path) -> None:
    text = RULE.format(id="own.boat", word="kajak") + "enabled = false\n"
    assert load_rules([written(tmp_path, text)], shipped=False).rules == ()


def test_threshold_and_decision_of_a_category_can_be_set_and_one_of_the_two_leaves_the_other(
    tmp_path: Path,
) -> None:
    text = '[label.criminal]\nthreshold = 0.9\ndecision = "hold"\n[label.health]\ndecision = "hold"\n'
    labels, shipped = load_rules([written(tmp_path, text)]).labels, shipped_rules().labels
    assert (labels[Label.CRIMINAL].threshold, labels[Label.CRIMINAL].decision) == (0.9, Decision.HOLD)
    assert labels[Label.HEALTH].threshold == shipped[Label.HEALTH].threshold
    assert labels[Label.FAMILY] == shipped[Label.FAMILY]


def test_extend_adds_to_a_shipped_list(tmp_path: Path) -> None:
    text = '[list.disease]\nextend = true\nwords = "gullandsyge*"\n'
    rules = load_rules([written(tmp_path, text)])
    assert "health.disease" in found_by(rules, "Bent har fået gullandsyge.")
    assert "health.disease" in found_by(rules, "Bent har fået diabetes.")


def test_a_list_of_the_same_name_replaces(tmp_path: Path) -> None:
    """And as other rules rest on the list, their examples are run again."""
    with pytest.raises(RulesError, match=r"rule health\.disease: matches"):
        load_rules([written(tmp_path, '[list.disease]\nwords = "gullandsyge*"\n')])


def test_equal_files_have_equal_digests(tmp_path: Path) -> None:
    one = written(tmp_path, RULE.format(id="own.boat", word="kajak"), "one.toml")
    two = written(tmp_path, RULE.format(id="own.boat", word="kajak"), "two.toml")
    assert load_rules([one], shipped=False).digest == load_rules([two], shipped=False).digest


def test_examples_may_be_left_for_later(tmp_path: Path) -> None:
    file = BAD / "example-not-found" / "rules.toml"
    assert "own.water" in {rule.id for rule in load_rules([file], shipped=False, examples=False).rules}


@pytest.mark.parametrize("part", Source)
def test_an_example_is_what_its_rule_reads(tmp_path: Path, part: Source) -> None:
    """A rule on files or their names reads no letter, so no letter can be its example."""
    text = RULE.format(id="own.boat", word="kajak") + f'where = ["{part}"]\n'
    rules = load_rules([written(tmp_path, text)], shipped=False)
    (found,) = [f for f in rules.find([Text("Det er en kajak.", "here", part)]) if f.rule == "own.boat"]
    assert found.where == "here"


def test_below_the_subject_of_an_example_is_the_letter(tmp_path: Path) -> None:
    text = RULE.format(id="own.boat", word="kajak").replace("Det er en båd.", "Emne: Hej\\nEn kajak.")
    load_rules([written(tmp_path, text + 'where = ["subject"]\n')], shipped=False)
    with pytest.raises(RulesError, match="is found"):
        load_rules([written(tmp_path, text)], shipped=False)


def test_the_digest_of_a_file_is_of_what_was_read(tmp_path: Path) -> None:
    """The audit trail must not name a file that came in its place a moment later."""
    file = written(tmp_path, RULE.format(id="own.boat", word="kajak"))
    was = sha256(file.read_bytes()).hexdigest()
    rules = load_rules([file])
    file.write_text("broken [", "utf-8")
    assert rules.file_digests[str(file)] == was
    assert rules.file_digests.keys() == named_files([file]).keys()
    assert str(file) not in shipped_rules().file_digests
