"""Header fields and file names of strangers, as they are shown and saved."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_portal.reading.shown import (
    LONGEST_LINE,
    LONGEST_NAME,
    MOST_NAME_BYTES,
    Mailbox,
    header_line,
    mailboxes,
    message_date,
    one_line,
    safe_name,
)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("brev.pdf", "brev.pdf"),
        ("Årsopgørelse 2026.xlsx", "Årsopgørelse 2026.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Bo\\løn.xls", "løn.xls"),
        ("/etc/", "etc"),
        ("..", "otherwise"),
        ("", "otherwise"),
        ("   ", "otherwise"),
        ("....", "otherwise"),
        ("///", "otherwise"),
        ("Løn\u202exslx.exe", "Lønxslx.exe"),
        ("a\u200bb.pdf", "ab.pdf"),
        ("a\r\nContent-Type: text.html", "a Content-Type_ text.html"),
        ("a\0b", "a b"),
        ('a"b<c>|d?*', "a_b_c__d__"),
        ("CON", "_CON"),
        ("aux.txt", "_aux.txt"),
        ("aux .txt", "_aux .txt"),
        ("com².txt", "_com².txt"),
        ("CONIN$", "_CONIN$"),
        ("faktura.pdf" + "\u2800" * 40 + ".exe", "faktura.pdf.exe"),
        ("Console.txt", "Console.txt"),
        (".bashrc", "bashrc"),
        ("brev.pdf.", "brev.pdf"),
        ("brev.pdf   .exe", "brev.pdf .exe"),
        ("\ud800x", "\ufffdx"),
        ("A\u030a.pdf", "Å.pdf"),
    ],
)
def test_names_can_be_saved_anywhere(name: str, safe: str) -> None:
    assert safe_name(name, "otherwise") == safe


def test_a_long_name_keeps_its_ending() -> None:
    safe = safe_name("x" * 5000 + ".pdf", "otherwise")
    assert len(safe) <= LONGEST_NAME
    assert safe.startswith("xxx")
    safe = safe_name("y" * 500 + ".pdf", "otherwise")
    assert len(safe) == LONGEST_NAME
    assert safe.endswith("y.pdf")
    safe = safe_name("😀" * 500 + ".pdf", "otherwise")
    assert MOST_NAME_BYTES - 4 < len(safe.encode()) <= MOST_NAME_BYTES
    assert safe.endswith("😀.pdf")


@given(st.text(max_size=300))
def test_no_name_leads_anywhere(name: str) -> None:
    safe = safe_name(name, "otherwise")
    assert 1 <= len(safe) <= LONGEST_NAME
    assert len(safe.encode()) <= MOST_NAME_BYTES
    assert not set(safe) & set('/\\<>:"|?*\0\r\n\u202e\u2066\u200f')
    assert safe not in (".", "..")
    assert not safe.startswith((".", " "))
    assert safe_name(safe, "otherwise") == safe
    safe.encode("utf-8")


@given(st.text(max_size=2000))
def test_a_line_is_one(text: str) -> None:
    line = one_line(text)
    assert len(line) <= LONGEST_LINE
    assert line.splitlines() in ([], [line])
    line.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=?utf-8?B?U3ZhciBww6Ugc2FnZW4=?=", "Svar på sagen"),
        ("=?utf-8?Q?Svar_p=C3=A5?= =?utf-8?Q?_sagen?=", "Svar på sagen"),
        ("Svar p\xc3\xa5 sagen", "Svar på sagen"),
        ("=?utf-8?Q?x=0D=0ABcc:_y?=", "x Bcc: y"),
        ("=?utf-8?Q?=E2=80=AEgnissem?=", "gnissem"),
        ("=?nonsense?Q?hej?=", "hej"),
        ("=?utf-8?B?!!!?=", ""),
        ("  a \t b ", "a b"),
    ],
)
def test_header_lines(value: str, shown: str) -> None:
    assert header_line(value) == shown


@pytest.mark.parametrize(
    ("value", "boxes"),
    [
        ("Anna Hansen <anna@vand.example>", [("Anna Hansen", "anna@vand.example")]),
        ("anna@vand.example", [("", "anna@vand.example")]),
        ('"Hansen, Anna" <a@vand.example>, bo@x.example', [("Hansen, Anna", "a@vand.example"), ("", "bo@x.example")]),
        ("anna@vand.example (Anna Hansen)", [("Anna Hansen", "anna@vand.example")]),
        ("Holdet: anna@vand.example, Bo <bo@x.example>;", [("", "anna@vand.example"), ("Bo", "bo@x.example")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?Q?S=C3=B8ren?= <s@x.example>", [("Søren", "s@x.example")]),
        ("=?utf-8?Q?a=2C_b?= <s@x.example>", [("a, b", "s@x.example")]),
        ("=?utf-8?Q?bank=40x.example_=3Cbank=40x.example=3E?= <evil@y.example>",
         [("bank@x.example <bank@x.example>", "evil@y.example")]),
        ('"bank@x.example" <evil@y.example>', [("bank@x.example", "evil@y.example")]),
        ("<a@x.example> <b@x.example>", [("", "b@x.example")]),
        ("Anna", [("Anna", "")]),
        ("", []),
        (",,,", []),
        ('"unclosed <a@x.example>', [("unclosed <a@x.example>", "")]),
        ("Bo \\ <bo@x.example", [("Bo \\", "bo@x.example")]),
    ],
)  # fmt: skip
def test_mailboxes(value: str, boxes: list[tuple[str, str]]) -> None:
    assert mailboxes(value) == tuple(Mailbox(*box) for box in boxes)


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_any_address_field(value: str) -> None:
    for box in mailboxes(value):
        assert box.name or box.address
        assert one_line(box.name) == box.name


@pytest.mark.parametrize("piece", ["(", '"', "<", "a,", "\\", "=?", "=?x?q?", ":", "a ", '(<"'])
def test_hostile_fields_take_no_time(piece: str) -> None:
    value = piece * 100_001
    start = time.process_time()
    assert len(mailboxes(value)) <= 200
    header_line(value)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    ("value", "when"),
    [
        ("Wed, 25 Nov 2026 03:00:00 +0100", datetime(2026, 11, 25, 2, 0, tzinfo=UTC)),
        ("25 Nov 2026 03:00 GMT", datetime(2026, 11, 25, 3, 0, tzinfo=UTC)),
        ("Wed, 25 Nov 2026 03:00:00 +0100 (CET)", datetime(2026, 11, 25, 2, 0, tzinfo=UTC)),
        ("", None),
        ("i morgen", None),
        ("Wed, 99 Nov 2026 99:00:00 +0100", None),
        ("Wed, 25 Nov 99999 03:00:00 +0100", None),
        ("Wed, 25 Nov 2026 03:00:00 +99999999999999", None),
        ("25 Nov 1 00:00 +2359", None),
    ],
)
def test_dates(value: str, when: datetime | None) -> None:
    found = message_date(value)
    assert found == when or (when is None and found is not None and found.year >= 1)
