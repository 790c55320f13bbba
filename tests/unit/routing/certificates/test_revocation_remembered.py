"""How long an authority's word on a certificate counts, and what takes its place."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from segl.certificates.records import Revocation
from segl_routing.certificates import revocation
from segl_routing.certificates.revocation import AGAIN, FRESH, RevocationChecks
from segl_routing.certificates.standing import RevocationStanding
from world.authority import DAY, HOUR, Authority, Issued, Publisher, now
from world.revocation import CA, GOOD, OTHER, REVOKED, UNKNOWN, checks, scope, standing


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
    web.serve("/crl", CA.crl([bo]))
    moment[0] += AGAIN / 2
    assert standing(bo, asked).revocation is GOOD
    moment[0] += AGAIN
    assert standing(bo, asked).revocation is REVOKED, "asked for again soon, not in an hour"


def test_a_list_that_ran_out_says_nothing(web: Publisher, bo: Issued) -> None:
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    web.serve("/crl", CA.crl())
    assert standing(bo, asked).revocation is GOOD
    del web.pages["/crl"]
    moment[0] += DAY + FRESH
    assert "ran out" in standing(bo, asked).reason


def numbered(number: int, *revoked: Issued, begun: datetime.timedelta = HOUR, by: Authority = CA) -> bytes:
    return by.crl(revoked, begun=begun, lasts=30 * DAY, extra=[(x509.CRLNumber(number), False)])


# a number that is none, which is only seen when it is asked for
NO_NUMBER = [(x509.UnrecognizedExtension(ExtensionOID.CRL_NUMBER, b"\x04\x01x"), False)]


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        (lambda bo: numbered(7), lambda bo: numbered(6, bo, begun=2 * HOUR), False),  # replayed
        (
            lambda bo: CA.crl(),
            lambda bo: CA.crl([bo], begun=2 * HOUR),
            False,
        ),  # by its date, without a number
        (lambda bo: numbered(7), lambda bo: CA.crl([bo], begun=2 * HOUR), False),
        (lambda bo: numbered(7), lambda bo: numbered(7, bo, begun=2 * HOUR), False),
        (lambda bo: numbered(7), lambda bo: numbered(9, bo, by=OTHER), False),
        (lambda bo: numbered(7), lambda bo: Authority("En anden").crl([bo]), False),
        (lambda bo: numbered(7), lambda bo: b"<html>maintenance</html>", False),
        (lambda bo: numbered(7), lambda bo: CA.crl([bo], extra=scope(only_contains_user_certs=True)), False),
        (lambda bo: numbered(7), lambda bo: CA.crl([bo], extra=[(x509.DeltaCRLIndicator(7), True)]), False),
        (lambda bo: numbered(7), lambda bo: CA.crl([bo], begun=HOUR / 2)[:-9], False),
        (lambda bo: numbered(7), lambda bo: numbered(8, bo, begun=HOUR / 2), True),
        (lambda bo: numbered(7), lambda bo: numbered(8, bo, begun=2 * HOUR), True),  # a clock that was ahead
        (lambda bo: numbered(7), lambda bo: numbered(1, bo, begun=HOUR / 2), True),  # counted anew
        (lambda bo: CA.crl(lasts=HOUR / 2), lambda bo: CA.crl([bo], begun=2 * HOUR, lasts=DAY), True),  # over
        (lambda bo: b"<html>not yet</html>", lambda bo: numbered(7, bo), True),
        (lambda bo: numbered(9, by=OTHER), lambda bo: numbered(7, bo), True),
        (lambda bo: CA.crl(extra=NO_NUMBER), lambda bo: numbered(7, bo), True),
        (
            lambda bo: CA.crl(extra=scope(only_contains_ca_certs=True)),
            lambda bo: CA.crl([bo]),
            True,
        ),  # of all
        (
            lambda bo: CA.crl(extra=scope(only_contains_user_certs=True)),
            lambda bo: CA.crl([bo], begun=2 * HOUR),
            False,
        ),
        (lambda bo: numbered(7), lambda bo: CA.crl([bo], extra=NO_NUMBER), False),
    ],
)
def test_a_list_of_before_does_not_come_after_a_newer_one(
    web: Publisher,
    bo: Issued,
    before: Callable[[Issued], bytes],
    after: Callable[[Issued], bytes],
    taken: bool,
) -> None:
    """RFC 5280 §5.2.3. Both are signed, and both still hold."""
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    web.serve("/crl", before(bo))
    first = standing(bo, asked).revocation
    assert first in (GOOD, UNKNOWN)
    web.serve("/crl", after(bo))
    moment[0] += FRESH
    assert standing(bo, asked).revocation is (REVOKED if taken else first)


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
    assert standing(one, asked).until == begun + FRESH
    moment[0] = begun + FRESH * 0.9999
    until = standing(one, asked).until
    assert until is not None
    assert until - moment[0] >= datetime.timedelta(seconds=25), "or it would be asked for twice"


def test_good_is_believed_for_an_hour_at_most(web: Publisher, bo: Issued) -> None:
    for lasts, most in ((30 * DAY, HOUR), (HOUR / 3, HOUR / 3)):
        web.serve("/crl", CA.crl(lasts=lasts))
        until = standing(bo).until
        assert until is not None
        assert until <= datetime.datetime.now(datetime.UTC) + most


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


def test_an_answer_is_asked_for_once_an_hour_and_counts_no_longer(web: Publisher, bo: Issued) -> None:
    begun = now()
    moment = [begun]
    asked = checks(clock=lambda: moment[0])
    web.answer("/ocsp", lambda question: CA.ocsp(question, known=[bo], lasts=30 * DAY))
    for _ in range(3):
        told = standing(bo, asked)
        assert (told.revocation, told.until) == (GOOD, begun + FRESH)
        moment[0] += 0.3 * FRESH
    assert web.asked == ["/ocsp"]


@pytest.mark.parametrize(
    ("lasts", "first", "later"),
    [
        (HOUR / 6, HOUR * 0, HOUR / 5),  # it has ended
        (30 * DAY, HOUR * 0, FRESH),
        (30 * DAY, DAY, HOUR * 0),  # it was given by a clock since set back
    ],
)
def test_an_answer_is_asked_for_again(
    web: Publisher,
    bo: Issued,
    lasts: datetime.timedelta,
    first: datetime.timedelta,
    later: datetime.timedelta,
) -> None:
    web.answer("/ocsp", lambda question: CA.ocsp(question, known=[bo], lasts=lasts))
    begun = now()
    moment = [begun + first]
    asked = checks(clock=lambda: moment[0])
    standing(bo, asked)
    moment[0] = begun + later
    standing(bo, asked)
    assert web.asked.count("/ocsp") == 2


def test_each_certificate_of_an_authority_has_an_answer_of_its_own(web: Publisher, bo: Issued) -> None:
    ida = CA.issue("ida@x.example", responders=[web.url("/ocsp")])
    web.answer("/ocsp", lambda question: CA.ocsp(question, known=[bo], revoked=[ida]))
    asked = checks()
    assert [standing(one, asked).revocation for one in (bo, ida, bo)] == [GOOD, REVOKED, GOOD]
    assert web.asked == ["/ocsp", "/ocsp"]


@pytest.mark.parametrize(
    ("bound", "most", "places_asked"),
    [
        ("MOST_LISTS", 2, "0 1 2 0"),  # what was used last stays
        ("MOST_LIST_BYTES", 500, "0 1 2 0"),  # a list has 210
        ("MOST_LIST_BYTES", 100, "0 1 2 1 0 1"),  # the latest stays, whatever its size
        ("MOST_ANSWERS", 2, "0 1 2 0 1"),
    ],
)
def test_what_is_remembered_is_bounded(
    web: Publisher, bo: Issued, monkeypatch: pytest.MonkeyPatch, bound: str, most: int, places_asked: str
) -> None:
    monkeypatch.setattr(revocation, bound, most)
    places = [web.url(f"/{n}") for n in range(3)]
    if "LIST" in bound:
        many = [CA.issue("p@x.example", lists=[place]) for place in places]
        for n in range(3):
            web.serve(f"/{n}", CA.crl())
    else:
        many = [CA.issue("p@x.example", responders=[place]) for place in places]
        for n in range(3):
            web.answer(f"/{n}", lambda question: CA.ocsp(question, known=many))
    asked = checks()
    for one in (*many, many[2], many[1], many[0], many[1]):
        assert standing(one, asked).revocation is GOOD
    assert web.asked == [f"/{place}" for place in places_asked.split()]


def test_a_place_that_failed_is_asked_again_soon(web: Publisher, bo: Issued) -> None:
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    assert standing(bo, asked).revocation is UNKNOWN
    web.serve("/crl", CA.crl())
    moment[0] += AGAIN / 2
    assert standing(bo, asked).revocation is UNKNOWN
    moment[0] += AGAIN
    assert standing(bo, asked).revocation is GOOD


def test_who_gives_up_takes_nobodys_list_away(bo: Issued) -> None:
    async def story() -> None:
        come = asyncio.Event()

        async def fetch(url: str, _body: bytes, _kind: str, _most: int) -> bytes:
            await come.wait()
            return CA.crl() if url.endswith("/crl") else b""

        asked = RevocationChecks(fetch)
        chain = (CA.issue("ida@x.example", lists=["http://127.0.0.1/crl"]).certificate, CA.certificate)
        first, second = (asyncio.create_task(asked.standing(chain)) for _ in range(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        come.set()
        assert (await second).revocation is GOOD

    asyncio.run(story())


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        (lambda q, bo: CA.ocsp(q, revoked=[bo]), REVOKED),
        (lambda q, bo: b"", REVOKED),  # whoever stands in between shall not undo it by silence
        (lambda q, bo: CA.ocsp(q), REVOKED),
        (lambda q, bo: CA.ocsp(q, known=[bo], nonce=False, begun=1.5 * HOUR, lasts=DAY), REVOKED),  # replayed
        (lambda q, bo: CA.ocsp(q, known=[bo], begun=-HOUR, lasts=DAY), GOOD),  # it was on hold
    ],
)
def test_what_was_revoked_stays_so_until_a_later_word(
    web: Publisher, bo: Issued, then: Callable[[bytes, Issued], bytes], expected: Revocation
) -> None:
    moment = [now()]
    asked = checks(clock=lambda: moment[0])
    web.answer("/ocsp", lambda question: CA.ocsp(question, revoked=[bo], lasts=DAY))
    first = standing(bo, asked)
    assert first.revocation is REVOKED
    web.answer("/ocsp", lambda question: then(question, bo))
    web.serve("/crl", CA.crl(begun=2 * HOUR) if expected is REVOKED else b"")
    moment[0] += 1.5 * FRESH
    told = standing(bo, asked)
    assert told.revocation is expected
    assert told.until is not None
    assert moment[0] < told.until <= moment[0] + FRESH
    if expected is REVOKED:
        assert told.reason == first.reason
    else:
        web.pages.clear()
        moment[0] += DAY
        assert standing(bo, asked).revocation is UNKNOWN, "what it was before counts no more"
