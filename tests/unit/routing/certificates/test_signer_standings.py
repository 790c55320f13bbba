"""Signers' certificates: wanted by the one who may not ask, answered by the one who does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from segl.certificates.records import Revocation
from segl.events import Events
from segl.signer_standings import MOST_IN_HAND, MOST_WANTED, Answered, SignerStandings
from segl.store.engine import open_store
from segl_delivery.inbound import standings as asked_standings
from segl_delivery.inbound.standings import AskedStandings
from segl_routing.certificates import signers
from segl_routing.certificates.signers import SignerQuestions, answered
from segl_routing.certificates.standing import RevocationStanding
from world.authority import Authority

ROOT = Authority("Rod-CA")
CHAIN = (ROOT.issue("anna@kommune.example").certificate, ROOT.certificate)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


@pytest.fixture
def standings(store_url: str) -> Iterator[SignerStandings]:
    engine = open_store(store_url)
    yield SignerStandings(engine)
    engine.dispose()


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks and who is asked look into the store more often than they do in a house."""
    monkeypatch.setattr(signers, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(asked_standings, "_LOOK_SECONDS", 0.02)


def test_what_is_wanted_is_answered_and_holds_for_its_time(standings: SignerStandings) -> None:
    chain = (b"leaf", b"root")
    assert standings.known(chain, 1.0) is None
    assert standings.want(chain, 1.0)
    assert standings.want(chain, 2.0)  # asked twice is wanted once
    assert standings.wanted() == [chain]
    standings.answer(chain, Answered(Revocation.GOOD, "", 10.0))
    assert standings.wanted() == []
    assert standings.known(chain, 9.0) == Answered(Revocation.GOOD, "", 10.0)
    assert standings.known(chain, 10.0) is None
    assert standings.known((b"leaf", b"another root"), 9.0) is None
    standings.prune(11.0)
    assert standings.known(chain, 9.0) is None


def test_what_was_said_by_a_clock_that_was_ahead_is_asked_again(standings: SignerStandings) -> None:
    """Until that time comes the certificate may have been revoked."""
    chain, day = (b"leaf", b"root"), 86_400.0
    assert standings.want(chain, 31 * day)
    standings.answer(chain, Answered(Revocation.GOOD, "", 31 * day + 3600))
    assert standings.known(chain, 31 * day) is not None
    assert standings.known(chain, 1.0) is None
    assert standings.want(chain, 1.0)
    standings.answer(chain, Answered(Revocation.REVOKED, "", 3600.0))
    assert standings.known(chain, 2.0) == Answered(Revocation.REVOKED, "", 3600.0)


@pytest.mark.slow
def test_a_flood_of_questions_is_bounded(standings: SignerStandings) -> None:
    assert all(standings.want((str(number).encode(),), 1.0) for number in range(MOST_WANTED))
    assert not standings.want((b"one more",), 1.0)


@pytest.mark.parametrize("revocation", list(Revocation))
def test_the_answer_of_the_authority_reaches_the_one_who_waits(
    standings: SignerStandings, revocation: Revocation
) -> None:
    async def ask(chain: Sequence[x509.Certificate]) -> RevocationStanding:
        assert tuple(chain) == CHAIN
        return RevocationStanding(revocation, "said so")

    async def both() -> RevocationStanding:
        questions = asyncio.create_task(SignerQuestions(standings, ask, Events("test")).run())
        try:
            return await asyncio.to_thread(AskedStandings(standings, Events("test"), 20), CHAIN)
        finally:
            questions.cancel()

    assert asyncio.run(both()).revocation is revocation


def test_one_authority_that_is_slow_or_broken_holds_up_no_other(standings: SignerStandings) -> None:
    """Of three chains one is never answered and one raises; the third has its answer in a moment."""
    slow, broken = (ROOT.issue(name).certificate for name in ("slow@x.example", "broken@x.example"))

    async def ask(chain: Sequence[x509.Certificate]) -> RevocationStanding:
        if chain[0] == slow:
            await asyncio.sleep(600)
        if chain[0] == broken:
            raise x509.InvalidVersion("5 is not a valid CRL version", 5)
        return RevocationStanding(Revocation.GOOD, "said so")

    async def all_three() -> RevocationStanding:
        questions = asyncio.create_task(SignerQuestions(standings, ask, Events("test")).run())
        for first in (slow, broken):
            standings.want(tuple(der(one) for one in (first, ROOT.certificate)), 1.0)
        try:
            return await asyncio.to_thread(AskedStandings(standings, Events("test"), 60), CHAIN)
        finally:
            questions.cancel()

    assert asyncio.run(all_three()).revocation is Revocation.GOOD
    known = standings.known((der(broken), der(ROOT.certificate)), time.time())
    assert known is not None
    assert known.standing == Revocation.UNKNOWN.value


def test_no_more_are_in_hand_than_can_be(standings: SignerStandings) -> None:
    chains = [(str(number).encode(),) for number in range(MOST_IN_HAND + 9)]
    assert all(standings.want(chain, 1.0) for chain in chains)
    hand: list[tuple[bytes, ...]] = []
    while more := standings.wanted(but=hand):
        assert set(hand).isdisjoint(more)
        hand += more
    assert len(hand) == MOST_IN_HAND


def test_without_anybody_who_asks_it_is_unknown_after_a_while(standings: SignerStandings) -> None:
    assert AskedStandings(standings, Events("test"), 0.2)(CHAIN).revocation is Revocation.UNKNOWN


def test_one_trusted_by_itself_is_not_asked_for(standings: SignerStandings) -> None:
    assert AskedStandings(standings, Events("test"), 0.2)(CHAIN[1:]).revocation is Revocation.GOOD
    assert standings.wanted() == []


def test_good_holds_for_an_hour_at_most_and_unknown_for_a_moment() -> None:
    now = datetime.now(UTC)
    late, soon = now + timedelta(days=7), now + timedelta(minutes=5)
    at = now.timestamp()
    assert answered(RevocationStanding(Revocation.GOOD, "", late), at).until == at + 3600
    assert answered(RevocationStanding(Revocation.GOOD, "", soon), at).until == soon.timestamp()
    assert answered(RevocationStanding.unknown("x"), at).until == at + 30
    assert answered(RevocationStanding.unknown("x", lasting=True), at).until == at + 3600
