"""What a partner said last of what he reads, and no older word."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from segl.events import Events
from segl.seen_capabilities import LIFETIME, SeenCapabilities
from segl.store.engine import open_store
from segl_delivery.cms.signed import Outcome, Signature
from segl_delivery.inbound.build import _learn
from segl_delivery.inbound.judging import Judgement, SignatureResult

GCM, CBC = "2.16.840.1.101.3.4.1.46", "2.16.840.1.101.3.4.1.42"
NOW = 1_800_000_000.0
DAY = 86400.0


@pytest.fixture
def seen(store_url: str) -> Iterator[SeenCapabilities]:
    engine = open_store(store_url)
    yield SeenCapabilities(engine)
    engine.dispose()


def test_the_newest_word_counts_and_an_old_message_sent_again_changes_nothing(seen: SeenCapabilities) -> None:
    assert seen.of("@kommune.example", NOW) == frozenset()
    assert seen.keep("@kommune.example", {GCM, CBC}, NOW - DAY, NOW)
    assert not seen.keep("@kommune.example", {CBC}, NOW - 2 * DAY, NOW)
    assert not seen.keep("@kommune.example", {CBC}, NOW - DAY, NOW)
    assert seen.of("@kommune.example", NOW) == {GCM, CBC}
    assert not seen.keep("@kommune.example", {CBC, GCM}, NOW - 0.5 * DAY, NOW)  # newer, and no news
    assert seen.keep("@kommune.example", {CBC}, NOW, NOW)
    assert seen.of("@kommune.example", NOW) == {CBC}
    assert seen.of("anna@kommune.example", NOW) == frozenset()


@pytest.mark.parametrize("signed_at", [NOW + 2 * DAY, NOW - LIFETIME, 0.0, -1e18, 1e18])
def test_a_word_from_the_future_or_of_long_ago_is_not_kept(seen: SeenCapabilities, signed_at: float) -> None:
    assert not seen.keep("@kommune.example", {GCM}, signed_at, NOW)
    assert seen.of("@kommune.example", NOW) == frozenset()


def test_a_word_grows_old(seen: SeenCapabilities) -> None:
    seen.keep("@kommune.example", {GCM}, NOW, NOW)
    assert seen.of("@kommune.example", NOW + LIFETIME - 1) == {GCM}
    assert seen.of("@kommune.example", NOW + LIFETIME) == frozenset()
    seen.prune(NOW + LIFETIME)
    assert seen.of("@kommune.example", NOW) == frozenset()


def test_a_long_list_is_cut(seen: SeenCapabilities) -> None:
    assert seen.keep("x@y.example", {f"1.2.{number}" for number in range(10_000)}, NOW, NOW)
    assert 0 < len(seen.of("x@y.example", NOW)) <= 40


def test_who_says_nothing_any_more_has_another_program(seen: SeenCapabilities) -> None:
    """A partner's new gateway names no algorithms: those of the old one are not used for it."""
    known: list[str] = []

    class Told(Events):
        def capabilities_learnt(self, holder: str, algorithms: Sequence[str]) -> None:
            known.append(" ".join(algorithms))

    def learnt(algorithms: frozenset[str], days: float) -> frozenset[str]:
        signed_at = datetime.now(UTC) - timedelta(days=days)
        signature = Signature(Outcome.GOOD, signed_at=signed_at, capabilities=algorithms)
        judgement = Judgement(SignatureResult.PASS, identifier="@kommune.example", signature=signature)
        _learn(judgement, seen, Told("test"))
        return seen.of("@kommune.example", time.time())

    assert learnt(frozenset({GCM}), 200) == {GCM}
    assert learnt(frozenset(), 1) == frozenset()
    assert learnt(frozenset({GCM}), 100) == frozenset(), "an old one sent once more"
    assert known == [GCM]
