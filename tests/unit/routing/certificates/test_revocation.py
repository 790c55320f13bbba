"""Whether a certificate was taken back: real lists and OCSP answers, over real HTTP, good, bad and hostile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from segl.certificates.chain import Authorities
from segl.certificates.records import Revocation
from segl_routing.certificates.standing import is_current, is_signed, signed_by
from segl_routing.skew import OTHERS_SKEW
from world.authority import DAY, HOUR, PSS, Authority, Issued, PrivateKey, Publisher, now, oces3
from world.partners import ec_key, rsa_key
from world.peers import ScriptedPeer, dripping, endless_line, hanging_up, says, silent
from world.ports import free_port
from world.revocation import CA, GOOD, OTHER, REVOKED, UNKNOWN, checks, scope, standing

SIGNS = (ExtendedKeyUsageOID.OCSP_SIGNING,)
DELEGATE = CA.issue(None, kind="ec", for_=SIGNS)
NO_DELEGATE = CA.issue(None, kind="ec")
OLD_DELEGATE = CA.issue(None, kind="ec", for_=SIGNS, ends=-1)
STRANGE_DELEGATE = OTHER.issue(None, kind="ec", for_=SIGNS)
EVA = CA.issue("eva@x.example")
EARLY_DELEGATE = CA.issue(None, kind="ec", for_=SIGNS, begins=1)
LATE_DELEGATE = CA.issue(None, kind="ec", for_=SIGNS, begins=365 * 40, ends=365 * 41)
SOME = frozenset([x509.ReasonFlags.key_compromise])
CN = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "Liste 1")])


def since_year_one(answer: bytes) -> bytes:
    """*answer*, its signer's certificate being valid since the first year that Python has."""
    begun = LATE_DELEGATE.certificate.not_valid_before_utc
    changed = answer.replace(f"{begun:%Y%m%d%H%M%S}Z".encode(), b"00010101000000Z", 1)
    assert changed != answer
    return changed


def in_pem(crl: bytes) -> bytes:
    return x509.load_der_x509_crl(crl).public_bytes(Encoding.PEM)


# lists


@pytest.mark.parametrize(
    ("make", "expected", "why"),
    [
        (lambda bo: CA.crl(), GOOD, "not on the authority's revocation list"),
        (lambda bo: CA.crl([bo]), REVOKED, "revoked on"),
        (lambda bo: OTHER.crl(), UNKNOWN, "signature is wrong"),
        (lambda bo: OTHER.crl([bo]), UNKNOWN, "signature is wrong"),
        (lambda bo: Authority("En anden").crl(), UNKNOWN, "of another authority"),
        (lambda bo: CA.crl(begun=2 * DAY, lasts=-HOUR), UNKNOWN, "ran out at"),
        (lambda bo: CA.crl(begun=-HOUR), UNKNOWN, "has no date"),  # from the future
        (lambda bo: CA.crl(extra=[(x509.DeltaCRLIndicator(1), True)]), UNKNOWN, "delta"),
        (lambda bo: CA.crl(extra=[(x509.CRLNumber(7), False)]), GOOD, ""),
        (lambda bo: CA.crl(extra=scope(only_contains_ca_certs=True)), UNKNOWN, "another kind"),
        (lambda bo: CA.crl(extra=scope(only_contains_user_certs=True)), GOOD, ""),
        (lambda bo: CA.crl(extra=scope(indirect_crl=True)), UNKNOWN, "does not speak of all"),
        (
            lambda bo: CA.crl(
                extra=scope(full_name=[x509.UniformResourceIdentifier("http://elsewhere.example/1.crl")])
            ),
            UNKNOWN,
            "for other certificates of the authority",
        ),
        (
            lambda bo: CA.crl(extra=scope(only_some_reasons=SOME)),
            UNKNOWN,
            "does not speak of all reasons",
        ),
        (
            lambda bo: CA.crl(extra=scope(only_contains_attribute_certs=True)),
            UNKNOWN,
            "does not speak of all",
        ),
        (lambda bo: CA.crl(extra=scope(relative_name=CN)), UNKNOWN, "of a kind that is not read"),
        (lambda bo: in_pem(CA.crl()), GOOD, ""),  # against RFC 5280 §4.2.1.13
        (lambda bo: in_pem(CA.crl([bo])), REVOKED, ""),
        (lambda bo: b"", UNKNOWN, "is none"),
        (lambda bo: CA.crl()[:-9], UNKNOWN, "is none"),
        (lambda bo: b"<html>not found</html>", UNKNOWN, "is none"),
    ],
)
def test_what_a_list_says(
    web: Publisher, bo: Issued, make: Callable[[Issued], bytes], expected: Revocation, why: str
) -> None:
    web.serve("/crl", make(bo))
    told = standing(bo)
    assert told.revocation is expected, told.reason
    assert why in told.reason


