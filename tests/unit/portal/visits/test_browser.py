"""A browser's token: the cookie, the forms' hidden field, and what is kept under keys that only it brings along."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_portal.visits.browser import Browser, NotOurs

TOKENS = st.binary(min_size=32, max_size=32)
PLACE = "0123456789abcdef" * 2


@given(TOKENS)
def test_a_cookie_brings_the_browser_back(token: bytes) -> None:
    browser = Browser(token)
    again = Browser.of_cookie(browser.cookie)
    assert again is not None
    assert (again.id, again.csrf(PLACE)) == (browser.id, browser.csrf(PLACE))


@pytest.mark.parametrize(
    "text",
    [None, "", "x", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "=", "æ" * 43, "A" * 21 + "\n" + "A" * 21],
)
def test_any_other_text_is_no_cookie_of_ours(text: str | None) -> None:
    assert Browser.of_cookie(text) is None


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_be_refused(text: str) -> None:
    browser = Browser.of_cookie(text)
    assert browser is None or browser.cookie == text
    assert not Browser(bytes(32)).is_csrf(PLACE, text)


def test_a_form_is_for_one_browser_and_one_place() -> None:
    browser, other = Browser.new(), Browser.new()
    field = browser.csrf(PLACE)
    assert browser.is_csrf(PLACE, field)
    assert not browser.is_csrf("f" * 32, field)
    assert not other.is_csrf(PLACE, field)
    for text in (None, "", field[:-1], field + "A", field.swapcase(), "\udcff"):
        assert not browser.is_csrf(PLACE, text)


@given(TOKENS, st.binary(max_size=100))
def test_what_is_wrapped_comes_back_in_the_same_browser_and_place_alone(token: bytes, plain: bytes) -> None:
    browser = Browser(token)
    wrapped = browser.wrap(PLACE, plain)
    assert browser.unwrap(PLACE, wrapped) == plain
    assert plain == b"" or len(plain) < 4 or plain not in wrapped
    flipped = bytes([wrapped[0] ^ 1]) + wrapped[1:]
    for whose, where, what in (
        (Browser.new(), PLACE, wrapped),
        (browser, "f" * 32, wrapped),
        (browser, PLACE, flipped),
        (browser, PLACE, wrapped[:-1]),
        (browser, PLACE, b""),
    ):
        with pytest.raises(NotOurs):
            whose.unwrap(where, what)


def test_no_two_purposes_share_a_key() -> None:
    browser = Browser.new()
    macs = {browser.code_mac(PLACE, "12345678"), browser.code_mac("f" * 32, "12345678"), browser.id}
    assert len(macs) == 3
    assert browser.csrf(PLACE) != browser.csrf(PLACE + "\x0012345678")


def test_a_browser_is_not_printed_by_accident() -> None:
    browser = Browser.new()
    assert browser.cookie not in f"{browser} {browser!r} {browser.id!r}"
