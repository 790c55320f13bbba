"""Whether a certificate was taken back: real lists and OCSP answers, over real HTTP, good, bad and hostile."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable, Iterator

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from segl.certificates.records import Revocation
from segl_routing.certificates.fetch import fetcher
from segl_routing.certificates.revocation import FRESH, RevocationChecks
from segl_routing.certificates.standing import RevocationStanding
from world.authority import DAY, HOUR, Authority, Issued, Publisher, now
from world.peers import ScriptedPeer, dripping, endless_line, hanging_up, says, silent
from world.ports import free_port

GOOD, REVOKED, UNKNOWN = Revocation.GOOD, Revocation.REVOKED, Revocation.UNKNOWN
CA = Authority("Udstedende CA")
OTHER = Authority("Udstedende CA")  # the same name, another key
SIGNS = (ExtendedKeyUsageOID.OCSP_SIGNING,)
DELEGATE = CA.issue(None, kind="ec", for_=SIGNS)
NO_DELEGATE = CA.issue(None, kind="ec")
OLD_DELEGATE = CA.issue(None, kind="ec", for_=SIGNS, ends=-1)
STRANGE_DELEGATE = OTHER.issue(None, kind="ec", for_=SIGNS)
EVA = CA.issue("eva@x.example")


@pytest.fixture(scope="module")
def web() -> Iterator[Publisher]:
    with Publisher() as publisher:
        yield publisher


@pytest.fixture
def bo(web: Publisher) -> Issued:
    """A certificate that names one place for each kind of question; both are empty at first."""
    web.pages.clear()
    web.asked.clear()
    return CA.issue("bo@x.example", lists=[web.url("/crl")], responders=[web.url("/ocsp")])


def checks(seconds: float = 5.0, clock: Callable[[], datetime.datetime] | None = None) -> RevocationChecks:
    return RevocationChecks(fetcher(seconds), clock or (lambda: datetime.datetime.now(datetime.UTC)))


def standing(
    one: Issued, asked: RevocationChecks | None = None, chain: tuple[x509.Certificate, ...] = ()
) -> RevocationStanding:
    whole = chain or (one.certificate, CA.certificate)
    return asyncio.run((asked or checks()).standing(whole))


def scope(**given: object) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    usual: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return ((x509.IssuingDistributionPoint(**{**usual, **given}), True),)  # type: ignore[arg-type]


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
        (lambda q, bo: CA.ocsp(q, known=[bo], signer=DELEGATE), GOOD, ""),
        (lambda q, bo: CA.ocsp(q, revoked=[bo], signer=DELEGATE), REVOKED, ""),
        (
            lambda q, bo: CA.ocsp(q, known=[bo], signer=NO_DELEGATE),
            UNKNOWN,
            "whom the authority did not name",
        ),
        (lambda q, bo: CA.ocsp(q, known=[bo], signer=OLD_DELEGATE), UNKNOWN, "did not name"),
        (lambda q, bo: CA.ocsp(q, known=[bo], signer=STRANGE_DELEGATE), UNKNOWN, "did not name"),
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


def test_the_list_speaks_where_the_responder_does_not(web: Publisher, bo: Issued) -> None:
    web.answer("/ocsp", lambda question: CA.ocsp(question))
    web.serve("/crl", CA.crl([bo]))
    assert standing(bo).revocation is REVOKED


# chains, and certificates that name nobody


def test_an_authority_that_was_revoked_takes_all_below_with_it(web: Publisher, bo: Issued) -> None:
    root = Authority("Rod-CA")
    issuing = root.below("Mellem", lists=[web.url("/root")])
    one = issuing.issue("bo@x.example", lists=[web.serve("/issuing", issuing.crl())])
    chain = (one.certificate, issuing.certificate, root.certificate)
    web.serve("/root", root.crl())
    assert standing(one, chain=chain).revocation is GOOD
    web.serve("/root", root.crl([issuing]))
    assert standing(one, chain=chain).revocation is REVOKED


def test_who_names_nobody_to_ask_stays_unknown() -> None:
    told = standing(CA.issue("bo@x.example"))
    assert told.revocation is UNKNOWN
    assert told.lasting


def test_only_plain_http_is_asked() -> None:
    for place in ("ldap://x.example/c=DK", "https://x.example/crl", "file:///etc/passwd"):
        assert standing(CA.issue("bo@x.example", lists=[place])).lasting


# what is remembered


def test_one_list_serves_all_and_is_fetched_again_after_an_hour(web: Publisher, bo: Issued) -> None:
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    web.serve("/list", CA.crl())
    many = [CA.issue(f"p{n}@x.example", lists=[web.url("/list")]) for n in range(5)]

    async def all_at_once() -> list[RevocationStanding]:
        return list(
            await asyncio.gather(*(asked.standing((one.certificate, CA.certificate)) for one in many))
        )

    assert {told.revocation for told in asyncio.run(all_at_once())} == {GOOD}
    assert web.asked == ["/list"]
    web.serve("/list", CA.crl(many))
    moment[0] += FRESH / 2
    assert standing(many[0], asked).revocation is GOOD
    moment[0] += FRESH
    assert standing(many[0], asked).revocation is REVOKED
    assert web.asked == ["/list", "/list"]


def test_a_list_that_cannot_be_fetched_again_serves_until_it_runs_out(web: Publisher, bo: Issued) -> None:
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    web.serve("/crl", CA.crl())
    assert standing(bo, asked).revocation is GOOD
    del web.pages["/crl"]
    moment[0] += 2 * FRESH
    assert standing(bo, asked).revocation is GOOD
    moment[0] += DAY
    assert "ran out" in standing(bo, asked).reason


def numbered(number: int, *revoked: Issued, begun: datetime.timedelta = HOUR, by: Authority = CA) -> bytes:
    return by.crl(revoked, begun=begun, lasts=30 * DAY, extra=[(x509.CRLNumber(number), False)])


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        (lambda bo: numbered(7, bo), lambda bo: numbered(6, begun=2 * HOUR), False),  # replayed
        (lambda bo: numbered(7, bo), lambda bo: CA.crl(extra=scope(only_contains_ca_certs=True)), False),
        (lambda bo: numbered(7, bo), lambda bo: CA.crl(extra=[(x509.DeltaCRLIndicator(7), True)]), False),
        (lambda bo: numbered(7, bo), lambda bo: CA.crl(begun=HOUR / 2)[:-9], False),
        (
            lambda bo: CA.crl([bo]),
            lambda bo: CA.crl(begun=2 * HOUR),
            False,
        ),  # by its date, where it has no number
        (lambda bo: numbered(7, bo), lambda bo: CA.crl(begun=2 * HOUR), False),
        (lambda bo: numbered(7, bo), lambda bo: numbered(9, by=OTHER), False),
        (lambda bo: numbered(7, bo), lambda bo: Authority("En anden").crl(), False),
        (lambda bo: numbered(7, bo), lambda bo: b"<html>maintenance</html>", False),
        (lambda bo: numbered(7, bo), lambda bo: numbered(8, begun=HOUR / 2), True),
        (lambda bo: numbered(7, bo), lambda bo: numbered(7), True),  # the same once more
        (lambda bo: numbered(7, bo), lambda bo: numbered(8, begun=2 * HOUR), True),  # a clock that was ahead
        (lambda bo: numbered(7, bo), lambda bo: numbered(1, begun=HOUR / 2), True),  # counted anew
        (lambda bo: CA.crl([bo], lasts=HOUR / 2), lambda bo: CA.crl(begun=2 * HOUR, lasts=DAY), True),  # over
        (lambda bo: b"<html>not yet</html>", lambda bo: numbered(7), True),
        (lambda bo: numbered(9, by=OTHER), lambda bo: numbered(7), True),
    ],
)
def test_a_list_of_before_does_not_come_after_a_newer_one(
    web: Publisher,
    bo: Issued,
    before: Callable[[Issued], bytes],
    after: Callable[[Issued], bytes],
    taken: bool,
) -> None:
    """RFC 5280 §5.2.3. Both are signed, and both still hold; whoever sends the older one wants a key to be used
    that was taken back."""
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    web.serve("/crl", before(bo))
    first = standing(bo, asked).revocation
    web.serve("/crl", after(bo))
    moment[0] += FRESH
    assert standing(bo, asked).revocation is (GOOD if taken else first)
    assert first in (REVOKED, UNKNOWN)


def test_only_older_lists_are_as_if_none_came(web: Publisher, bo: Issued) -> None:
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    web.serve("/crl", numbered(7))
    assert standing(bo, asked).revocation is GOOD
    web.serve("/crl", numbered(6, begun=2 * HOUR))
    moment[0] += 0.9 * DAY
    assert standing(bo, asked).revocation is GOOD
    moment[0] += 0.2 * DAY
    assert "cannot be fetched since yesterday" in standing(bo, asked).reason


def test_a_list_that_is_held_back_is_the_last_word_for_a_day(web: Publisher, bo: Issued) -> None:
    """Whoever can drop what comes from port 80 shall not keep a stolen key in use as long as the list is valid."""
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    other = CA.issue("ida@x.example", lists=[web.url("/long")])
    web.serve("/long", CA.crl([other], lasts=30 * DAY))
    fine = CA.issue("eva@x.example", lists=[web.url("/long")])
    assert standing(fine, asked).revocation is GOOD
    del web.pages["/long"]
    moment[0] += 0.9 * DAY
    assert standing(fine, asked).revocation is GOOD
    moment[0] += 0.2 * DAY
    told = standing(fine, asked)
    assert (told.revocation, told.reason) == (
        UNKNOWN,
        "the revocation list cannot be fetched since yesterday",
    )
    assert standing(other, asked).revocation is REVOKED, "what was revoked stays so"


def test_an_hour_counts_from_when_the_authority_said_so(web: Publisher) -> None:
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    one = CA.issue("ida@x.example", lists=[web.url("/long")])
    web.serve("/long", CA.crl(lasts=30 * DAY))
    assert standing(one, asked).revocation is GOOD
    begun = moment[0]
    moment[0] += FRESH * 0.9
    until = standing(one, asked).until
    assert until is not None
    assert until - begun <= FRESH * 1.01


def test_good_is_believed_for_an_hour_at_most(web: Publisher, bo: Issued) -> None:
    web.serve("/crl", CA.crl(lasts=30 * DAY))
    until = standing(bo).until
    assert until is not None
    assert until <= datetime.datetime.now(datetime.UTC) + FRESH


@pytest.mark.parametrize("ahead", [FRESH * 2, DAY * 0.9])
def test_a_list_that_was_fetched_by_a_clock_since_set_back_is_fetched_again(
    web: Publisher, bo: Issued, ahead: datetime.timedelta
) -> None:
    moment = [now() + ahead]
    asked = checks(clock=lambda: moment[0])
    web.serve("/crl", CA.crl(lasts=30 * DAY))
    assert standing(bo, asked).revocation is GOOD
    moment[0] -= ahead
    del web.pages["/crl"]
    told = standing(bo, asked)
    assert told.revocation is GOOD
    assert told.until is not None
    assert told.until <= moment[0] + FRESH
    web.serve("/crl", CA.crl([bo]))
    moment[0] += FRESH
    assert standing(bo, asked).revocation is REVOKED


def test_a_place_that_failed_by_a_clock_since_set_back_is_asked_again(web: Publisher, bo: Issued) -> None:
    moment = [now() + DAY]
    asked = checks(clock=lambda: moment[0])
    assert standing(bo, asked).revocation is UNKNOWN
    moment[0] -= DAY
    web.serve("/crl", CA.crl())
    assert standing(bo, asked).revocation is GOOD


def test_an_answer_is_asked_for_once(web: Publisher, bo: Issued) -> None:
    web.answer("/ocsp", lambda question: CA.ocsp(question, known=[bo]))
    asked = checks()
    for _ in range(3):
        assert standing(bo, asked).revocation is GOOD
    assert web.asked == ["/ocsp"]


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
