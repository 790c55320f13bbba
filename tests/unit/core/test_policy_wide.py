"""Policies that open the house without looking so, and other settings that are probably not meant."""

from __future__ import annotations

from typing import Any

import pytest

from segl.settings_cautions import cautions
from segl.settings_file import parse_settings
from segl.vocabulary import Label

HOUSE: dict[str, Any] = {
    "organisation": {"name": "Nordby", "domains": ["nordby.example", "vand.nordby.example"]},
    "tenant": [{"name": "Skolen", "domains": ["skole.example"]}],
    "group": [
        {"name": "alle", "members": ["nordby.example", "vand.nordby.example"]},
        {"name": "land", "members": [".dk", "kommune.example"]},
    ],
}
OURS, ANNA = ["nordby.example", "vand.nordby.example"], ["anna@nordby.example"]
TO_REVISOR = ["revisor.example"]


def told(**tables: Any) -> list[tuple[str, str]]:
    return [(one.where, one.problem) for one in cautions(parse_settings(HOUSE | tables))]


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
        ({"sender": [".example"]}, "lets everybody of Nordby, Skolen"),
        ({"sender": ["skole.example"]}, "lets everybody of Skolen"),
        ({"sender": ANNA, "recipient": TO_REVISOR, "lowers": list(Label)}, "lowers every category"),
    ],
)
def test_what_opens_wide_is_told(terms: dict[str, Any], problem: str) -> None:
    [(where, found)] = told(policy=plain(**terms))
    assert where == "policy p"
    assert problem in found


def test_everybody_to_a_whole_country_is_told_as_both() -> None:
    assert len(told(policy=plain(sender=OURS, recipient=[".dk"]))) == 2


@pytest.mark.parametrize(
    "terms",
    [
        {"sender": ANNA},
        {"sender": ["nordby.example"]},  # not all of it
        {"sender": OURS, "recipient": TO_REVISOR},
        {"recipient": [".revisor.example"]},
        {"recipient": ["bo@gmail.com"]},
        {"sender": ANNA, "recipient": TO_REVISOR, "lowers": [*list(Label)[1:], "personal", "unsure"]},
        {"sender": [".example"], "verdict": "secure", "lowers": []},
    ],
)
def test_what_is_narrow_is_not(terms: dict[str, Any]) -> None:
    assert told(policy=plain(**terms)) == []


def test_an_entry_that_never_counts_is_told_as_well() -> None:
    hold = {"name": "hold", "recipient": ["x.example"], "verdict": "hold"}
    [(where, problem)] = told(policy=[hold, {**hold, "name": "more", "labels": ["cpr"]}])
    assert (where, problem[:29]) == ("policy more", "its verdict never counts, hol")


@pytest.mark.parametrize(
    ("tables", "wheres"),
    [
        ({"hold": {"persons": 2}}, []),  # whoever may run the command
        ({"hold": {"persons": 2, "deciders": ["lise", "knud"]}}, []),
        ({"hold": {"persons": 1, "deciders": ["root"]}}, []),
        ({"hold": {"persons": 2, "deciders": ["lise", "root"]}}, ["hold.deciders"]),
        ({"hold": {"persons": 2, "deciders": ["lise", "Lise"]}}, ["hold.deciders"]),
        ({"tenant": [{**HOUSE["tenant"][0], "persons": 2, "deciders": ["lise"]}]}, ["tenant.deciders"]),
    ],
)
def test_where_nobody_could_release_what_is_held_that_is_told(
    tables: dict[str, Any], wheres: list[str]
) -> None:
    assert [where for where, _ in told(**tables)] == wheres
