"""Domains and addresses are compared the way SMTP compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.addresses import domain_of, is_relayed, mail_key, mailbox_key, normal_domain, parents, split_address


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Nordby.Example", "nordby.example"),
        ("nordby.example.", "nordby.example"),
        (" nordby.example ", "nordby.example"),
        ("ærø.example", "xn--r-3fa9c.example"),
        ("ÆRØ.example", "xn--r-3fa9c.example"),
        ("smo\u0308rga\u030as.example", "xn--smrgs-pra0j.example"),  # letters and their marks apart
        ("XN--R-3FA9C.example", "xn--r-3fa9c.example"),
        ("_mta-sts.example", "_mta-sts.example"),
    ],
)
def test_one_domain_has_one_form(written: str, normal: str) -> None:
    assert normal_domain(written) == normal


@pytest.mark.parametrize(
    "written", ["", ".", "a b", "a..b", "-", "a/b", "a" * 64 + ".example", "x\n.example"]
)
def test_what_is_no_domain_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a domain name"):
        normal_domain(written)


@pytest.mark.parametrize(
    "written",
    [
        "nordby\u1806-vand.example",  # Python's codec takes the sign out: an own domain. Postfix keeps it
        "stra\xdfe.example",  # strasse, or xn--strae-oqa
        "\uff4eordby.example",
        "nordby\u3002example",
        "nordby\u200d.example",
        "a\u2024b.example",
        "\u13a0.example",
        "\U0001f600.example",  # younger than Unicode 3.2
    ],
)
def test_a_name_that_postfix_may_read_otherwise_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="is not a domain name that all programs read alike"):
        normal_domain(written)
    assert domain_of(f"bo@{written}") == ""


@pytest.mark.parametrize(
    ("address", "local", "domain"),
    [
        ("Anna@Firma.Example", "Anna", "firma.example"),
        ("<anna@firma.example>", "anna", "firma.example"),
        ('"a@b"@firma.example', '"a@b"', "firma.example"),
        ("anna+sag@firma.example", "anna+sag", "firma.example"),
        ("anna@[192.0.2.1]", "anna", ""),
        ("anna", "anna", ""),
        ("", "", ""),
    ],
)
def test_an_address_is_split_at_its_last_at_sign(address: str, local: str, domain: str) -> None:
    assert split_address(address) == (local, domain)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Bo@Kunde.Example", "bo@kunde.example", True),
        ('"bo lund"@kunde.example', "bo lund@kunde.example", True),  # as delivery reports have it
        ("bo@\xe6r\xf8.example", "bo@xn--r-3fa9c.example", True),
        (
            "\u212aim@kunde.example",
            "kim@kunde.example",
            False,
        ),  # KELVIN SIGN is no k, and may be another person
        ("stra\xdfe@kunde.example", "strasse@kunde.example", False),
        ("bo@kunde.example", "bo@anden.example", False),
    ],
)
def test_two_writings_of_one_mailbox_are_one(one: str, other: str, same: bool) -> None:
    assert (mailbox_key(one) == mailbox_key(other)) is same
    assert same or mail_key(one) != mail_key(other)


def test_parents_from_near_to_far() -> None:
    assert list(parents("a.b.example")) == ["a.b.example", "b.example", "example"]
    assert list(parents("")) == []


@given(st.text())
def test_no_text_raises(text: str) -> None:
    domain = domain_of(text)
    assert domain == "" or normal_domain(domain) == domain


@pytest.mark.parametrize(
    ("address", "relayed"),
    [
        ("bo@own.example", False),
        ("bo+sag@own.example", False),
        ("bo%kunde.example@own.example", True),
        ("kunde.example!bo@own.example", True),
        ('"bo@kunde.example"@own.example', True),
    ],
)
def test_a_further_stop_in_the_local_part_is_seen(address: str, relayed: bool) -> None:
    assert is_relayed(split_address(address)[0]) is relayed
