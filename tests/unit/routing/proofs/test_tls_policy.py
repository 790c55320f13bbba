"""TLS policies: only what forces verified TLS can be said."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.errors import RoutingError
from segl_routing.proofs.tls_policy import VERIFY, Level, StsTold, TlsPolicy, pinned_key, sts_secure


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (VERIFY, "verify servername=hostname protocols=>=TLSv1.2"),
        (TlsPolicy(Level.VERIFY, named=False), "verify protocols=>=TLSv1.2"),
        (
            TlsPolicy(Level.SECURE, (".protection.example", "mx.kommune.example")),
            "secure match=.protection.example:mx.kommune.example servername=hostname protocols=>=TLSv1.2",
        ),
        (
            TlsPolicy(Level.SECURE, ("mx.kommune.example",), named=False),
            "secure match=mx.kommune.example protocols=>=TLSv1.2",
        ),
        (TlsPolicy(Level.ENCRYPT), "encrypt servername=hostname protocols=>=TLSv1.2"),
        (TlsPolicy(Level.DANE_ONLY), "dane-only protocols=>=TLSv1.2"),
        (
            sts_secure(
                StsTold("x.example", ("mx.x.example", "*.y.example"), ("mode: enforce", "max_age: 60"))
            ),
            "secure match=mx.x.example:.y.example servername=hostname policy_type=sts policy_domain=x.example "
            "mx_host_pattern=mx.x.example mx_host_pattern=*.y.example "
            "{ policy_string = mode: enforce } { policy_string = max_age: 60 } protocols=>=TLSv1.2",
        ),
    ],
)
def test_text_forms(policy: TlsPolicy, text: str) -> None:
    assert str(policy) == text


def test_a_postfix_before_tls_reports_is_told_the_list_alone() -> None:
    """3.7 to 3.9 know no policy_type: they would call the whole policy invalid, and the mail waits a day."""
    policy = sts_secure(StsTold("x.example", ("mx.x.example", "*.y.example"), ("mode: enforce",)))
    text = "secure match=mx.x.example:.y.example servername=hostname protocols=>=TLSv1.2"
    assert policy.told(knows_sts=False) == text
    assert VERIFY.told(knows_sts=False) == str(VERIFY)


def test_no_level_lets_mail_out_unprotected() -> None:
    """`may` and `none` send in clear, `dane` falls back to it."""
    assert {level.value for level in Level} == {"dane-only", "secure", "verify", "fingerprint", "encrypt"}


@pytest.mark.parametrize(
    ("level", "match"),
    [
        (Level.SECURE, ()),  # would compare with the next hop's name, which nobody asked for
        (Level.VERIFY, ("mx.kommune.example",)),
        (Level.SECURE, ("",)),
        (Level.SECURE, ("a b",)),
        (Level.SECURE, ("a:b",)),
        (Level.SECURE, ("x match=y",)),
        (Level.SECURE, ("x\nmay",)),
        (Level.SECURE, ("*.kommune.example",)),  # Postfix writes .kommune.example
    ],
)
def test_what_makes_no_policy(level: Level, match: tuple[str, ...]) -> None:
    with pytest.raises(RoutingError):
        TlsPolicy(level, match)


@pytest.mark.parametrize(
    ("domain", "patterns", "lines"),
    [
        ("x.example", (), ()),  # an empty list is no list
        ("x example", ("mx.x.example",), ()),
        ("x.example", ("hostname",), ()),  # words of match=, not names
        ("x.example", ("*.nexthop",), ()),
        ("x.example", ("mx.x.example mx_host_pattern=*.evil.example",), ()),
        ("x.example", ("*.*.example",), ()),
        ("x.example", ("mx.x.example",), ("mode: enforce } { match = .evil.example",)),
        ("x.example", ("mx.x.example",), ("mode: enforce\nmay",)),
    ],
)
def test_what_makes_no_mta_sts_policy(domain: str, patterns: tuple[str, ...], lines: tuple[str, ...]) -> None:
    with pytest.raises(RoutingError):
        sts_secure(StsTold(domain, patterns, lines))


def test_the_list_told_is_the_list_matched() -> None:
    with pytest.raises(RoutingError):
        TlsPolicy(Level.SECURE, ("mx.x.example",), sts=StsTold("x.example", ("mx.y.example",)))


@given(st.lists(st.text(max_size=30), max_size=3))
def test_whatever_is_put_in_the_level_stays(names: list[str]) -> None:
    try:
        text = str(TlsPolicy(Level.SECURE, tuple(names)))
    except RoutingError:
        return
    assert re.fullmatch(r"secure match=[A-Za-z0-9_.:-]+ servername=hostname protocols=>=TLSv1\.2", text)


@pytest.mark.parametrize(
    "pin", ["", "ab" * 32, "AB:" * 32, ":".join(["AB"] * 20), "*", ":".join(["ab"] * 32)]
)
def test_a_pinned_key_is_one_sha_256_or_nothing(pin: str) -> None:
    with pytest.raises(RoutingError):
        pinned_key(pin)
