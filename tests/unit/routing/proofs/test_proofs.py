"""What several proofs together say of forced TLS, and what a copy's demands, marks and pins make of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.settings.file import parse_settings
from segl.vocabulary import Known, Proof, Way
from segl_routing.lookups import Lookups
from segl_routing.outcome import Outcome, Refused, Routed, Undecided
from segl_routing.proofs.facts import DomainFacts, KeptEvidence
from segl_routing.proofs.weigh import weigh
from segl_routing.routes import RouteTable
from segl_routing.states import CertificateState, Mark
from segl_routing.tunnels import TunnelState
from world.lookups import facts_of, hold, says

NOW = 1_000_000.0
Y, N, U = Known.YES, Known.NO, Known.UNKNOWN
D, S, P, E = Proof.DANE, Proof.MTA_STS, Proof.PKIX, Proof.ENCRYPT


def facts(*words: tuple[Proof, Known] | tuple[Proof, Known, str], since: float = NOW) -> DomainFacts:
    """Each word is a proof and its answer; a third member ``!`` says that it bars."""
    return facts_of(
        "x.example",
        NOW,
        *(
            hold(
                says(word[0], word[1], bars=len(word) > 2),
                NOW,
                unknown_since=since if word[1] is U else None,
            )
            for word in words
        ),
    )


@pytest.mark.parametrize(
    ("known", "least", "answer", "taken"),
    [
        # the strongest yes is taken
        (facts((D, Y), (S, Y), (P, Y)), P, Y, D),
        (facts((D, N), (S, Y), (P, Y)), P, Y, S),
        (facts((D, N), (S, N), (P, Y)), P, Y, P),
        (facts((D, Y), (P, N)), P, Y, D),  # DANE needs no authority
        (facts((D, N), (S, N), (P, N), (E, Y)), P, N, None),
        (facts((D, N), (S, N), (P, N), (E, Y)), E, Y, E),
        # a failing proof bars what is weaker, and only that
        (facts((D, N, "!"), (S, Y), (P, Y)), P, N, None),
        (facts((D, N, "!"), (S, Y), (P, Y), (E, Y)), E, N, None),
        (facts((D, N), (S, N, "!"), (P, Y)), P, N, None),
        (facts((D, Y), (S, N, "!"), (P, Y)), P, Y, D),
        # a doubt that may hide a failure bars too, for now
        (facts((D, U, "!"), (S, Y), (P, Y)), P, U, None),
        (facts((D, N), (S, U, "!"), (P, Y)), P, U, None),
        (facts((D, Y), (S, U, "!"), (P, U)), P, Y, D),
        (facts((D, U, "!"), (S, N, "!"), (P, Y)), P, U, None),
        (facts((D, U), (S, N, "!"), (P, Y)), P, U, None),
        # any other doubt leaves the weaker ones their say
        (facts((D, N), (S, U), (P, Y)), P, Y, P),
        (facts((D, N), (S, U), (P, N)), P, U, None),
        # what is demanded
        (facts((D, Y), (S, Y), (P, Y)), D, Y, D),
        (facts((D, N), (S, Y), (P, Y)), D, N, None),
        (facts((D, N), (S, Y), (P, Y)), Proof.PINNED, Y, S),
        (facts((D, N), (S, N), (P, Y)), Proof.PINNED, N, None),
        (facts((D, N), (S, U), (P, Y)), S, U, None),
        (facts((D, N), (S, U), (P, Y)), D, N, None),
        (facts((D, Y)), Proof.SEALED, N, None),
        (facts(), P, N, None),
    ],
)
def test_what_the_proofs_say_together(
    known: DomainFacts, least: Proof, answer: Known, taken: Proof | None
) -> None:
    weighed = weigh(known.evidence, least)
    assert weighed.known is answer
    assert (weighed.taken and weighed.taken.proof) is taken
    assert weighed.reason


def test_of_several_doubts_the_strongest_proofs_is_told_and_how_long_it_has_lasted() -> None:
    """It is what the domain's way hangs on first: whether one has waited long enough is measured from there."""
    doubts = [
        hold(says(proof, U, f"{proof} in doubt"), NOW, unknown_since=NOW - ago)
        for proof, ago in ((S, 9), (P, 99))
    ]
    weighed = weigh(facts_of("x.example", NOW, *doubts).evidence, P)
    assert (weighed.known, weighed.reason, weighed.since) == (U, "mta-sts in doubt", NOW - 9)


