"""TLSA records against certificates (RFC 6698, RFC 7671, RFC 7672 §3)."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

import dns.rdata
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from segl_routing.proofs.tlsa import Matching, Selector, Tlsa, Usage, matches, proves, usable
from world.ca import Certificate, TestCA

HOST = "mx.kommune.example"
NOW = datetime.datetime.now(datetime.UTC)
EE, TA = Usage.DANE_EE, Usage.DANE_TA


class Chains:
    """Certificates in DER, made once: of an authority, and one by itself."""

    def __init__(self, directory: Path) -> None:
        self.ca, self.other = TestCA(directory / "ca"), TestCA(directory / "other", "Another root")
        self.root, self.stranger = _der(self.ca.file), _der(self.other.file)
        self.leaf = _of(self.ca.issue([HOST]))
        self.wild = _of(self.ca.issue(["*.kommune.example"]))
        self.expired = _of(self.ca.issue([HOST], expired=True))
        self.misnamed = _of(self.ca.issue(["www.kommune.example"]))
        self.own = _of(self.ca.issue([HOST], self_signed=True))


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    return Chains(tmp_path_factory.mktemp("chains"))


def _der(file: Path) -> bytes:
    return x509.load_pem_x509_certificate(file.read_bytes()).public_bytes(Encoding.DER)


def _of(certificate: Certificate) -> bytes:
    return _der(certificate.cert)


def selected(certificate: bytes, selector: Selector) -> bytes:
    if selector is Selector.CERTIFICATE:
        return certificate
    key = x509.load_der_x509_certificate(certificate).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def record(usage: Usage, selector: Selector, matching: Matching, certificate: bytes) -> Tlsa:
    """The record that a postmaster would publish for *certificate*."""
    data = selected(certificate, selector)
    if matching is not Matching.FULL:
        data = hashlib.new(matching.name.lower(), data).digest()
    return Tlsa(usage, selector, matching, data)


def records(*texts: str) -> list[dns.rdata.Rdata]:
    """As they come from the wire."""
    wires = (bytes([*map(int, text.split()[:3])]) + bytes.fromhex(text.split()[3]) for text in texts)
    return [dns.rdata.from_wire("IN", "TLSA", wire, 0, len(wire)) for wire in wires]


ALL_FORMS = [(selector, matching) for selector in Selector for matching in Matching]


@pytest.mark.parametrize(("selector", "matching"), ALL_FORMS)
def test_every_form_of_dane_ee_matches_its_own_certificate_and_no_other(
    chains: Chains, selector: Selector, matching: Matching
) -> None:
    promised = record(EE, selector, matching, chains.own)
    assert matches(promised, [chains.own])
    assert not matches(promised, [chains.leaf, chains.root])
    assert not matches(promised, [chains.leaf, chains.own])  # not the first


@pytest.mark.parametrize(("selector", "matching"), ALL_FORMS)
def test_every_form_of_dane_ta_matches_what_its_authority_issued(
    chains: Chains, selector: Selector, matching: Matching
) -> None:
    promised = record(TA, selector, matching, chains.root)
    assert matches(promised, [chains.leaf, chains.root])
    assert not matches(promised, [chains.own])
    assert not matches(promised, [chains.root])  # the authority is not the host


def test_an_authority_that_was_only_appended_proves_nothing(chains: Chains) -> None:
    """Its certificate is public: anybody can send it after one of his own."""
    promised = record(TA, Selector.CERTIFICATE, Matching.SHA256, chains.root)
    assert not matches(promised, [chains.own, chains.root])
    assert not matches(promised, [chains.own, chains.leaf, chains.root])


def test_certificates_out_of_place_do_not_break_a_chain(chains: Chains) -> None:
    promised = record(TA, Selector.CERTIFICATE, Matching.SHA256, chains.root)
    assert matches(promised, [chains.leaf, chains.stranger, chains.root])


def test_an_authority_in_the_record_itself_need_not_be_sent(chains: Chains) -> None:
    promised = record(TA, Selector.CERTIFICATE, Matching.FULL, chains.root)
    assert matches(promised, [chains.leaf])
    assert not matches(promised, [chains.own])


def test_a_certificate_that_may_issue_none_is_no_authority(chains: Chains) -> None:
    promised = record(TA, Selector.CERTIFICATE, Matching.SHA256, chains.own)
    assert not matches(promised, [chains.own, chains.own])


@pytest.mark.parametrize(
    ("name", "names", "holds"),
    [
        ("leaf", [HOST], True),
        ("leaf", ["MX.Kommune.example"], True),
        ("leaf", ["kommune.example", HOST], True),  # any of the names it may be for
        ("wild", [HOST], True),
        ("wild", ["a.b.kommune.example"], False),
        ("wild", ["kommune.example"], False),
        ("misnamed", [HOST], False),
        ("expired", [HOST], False),
    ],
)
def test_under_dane_ta_names_and_dates_count(
    chains: Chains, name: str, names: Sequence[str], holds: bool
) -> None:
    promised = record(TA, Selector.PUBLIC_KEY, Matching.SHA256, chains.root)
    assert proves([promised], [getattr(chains, name), chains.root], names, NOW) is holds


@pytest.mark.parametrize("name", ["own", "expired", "misnamed"])
def test_under_dane_ee_they_do_not(chains: Chains, name: str) -> None:
    """RFC 7672 §3.1.1: the record itself, signed and in time, says all that names and dates would."""
    certificate = getattr(chains, name)
    promised = record(EE, Selector.PUBLIC_KEY, Matching.SHA256, certificate)
    assert proves([promised], [certificate], [HOST], NOW)


def test_one_record_of_several_is_enough(chains: Chains) -> None:
    """Two keys stand side by side while a host changes them (RFC 7671 §8.1)."""
    both = [record(EE, Selector.PUBLIC_KEY, Matching.SHA256, c) for c in (chains.own, chains.leaf)]
    assert proves(both, [chains.leaf], [HOST], NOW)
    assert not proves(both, [chains.misnamed], [HOST], NOW)
    assert not proves([], [chains.leaf], [HOST], NOW)


SHA256, SHA512 = "ab" * 32, "cd" * 64


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ([f"3 1 1 {SHA256}"], 1),
        ([f"2 0 2 {SHA512}"], 1),
        ([f"0 0 1 {SHA256}", f"1 1 1 {SHA256}"], 0),  # PKIX usages (RFC 7672 §3.1.3)
        ([f"4 1 1 {SHA256}", f"3 2 1 {SHA256}", f"3 1 3 {SHA256}", f"255 1 1 {SHA256}"], 0),  # not assigned
        (["3 1 1 abcd", f"3 1 1 {SHA512}", f"3 1 2 {SHA256}"], 0),  # a digest of the wrong length
        (["3 0 0 3082", "3 1 0 3059", "2 0 0 00"], 0),  # no certificate, no key
        ([f"3 1 1 {SHA256}", f"3 1 2 {SHA512}"], 1),  # the strongest digest (RFC 7671 §9)
        ([f"3 1 1 {SHA256}", f"3 0 2 {SHA512}", f"2 1 1 {SHA256}"], 3),  # … of each kind
        ([f"3 1 1 {SHA256}", f"3 1 1 {SHA256}"], 1),
        ([f"3 1 1 {number:064x}" for number in range(1000)], 64),
    ],
)
def test_what_is_usable(given_: list[str], kept: int) -> None:
    assert len(usable(records(*given_))) == kept


def test_whole_certificates_and_keys_are_usable(chains: Chains) -> None:
    for selector in Selector:
        data = selected(chains.leaf, selector)
        [found] = usable(records(f"3 {selector:d} 0 {data.hex()}"))
        assert matches(found, [chains.leaf])


def test_a_bad_record_in_an_answer_does_not_hide_a_good_one() -> None:
    """dnspython's own class would refuse the whole answer."""
    found = usable(records("3 1 1 abcd", f"3 1 1 {SHA256}"))
    assert [str(one) for one in found] == [f"3 1 1 {SHA256}"]


LENGTHS = st.sampled_from([0, 1, 31, 32, 64, 100])  # 32 and 64 are those of the digests


@given(
    wire=st.one_of(
        st.binary(max_size=200),
        st.tuples(*[st.integers(0, 4)] * 3, LENGTHS).map(lambda form: bytes(form[:3]) + bytes(form[3])),
    )
)
def test_any_bytes_are_read_or_left_out(wire: bytes) -> None:
    found = usable([dns.rdata.from_wire("IN", "TLSA", wire, 0, len(wire))])
    assert len(found) <= 1
    for one in found:
        assert one.usage in (2, 3)


@given(chain=st.lists(st.binary(max_size=100), max_size=20), usage=st.sampled_from(Usage))
def test_any_bytes_for_a_chain_match_nothing(chain: list[bytes], usage: Usage) -> None:
    for selector, matching in ALL_FORMS:
        promised = Tlsa(usage, selector, matching, b"\x30\x01" * 16)
        assert not matches(promised, chain)
        assert not proves([promised], chain, [HOST], NOW)
