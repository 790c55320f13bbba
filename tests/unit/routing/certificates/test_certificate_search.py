"""How a search for certificates ends: which of those found is encrypted to, and what becomes of a don't-know."""

from __future__ import annotations

from pathlib import Path

import pytest

from certificate_desk import (
    ADDRESS,
    BO,
    DOWN,
    NEWER,
    NONE,
    OTHER,
    ROOT,
    Desk,
    FakeSource,
    offers,
    run,
    until,
)
from segl.certificates.records import Revocation
from segl.settings.certificates import Certificates, RevocationUnknown
from segl.vocabulary import Known
from segl_routing.certificates.sources import Answer
from segl_routing.certificates.standing import RevocationStanding
from world.authority import Authority, Issued

pytestmark = pytest.mark.usefixtures("both_stores")


@pytest.mark.parametrize(
    ("first", "second", "known", "reason"),
    [
        (offers(BO), NONE, Known.YES, "(first), valid until"),
        (NONE, offers(BO), Known.YES, "(second)"),
        (DOWN, offers(BO), Known.YES, "(second)"),
        (NONE, NONE, Known.NO, "first: has none; second: has none"),
        (NONE, DOWN, Known.UNKNOWN, "second: no answer"),
        (DOWN, NONE, Known.UNKNOWN, "first: no answer"),
        (offers(ROOT.issue("eva@x.example")), NONE, Known.NO, "another address"),
        (offers(ROOT.issue("eva@x.example"), bound=True), NONE, Known.YES, ""),
        (offers(Authority("Rod-CA").issue(ADDRESS)), NONE, Known.NO, "trusted authority"),
        (offers(Authority("Rod-CA").issue(ADDRESS), vouched=True), NONE, Known.YES, ""),
        (offers(ROOT.issue(ADDRESS, ends=-1)), offers(BO), Known.YES, "(second)"),
    ],
)
def test_how_a_search_ends(tmp_path: Path, first: Answer, second: Answer, known: Known, reason: str) -> None:
    desk = Desk(tmp_path, first=FakeSource("first", first), second=FakeSource("second", second))
    state = run(desk, lambda desk: desk.find())
    assert state.known is known
    assert reason in state.reason


def test_a_source_with_a_good_one_ends_the_search(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    run(desk, lambda desk: desk.find())
    assert desk.second.asked == 0


@pytest.mark.parametrize(
    ("said", "policy", "known", "standing"),
    [
        (
            RevocationStanding(Revocation.REVOKED, "revoked on 2026-11-01"),
            RevocationUnknown.USE,
            Known.NO,
            None,
        ),
        (
            RevocationStanding.unknown("the list cannot be reached"),
            RevocationUnknown.REFUSE,
            Known.UNKNOWN,
            None,
        ),
        (
            RevocationStanding.unknown("names no place", lasting=True),
            RevocationUnknown.REFUSE,
            Known.NO,
            None,
        ),
        (
            RevocationStanding.unknown("the list cannot be reached"),
            RevocationUnknown.USE,
            Known.YES,
            "unknown",
        ),
        (RevocationStanding(Revocation.GOOD, "good"), RevocationUnknown.REFUSE, Known.YES, "good"),
    ],
)
def test_what_the_word_on_revocation_comes_to(
    tmp_path: Path, said: RevocationStanding, policy: RevocationUnknown, known: Known, standing: str | None
) -> None:
    desk = Desk(tmp_path, Certificates(revocation_unknown=policy))
    desk.word.said = said
    assert run(desk, lambda desk: desk.find()).known is known
    assert [row.standing for row in desk.records.found(ADDRESS)] == ([standing] if standing else [])


@pytest.mark.parametrize(("all_keys", "expected"), [(False, [NEWER]), (True, [NEWER, BO])])
def test_the_newest_is_chosen_or_all(tmp_path: Path, all_keys: bool, expected: list[Issued]) -> None:
    desk = Desk(tmp_path, Certificates(all_keys=all_keys), FakeSource("first", offers(BO, NEWER, BO)))
    run(desk, lambda desk: desk.find())
    found = {row.fingerprint for row in desk.records.found(ADDRESS)}
    assert found == {one.fingerprint for one in expected}


# how long it is believed


SILENT = RevocationStanding.unknown("its authority does not answer")
REVOKED = RevocationStanding(Revocation.REVOKED, "revoked on 2026-11-01")


@pytest.mark.parametrize(
    ("first", "second", "in_doubt", "known"),
    [
        (offers(BO, NEWER), NONE, NEWER, Known.UNKNOWN),
        (offers(NEWER), offers(BO), NEWER, Known.UNKNOWN),
        (offers(BO, NEWER), NONE, BO, Known.YES),
        (offers(BO), offers(NEWER), BO, Known.YES),
    ],
)
def test_an_older_one_does_not_stand_in_for_the_newest_of_which_nobody_says_whether_it_was_revoked(
    tmp_path: Path, first: Answer, second: Answer, in_doubt: Issued, known: Known
) -> None:
    """The older key may have gone with the card or the computer that it was on."""
    desk = Desk(tmp_path, first=FakeSource("first", first), second=FakeSource("second", second))
    desk.word.said_of = {in_doubt.fingerprint: SILENT}
    state = run(desk, lambda desk: desk.find())
    assert state.known is known
    assert "its authority does not answer" in state.reason or known is Known.YES
    assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [NEWER.fingerprint][
        known is not Known.YES :
    ]


def test_what_the_better_source_had_holds_while_it_cannot_be_asked_and_then_the_next_ones_for_a_moment(
    tmp_path: Path,
) -> None:
    async def story(desk: Desk) -> None:
        await desk.find()
        desk.first.answer = DOWN
        desk.now += 0.85 * 0.9 * 3600
        await desk.find()
        await until(lambda: desk.second.asked == 1 and not desk.knowledge._refreshing)
        assert (await desk.find()).known is Known.YES
        assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [NEWER.fingerprint]
        desk.now += 0.2 * 0.9 * 3600
        assert (await desk.find()).known is Known.YES
        assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [BO.fingerprint]
        desk.first.answer = offers(NEWER)
        desk.now += 901
        assert (await desk.find()).known is Known.YES
        assert [row.fingerprint for row in desk.records.found(ADDRESS)] == [NEWER.fingerprint]

    run(
        Desk(tmp_path, first=FakeSource("first", offers(NEWER)), second=FakeSource("second", offers(BO))),
        story,
    )


@pytest.mark.parametrize(("revoked", "known"), [(BO, Known.UNKNOWN), (OTHER, Known.YES)])
def test_what_is_found_to_be_revoked_counts_no_more_though_something_else_cannot_be_told(
    tmp_path: Path, revoked: Issued, known: Known
) -> None:
    """The one that is used, not any that was revoked once; the other source is down."""

    async def story(desk: Desk) -> None:
        assert (await desk.find()).known is Known.YES
        desk.second.answer, desk.word.said = DOWN, SILENT
        desk.word.said_of = {revoked.fingerprint: REVOKED}
        desk.now += 0.85 * 0.9 * 3600
        await desk.find()
        await until(lambda: desk.second.asked == 1 and not desk.knowledge._refreshing)
        desk.now += 11
        assert (await desk.find()).known is known
        assert bool(desk.records.found(ADDRESS)) is (known is Known.YES)

    run(Desk(tmp_path, first=FakeSource("first", offers(OTHER, BO))), story)