TABLE = RouteTable(
    parse_settings(
        {
            "organisation": {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]},
            "domain": [
                {"name": "any.example", "least": "encrypt"},
                {"name": "strict.example", "least": "dane"},
                {"name": "pinned.example", "way": "tls", "match": ["mx.pinned.example"]},
                {"name": "anypin.example", "way": "tls", "least": "encrypt"},
                {"name": "portal.example", "way": "portal"},
            ],
        }
    )
)


def decide(
    recipient: str, facts: DomainFacts | None = None, *, least: Proof = Proof.ENCRYPT, **known: Any
) -> Outcome:
    lookups = Lookups(tunnel=lambda _: TunnelState(False, "-"), facts=lambda _: facts, **known)
    return TABLE.decide(recipient, lookups, now=NOW, least=least)


ALL = facts((D, Y), (S, Y), (P, Y), (E, Y))
CERTIFICATE = facts((D, N), (S, N), (P, Y), (E, Y))
SELF_SIGNED = facts((D, N), (S, N), (P, N), (E, Y))


@pytest.mark.parametrize(
    ("recipient", "known", "least", "way"),
    [
        ("bo@x.example", ALL, E, Way.TLS),
        ("bo@x.example", ALL, D, Way.TLS),
        ("bo@x.example", ALL, Proof.SEALED, Way.PORTAL),
        ("bo@x.example", None, Proof.SEALED, Way.PORTAL),  # nothing needs to be found out
        ("bo@x.example", CERTIFICATE, E, Way.TLS),
        ("bo@x.example", CERTIFICATE, Proof.PINNED, Way.PORTAL),
        ("bo@x.example", SELF_SIGNED, E, Way.PORTAL),
        ("bo@any.example", SELF_SIGNED, E, Way.TLS),
        ("bo@any.example", SELF_SIGNED, Proof.PINNED, Way.PORTAL),
        ("bo@strict.example", CERTIFICATE, E, Way.PORTAL),
        ("bo@strict.example", ALL, E, Way.TLS),
        ("bo@pinned.example", None, E, Way.TLS),
        ("bo@pinned.example", None, Proof.PINNED, Way.TLS),
        ("bo@pinned.example", None, S, Way.PORTAL),
        ("bo@pinned.example", ALL, S, Way.PORTAL),  # Postfix would check the pin's names alone
        ("bo@anypin.example", None, E, Way.TLS),
        ("bo@anypin.example", None, Proof.PINNED, Way.PORTAL),
        ("bo@portal.example", None, Proof.SEALED, Way.PORTAL),
        ("anna@nordby-vand.example", None, Proof.SEALED, Way.INTERNAL),
    ],
)
def test_what_is_demanded(recipient: str, known: DomainFacts | None, least: Proof, way: Way) -> None:
    outcome = decide(recipient, known, least=least)
    assert isinstance(outcome, Routed)
    assert outcome.route.way is way
    assert (outcome.proof is not None) is (way is Way.TLS)
    assert outcome.proof is None or outcome.proof.meets(least)


@pytest.mark.parametrize(
    ("recipient", "known", "least", "step"),
    [
        ("bo@x.example", ALL, E, "tls: dane: yes (proof: dane)"),
        ("bo@x.example", CERTIFICATE, D, "tls: dane: no; dane is demanded"),
        ("bo@any.example", SELF_SIGNED, E, "tls: encrypt: yes (proof: encrypt)"),
        (
            "bo@pinned.example",
            None,
            D,
            "tls: pinned to tls in the settings, but that proves pinned, and dane is demanded",
        ),
        ("bo@anypin.example", None, E, "tls: pinned to tls in the settings, with any certificate"),
        ("bo@x.example", facts((D, N, "!"), (P, Y)), E, "tls: dane: no; nothing weaker is taken"),
        ("bo@x.example", ALL, Proof.SEALED, "tls: not enough for this message"),
    ],
)
def test_the_steps_say_so(recipient: str, known: DomainFacts | None, least: Proof, step: str) -> None:
    outcome = decide(recipient, known, least=least)
    assert isinstance(outcome, Routed)
    assert step in outcome.route.steps


def test_a_doubt_is_waited_for_and_then_left() -> None:
    fresh, long = facts((D, U, "!"), (P, Y), since=NOW - 899), facts((D, U, "!"), (P, Y), since=NOW - 901)
    assert isinstance(decide("bo@x.example", fresh), Undecided)
    outcome = decide("bo@x.example", long)
    assert isinstance(outcome, Routed)
    assert outcome.route.way is Way.PORTAL


