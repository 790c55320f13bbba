"""The demo's last word: a message of which anything else became than should have makes it fail."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from segl.vocabulary import Decision, Way
from world.ca import TestCA
from world.demo import arrival, way_of
from world.demo_table import Outcome, Trip, report
from world.letters import BARE, COLLEAGUE, GOOD, LETTERS, PARTNER
from world.peers import ReceivedMail
from world.street import Street
from world.trail import Delivery

PERFECT = [
    Outcome(
        one,
        one.verdict,
        "why",
        tuple(
            Trip(recipient, way, "why", "arrived", whole=True)
            for recipient, way in zip(one.letter.recipients, one.ways, strict=True)
        ),
    )
    for one in LETTERS
]
ORDINARY = PERFECT[0]
[ALONE] = ORDINARY.trips


def told(*outcomes: Outcome) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=150)
    code = report(outcomes, console)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def delivered(recipient: str, service: str) -> Delivery:
    return Delivery(recipient, service, "", "2.0.0", "sent", "250 ok", "")


def test_all_as_it_should_be() -> None:
    code, table = told(*PERFECT)
    assert code == 0
    assert "NOT" not in table


@pytest.mark.parametrize(
    ("different", "mark"),
    [
        (replace(ORDINARY, decision=Decision.SECURE), "NOT as expected: plain"),
        (replace(ORDINARY, decision=None), "NOT as expected: plain"),
        (replace(ORDINARY, trips=(replace(ALONE, way=Way.PORTAL),)), "NOT as expected: plain"),
        (replace(ORDINARY, trips=(replace(ALONE, way=None),)), "NOT as expected: plain"),
        (
            replace(ORDINARY, trips=(replace(ALONE, arrived="could NOT be opened", whole=False),)),
            "could NOT be opened",
        ),
    ],
)
def test_a_difference_is_marked_and_fails(different: Outcome, mark: str) -> None:
    code, table = told(different, *PERFECT[1:])
    assert code == 1
    assert mark in table
    assert f"NOT as expected: {ORDINARY.expected.letter.title}" in table


@pytest.mark.parametrize(
    ("recipient", "service", "way"),
    [
        (BARE, "segl-tunnel", Way.TUNNEL),
        (BARE, "segl-tls", Way.TLS),
        (BARE, "segl-secure", None),
        (BARE, "smtp", Way.PLAIN),
        (COLLEAGUE, "smtp", Way.INTERNAL),
    ],
)
def test_the_way_is_that_of_who_delivered_it(recipient: str, service: str, way: Way | None) -> None:
    assert way_of(delivered(recipient, service)) is way


@pytest.mark.parametrize(
    ("recipient", "way", "received", "says"),
    [
        (PARTNER, Way.TUNNEL, b"Subject: x\r\n\r\nnot encrypted", "could NOT be opened"),
        (GOOD, Way.TLS, b"Message-ID: <demo-1@x.example>\r\n\r\n", "no TLS"),
        (GOOD, Way.TLS, b"Message-ID: <demo-2@x.example>\r\n\r\n", "NOT at the recipient's server"),
        (GOOD, Way.PLAIN, b"Message-ID: <demo-2@x.example>\r\n\r\n", "NOT at the recipient's server"),
    ],
)
def test_what_arrives_in_another_form_than_its_way_promises_is_not_whole(
    recipient: str, way: Way, received: bytes, says: str, tmp_path: Path
) -> None:
    mail = ReceivedMail("", (recipient,), (), (), received, None, "")
    key = TestCA(tmp_path).issue(["tunnel@kommune.example"], key="rsa")
    street = SimpleNamespace(mail_for=lambda _address: [mail], partner=SimpleNamespace(certificate=key))
    arrived, whole = arrival(
        cast(Street, street), recipient, way, delivered(recipient, ""), "<demo-1@x.example>", None
    )
    assert says in arrived
    assert not whole
