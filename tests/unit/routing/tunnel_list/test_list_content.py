"""The JSON of a tunnel list: what is read, what is refused as a whole, what only counts as not there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.addresses import normal_domain
from segl.errors import TunnelListError
from segl_routing.tunnel_list.content import Entry, TunnelList, digest_of_entries, parse_list, write_list
from world.lists import NOW, entry, listed, partner
from world.partners import certificate, rsa_key

GOOD: dict[str, Any] = json.loads(write_list(listed("kommune.example", "region.example")))


def changed(**values: Any) -> bytes:
    return json.dumps({k: v for k, v in {**GOOD, **values}.items() if v is not ...}).encode()


def test_what_is_written_is_read_again() -> None:
    made = listed("kommune.example", entry("region.example", subdomains=True), serial=7)
    assert parse_list(write_list(made)) == made


@given(st.lists(st.builds(Entry, st.text(max_size=20), st.tuples(st.text(max_size=9)), st.booleans())))
def test_whatever_it_says(entries: list[Entry]) -> None:
    made = TunnelList(1, NOW, "x", tuple(entries), NOW)
    assert parse_list(write_list(made)) == made


def test_a_domain_has_one_line_so_that_lists_can_be_compared() -> None:
    lines = write_list(listed("a.example", "b.example")).decode().splitlines()
    assert ["a.example" in line for line in lines] == [False, True, False, False]


def test_what_later_versions_may_add_is_passed_over() -> None:
    assert parse_list(changed(contact="post@forening.example")).serial == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "invalid JSON"),
        (b"\xff\xfe{}", "invalid JSON"),
        (b"[]", "should be a"),
        (b"[" * 100_000, "invalid JSON"),
        (b'{"a":' * 100_000, "invalid JSON"),
        (changed()[:-9], "invalid JSON"),
        (changed(format="segl-tunnel-list/2"), "format: input should be 'segl-tunnel-list/1'"),
        (changed(serial="1"), "serial: input should be a valid integer"),
        (changed(serial=0), "serial: input should be greater than or equal to 1"),
        (changed(serial=-5), "serial"),
        (changed(serial=2**53), "serial: input should be less than"),
        (changed(serial=1.5), "serial"),
        (changed(serial=...), "serial: field required"),
        (changed(issued="yesterday"), "issued"),
        (changed(issued="2026-11-24T10:00:00"), "issued: input should have timezone info"),
        (changed(publisher="x" * 201), "publisher"),
        (changed(entries=...), "entries: field required"),
        (changed(entries={}), "entries"),
        (changed(entries=[{"domain": "a.example"}]), "entries.1.certificates: field required"),
        (changed(entries=[{"domain": 1, "certificates": []}]), "entries.1.domain"),
        (changed(entries=[{"domain": "x", "certificates": ["AA=="] * 21}]), "entries.1.certificates"),
        (changed(entries=[{"domain": "x", "certificates": ["A" * 20_001]}]), "entries.1.certificates.1"),
        (changed(entries=[{"domain": "x", "certificates": [], "subdomains": "yes"}]), "subdomains"),
    ],
)
def test_a_wrong_form_refuses_the_list(content: bytes, problem: str) -> None:
    with pytest.raises(TunnelListError) as caught:
        parse_list(content)
    assert caught.value.cause.value == "bad-form"
    assert problem in caught.value.private, caught.value.private


def test_names_are_brought_into_one_form() -> None:
    kept, left_out = listed("Kommune.EXAMPLE.", "ærø.example", "a b", "dk", Entry("", ())).by_domain()
    assert list(kept) == ["kommune.example", normal_domain("ærø.example")]
    assert left_out == {
        "a b": "is no domain name",
        "": "is no domain name",
        "dk": "is a top-level domain, which is nobody's to give",
    }


@pytest.mark.parametrize("twin", ["kommune.example", "KOMMUNE.example", "kommune.example."])
def test_a_domain_may_stand_there_once(twin: str) -> None:
    with pytest.raises(TunnelListError, match=r"kommune\.example stands in the list twice"):
        listed("kommune.example", twin).by_domain()


@pytest.mark.parametrize(
    ("certificates", "why"),
    [
        ((), "holds no certificate"),
        (("",), "damaged"),
        (("!!!!",), "damaged"),
        (("AAAA",), "damaged"),
        (entry("x.example", certificate("x", rsa_key(1024))).certificates, "1024 bits"),
        (entry("x.example", partner("x.example", -9, -1)).certificates, "expired on"),
        (entry("x.example", partner("x.example", 5)).certificates, "not valid before"),
    ],
)
def test_why_a_domain_cannot_be_encrypted_to(certificates: tuple[str, ...], why: str) -> None:
    found, reason = Entry("x.example", certificates).usable(NOW)
    assert found is None
    assert why in reason


def test_a_good_certificate_beside_a_damaged_one_is_used() -> None:
    both = Entry("x.example", ("AAAA", *entry("x.example").certificates))
    assert both.usable(NOW) == (partner("x.example"), "")


def test_the_order_of_entries_means_nothing() -> None:
    a, b = entry("a.example"), entry("b.example")
    assert digest_of_entries([a, b]) == digest_of_entries([b, a])
    assert digest_of_entries([a]) != digest_of_entries([entry("a.example", subdomains=True)])
