"""Which header fields stand outside an envelope, and what may stand in them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.mail.fields import read_header
from segl_delivery.outside import outside_of

INDEX = "Thread-Index: AQHbRpUxX0jL3k2V9kq4sFqj8q3c7w=="


def outside(header: str) -> str:
    fields, _ = read_header(header.encode() + b"\r\n\r\n")
    *kept, subject = outside_of(fields, "x")
    assert subject.raw == b"Subject: x\r\n"
    return b"".join(field.raw for field in kept).decode().removesuffix("\r\n")


@pytest.mark.parametrize(
    "field",
    [
        "Message-ID: <20261125.010190-1234@nordby.example>",
        "References: <1@x.example> <2@x.example>",
        "Date: Wed, 25 Nov 2026 03:00:00 +0100",
        "Date: 5 Nov 2026 03:00 GMT",
        "Date: Wed, 25 Nov 2026 03:00:00 +0100 (CET)",
        INDEX,
        "Importance: high",
        "X-Priority: 1 (Highest)",
        "X-Priority: 3",
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
        ("Priority: 0101901234", ""),
        ("Auto-Submitted: auto-generated (Anna, 010190-1234)", ""),
        ("List-Unsubscribe-Post: Anna", ""),
        ("Comments: Anna", ""),
        ("Thread-Topic: Skilsmisse", ""),
    ],
)
def test_words_stay_inside(field: str, kept: str) -> None:
    assert outside(field) == kept


@settings(deadline=None)
@given(
    st.sampled_from(
        ["Date", "Thread-Index", "List-Id", "Importance", "Message-ID", "Precedence", "X-Priority"]
    ),
    st.binary(max_size=200),
)
def test_whatever_a_field_holds_one_line_of_known_form_stands_outside(name: str, value: bytes) -> None:
    fields, _ = read_header(name.encode() + b": " + value + b"\r\n\r\n")
    for field in outside_of(fields[:1], "x"):
        assert field.raw.endswith(b"\r\n")
        assert b"\n" not in field.raw.replace(b"\r\n ", b"").replace(b"\r\n\t", b"")[:-2]


@pytest.mark.parametrize(
    "value", ["a " * 100_000, "<" * 200_000, "A" * 200_000, "<a>,x" * 50_000, "1 (" * 90_000]
)
@pytest.mark.parametrize("name", ["Date", "Thread-Index", "List-Id", "Precedence", "X-Priority"])
def test_long_fields_cost_little(name: str, value: str) -> None:
    begun = time.process_time()
    outside(f"{name}: {value}")
    assert time.process_time() - begun < 1
