"""Delivery notices: xtext, and the parameters of the sender."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_milter.dsn import from_xtext, parameter, sender_parameters, xtext


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anna@nordby.example", "anna@nordby.example"),
        ("a+b=c@x.example", "a+2Bb+3Dc@x.example"),
        ('"to ord"@x.example', '"to+20ord"@x.example'),
        ("", ""),
        ("\r\nRCPT", "+0D+0ARCPT"),
        ("\x7f", "+7F"),
    ],
)
def test_xtext_writes_what_would_break_a_parameter_as_hex(text: str, expected: str) -> None:
    assert xtext(text) == expected


@given(st.text(st.characters(max_codepoint=127)))
def test_xtext_can_be_read_back_and_holds_no_character_that_ends_a_parameter(text: str) -> None:
    written = xtext(text)
    assert re.fullmatch(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*", written)
    assert re.sub(r"\+([0-9A-F]{2})", lambda m: chr(int(m[1], 16)), written) == text


def test_xtext_refuses_other_characters_than_ascii() -> None:
    with pytest.raises(UnicodeEncodeError):
        xtext("søren@x.example")


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("ORCPT", ["NOTIFY=NEVER", "ORCPT=rfc822;b@x.example"], "rfc822;b@x.example"),
        ("ORCPT", ["orcpt=rfc822;b@x.example"], "rfc822;b@x.example"),
        ("ENVID", ["SIZE=12", "ENVID=a=b"], "a=b"),
        ("ENVID", ["XENVID=a"], ""),
        ("ENVID", [], ""),
    ],
)
def test_a_parameter_is_found_in_any_case(name: str, given: list[str], value: str) -> None:
    assert parameter(name, given) == value


def test_reports_bring_headers_only_and_name_the_message() -> None:
    assert sender_parameters("0f" * 16) == f"RET=HDRS ENVID={'0f' * 16}"


@pytest.mark.parametrize(("said", "read"), [("+30f+2b", "0f+"), ("0f", "0f"), ("+3", "+3"), ("+ZZ", "+ZZ")])
def test_xtext_is_read_as_postfix_reads_it(said: str, read: str) -> None:
    assert from_xtext(said) == read
