"""Addresses at which a program reads what comes back, and those of people."""

from __future__ import annotations

import pytest

from segl.bounce_addresses import reads_bounces
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.settings.receipts import Receipts

PROGRAMS = [
    "bestyrelse-bounces@nordby.example",
    "Bestyrelse-Bounces+bo=kunde.example@nordby.example",
    "bestyrelse+bounces-12@nordby.example",  # mlmmj: a post by XVERP, and what it asks a member or a moderator
    "bestyrelse+bounces-help@nordby.example",
    "bounce@nordby.example",
    "bounces+4711-ab=cd@nordby.example",
    "mail.bounce-99@nordby.example",
    "owner-bestyrelse@nordby.example",
    "bestyrelse-owner@nordby.example",
    "bestyrelse-return-12-bo=kunde.example@nordby.example",
    "bestyrelse+bo=kunde.example@nordby.example",
    "bestyrelse-bo=kunde.example@nordby.example",
]
PEOPLE = [
    "",
    "mette@nordby.example",
    "mette+bounced@nordby.example",
    "anne-marie@nordby.example",
    "mette.krog+sag=12@nordby.example",
    "bouncer@nordby.example",
    "hus-owners@nordby.example",
    "prvs=0123456789=mette@nordby.example",  # BATV
    "prvs=0123456789=mette.krog@nordby.example",
]


@pytest.mark.parametrize("address", PROGRAMS)
def test_a_program_gets_postfix_s_own_notices(address: str) -> None:
    assert reads_bounces(address)
    assert SETTINGS.receipt_terms("nordby.example", address).send is Receipts.NONE


@pytest.mark.parametrize("address", PEOPLE)
def test_people_get_receipts(address: str) -> None:
    assert not reads_bounces(address)
    assert SETTINGS.receipt_terms("nordby.example", address).send is Receipts.ALL


def test_a_policy_about_the_sender_counts_before() -> None:
    address = "bestyrelse-bounces@nordby.example"
    policy = [{"name": "liste", "sender": [address], "receipts": "failures"}]
    assert settings(policy=policy).receipt_terms("nordby.example", address).send is Receipts.FAILURES


@pytest.mark.slow
def test_a_megabyte_is_no_trouble() -> None:
    for piece in ("-bouncex", "a-", "=a.", "a-owners", "-return-1", "+-=", "1", "=a"):
        for first in ("", "a+=", "a-return-"):
            assert reads_bounces(f"{first}{piece * (1_000_000 // len(piece))}!@nordby.example") in (
                True,
                False,
            )


def settings(**tables: object) -> Settings:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    return parse_settings({"organisation": organisation, "receipts": {"send": "all"}, **tables})


SETTINGS = settings()
