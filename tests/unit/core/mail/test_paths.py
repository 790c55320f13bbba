"""Addresses are kept letter for letter; what could break out of a command or a header field is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.mail.paths import is_plain, parse_path, return_path


@pytest.mark.parametrize(
    ("text", "address", "parameters"),
    [
        ("<anna@nordby.example>", "anna@nordby.example", {}),
        (" <anna@nordby.example>", "anna@nordby.example", {}),
        ("<>", "", {}),
        ("<> BODY=8BITMIME", "", {"BODY": "8BITMIME"}),
        ("<a@b.example> size=12 SMTPUTF8", "a@b.example", {"SIZE": "12", "SMTPUTF8": ""}),
        ("<ærø@ærø.example>", "ærø@ærø.example", {}),
        ('<"a b"@c.example>', '"a b"@c.example', {}),
        ('<"a>b"@c.example>', '"a>b"@c.example', {}),
        (r'<"a\"b"@c.example>', r'"a\"b"@c.example', {}),
        ("<a@[192.0.2.1]>", "a@[192.0.2.1]", {}),
        ("<@relay.example,@two.example:a@b.example>", "a@b.example", {}),
        ("<a+b=c@d.example>", "a+b=c@d.example", {}),
    ],
)
def test_what_postfix_sends_is_understood(text: str, address: str, parameters: dict[str, str]) -> None:
    assert parse_path(text) == (address, parameters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna@nordby.example",
        "<anna@nordby.example",
        "anna@nordby.example>",
        "<a@b.example>x",
        "<a@b.example>SIZE=1",
        "<a b@c.example>",
        "<a@b.example> NOTIFY=",
        "<a@b.example> =x",
        "<a@b.example> SIZE=1 SIZE=2",
        '<"a@b.example>',
        "<a\r\nBcc: x@y.example>",
        '<"a\nBcc: x@y.example"@b.example>',
        "<a\0@b.example>",
        "<a\x7f@b.example>",
        "<a\x85@b.example>",
        "<a\u2028@b.example>",
        "<<a@b.example>>",
        f"<{'a' * 600}@b.example>",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_path(text)


@given(st.text(max_size=60))
def test_no_accepted_address_holds_what_ends_a_line(text: str) -> None:
    for form in (f"<{text}>", f'<"{text}"@x.example>'):
        try:
            address, _ = parse_path(form)
        except ValueError:
            continue
        assert len(address.splitlines()) <= 1
        assert address.isprintable() or not any(c in address for c in "\r\n\0")


@pytest.mark.parametrize("address", ["anna@nordby.example", "ærø@ærø.example", "o'neil+x@sub.nordby.example"])
def test_an_ordinary_address_may_be_shown(address: str) -> None:
    assert is_plain(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        '"anna b"@nordby.example',
        '"<b>"@nordby.example',
        "a@[192.0.2.1]",
        "a..b@nordby.example",
        "<a>@nordby.example",
        "a@nordby.example, b@evil.example",
        "a@b@nordby.example",
        f"{'a' * 250}@nordby.example",
        "a@nordby.example\n",
    ],
)
def test_an_odd_address_is_not_shown(address: str) -> None:
    assert not is_plain(address)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("sikker-besked@x.dk", "sikker-besked@x.dk"),
        ("sikker-besked@ærø.dk", ""),
        ("sikker besked@x.dk", ""),
    ],
)
def test_a_mail_of_the_house_has_a_return_path_that_any_server_takes(address: str, path: str) -> None:
    assert return_path(address) == path