def test_a_list_for_the_place_the_certificate_names_counts(web: Publisher, bo: Issued) -> None:
    place = [x509.UniformResourceIdentifier(web.url("/crl"))]
    web.serve("/crl", CA.crl(extra=scope(full_name=place)))
    assert standing(bo).revocation is GOOD


def test_a_list_for_peoples_certificates_says_nothing_of_an_authority(web: Publisher, bo: Issued) -> None:
    root = Authority("Rod-CA")
    issuing = root.below("Mellem", lists=[web.url("/root")])
    one = issuing.issue("bo@x.example", lists=[web.serve("/issuing", issuing.crl())])
    chain = (one.certificate, issuing.certificate, root.certificate)
    web.serve("/root", root.crl(extra=scope(only_contains_user_certs=True)))
    assert "another kind" in standing(one, chain=chain).reason
    web.serve("/root", root.crl(extra=scope(only_contains_ca_certs=True)))
    assert standing(one, chain=chain).revocation is GOOD, "one for authorities does"
    web.serve("/root", root.crl([issuing], extra=scope(only_contains_ca_certs=True)))
    assert standing(one, chain=chain).revocation is REVOKED
    web.serve("/root", root.crl(lasts=HOUR / 4))
    told = standing(one, chain=chain)
    assert told.revocation is GOOD
    assert told.until is not None
    assert told.until <= now() + HOUR / 4, "a chain is no longer good than each of it"


def test_all_lists_that_a_certificate_names_are_asked(web: Publisher, bo: Issued) -> None:
    one = CA.issue(
        "bo@x.example", lists=[web.url("/away").upper().replace("/AWAY", "/away"), web.url("/crl")]
    )
    web.serve("/crl", CA.crl([one]))
    assert standing(one).revocation is REVOKED
    assert web.asked == ["/away", "/crl"]


@pytest.mark.parametrize(
    "of", [{"crl_issuer": [x509.DirectoryName(CA.certificate.subject)]}, {"reasons": SOME}]
)
def test_a_place_of_another_issuers_list_or_of_some_reasons_is_none(
    web: Publisher, of: dict[str, Any]
) -> None:
    place = [x509.UniformResourceIdentifier(web.serve("/part", CA.crl()))]
    whole: dict[str, Any] = {"full_name": place, "relative_name": None, "reasons": None, "crl_issuer": None}
    points = x509.CRLDistributionPoints([x509.DistributionPoint(**(whole | of))])
    one = CA.issue("bo@x.example", extra=[(points, False)])
    assert "names no place" in standing(one).reason


@pytest.mark.parametrize(
    ("digest", "counts"),
    [(hashes.SHA256(), True), (hashes.SHA1(), False)],  # noqa: S303 — which is what it is about
)
def test_a_digest_that_can_be_forged_signs_nothing(digest: hashes.HashAlgorithm, counts: bool) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(b"a list", ec.ECDSA(digest))
    assert signed_by(key.public_key(), signature, b"a list", digest) is counts


