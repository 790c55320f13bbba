"""A demand on an address: written, read, and never weakened by what somebody types."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.demand_tag import DEMANDS, UnknownDemand, entrances, tagged, untagged
from segl.vocabulary import Proof

ADDRESSES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(
    lambda text: not text.lower().rstrip(".").endswith(".segl.invalid")
)


@given(ADDRESSES, st.sampled_from(DEMANDS))
def test_what_was_written_is_read(address: str, least: Proof) -> None:
    assert untagged(tagged(address, least)) == (address, least)


@given(ADDRESSES, st.lists(st.sampled_from(DEMANDS), min_size=1, max_size=4))
def test_of_several_the_strictest_counts(address: str, demands: list[Proof]) -> None:
    key = address
    for least in demands:
        key = tagged(key, least)
    assert untagged(key) == (address, max(demands, key=lambda proof: proof.rank))


@given(st.text(max_size=200))
def test_any_text_is_an_address_a_demand_or_refused(text: str) -> None:
    try:
        address, least = untagged(text)
    except UnknownDemand:
        return
    assert (address == text) == (least is None)


@pytest.mark.parametrize(
    ("key", "address", "least"),
    [
        ("bo@x.example", "bo@x.example", None),
        ("bo@x.example.least-dane.segl.invalid", "bo@x.example", Proof.DANE),
        ("bo@x.example.LEAST-MTA-STS.Segl.Invalid", "bo@x.example", Proof.MTA_STS),
        ("bo@x.example.least-sealed.segl.invalid.", "bo@x.example", Proof.SEALED),
        ('"a b"@x.example.least-pkix.segl.invalid', '"a b"@x.example', Proof.PKIX),
        ("bo@x.least-dane.segl.invalid.example", "bo@x.least-dane.segl.invalid.example", None),
        (".least-dane.segl.invalid", ".least-dane.segl.invalid", None),
    ],
)
def test_keys(key: str, address: str, least: Proof | None) -> None:
    assert untagged(key) == (address, least)


def test_a_word_that_is_no_proof_is_no_demand_to_forget() -> None:
    with pytest.raises(UnknownDemand, match="'trust-me' is no proof"):
        untagged("bo@x.example.least-trust-me.segl.invalid")


def test_each_demand_has_a_port_of_its_own() -> None:
    places = list(entrances("127.0.0.1:10031"))
    assert [proof for proof, _, _ in places] == list(DEMANDS)
    assert len({port for _, _, port in places}) == len(DEMANDS)
