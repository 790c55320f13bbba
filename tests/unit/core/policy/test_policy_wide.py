"""Policies that open the house without looking so, and other settings that are probably not meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from segl.policy.wide import wide
from segl.public_suffixes import Suffixes
from segl.settings.cautions import cautions
from segl.settings.file import parse_settings
from segl.vocabulary import Label

HOUSE: dict[str, Any] = {
    "organisation": {"name": "Nordby", "domains": ["nordby.example", "vand.nordby.example"]},
    "tenant": [{"name": "Skolen", "domains": ["skole.example"], "subdomains": True}],
    "group": [
        {"name": "hus", "members": ["vand.nordby.example", "anna@nordby.example"]},
        {"name": "alle", "members": ["nordby.example", "vand.nordby.example"]},
        {"name": "land", "members": [".dk", "kommune.example"]},
    ],
}
OURS, ANNA = ["nordby.example", "vand.nordby.example"], ["anna@nordby.example"]
TO_REVISOR = ["revisor.example"]


def told(**tables: Any) -> list[tuple[str, str]]:
    return [(one.where, one.problem) for one in cautions(parse_settings(HOUSE | tables))]


def opened(*entries: dict[str, Any]) -> list[str]:
    settings = parse_settings(HOUSE | {"policy": list(entries)})
    return [one.why for one in wide(settings, Suffixes(frozenset({"co.uk"})))]


def plain(**terms: Any) -> list[dict[str, Any]]:
    return [{"name": "p", "verdict": "plain", "lowers": ["billing"], **terms}]


@pytest.mark.parametrize(
    ("terms", "problem"),
    [
        ({"recipient": [".dk"]}, "whoever has a domain below .dk"),
        ({"recipient": ["dk"], "sender": ANNA}, "whoever has a domain below dk"),
        ({"recipient": ["group:land"], "sender": ANNA}, "whoever has a domain below .dk"),
        ({"recipient": ["gmail.com", *TO_REVISOR]}, "anybody with a mailbox at gmail.com"),
        ({"sender": OURS}, "lets everybody of Nordby send in clear to whomever they like"),
        ({"sender": ["group:alle"]}, "lets everybody of Nordby"),
        ({"sender": ["nordby.example", ".nordby.example"]}, "lets everybody of Nordby"),
        ({"sender": ["nordby.example"]}, "lets everybody at nordby.example send in clear to whomever"),
        ({"sender": ["group:hus"]}, "lets everybody at vand.nordby.example send"),
        ({"sender": ["kontor.skole.example"]}, "lets everybody at kontor.skole.example send"),
        ({"recipient": [".co.uk"]}, "whoever has a domain below .co.uk"),
        ({"sender": [".example"]}, "lets everybody of Nordby, of Skolen"),
        ({"sender": ["skole.example"]}, "lets everybody of Skolen"),
        ({"sender": ANNA, "recipient": TO_REVISOR, "lowers": list(Label)}, "lowers every category"),
    ],
)
def test_what_opens_wide_is_told(terms: dict[str, Any], problem: str) -> None:
    [found] = opened(*plain(**terms))
    assert problem in found
    if "co.uk" not in problem:  # known by the list of the host
        [(where, found)] = told(policy=plain(**terms))
        assert (where, problem in found) == ("policy p", True)


def test_everybody_to_a_whole_country_is_told_as_both() -> None:
    assert len(told(policy=plain(sender=OURS, recipient=[".dk"]))) == 2


@pytest.mark.parametrize(
    "terms",
    [
        {"sender": ANNA},
        {"sender": ["kontor.nordby.example"]},  # nobody's
        {"sender": OURS, "recipient": TO_REVISOR},
        {"recipient": [".revisor.example"]},
        {"recipient": ["bo@gmail.com"]},
        {"sender": ANNA, "recipient": TO_REVISOR, "lowers": [*list(Label)[1:], "personal", "unsure"]},
        {"sender": [".example"], "verdict": "secure", "lowers": []},
    ],
)
def test_what_is_narrow_is_not(terms: dict[str, Any]) -> None:
    assert told(policy=plain(**terms)) == []


SCHOOL, EVA = HOUSE["tenant"][0], {"deciders": ["eva"]}
ANNAS: dict[str, Any] = {"name": "p", "sender": ANNA, "verdict": "plain", "lowers": ["billing", "cpr"]}
TO_X: dict[str, Any] = {"name": "other", "recipient": ["x.example"], "verdict": "hold"}


@pytest.mark.parametrize(
    ("mine", "other", "word"),
    [
        ({}, {}, "goes before the hold of other"),
        ({}, {"verdict": "reject"}, "goes before the reject of other"),
        ({}, {"verdict": "secure"}, "goes before the secure of other"),
        ({}, {"labels": ["cpr", "criminal"]}, "goes before the hold of other"),
        ({"recipient": ["bo@x.example"]}, {}, "goes before"),
        ({}, {"organisation": "Nordby"}, "goes before"),
        ({"recipient": [".x.example"]}, {"recipient": ["a.x.example"]}, "goes before"),
        ({}, {"recipient": ["group:land"], "sender": ["group:hus"]}, "goes before"),
        ({}, {"labels": ["criminal"]}, ""),  # its mail is not lowered
        ({"recipient": ["y.example"]}, {}, ""),
        ({}, {"sender": ["bo@nordby.example"]}, ""),
        ({}, {"organisation": "Skolen"}, ""),
        ({"max_bytes": 1000}, {"min_bytes": 2000}, ""),
        ({}, {"sender": ANNA, "verdict": "hold"}, ""),  # counts first, as it stands
    ],
)
def test_what_goes_before_a_stricter_entry_is_told(
    mine: dict[str, Any], other: dict[str, Any], word: str
) -> None:
    found = opened(TO_X | other, ANNAS | mine)
    assert [why[: len(word)] for why in found] == ([word] if word else [])


def test_an_exception_that_stands_before_what_is_secure_is_an_exception() -> None:
    assert opened(ANNAS, TO_X | {"verdict": "secure"}) == []
    assert opened(ANNAS, TO_X) == ["goes before the hold of other"]


@pytest.mark.parametrize("key", ["sender", "recipient"])
def test_a_group_that_holds_nobody_is_told(key: str, tmp_path: Path) -> None:
    file = tmp_path / "people"
    file.write_text("# made each night\n", "utf-8")
    groups = [
        {"name": "tom", "file": str(file)},
        {"name": "ubrugt"},
        {"name": "alle", "members": ["x.example"]},
    ]
    hold = {"name": "h", key: ["group:tom"], "verdict": "hold"}
    [(where, problem)] = told(group=groups, policy=[hold])
    assert (where, problem) == ("group tom", "holds nobody, and is named by h")
    file.write_text("bo@x.example\n", "utf-8")
    assert told(group=groups, policy=[hold]) == []


def test_an_entry_that_never_counts_is_told_as_well() -> None:
    hold = {"name": "hold", "recipient": ["x.example"], "verdict": "hold"}
    [(where, problem)] = told(policy=[hold, {**hold, "name": "more", "labels": ["cpr"]}])
    assert (where, problem[:29]) == ("policy more", "its verdict never counts, hol")


@pytest.mark.parametrize(
    ("tables", "wheres"),
    [
        ({"hold": {"persons": 2}}, []),  # whoever may run the command
        ({"hold": {"persons": 2, "deciders": ["lise", "knud"]}, "tenant": []}, []),
        ({"hold": {"persons": 1, "deciders": ["root"]}, "tenant": []}, []),
        ({"hold": {"persons": 2, "deciders": ["lise", "root"]}, "tenant": []}, ["hold.deciders"]),
        ({"hold": {"persons": 2, "deciders": ["lise", "Lise"]}, "tenant": []}, ["hold.deciders"]),
        ({"hold": EVA, "tenant": [SCHOOL | {"persons": 2, "deciders": ["lise"]}]}, ["tenant.deciders"]),
        ({"hold": EVA, "tenant": [SCHOOL | {"deciders": ["lise"]}]}, []),
        ({"hold": EVA}, ["tenant.deciders"]),  # whoever may run the command decides about the school's
        ({"tenant": [SCHOOL | {"deciders": ["lise"]}]}, ["hold.deciders"]),
    ],
)
def test_where_nobody_or_anybody_could_release_what_is_held_that_is_told(
    tables: dict[str, Any], wheres: list[str]
) -> None:
    assert [where for where, _ in told(**tables)] == wheres