@pytest.mark.parametrize(
    ("key", "other", "by"),
    [
        (rsa_key(2048, 1), rsa_key(2048, 2), padding.PKCS1v15()),
        (rsa_key(2048, 1), rsa_key(2048, 2), PSS),
        (rsa_key(2048, 1), ec_key(), padding.PKCS1v15()),
        (rsa_key(2048, 1), ec_key(), PSS),
        (ec_key(), rsa_key(2048, 1), None),
        (ec_key(), ec.generate_private_key(ec.SECP256R1()), None),
    ],
)
def test_what_another_key_signed_or_something_else_is_not_signed(
    key: PrivateKey, other: PrivateKey, by: padding.PSS | padding.PKCS1v15 | None
) -> None:
    builder = x509.CertificateRevocationListBuilder().issuer_name(CA.certificate.subject)
    crl = builder.last_update(now()).next_update(now() + DAY).sign(key, hashes.SHA256(), rsa_padding=by)
    assert is_signed(crl, crl.tbs_certlist_bytes, key.public_key())
    assert not is_signed(crl, crl.tbs_certlist_bytes, other.public_key())
    assert not is_signed(crl, crl.tbs_certlist_bytes + b"x", key.public_key())


def test_what_has_no_end_says_nothing() -> None:
    assert is_current(now() - HOUR, now() + HOUR, now())
    assert not is_current(now() - HOUR, None, now())
    assert not is_current(None, now() + HOUR, now())
    assert is_current(now() + OTHERS_SKEW / 2, now() + HOUR, now()), "their clock is a little ahead"
    assert not is_current(now() + 2 * OTHERS_SKEW, now() + HOUR, now())


def test_an_authority_that_may_not_sign_lists_is_not_believed(web: Publisher, bo: Issued) -> None:
    weak = Authority("Uden CRL", options={"signs_lists": False})
    one = weak.issue("bo@x.example", lists=[web.serve("/weak", weak.crl())])
    assert "may not sign" in standing(one, chain=(one.certificate, weak.certificate)).reason


# OCSP


@pytest.mark.parametrize(
    ("answer", "expected", "why"),
    [
        (lambda q, bo: CA.ocsp(q, known=[bo]), GOOD, "says it is good"),
        (lambda q, bo: CA.ocsp(q, revoked=[bo]), REVOKED, "revoked on"),
        (lambda q, bo: CA.ocsp(q), UNKNOWN, "does not know the certificate"),
        (lambda q, bo: CA.ocsp(q, known=[bo], nonce=False), GOOD, ""),
        (lambda q, bo: CA.ocsp(q, known=[bo], lasts=-HOUR, begun=2 * HOUR), UNKNOWN, "held until"),
        (lambda q, bo: CA.ocsp(q, known=[bo], lasts=None, begun=HOUR / 4), GOOD, ""),
        (lambda q, bo: CA.ocsp(q, known=[bo], lasts=None, begun=DAY), UNKNOWN, "held until"),
        (lambda q, bo: CA.ocsp(q, known=[bo], begun=-HOUR, lasts=2 * HOUR), UNKNOWN, "held until"),
        (lambda q, bo: OTHER.ocsp(q, known=[bo]), UNKNOWN, "signature is wrong"),
        (lambda q, bo: CA.ocsp(q, known=[bo], by_key=True), GOOD, ""),
        (lambda q, bo: CA.ocsp(q, known=[bo], by_key=True, signer=DELEGATE), GOOD, ""),
        (lambda q, bo: OTHER.ocsp(q, known=[bo], by_key=True), UNKNOWN, "did not name"),
        (lambda q, bo: CA.ocsp(q, known=[bo], signer=DELEGATE), GOOD, ""),
        (lambda q, bo: CA.ocsp(q, revoked=[bo], signer=DELEGATE), REVOKED, ""),
        (
            lambda q, bo: CA.ocsp(q, known=[bo], signer=NO_DELEGATE),
            UNKNOWN,
            "whom the authority did not name",
        ),
        (lambda q, bo: CA.ocsp(q, known=[bo], signer=OLD_DELEGATE), UNKNOWN, "did not name"),
        (lambda q, bo: CA.ocsp(q, known=[bo], signer=STRANGE_DELEGATE), UNKNOWN, "did not name"),
        (lambda q, bo: CA.ocsp(q, known=[bo], signer=EARLY_DELEGATE), UNKNOWN, "did not name"),
        (
            lambda q, bo: since_year_one(CA.ocsp(q, known=[bo], signer=LATE_DELEGATE)),
            UNKNOWN,
            "did not name",
        ),
        (lambda q, bo: CA.ocsp(q, known=[bo], as_of=CA), GOOD, ""),
        (lambda q, bo: CA.ocsp(q, known=[bo], as_of=OTHER), UNKNOWN, "about another certificate"),
        (lambda q, bo: CA.ocsp(q, known=[bo], extra=[(x509.CRLNumber(1), True)]), UNKNOWN, "not read"),
        (lambda q, bo: CA.ocsp(q, known=[EVA], about=EVA), UNKNOWN, "about another certificate"),
        (lambda q, bo: CA.ocsp(q, known=[bo])[:-5], UNKNOWN, "cannot be read"),
        (lambda q, bo: b"\x30\x03\x0a\x01\x06", UNKNOWN, "unauthorized"),
        (lambda q, bo: b"", UNKNOWN, "cannot be read"),
    ],
)
def test_what_a_responder_says(
    web: Publisher,
    bo: Issued,
    answer: Callable[[bytes, Issued], bytes],
    expected: Revocation,
    why: str,
) -> None:
    web.answer("/ocsp", lambda question: answer(question, bo))
    told = standing(bo)
    assert told.revocation is expected, told.reason
    assert why in told.reason


