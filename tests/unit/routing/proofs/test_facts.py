"""What a check leaves behind: each proof for its own time, and nothing believed beyond it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.vocabulary import Known, Proof
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import SHORTEST_SECONDS, Checked, DomainFacts, judge
from world.lookups import DOMAIN, ROUTING, says, tls

NOW = 1_000_000.0
Y, N, U = Known.YES, Known.NO, Known.UNKNOWN
D, S, P = Proof.DANE, Proof.MTA_STS, Proof.PKIX


def after(*checks: tuple[float, list[Evidence]]) -> DomainFacts:
    """The facts after *checks*, each at its second."""
    facts: DomainFacts | None = None
    for at, evidence in checks:
        facts = judge(
            DOMAIN,
            Checked(tuple(evidence)),
            facts,
            routing=ROUTING,
            now=NOW + at,
            jitter=lambda low, high: (low + high) / 2,
        )
    assert facts is not None
    return facts


@pytest.mark.parametrize(
    ("evidence", "seconds"),
    [
        ([says(P, Y)], 3600),
        ([says(D, Y, holds_for=300.0), says(P, Y)], 300),  # as long as the shortest TTL
        ([says(D, Y, holds_for=0.0), says(P, Y)], SHORTEST_SECONDS),
        ([says(S, Y, holds_for=31_557_600.0)], 3600),  # a policy may hold for a year, our look does not
        ([says(D, U, bars=True), says(P, Y)], 30),  # it may be failing: mail waits
        ([says(D, N), says(S, U), says(P, Y)], 300),  # mail goes by the certificate meanwhile
        ([says(D, Y), says(P, U)], 3600),  # what is weaker matters to nobody
        ([says(D, N, bars=True), says(P, Y)], 3600),
        ([says(D, N), says(P, N), says(Proof.ENCRYPT, Y)], 3600),
    ],
)
def test_how_long_it_holds(evidence: list[Evidence], seconds: float) -> None:
    assert after((0, evidence)).expires_at == NOW + seconds


def test_a_proof_that_could_not_be_found_out_this_time_holds_on() -> None:
    """The resolver hiccups at a check before the time: DANE is what it was, until its own end."""
    facts = after((0, [says(D, Y, holds_for=1000.0), says(P, Y)]), (900, [says(D, U, bars=True), says(P, Y)]))
    assert tls(facts, D) is Y
    assert facts.expires_at == NOW + 1000
    facts = after(
        (0, [says(D, Y, holds_for=1000.0), says(P, Y)]), (1001, [says(D, U, bars=True), says(P, Y)])
    )
    assert tls(facts) is U, "and then it may be failing: no certificate stands in for it"


def test_what_a_clock_since_set_back_has_found_stands_in_for_nothing() -> None:
    """A host without DANE was looked at with the clock a year ahead; whoever makes DNS fail now must not have
    that "no" believed for a year."""
    year = 365 * 86400
    facts = after((year, [says(Proof.DANE, Known.NO)]), (0, [says(Proof.DANE, Known.UNKNOWN, bars=True)]))
    assert [one.known for one in facts.evidence] == [Known.UNKNOWN]


def test_a_no_that_was_none_before_is_soon_asked_again() -> None:
    """A mail server that is started anew offers no TLS for some minutes: its recipients are not sent to the portal for
    an hour. One that stays so is asked less and less."""
    good, bad = [says(P, Y)], [says(P, N)]
    checks, at, lives = [(0.0, good)], 3000.0, []
    for _ in range(6):
        checks.append((at, bad))
        lives.append(after(*checks).expires_at - NOW - at)
        at += lives[-1] * 0.95  # whoever asks then has it looked at anew
    assert lives == [300, 600, 1200, 2400, 3600, 3600]
    assert after((0, [says(P, U)]), (60, bad)).expires_at == NOW + 60 + 300
    assert after(*checks, (at, good), (at + 60, bad)).expires_at == NOW + at + 60 + 300


def test_a_failing_promise_is_not_forgotten_by_a_doubt() -> None:
    facts = after((0, [says(D, N, bars=True), says(P, Y)]), (60, [says(D, U, bars=True), says(P, Y)]))
    assert tls(facts) is N


def test_each_proof_has_a_doubt_of_its_own() -> None:
    facts = after(
        (0, [says(D, N), says(S, U), says(P, Y)]),
        (300, [says(D, N), says(S, U), says(P, U)]),
        (3700, [says(D, N), says(S, U), says(P, U)]),
    )
    since = {one.proof: one.unknown_since for one in facts.evidence}
    assert since == {D: None, S: NOW, P: NOW + 3700}


ANSWERS = st.lists(
    st.tuples(
        st.floats(0, 4000),
        st.dictionaries(
            st.sampled_from([D, S, P]),
            st.tuples(st.sampled_from(Known), st.booleans(), st.none() | st.floats(0, 1e8)),
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(ANSWERS)
def test_nothing_is_believed_beyond_its_end(
    checks: list[tuple[float, dict[Proof, tuple[Known, bool, float | None]]]],
) -> None:
    at = 0.0
    told: list[tuple[float, list[Evidence]]] = []
    for passed, answers in checks:
        at += passed
        told.append(
            (
                at,
                [
                    replace(says(proof, known, holds_for=holds), bars=bars and known is not Y)
                    for proof, (known, bars, holds) in answers.items()
                ],
            )
        )
    facts = after(*told)
    now = NOW + at
    assert facts.checked_at == now
    assert [one.proof.rank for one in facts.evidence] == sorted(
        (one.proof.rank for one in facts.evidence), reverse=True
    )
    for one in facts.evidence:
        latest = {evidence.proof: evidence for evidence in told[-1][1]}[one.proof]
        assert (one.policy is not None) is (one.known is Y)
        assert (one.unknown_since is not None) is (one.known is U)
        if one.known is not U:
            assert now < one.ends
            assert facts.expires_at <= one.ends
        if latest.known is not U:
            assert one.known is latest.known, "what is found out replaces what was"
