"""What a fault of the settings file says of how to mend it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from segl.errors import Fault
from segl.settings.file import read_settings
from segl.settings.reference import reference

ORGANISATION = {"name": "Nordby", "domains": ["nordby.example"]}


def fault(raw: Mapping[str, Any]) -> Fault:
    """The only fault of these settings."""
    [found] = read_settings({"organisation": ORGANISATION, **raw}, "segl.toml").faults
    return found


@pytest.mark.parametrize(
    ("raw", "key", "hint"),
    [
        (
            {"organisation": {"name": "Nordby"}},
            "organisation.domains",
            'write domains = ["…"]',
        ),
        ({"organisation": {"domains": ["x.dk"]}}, "organisation.name", 'write name = "…"'),
        (
            {"demand": [{"labels": ["health"]}]},
            "demand.1.least",
            "write least = one of encrypt, pkix, pinned, mta-sts, dane, sealed",
        ),
        (
            {"organisation": {**ORGANISATION, "colour": "red"}},
            "organisation.colour",
            "segl settings reference organisation names those that are",
        ),
        ({"organisation": {**ORGANISATION, "nam": "x"}}, "organisation.nam", "did you mean name?"),
        ({"colour": {}}, "colour", "segl settings reference names those that are"),
        ({"detection": {"mode": "shadw"}}, "detection.mode", "did you mean shadow?"),
        ({"detection": {"mode": "clear"}}, "detection.mode", ""),
        ({"log": {"level": "INFO"}}, "log.level", "did you mean info?"),
        ({"organisation": {**ORGANISATION, "domains": []}}, "organisation.domains", 'write domains = ["…"]'),
        ({"hold": 3}, "hold", "begin it with [hold]"),
        ({"hold": [{"persons": 2}]}, "hold", "begin it with [hold], in single brackets"),
        ({"portal": {"web": "x"}}, "portal.web", "begin it with [portal.web]"),
        ({"detection": {"thresholds": 1}}, "detection.thresholds", "begin it with [detection.thresholds]"),
        ({"receipt": ["x.dk"]}, "receipt.1", "begin each with [[receipt]]"),
        (
            {"policy": [{"name": "a", "verdict": "hold", "scores": 1}]},
            "policy.1.scores",
            "write scores = { … = … }",
        ),
        ({"detection": {"model": "ja"}}, "detection.model", "write true or false, without quotes"),
        ({"milter": {"workers": "two"}}, "milter.workers", "write a whole number, without quotes"),
        ({"milter": {"workers": 1.5}}, "milter.workers", "write a whole number"),
        ({"milter": {"drain_seconds": "soon"}}, "milter.drain_seconds", "write a number, without quotes"),
        ({"metrics": {"host": 1}}, "metrics.host", 'write a text, in quotes: "…"'),
        ({"milter": {"socket": 1}}, "milter.socket", 'write a path, in quotes: "/…"'),
        (
            {"portal": {"sms": {"country": "45"}}},
            "portal.sms.country",
            "segl settings reference portal.sms says what it may be",
        ),
        ({"portal": {"url": "sikker.x.dk"}}, "portal.url", "begin with https://"),
    ],
)
def test_a_fault_says_what_to_write(raw: Mapping[str, Any], key: str, hint: str) -> None:
    found = fault(raw)
    assert (found.key, found.hint) == (key, hint)


@pytest.mark.parametrize("raw", [{"hold": 3}, {"organisation": {**ORGANISATION, "domains": []}}])
def test_no_fault_is_told_in_the_words_of_the_program(raw: Mapping[str, Any]) -> None:
    assert not re.search("dictionary|instance|tuple|validation", str(fault(raw)))


def test_an_empty_file_is_told_how_it_begins() -> None:
    [found] = read_settings({}, "segl.toml").faults
    assert (
        str(found)
        == "segl.toml: organisation: is required (begin it with [organisation]; it holds name and domains)"
    )


REQUIRED = [
    (table.path, table.many, key.name)
    for table in reference()
    for key in table.keys
    if key.required and table.path != "organisation"
]


@pytest.mark.parametrize(("path", "many", "key"), REQUIRED)
def test_of_every_key_that_must_be_given_an_example_is_shown(path: str, many: bool, key: str) -> None:
    raw: Any = [{}] if many else {}
    for part in reversed(path.split(".")[1:]):
        raw = {part: raw}
    faults = read_settings({"organisation": ORGANISATION, path.partition(".")[0]: raw}, "segl.toml").faults
    [found] = [one for one in faults if one.problem == "is required" and one.key.split(".")[-1] == key]
    assert found.hint.startswith(f"write {key} = "), found


def test_a_table_that_a_hint_names_is_one_that_can_be_asked_for() -> None:
    asked = "segl settings reference "
    for table in reference():
        raw: Any = {"no-such-key": 1}
        head, *inside = table.path.split(".")
        for part in reversed(inside):
            raw = {part: [raw] if table.many and part == inside[-1] else raw}
        entry = [raw] if table.many and not inside else raw
        base = {**ORGANISATION, **raw} if head == "organisation" else entry
        faults = read_settings({"organisation": ORGANISATION, head: base}, "segl.toml").faults
        [hint] = [one.hint for one in faults if one.key.endswith("no-such-key")]
        assert hint == f"{asked}{table.path} names those that are"