def test_an_answer_to_another_question_is_a_replay(web: Publisher, bo: Issued) -> None:
    old: list[bytes] = []

    def replay(question: bytes) -> bytes:
        old.append(CA.ocsp(question, known=[bo]))
        return old[0]

    web.answer("/ocsp", replay)
    assert standing(bo).revocation is GOOD
    assert "another question" in standing(bo).reason


def test_of_two_responders_the_first_that_knows_counts(web: Publisher) -> None:
    one = CA.issue("bo@x.example", responders=[web.url("/first"), web.url("/second")])
    web.asked.clear()
    web.answer("/second", lambda question: CA.ocsp(question, revoked=[one]))
    assert standing(one).revocation is REVOKED
    web.answer("/first", lambda question: CA.ocsp(question, known=[one]))
    assert standing(one).revocation is GOOD
    assert web.asked == ["/first", "/second", "/first"]


def test_the_list_speaks_where_the_responder_does_not(web: Publisher, bo: Issued) -> None:
    web.answer("/ocsp", lambda question: CA.ocsp(question))
    web.serve("/crl", CA.crl([bo]))
    assert standing(bo).revocation is REVOKED


# chains, and certificates that name nobody


@pytest.mark.parametrize("revoked", [False, True])
def test_the_danish_states_authorities_sign_by_pss(web: Publisher, revoked: bool) -> None:
    """OCES3: certificates, lists and answers are signed by RSASSA-PSS with SHA-256."""
    root = Authority("Rod-CA", key=rsa_key(2048, 1))
    issuing = root.below("Udstedende CA", key=rsa_key(2048, 2), lists=[web.serve("/root", root.crl())])
    forger = Authority("Udstedende CA", key=rsa_key(2048, 3))
    lists, responders = [web.url("/crl")], [web.url("/ocsp")]
    subject = oces3("12345678", "Nordby")
    one = issuing.issue("bo@x.example", subject=subject, lists=lists, responders=responders)
    chain = Authorities([root.certificate], [issuing.certificate]).chain(one.certificate, now()).certificates
    bad, expected = ([one], REVOKED) if revoked else ([], GOOD)
    web.serve("/crl", issuing.crl(bad))
    assert standing(one, chain=chain).revocation is expected
    web.serve("/crl", forger.crl(bad))
    assert "signature is wrong" in standing(one, chain=chain).reason
    web.answer("/ocsp", lambda question: issuing.ocsp(question, known=[one], revoked=bad))
    assert standing(one, chain=chain).revocation is expected
    web.answer("/ocsp", lambda question: issuing.ocsp(question, known=[one], revoked=bad, as_of=issuing))
    assert standing(one, chain=chain).revocation is expected
    web.answer("/ocsp", lambda question: forger.ocsp(question, known=[one], revoked=bad))
    assert "signature is wrong" in standing(one, chain=chain).reason