@pytest.mark.parametrize("recipient", ["bo@x.example", "bo@pinned.example"])
def test_a_mark_takes_tls_away(recipient: str) -> None:
    mark = Mark("mx.x.example offered no TLS at delivery", NOW + 60)
    outcome = decide(recipient, ALL, mark=lambda _: mark)
    assert isinstance(outcome, Routed)
    assert outcome.route.way is Way.PORTAL
    assert any("offered no TLS at delivery" in step for step in outcome.route.steps)


@pytest.mark.parametrize("least", Proof)
def test_a_certificate_meets_every_demand(least: Proof) -> None:
    asked: list[str] = []

    def certificate(recipient: str) -> CertificateState:
        asked.append(recipient)
        return CertificateState(Y, "a certificate is known")

    outcome = decide("Bo.Berg@X.example", None, certificate=certificate, least=least)
    assert isinstance(outcome, Routed)
    assert outcome.route.way is Way.CERTIFICATE
    assert outcome.transport == "segl-certificate:unix:/run/segl/certificate.sock"
    assert asked == ["Bo.Berg@X.example"], "asked for by full address"


def test_a_certificate_that_is_looked_for_is_waited_for() -> None:
    outcome = decide(
        "bo@x.example", ALL, certificate=lambda _: CertificateState(U, "the directory does not answer")
    )
    assert isinstance(outcome, Undecided)
    assert (outcome.unfound, outcome.unchecked) == ("bo@x.example", "")


# laws

KNOWN = st.sampled_from(Known)


def worlds() -> st.SearchStrategy[dict[Proof, tuple[Known, bool, float]]]:
    return st.dictionaries(
        st.sampled_from([D, S, P, E]), st.tuples(KNOWN, st.booleans(), st.floats(0, 5000)), max_size=4
    )


def held_of(world: dict[Proof, tuple[Known, bool, float]]) -> tuple[KeptEvidence, ...]:
    return facts_of(
        "x.example",
        NOW,
        *(
            hold(
                says(proof, known, bars=bars and known is not Y and proof in (D, S)),
                NOW,
                unknown_since=NOW - ago if known is U else None,
            )
            for proof, (known, bars, ago) in world.items()
        ),
    ).evidence


@given(
    worlds(),
    st.sampled_from(Proof),
    st.sampled_from(["x.example", "any.example", "strict.example"]),
    st.booleans(),
)
def test_the_way_is_never_weaker_than_the_truth_allows(
    world: dict[Proof, tuple[Known, bool, float]], least: Proof, domain: str, marked: bool
) -> None:
    """For every world: `tls` means a proof that holds, that meets all demands, below no barrier, unmarked."""
    known = DomainFacts(domain, held_of(world), NOW - 10, NOW + 1000)
    mark = Mark("failed", NOW + 60) if marked else None
    outcome = decide(f"bo@{domain}", known, least=least, mark=lambda _: mark)
    demanded = Proof.strictest((least, TABLE.least(domain)))
    barred = [one.proof for one in known.evidence if one.bars and one.known is not Y]
    may = [
        one.proof
        for one in known.evidence
        if one.known is Y
        and one.proof.meets(demanded)
        and not any(bar.rank > one.proof.rank for bar in barred)
    ]
    assert not isinstance(outcome, Refused)
    if isinstance(outcome, Undecided):
        assert not may
        assert any(one.known is U and one.proof.meets(demanded) for one in known.evidence)
    elif outcome.route.way is Way.TLS:
        assert may
        assert not marked
        proven = TABLE.proven(domain, lambda _: known)
        assert proven is not None, "and Postfix is told of the strongest"
        assert proven.policy == next(
            one.policy for one in known.evidence if one.proof is max(may, key=lambda p: p.rank)
        )
    else:
        assert outcome.route.way is Way.PORTAL
        assert marked or not may


@given(worlds(), st.sampled_from(Proof))
def test_not_knowing_never_makes_tls_weaker(
    world: dict[Proof, tuple[Known, bool, float]], least: Proof
) -> None:
    """Turning any answer into a barring doubt may take TLS away or leave it, never put a weaker one in place."""
    before = weigh(held_of(world), least)
    for proof in (D, S):
        if proof in world:
            after = weigh(held_of(world | {proof: (U, True, 0.0)}), least)
            if after.taken is not None and before.taken is not None:
                assert after.taken.proof.rank >= before.taken.proof.rank
