"""Which header fields stand outside an envelope, and what may stand in them."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.mail.fields import read_header
from segl_delivery.smime.outside import outside_of

INDEX = "Thread-Index: AQHbRpUxX0jL3k2V9kq4sFqj8q3c7w=="


def outside(header: str) -> str:
    fields, _ = read_header(header.encode() + b"\r\n\r\n")
    *kept, subject = outside_of(fields, "x")
    assert subject.raw == b"Subject: x\r\n"
    return b"".join(field.raw for field in kept).decode().removesuffix("\r\n")


@pytest.mark.parametrize(
    "field",
    [
        "From: Anna Hansen <anna@nordby.example>",
        'From: "Anna Hansen, hjemmeplejen" <anna@nordby.example>',
        "From: =?utf-8?q?B=C3=B8rge?= <b@nordby.example>",
        "From: anna@nordby.example",
        "From: Nordby Kommune 2026 <post@nordby.example>",
        "To: bo@x.example",
        "To: undisclosed-recipients:;",
        "Message-ID: <20261125.1012-34@nordby.example>",
        "References: <1@x.example> <2@x.example>",
        # As programs make them: JavaMail, Postfix, sendmail, Python, Outlook, by the date and the clock.
        "Message-ID: <1764379925.402.1892444486922@nordby.example>",
        "Message-ID: <20261128101234.4cXyZ12@nordby.example>",
        "Message-ID: <202611281012.5ASAC4Ne031415@nordby.example>",
        "Message-ID: <176433912345.1234.13794613741@nordby.example>",
        "Message-ID: <1764339123.859@nordby.example>",
        "Message-ID: <AM0PR04MB1234567890ABCDEF12@AM0PR04MB123.eurprd04.prod.outlook.com>",
        "Message-ID: <57a815bf-0910-1605-3964-240421ab35ea@nordby.example>",
        "Date: Wed, 25 Nov 2026 03:00:00 +0100",
        "Date: 5 Nov 2026 03:00 GMT",
        "Date: Wed, 25 Nov 2026 03:00:00 +0100 (CET)",
        INDEX,
        "Importance: high",
        "X-Priority: 1 (Highest)",
        "X-Priority: 3",
        "X-Priority: 5 (Lowest)",
        "Priority: non-urgent",
        "Importance: Normal",
        "Auto-Submitted: no",
        "Precedence: list",
        "X-Auto-Response-Suppress: All",
        "Auto-Submitted: auto-replied",
        "Precedence: bulk",
        "X-Auto-Response-Suppress: OOF, DR, RN, NRN, AutoReply",
        "List-Id: <nyt.nordby.example>",
        "List-Unsubscribe: <mailto:fra@nordby.example>, <https://nordby.example/fra?id=7>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Received: from a (b [127.0.0.1]) by c; Wed, 25 Nov 2026 03:00:00 +0100",
    ],
)
def test_what_mail_needs_on_its_way_stands_outside_as_it_is(field: str) -> None:
    assert outside(field) == field


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ("Message-ID: Skilsmisse <1@x.example>", "Message-ID: <1@x.example>"),
        ("Message-ID: Skilsmisse", ""),
        ("List-Id: Psykiatrisk ambulatorium <psyk.nordby.example>", "List-Id: <psyk.nordby.example>"),
        (
            "List-Unsubscribe: Skriv til Anna <mailto:a@x.example>, eller <mailto:b@x.example>",
            "List-Unsubscribe: <mailto:a@x.example>,\r\n <mailto:b@x.example>",
        ),
        ("List-Post: NO (kun for Anna Hansen)", ""),
        ("List-Help: <https://x.example/?cpr=010190-1234>", ""),
        ("List-Unsubscribe: <mailto:a@x.example?subject=010190%2D1234>", ""),
        (
            "List-Unsubscribe: <https://x.example/0101901234>, <mailto:b@x.example>",
            "List-Unsubscribe: <mailto:b@x.example>",
        ),
        ("Date: Wed, 25 Nov 2026 03:00:00 +0100 (Anna 010190-1234)", "Date: Wed, 25 Nov 2026 03:00:00 +0100"),
        ("Date: i dag, 010190-1234", ""),
        ("Date: Wed, 99 Nov 99999 99:00:00 +9999", ""),
        ("Thread-Index: 0101901234", ""),
        ("Thread-Index: Anna Hansens skilsmisse og hendes diagnose", ""),
        ("Importance: Anna har kræft", ""),
        ("Precedence: 010190-1234", ""),
        ("Precedence: Jens har hiv", ""),
        ("Importance: alkoholisme", ""),
        ("Auto-Submitted: Jens Hansens alkoholmisbrug", ""),
        ("X-Auto-Response-Suppress: OOF, Jens Hansen, hiv", ""),
        ("Priority: 0101901234", ""),
        ("Auto-Submitted: auto-generated (Anna, 010190-1234)", ""),
        ("List-Unsubscribe-Post: Anna", ""),
        ("Comments: Anna", ""),
        ("Thread-Topic: Skilsmisse", ""),
    ],
)
def test_words_stay_inside(field: str, kept: str) -> None:
    assert outside(field) == kept


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ('To: "Jens Hansen, Børnepsykiatrisk" <jens@x.example>', "To: jens@x.example"),
        ("To: Bo <bo@x.example>, Eva Ø <eva@x.example>", "To: bo@x.example,\r\n eva@x.example"),
        ('To: "01_01_90_1234 Hansen" <h@x.example>', "To: h@x.example"),
        ("Cc: bo@x.example (hans alkoholmisbrug (igen))", "Cc: bo@x.example"),
        ("Reply-To: Alkoholbehandling for Jens Hansen <h@x.example>", "Reply-To: h@x.example"),
        ("Reply-To: Sagen om Jens Hansens alkoholmisbrug", ""),
        ("From: Sagen om Jens, alkohol <h@x.example>", "From: h@x.example"),
        ("From: a@x.example, b@x.example", "From: a@x.example,\r\n b@x.example"),
        ("From: Anna <anna@x.example> (om Jens)", "From: anna@x.example"),
        ('From: "010190-1234" <anna@x.example>', "From: anna@x.example"),
        ("From: =?utf-8?b?MDEwMTkwLTEyMzQ=?= <anna@x.example>", "From: anna@x.example"),
        ("From: 01.01.90 (1234) <anna@x.example>", "From: anna@x.example"),
        ("From: " + "Sagen om Jens " * 20 + "<anna@x.example>", "From: anna@x.example"),
        ("Sender: Sekretær 0101901234 <s@x.example>", "Sender: s@x.example"),
        # A group (RFC 5322 §3.4), as Outlook and list servers write a distribution list.
        (
            "Cc: Sygemeldte medarbejdere: a@x.example, Bo <b@x.example>;",
            "Cc: a@x.example,\r\n b@x.example",
        ),
        ("To: Sygemeldte:;", "To: undisclosed-recipients:;"),
        ("To: Jens Hansen", "To: undisclosed-recipients:;"),
        # What looks like an address, in a name or a comment, is a word.
        ('To: "hiv@jens.example" <j@x.example>', "To: j@x.example"),
        ("To: hiv@jens.example <j@x.example>", "To: j@x.example"),
        ("To: (hiv@jens.example) j@x.example", "To: j@x.example"),
        ("To: hiv@jens.example: j@x.example;", "To: j@x.example"),
        ('To: "Jens \\" hiv@jens.example" <j@x.example>', "To: j@x.example"),
        # As people and programs write addresses all the same.
        ("To: Bo Hansen bo@x.example", "To: bo@x.example"),
        ("To: Bo <bo@x.example> Eva <eva@x.example>", "To: bo@x.example,\r\n eva@x.example"),
        ("To: 'Bo' <bo@x.example>; Eva <eva@x.example>;", "To: bo@x.example,\r\n eva@x.example"),
        ('To: "Bo <bo@x.example>', "To: bo@x.example"),
        ("To: Bo <bo@x.example", "To: bo@x.example"),
        ("To: <@a.example,@b.example:bo@x.example>", "To: bo@x.example"),
        ("To: <mailto:bo@x.example>", "To: bo@x.example"),
        ("To: =?utf-8?q?Hansen,_Bo?= <bo@x.example>", "To: bo@x.example"),
        ("To: børge@x.example", "To: børge@x.example"),
    ],
)
def test_names_beside_addresses_stay_inside(field: str, kept: str) -> None:
    """But the author's, where it is a name and nothing more."""
    assert outside(field) == kept