def test_an_authority_that_was_revoked_takes_all_below_with_it(web: Publisher, bo: Issued) -> None:
    root = Authority("Rod-CA")
    issuing = root.below("Mellem", lists=[web.url("/root")])
    one = issuing.issue("bo@x.example", lists=[web.serve("/issuing", issuing.crl())])
    chain = (one.certificate, issuing.certificate, root.certificate)
    web.serve("/root", root.crl())
    assert standing(one, chain=chain).revocation is GOOD
    web.serve("/root", root.crl([issuing]))
    assert standing(one, chain=chain).revocation is REVOKED
    del web.pages["/issuing"]
    assert standing(one, chain=chain).revocation is REVOKED, "whatever is not known of those below"


def test_who_names_nobody_to_ask_stays_unknown() -> None:
    told = standing(CA.issue("bo@x.example"))
    assert told.revocation is UNKNOWN
    assert told.lasting


def test_who_names_a_responder_alone_is_asked_about_there(web: Publisher) -> None:
    one = CA.issue("bo@x.example", responders=[web.url("/alone")])
    web.answer("/alone", lambda question: CA.ocsp(question, known=[one]))
    assert standing(one).revocation is GOOD


def test_only_plain_http_is_asked() -> None:
    for place in ("ldap://x.example/c=DK", "https://x.example/crl", "file:///etc/passwd"):
        assert standing(CA.issue("bo@x.example", lists=[place])).lasting


# servers that misbehave


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (silent, "no answer in 0.2 seconds"),
        (dripping, "no answer in 0.2 seconds"),
        (hanging_up, ""),
        (endless_line, ""),
        (says("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/crl\r\n\r\n"), "answers 302"),
        (says("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), "answers 500"),
        (says("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc", wait=False), ""),
        (says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "does not speak HTTP"),
        (says("SSH-2.0-OpenSSH"), "no answer in 0.2 seconds"),
    ],
)
def test_servers_that_misbehave_are_a_dont_know_in_time(script: object, why: str) -> None:
    port = free_port()
    with ScriptedPeer("127.0.0.1", port, script):  # type: ignore[arg-type]
        one = CA.issue("bo@x.example", lists=[f"http://127.0.0.1:{port}/crl"])
        begun = time.monotonic()
        told = standing(one, checks(seconds=0.2 if "no answer" in why else 5))
    assert told.revocation is UNKNOWN
    assert not told.lasting
    assert why in told.reason
    assert time.monotonic() - begun < 5


def test_a_list_without_end_is_cut(web: Publisher, bo: Issued) -> None:
    web.serve("/crl", b"\x30" * (16 * 1024 * 1024 + 1))
    assert "sends more than" in standing(bo).reason


def test_who_does_not_answer_is_left_alone_for_a_while(bo: Issued, web: Publisher) -> None:
    asked = checks()
    for _ in range(3):
        assert standing(bo, asked).revocation is UNKNOWN
    assert web.asked == ["/ocsp", "/crl"]


@pytest.mark.parametrize(
    "place", ["http://", "http:///x", "http://user:pass@127.0.0.1/x", "http://127.0.0.1:99999/x", "http://[::/x"]
)  # fmt: skip
def test_addresses_that_are_none_are_not_asked(place: str) -> None:
    assert standing(CA.issue("bo@x.example", lists=[place])).revocation is UNKNOWN


@pytest.mark.parametrize(
    "place",
    [
        "http://bo@{at}/crl",
        "http://{at}/crl x",
        "http://{at}/crl\r\nX-Field: x",
        "http://{at}/crl\tx",
        "http://{at}/" + "x" * 1000,
    ],
)
def test_nor_are_those_of_a_server_that_would_answer(web: Publisher, bo: Issued, place: str) -> None:
    """What stands in a certificate becomes a line of a request."""
    at = web.url("/").removeprefix("http://").rstrip("/")
    assert "is no HTTP address" in standing(CA.issue("bo@x.example", lists=[place.format(at=at)])).reason
    assert web.asked == []


def test_an_address_may_have_a_query(web: Publisher, bo: Issued) -> None:
    one = CA.issue("bo@x.example", lists=[web.serve("/crl?of=1", CA.crl())])
    assert standing(one).revocation is GOOD
