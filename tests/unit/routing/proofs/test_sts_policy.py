"""MTA-STS policies and records: what is one, what is none, and which host is on the list (RFC 8461 §3)."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segl_routing.proofs.sts_policy import (
    MAX_AGE,
    StsFault,
    StsMode,
    StsPolicy,
    matching,
    parse_policy,
    record_id,
)

GOOD = b"version: STSv1\nmode: enforce\nmx: mx.kommune.example\nmx: *.protection.example\nmax_age: 604800\n"
READ = StsPolicy(StsMode.ENFORCE, 604800, ("mx.kommune.example", "*.protection.example"))


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.rstrip(b"\n"),
        GOOD + b"\n\r\n",
        b"\n".join(reversed(GOOD.split(b"\n")[:2])) + b"\n" + b"\n".join(GOOD.split(b"\n")[2:]),
        GOOD.replace(b": ", b":"),
        GOOD.replace(b": ", b":\t ").replace(b"\n", b" \t\n"),
        GOOD.replace(b"mx.kommune", b"MX.Kommune"),
        GOOD.replace(b"mx.kommune.example", b"mx.kommune.example."),
        GOOD + b"mx: mx.kommune.example\n",
        GOOD + b"report-to.x: https://a.example/?a=b:c\n",
        GOOD + "note: æøå \U0001f512\n".encode(),
        GOOD + b"note: \xff\xfe\xc0\x80\n",
        GOOD + b"note:\n",
    ],
)
def test_one_policy_in_many_spellings(text: bytes) -> None:
    assert parse_policy(text) == READ


@pytest.mark.parametrize(
    ("again", "field"), [(b"version: STSv9", "version"), (b"mode: none", "mode"), (b"max_age: x", "max_age")]
)
def test_of_a_field_that_stands_there_twice_the_first_counts(again: bytes, field: str) -> None:
    assert parse_policy(GOOD + again + b"\n") == READ, field
    assert parse_policy(again + b"\n" + GOOD) != READ, field


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"", StsFault.BAD_VERSION),
        (b"\n" * 60_000, StsFault.BAD_VERSION),
        (b"<!DOCTYPE html>\n<p>mode: enforce</p>\n", StsFault.NOT_LINES),
        (GOOD.replace(b"\n", b"\r"), StsFault.NOT_LINES),
        (GOOD.replace(b"mode: ", b"mode : "), StsFault.NOT_LINES),
        (GOOD + b"x: \x00\n", StsFault.NOT_LINES),
        (GOOD + b"no line of a policy\n", StsFault.NOT_LINES),
        (b"\xef\xbb\xbf" + GOOD, StsFault.NOT_LINES),
        (GOOD.decode().encode("utf-16"), StsFault.NOT_LINES),
        (GOOD.replace(b"STSv1", b"STSv2"), StsFault.BAD_VERSION),
        (GOOD.replace(b"STSv1", b"stsv1"), StsFault.BAD_VERSION),
        (GOOD.replace(b"version", b"Version"), StsFault.BAD_VERSION),
        (GOOD.replace(b"enforce", b"Enforce"), StsFault.BAD_MODE),
        (GOOD.replace(b"enforce", b"enforced"), StsFault.BAD_MODE),
        (GOOD.replace(b"enforce", b""), StsFault.BAD_MODE),
        (GOOD.replace(b"mode", b"node"), StsFault.BAD_MODE),
        (GOOD.replace(b"enforce", "enf\u00f6rce".encode()), StsFault.BAD_MODE),
        (GOOD.replace(b"max_age: 604800\n", b""), StsFault.BAD_AGE),
        (GOOD.replace(b"604800", b"-1"), StsFault.BAD_AGE),
        (GOOD.replace(b"604800", b"6e5"), StsFault.BAD_AGE),
        (GOOD.replace(b"604800", b"60480000000"), StsFault.BAD_AGE),
        (GOOD.replace(b"604800", "٦٠".encode()), StsFault.BAD_AGE),
        (GOOD.replace(b"mx.kommune.example", b"192.0.2.1"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"[192.0.2.1]"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"2001:db8::1"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", "mx.\u00e6r\u00f8.example".encode()), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"*"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"*.*.example"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"mx*.kommune.example"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"mx.*.example"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b".kommune.example"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"mx.kommune.example, mx2.kommune.example"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"a b"), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b""), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"a" * 60_000), StsFault.BAD_MX),
        (GOOD.replace(b"mx.kommune.example", b"hostname"), StsFault.BAD_MX),  # a word of Postfix's match=
        (GOOD.replace(b"mx.kommune.example", b"*.example"), StsFault.BAD_MX),
        (b"version: STSv1\nmode: enforce\nmax_age: 604800\n", StsFault.NO_MX),
        (b"version: STSv1\nmode: testing\nmax_age: 604800\n", StsFault.NO_MX),
    ],
)
def test_what_is_no_policy(text: bytes, fault: StsFault) -> None:
    assert parse_policy(text) is fault


def test_a_typing_error_in_mx_is_no_policy_and_not_an_empty_list() -> None:
    """postfix-tlspol 95."""
    assert parse_policy(GOOD.replace(b"mx: ", b"nmx: ")) is StsFault.NO_MX


def test_mode_none_needs_no_mail_host() -> None:
    text = b"version: STSv1\nmode: none\nmax_age: 86400\n"
    assert parse_policy(text) == parse_policy(text + b"mx: 192.0.2.1\n") == StsPolicy(StsMode.NONE, 86400)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (b"0", 0),
        (b"0000000060", 60),
        (b"31557600", MAX_AGE),
        (b"31557601", MAX_AGE),
        (b"9999999999", MAX_AGE),
    ],
)
def test_max_age_is_cut_down_to_a_year(written: bytes, seconds: int) -> None:
    policy = parse_policy(GOOD.replace(b"604800", written))
    assert isinstance(policy, StsPolicy)
    assert policy.max_age == seconds


def test_a_domain_beyond_ascii_is_matched_by_its_a_labels() -> None:
    policy = parse_policy(GOOD.replace(b"mx.kommune.example", b"mx.xn--r-3fa9c.example"))
    assert isinstance(policy, StsPolicy)
    assert policy.pattern_for("mx.xn--r-3fa9c.example")


@pytest.mark.parametrize(
    ("host", "pattern"),
    [
        ("mx.kommune.example", "mx.kommune.example"),
        ("a.protection.example", "*.protection.example"),
        ("protection.example", None),  # the star stands for one label,
        ("a.b.protection.example", None),  # and for no more than one
        ("a.mx.kommune.example", None),
        ("xprotection.example", None),
        ("*.protection.example", "*.protection.example"),
        ("kommune.example", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_which_hosts_are_on_the_list(host: str, pattern: str | None) -> None:
    assert READ.pattern_for(host) == pattern


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([b"v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        ([b"v=STSv1;id=a"], "a"),
        ([b"v=STSv1; \t id = a ; "], "a"),
        ([b"v=STSv1; id=a; ext=x.y/z"], "a"),
        ([b"v=STSv1; ext=x; id=a"], "a"),
        ([b"v=STSv1; id=" + b"a" * 32], "a" * 32),
        ([b"v=spf1 -all", b"v=STSv1; id=a", b"v=STSv12; id=b", b"\xff" * 65000], "a"),
        ([], StsFault.NO_RECORD),
        ([b"v=spf1 -all"], StsFault.NO_RECORD),
        ([b"v=STSv1"], StsFault.NO_RECORD),
        ([b" v=STSv1; id=a"], StsFault.NO_RECORD),
        ([b"V=STSv1; id=a"], StsFault.NO_RECORD),
        ([b"v=STSv1 ; id=a"], StsFault.NO_RECORD),  # RFC 8461 §3.1: begins with "v=STSv1;"
        ([b"v=STSv1; id=a", b"v=STSv1; id=a"], StsFault.SEVERAL_RECORDS),
        ([b"v=STSv1; id=a", b"v=STSv1; nonsense"], StsFault.SEVERAL_RECORDS),
        ([b"v=STSv1;"], StsFault.BAD_RECORD),
        ([b"v=STSv1; id="], StsFault.BAD_RECORD),
        ([b"v=STSv1; id=" + b"a" * 33], StsFault.BAD_RECORD),
        ([b"v=STSv1; id=2016-08-31"], StsFault.BAD_RECORD),
        ([b"v=STSv1; ID=a"], StsFault.BAD_RECORD),
        ([b"v=STSv1; id=a; id=b"], StsFault.BAD_RECORD),
        ([b"v=STSv1; id=a; what"], StsFault.BAD_RECORD),
        ([b"v=STSv1; id=\xff"], StsFault.BAD_RECORD),
        ([b"v=STSv1; id=" + b"a" * 65000], StsFault.BAD_RECORD),
        ([b"v=STSv1;" + b";" * 65000], StsFault.BAD_RECORD),
    ],
)
def test_the_record_in_dns(records: list[bytes], expected: str | StsFault) -> None:
    assert record_id(records) == expected


def test_two_records_are_none() -> None:
    assert record_id([b"v=STSv1; id=a", b"v=STSv1; id=b"]) is StsFault.SEVERAL_RECORDS


# Laws

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
HOST = st.lists(LABEL, min_size=2, max_size=4).map(".".join).filter(lambda host: not host[-1].isdecimal())
PIECE = st.sampled_from(
    [
        *(line + b"\n" for line in GOOD.splitlines()),
        b"mode: none\n",
        b"mx: 192.0.2.1\n",
        b"nmx: a.example\n",
        b"\r\n",
        b"\n",
        b": ",
        b"mode",
        b"enforce",
        b"STSv1",
        b"*.",
        b"\x00",
    ]
)
NEARLY = st.lists(st.one_of(PIECE, st.binary(max_size=5)), max_size=12).map(b"".join)


@given(NEARLY)
@example(GOOD)
@example(GOOD[:-1])
def test_whatever_is_read_only_a_whole_policy_is_in_force(text: bytes) -> None:
    """Never raises; and "enforce" comes of nothing but the words for it, with hosts to go with them."""
    policy = parse_policy(text)
    if isinstance(policy, StsFault):
        return
    for line in (b"version:", b"mode:", b"max_age:"):
        assert line in text
    if policy.mode is StsMode.ENFORCE:
        assert b"enforce" in text
        assert policy.mx
        assert all("." in pattern.removeprefix("*.") for pattern in policy.mx)
    assert 0 <= policy.max_age <= MAX_AGE
    assert parse_policy(str(policy).encode()) == policy  # as it is kept, so it is read again


@given(st.lists(st.binary(max_size=60).map(lambda tail: b"v=STSv1; " + tail), max_size=2))
def test_a_record_gives_an_id_or_a_fault(records: list[bytes]) -> None:
    found = record_id(records)
    assert isinstance(found, StsFault) or (found.isalnum() and found.isascii() and len(found) <= 32)


@given(HOST, st.lists(HOST.flatmap(lambda host: st.sampled_from([host, "*." + host])), max_size=5))
def test_a_pattern_matches_its_own_name_or_one_label_in_place_of_the_star(
    host: str, patterns: list[str]
) -> None:
    expected = {
        pattern
        for pattern in patterns
        if (
            host.split(".")[1:] == pattern.split(".")[1:]
            if pattern.startswith("*.")
            else host.split(".") == pattern.split(".")
        )
    }
    found = matching(patterns, host)
    assert (found in expected) if expected else (found is None)


@given(HOST, LABEL)
def test_the_star_takes_exactly_one_label(host: str, label: str) -> None:
    assert matching(["*." + host], f"{label}.{host}")
    assert not matching(["*." + host], host)
    assert not matching(["*." + host], f"{label}.{label}.{host}")
