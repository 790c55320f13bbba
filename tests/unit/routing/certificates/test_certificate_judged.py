"""What is made of the certificates that a source offers, by the finder alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from certificate_desk import ADDRESS, BO, DOWN, NEWER, NONE, OTHER, ROOT, Desk, FakeSource, offers
from segl.certificates.judgement import fingerprint
from segl.certificates.records import Revocation
from segl.settings.certificates import Certificates, RevocationUnknown
from segl.vocabulary import Known
from segl_routing.certificates.finder import SearchResult
from segl_routing.certificates.sources import MOST_OFFERED, Answer, Offer
from segl_routing.certificates.standing import RevocationStanding
from world.authority import Authority

REVOKED = RevocationStanding(Revocation.REVOKED, "revoked on 2026-11-01")
SILENT = RevocationStanding.unknown("its authority does not answer")


def found(desk: Desk, *, all_sources: bool = False) -> SearchResult:
    try:
        return asyncio.run(desk.finder.find(ADDRESS, all_sources=all_sources))
    finally:
        desk.engine.dispose()


def test_the_postmasters_word_says_whose_it_is_and_nothing_more(tmp_path: Path) -> None:
    """His file's name does; that its authority is trusted and has not revoked it is asked as of any other."""
    strange = offers(Authority("Rod-CA").issue("eva@x.example"), bound=True)
    assert "trusted authority" in found(Desk(tmp_path, first=FakeSource("first", strange))).reason
    desk = Desk(tmp_path, first=FakeSource("first", offers(BO, bound=True)))
    desk.word.said = REVOKED
    assert found(desk).known is Known.NO


def test_of_one_certificate_offered_twice_the_stronger_word_counts(tmp_path: Path) -> None:
    """The postmaster's file is called as the address, and another folder's holds it as well."""
    evas = ROOT.issue("eva@x.example").certificate
    for twice in ([Offer(evas), Offer(evas, bound=True)], [Offer(evas, bound=True), Offer(evas)]):
        desk = Desk(tmp_path, first=FakeSource("first", Answer.of(twice, "has none")))
        [row] = found(desk).rows
        assert row.bound


def test_what_signed_dns_vouches_for_is_kept_as_such(tmp_path: Path) -> None:
    """segl-deliver judges it once more, and asks no authority either."""
    [row] = found(Desk(tmp_path, first=FakeSource("first", offers(BO, vouched=True)))).rows
    assert (row.vouched, row.bound) == (True, False)


@pytest.mark.parametrize(
    ("first", "second", "second_best"),
    [(DOWN, offers(BO), True), (NONE, offers(BO), False), (offers(BO), DOWN, False)],
)
def test_what_a_later_source_has_is_the_second_best_while_an_earlier_one_is_down(
    tmp_path: Path, first: Answer, second: Answer, second_best: bool
) -> None:
    desk = Desk(tmp_path, first=FakeSource("first", first), second=FakeSource("second", second))
    assert found(desk, all_sources=True).second_best is second_best


def test_of_more_than_are_looked_at_the_newest_are(tmp_path: Path) -> None:
    many = [ROOT.issue(ADDRESS, begins=-2 - n) for n in range(MOST_OFFERED + 2)]
    desk = Desk(tmp_path, first=FakeSource("first", offers(*many[::-1])))
    result = found(desk)
    assert [row.fingerprint for row in result.rows] == [many[0].fingerprint]
    assert len(result.asked[0].judged) == MOST_OFFERED


def test_where_the_newest_was_revoked_the_one_before_is_used(tmp_path: Path) -> None:
    desk = Desk(tmp_path, first=FakeSource("first", offers(BO, NEWER)))
    desk.word.said_of = {NEWER.fingerprint: REVOKED}
    result = found(desk)
    assert [row.fingerprint for row in result.rows] == [BO.fingerprint]
    assert result.revoked == {NEWER.fingerprint}


def test_what_nobody_says_of_is_not_called_revoked(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.word.said = SILENT
    assert found(desk).revoked == frozenset()


def test_a_person_is_shown_what_every_source_has(tmp_path: Path) -> None:
    desk = Desk(tmp_path, second=FakeSource("second", offers(NEWER)))
    result = found(desk, all_sources=True)
    assert [one.source for one in result.asked] == ["first", "second"]
    assert [row.source for row in result.rows] == ["first"], "and what would be used is the same"


def test_the_whole_chain_is_asked_about_with_what_came_along(tmp_path: Path) -> None:
    below = ROOT.below("Mellem")
    one = below.issue(ADDRESS)
    offer = Answer.of([Offer(one.certificate, (below.certificate,))], "has none")
    desk = Desk(tmp_path, first=FakeSource("first", offer))
    assert found(desk).known is Known.YES
    [chain] = desk.word.asked
    assert [*map(fingerprint, chain)] == [
        *map(fingerprint, (one.certificate, below.certificate, ROOT.certificate))
    ]


@pytest.mark.parametrize(
    ("said", "most"),
    [
        (RevocationStanding(Revocation.GOOD, "good"), 1800),
        (SILENT, 600),  # used on the postmaster's word, and not for long
        (
            RevocationStanding(Revocation.GOOD, "good", BO.certificate.not_valid_before_utc),
            None,
        ),  # ended long ago
    ],
)
def test_how_long_a_judgement_holds(tmp_path: Path, said: RevocationStanding, most: float | None) -> None:
    settings = Certificates(revocation_unknown=RevocationUnknown.USE, known_seconds=1800, absent_seconds=600)
    desk = Desk(tmp_path, settings)
    desk.word.said = said
    [row] = found(desk).rows
    expected = desk.now + most if most else BO.certificate.not_valid_before_utc.timestamp()
    assert row.good_until == pytest.approx(expected, abs=1)


def test_nor_longer_than_its_authority_is_valid(tmp_path: Path) -> None:
    below = ROOT.below("Mellem", ends=0.01)
    offer = Answer.of([Offer(below.issue(ADDRESS).certificate, (below.certificate,))], "has none")
    [row] = found(Desk(tmp_path, first=FakeSource("first", offer))).rows
    assert row.good_until == below.certificate.not_valid_after_utc.timestamp()


def test_of_all_keys_the_newest_five_are_used(tmp_path: Path) -> None:
    many = [ROOT.issue(ADDRESS, begins=-n) for n in range(2, 9)]
    desk = Desk(tmp_path, Certificates(all_keys=True), FakeSource("first", offers(*many[::-1], OTHER)))
    assert [row.fingerprint for row in found(desk).rows] == [one.fingerprint for one in many[:5]]