@pytest.mark.parametrize(
    "identifier",
    [
        "<cpr-0101901234.20261128@journal.example>",
        "<010190-1234.journal@kmd.example>",
        "<20261125.010190-1234@nordby.example>",
        "<sag-0101901234@esdh.example>",
        "<0101901234@x.example>",
        "<journal_010190_1234_7@x.example>",
        "<journal.0101901234.12@x.example>",
        "<01_01_90_1234@x.example>",
        "<7@010190-1234.x.example>",
    ],
)
def test_an_identifier_with_a_personal_number_stays_inside(identifier: str) -> None:
    """One of ours takes the place of the message's own: filters ask for one."""
    assert outside(f"References: <1@x.example> {identifier} <2@x.example>") == (
        "References: <1@x.example>\r\n <2@x.example>"
    )
    assert outside(f"In-Reply-To: {identifier}") == ""
    ours = outside(f"Message-ID: {identifier}")
    assert re.fullmatch(r"Message-ID: <[0-9a-f]{32}@[a-z.]+>", ours)
    assert ours == outside(f"Message-ID: {identifier}"), "the same at each try"
    assert ours != outside(f"Message-ID: {identifier.replace('1234', '1235')}")


def test_a_thread_of_many_shows_its_beginning_and_its_end() -> None:
    many = [f"<{n}@x.example>" for n in range(500)]
    shown = outside("References: " + " ".join(many)).removeprefix("References: ").split("\r\n ")
    assert shown == [many[0], *many[-99:]]


@settings(deadline=None)
@given(
    st.sampled_from(
        [
            *("Date", "Thread-Index", "List-Id", "Importance", "Message-ID", "Precedence", "X-Priority"),
            *("From", "To", "Sender", "References"),
        ]
    ),
    st.binary(max_size=200),
)
def test_whatever_a_field_holds_one_line_of_known_form_stands_outside(name: str, value: bytes) -> None:
    fields, _ = read_header(name.encode() + b": " + value + b"\r\n\r\n")
    for field in outside_of(fields[:1], "x"):
        assert field.raw.endswith(b"\r\n")
        assert b"\n" not in field.raw.replace(b"\r\n ", b"").replace(b"\r\n\t", b"")[:-2]


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    [
        *("a " * 100_000, "<" * 200_000, "A" * 200_000, "<a>,x" * 50_000, "1 (" * 90_000),
        *('"' * 100_001, '"a\\' * 50_000, "(" * 200_000, "()" * 100_000, "a@b " * 50_000, "<a@b" * 50_000),
        "<0101901234@x.example> " * 10_000,
    ],
)
@pytest.mark.parametrize(
    "name", ["Date", "Thread-Index", "List-Id", "Precedence", "X-Priority", "From", "To", "References"]
)
def test_long_fields_cost_little(name: str, value: str) -> None:
    begun = time.process_time()
    outside(f"{name}: {value}")
    assert time.process_time() - begun < 1
