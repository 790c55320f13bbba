"""Settings and rule files that nobody wrote by hand: told of in a moment, in our words, and not without end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from segl import toml_text
from segl.errors import MOST_TOLD, Fault, SettingsError
from segl.settings.file import load_settings
from segl_classifier.rules.read import read_file

SMALL = '[organisation]\nname = "Nordby"\ndomains = ["nordby.example"]\n'
DIGITS = "9" * 5_000


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def error_of(tmp_path: Path, content: str) -> SettingsError:
    file = tmp_path / "segl.toml"
    file.write_text(content, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    return caught.value


@pytest.mark.parametrize(
    ("number", "key"),
    [(DIGITS, "line 5"), ("0x" + "f" * 5_000, "detection.seconds"), ("9" * 19, "detection.seconds")],
)
def test_a_number_too_large_for_toml_is_a_fault_with_its_place(tmp_path: Path, number: str, key: str) -> None:
    [fault] = error_of(tmp_path, f"{SMALL}[detection]\nseconds = {number}\n").faults
    assert (fault.key, fault.problem) == (key, "holds a number too large for TOML")
    assert fault.hint


def test_in_a_rule_file_it_is_no_matter_of_the_files_name(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(f"\nweight = {DIGITS}\n", "utf-8")
    fault = read_file(file)
    assert isinstance(fault, Fault)
    assert (fault.key, fault.problem) == ("line 2", "holds a number too large for TOML")


@pytest.mark.parametrize(
    "line",
    [
        ".".join("a" * 50_000) + " = 1",
        "[" + ".".join("a" * 50_000) + "]",
        "x = {" + ".".join("a" * 50_000) + " = 1}",
        " . ".join(["'a'"] * 50_000) + " = 1",
    ],
)
def test_a_key_of_very_many_parts_is_refused_at_once(tmp_path: Path, line: str) -> None:
    with within(3):
        [fault] = error_of(tmp_path, f"{SMALL}{line}\n").faults
    assert (fault.key, fault.problem) == ("line 4", f"has a key of more than {toml_text.MOST_PARTS} parts")


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["a", "'", '"', "a.", "'a", "a .b ", "1_", "0.", ".", "a\n"])
def test_looking_for_them_costs_linear_time(piece: str) -> None:
    with within(5):
        text = piece * (1_000_000 // len(piece))
        toml_text._DEEP.search(text)
        toml_text._LONG.search(text)


def test_names_of_hosts_and_long_texts_are_no_such_keys() -> None:
    names = ", ".join(f'"mx{n}.post.nordby.example"' for n in range(2_000))
    text = f'domains = [{names}]\nwhy = "{"En sætning. " * 500}"\n# {"." * 500}\n[a.b."c.d"]\n'
    assert len(toml_text.parse(text)["domains"]) == 2_000


@pytest.mark.slow
def test_of_very_many_faults_the_first_are_told_and_how_many_more_there_are(tmp_path: Path) -> None:
    with within(4):
        error = error_of(tmp_path, SMALL + "".join(f"[organisatio{n}]\n" for n in range(50_000)))
    assert len(error.faults) == MOST_TOLD
    assert error.public == "settings: 50000 faults"
    assert error.private.endswith("\nand 49950 more faults")


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    assert "is larger than 2097152 bytes" in error_of(tmp_path, SMALL + "#" * 2_100_000).private


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('["nordby.example"]', '"nordby"', 'organisation.domains: must be a list, like ["nordby"]'),
        ('["nordby.example"]', "{a = 1}", 'organisation.domains: must be a list, like ["…", "…"]'),
        ("[org", 'domain = "x.dk"\n[org', "domain: must be a list of tables, each begun with [[domain]]"),
    ],
)
def test_what_should_be_a_list_is_told_as_one(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in error_of(tmp_path, SMALL.replace(old, new)).private


def test_in_a_rule_file_too(tmp_path: Path) -> None:
    from segl.errors import RulesError
    from segl_classifier.rules import load_rules

    file = tmp_path / "own.toml"
    file.write_text(
        '[[rule]]\nid = "own.x"\nlabel = "health"\nwhy = "x"\nweight = 1\npatterns = "syg"\n', "utf-8"
    )
    with pytest.raises(RulesError, match=r'patterns: must be a list, like \["syg"\]'):
        load_rules([file])
