"""Bringing a list up to date: each refusal, and that a refusal changes nothing on disk."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from segl.errors import TunnelListError
from segl.settings.tunnel import WhenShrunk
from segl.vocabulary import ListFault
from segl_delivery.smime.signed_list import open_signed
from segl_routing.tunnel_list.accepted import read_state
from segl_routing.tunnel_list.content import Entry, write_list
from segl_routing.tunnel_list.update import UpdateResult, roll_back
from world.lists import NOW, TOWNS, Desk, Publisher, desk_in, entry, listed, partner
from world.partners import certificate, rsa_key

NOBODY = Publisher("Nobody", 2)
PUBLISHER = Publisher()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def test_a_first_list_is_accepted(desk: Desk) -> None:
    desk.publish(listed(*TOWNS, serial=5))
    done = desk.update()
    assert (done.result, done.copy and done.copy.serial, len(done.changes.added)) == (
        UpdateResult.ACCEPTED,
        5,
        20,
    )
    state = desk.state()
    assert (state.highest, state.current.domains, state.current.usable) == (5, 20, 20)
    assert state.current.signer == desk.publisher.pin
    assert state.current.first_end == partner(TOWNS[0]).not_valid_after_utc
    assert desk.usable("by03.example")
    assert not desk.usable("other.example")


def test_the_next_one_takes_its_place_and_tells_the_changes(desk: Desk) -> None:
    desk.publish(listed(*TOWNS, serial=1))
    desk.update()
    renewed = entry(TOWNS[0], partner(TOWNS[0], -1, 200))
    desk.publish(listed(renewed, *TOWNS[2:], "new.example", serial=2))
    done = desk.update()
    assert done.changes.as_dict() == {
        "added": ["new.example"],
        "removed": [TOWNS[1]],
        "changed": [TOWNS[0]],
    }
    assert not desk.usable(TOWNS[1])
    assert desk.usable("new.example")


def test_the_same_again_is_nothing_new(desk: Desk) -> None:
    same = listed(*TOWNS)
    desk.publish(same)
    desk.update()
    desk.publish(same)  # signed anew: other bytes around the same list
    assert desk.update(days=1).result is UpdateResult.NOTHING_NEW
    assert desk.state().checked_at == (NOW + timedelta(days=1)).timestamp()
    assert desk.state().current.accepted_at == NOW.timestamp()


BEFORE = listed(*TOWNS, serial=10)
HALF_BROKEN = [entry(town, certificate(town, rsa_key(1024))) for town in TOWNS[:3]]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def offered(*domains: str | Entry, serial: int = 11, **times: timedelta | None) -> Callable[[Desk], None]:
    return lambda desk: desk.publish(listed(*domains, serial=serial, **times))  # type: ignore[arg-type]


def written(content: bytes) -> Callable[[Desk], object]:
    return lambda desk: Path(desk.terms.source).write_bytes(content)


REFUSALS: list[tuple[str, Callable[[Desk], object], ListFault]] = [
    ("no file", lambda desk: Path(desk.terms.source).unlink(), ListFault.NO_SOURCE),
    ("a directory", lambda desk: _directory(desk), ListFault.NO_SOURCE),
    ("a pipe", lambda desk: _pipe(desk), ListFault.NO_SOURCE),
    ("endless", lambda desk: _endless(desk), ListFault.NO_SOURCE),
    ("empty", written(b""), ListFault.BAD_SIGNATURE),
    ("not signed", written(write_list(BEFORE)), ListFault.BAD_SIGNATURE),
    ("cut off", lambda desk: _cut(desk), ListFault.BAD_SIGNATURE),
    ("altered", lambda desk: _altered(desk), ListFault.BAD_SIGNATURE),
    ("too large", written(b"0" * 200_001), ListFault.TOO_LARGE),
    (
        "unknown signer",
        lambda desk: desk.publish(listed(*TOWNS, serial=11), NOBODY),
        ListFault.UNKNOWN_SIGNER,
    ),
    ("no list", lambda desk: desk.publish(b"Kaere alle"), ListFault.BAD_FORM),
    ("a domain twice", offered(*TOWNS, TOWNS[0]), ListFault.BAD_FORM),
    ("no end", offered(*TOWNS, expires=None), ListFault.BAD_FORM),
    ("ends as it begins", offered(*TOWNS, issued=0 * DAY, expires=0 * DAY), ListFault.BAD_FORM),
    ("of the future", offered(*TOWNS, issued=HOUR), ListFault.NOT_YET),
    ("ended", offered(*TOWNS, issued=-9 * DAY, expires=-DAY), ListFault.EXPIRED),
    ("older", offered(*TOWNS, "new.example", serial=9), ListFault.LOWER_SERIAL),
    ("same serial", offered(*TOWNS, "new.example", serial=10), ListFault.SAME_SERIAL),
    ("too many", offered(*(f"d{number}.example" for number in range(31))), ListFault.TOO_MANY),
    ("three of twenty gone", offered(*TOWNS[3:]), ListFault.SHRUNK),
    ("three of twenty of no use", offered(*HALF_BROKEN, *TOWNS[3:]), ListFault.SHRUNK),
    ("emptied", offered(), ListFault.SHRUNK),
]


def _directory(desk: Desk) -> None:
    Path(desk.terms.source).unlink()
    Path(desk.terms.source).mkdir()


def _pipe(desk: Desk) -> None:
    Path(desk.terms.source).unlink()
    os.mkfifo(desk.terms.source)


def _endless(desk: Desk) -> None:
    Path(desk.terms.source).unlink()
    Path(desk.terms.source).symlink_to("/dev/zero")


def _cut(desk: Desk) -> None:
    file = Path(desk.terms.source)
    file.write_bytes(file.read_bytes()[:-100])


def _altered(desk: Desk) -> None:
    signed = desk.publisher.signed(listed(*TOWNS, serial=11))
    Path(desk.terms.source).write_bytes(signed.replace(b"by07.example", b"by77.example"))


@pytest.mark.parametrize(("spoil", "cause"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_what_is_refused_changes_nothing(
    desk: Desk, spoil: Callable[[Desk], object], cause: ListFault
) -> None:
    desk.terms = dataclasses.replace(desk.terms, max_domains=30, max_bytes=200_000)
    desk.publish(BEFORE)
    desk.update()
    spoil(desk)
    assert desk.refused() is cause
    assert desk.refused(dry_run=True) is cause
    assert desk.usable(TOWNS[0])


def test_every_refusal_of_a_list_is_in_the_table() -> None:
    ours = {ListFault.BAD_COPY, ListFault.BUSY, ListFault.CANNOT_KEEP}  # not the list's fault
    assert {cause for _, _, cause in REFUSALS} == set(ListFault) - ours


@pytest.mark.parametrize(("gone", "refused"), [(0, False), (2, False), (3, True)])
def test_the_share_that_may_go(desk: Desk, gone: int, refused: bool) -> None:
    desk.publish(listed(*TOWNS))
    desk.update()
    desk.publish(listed(*TOWNS[gone:], serial=2))
    if not refused:
        assert desk.update().result is UpdateResult.ACCEPTED
        return
    assert desk.refused() is ListFault.SHRUNK
    done = desk.update(accept_shrink=True)
    assert done.result is UpdateResult.ACCEPTED
    assert "3 of 20 domains would lose their certificates, more than 10%" in done.warning


def test_a_shrunken_list_is_only_told_of_when_the_settings_say_so(desk: Desk) -> None:
    desk.terms = dataclasses.replace(desk.terms, when_shrunk=WhenShrunk.ALERT)
    desk.publish(listed(*TOWNS))
    desk.update()
    desk.publish(listed(TOWNS[0], serial=2))
    assert "19 of 20" in desk.update().warning


def test_a_certificate_that_ran_out_by_itself_is_no_loss(desk: Desk) -> None:
    short = [entry(town, partner(town, -1, 5)) for town in TOWNS[:10]]
    desk.publish(listed(*short, *TOWNS[10:]))
    desk.update()
    desk.publish(listed(*TOWNS[10:], serial=2))
    assert desk.update(days=6).result is UpdateResult.ACCEPTED


def test_a_domain_of_no_use_is_left_out_and_the_rest_is_taken(desk: Desk) -> None:
    weak = entry("weak.example", certificate("weak", rsa_key(1024)))
    desk.publish(listed("good.example", weak, "dk"))
    done = desk.update()
    assert done.left_out == {
        "weak.example": "the RSA key has 1024 bits, fewer than 2048",
        "dk": "is a top-level domain, which is nobody's to give",
    }
    assert desk.usable("good.example")
    assert not desk.usable("weak.example")


def test_a_dry_run_writes_nothing_at_all(desk: Desk) -> None:
    desk.publish(listed(*TOWNS))
    done = desk.update(dry_run=True)
    assert (done.result, len(done.changes.added)) == (UpdateResult.WOULD_ACCEPT, 20)
    assert not desk.base.exists()


@pytest.mark.parametrize("by", ["certificate", "key"])
def test_two_pins_bridge_a_change_of_key(desk: Desk, by: str) -> None:
    from segl_delivery.cms.trust import key_fingerprint

    coming = NOBODY.pin if by == "certificate" else key_fingerprint(NOBODY.certificate)
    desk.terms = dataclasses.replace(desk.terms, signers=(desk.publisher.pin, coming))
    desk.publish(listed(*TOWNS))
    desk.update()
    desk.publish(listed(*TOWNS, serial=2), NOBODY)
    assert desk.update().result is UpdateResult.ACCEPTED
    assert desk.state().current.signer == coming


def test_a_pin_outlives_the_dates_of_its_certificate(desk: Desk) -> None:
    old = Publisher("Old", 3, begins=-20, ends=-10)
    desk.terms = old.terms(source=desk.terms.source)
    desk.publish(listed(*TOWNS), old)
    assert desk.update().result is UpdateResult.ACCEPTED


def test_a_pin_taken_away_takes_its_list_along(desk: Desk) -> None:
    desk.publish(listed(*TOWNS))
    desk.update()
    desk.terms = dataclasses.replace(desk.terms, signers=(NOBODY.pin,))
    assert not desk.usable(TOWNS[0])
    desk.publish(listed(*TOWNS), NOBODY)  # the same list, under a key that is trusted
    assert desk.update().result is UpdateResult.NOTHING_NEW
    assert desk.usable(TOWNS[0])


def test_an_ended_list_is_used_for_its_days_of_grace(desk: Desk) -> None:
    desk.publish(listed(*TOWNS, expires=timedelta(days=14)))
    desk.update()
    assert [desk.usable(TOWNS[0], days) for days in (13, 15, 20.9, 21.1)] == [True, True, True, False]
    assert desk.refused(days=15) is ListFault.EXPIRED


# going back


def test_rolling_back_and_what_the_source_still_offers(desk: Desk) -> None:
    desk.publish_three()
    assert desk.rolled() == (3, 2)
    assert not desk.usable("new2.example")
    assert desk.update().result is UpdateResult.ROLLED_BACK, (
        "what the postmaster went back from must not return"
    )
    assert not desk.usable("new2.example")
    desk.publish(listed(*TOWNS, "new2.example", serial=4))
    assert desk.update(accept_shrink=True).result is UpdateResult.ACCEPTED
    assert desk.usable("new2.example")


def test_rolling_back_to_one_of_the_kept_and_forward_again(desk: Desk) -> None:
    desk.publish_three()
    assert desk.rolled(1, dry_run=True) == (3, 1)
    assert desk.state().current.serial == 3
    assert desk.rolled(1) == (3, 1)
    assert desk.state().highest == 3
    assert desk.rolled(3) == (1, 3)
    assert desk.update().result is UpdateResult.NOTHING_NEW


@pytest.mark.parametrize(
    ("serial", "problem"), [(9, "has no copy with serial 9"), (None, "no copy of list forening older than 1")]
)
def test_there_must_be_something_to_go_back_to(desk: Desk, serial: int | None, problem: str) -> None:
    with pytest.raises(TunnelListError, match="nothing was accepted yet"):
        desk.rolled()
    desk.publish(listed(*TOWNS))
    desk.update()
    with pytest.raises(TunnelListError, match=problem):
        desk.rolled(serial)


def test_so_many_copies_are_kept_and_no_more(desk: Desk) -> None:
    desk.terms = dataclasses.replace(desk.terms, keep=2)
    desk.publish_three()
    assert [copy.serial for copy in desk.state().kept] == [3, 2]
    assert len([file for file in desk.tree() if file.endswith(".json")]) == 3


# laws

SIGNED = PUBLISHER.signed(listed("kommune.example"))


@given(st.lists(st.tuples(st.integers(0, len(SIGNED) - 1), st.integers(0, 255)), min_size=1, max_size=3))
def test_whatever_is_altered_the_content_is_what_was_signed_or_refused(places: list[tuple[int, int]]) -> None:
    altered = bytearray(SIGNED)
    for place, value in places:
        altered[place] = value
    with suppress(TunnelListError):
        content, signer = open_signed(bytes(altered), [PUBLISHER.pin])
        assert (content, signer) == (write_list(listed("kommune.example")), PUBLISHER.pin)


@given(st.binary(max_size=400) | st.integers(0, len(SIGNED)).map(lambda cut: SIGNED[:cut]))
def test_rubbish_and_halves_are_refused(message: bytes) -> None:
    with suppress(TunnelListError):
        assert open_signed(message, [PUBLISHER.pin])[0] == write_list(listed("kommune.example"))


class Serials(RuleBasedStateMachine):
    """Whatever is published, updated and rolled back in whatever order: the highest serial never goes down,
    what is in force was accepted, and a refusal changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        from tempfile import TemporaryDirectory

        self.place = TemporaryDirectory(prefix="segl-list-")
        self.desk = desk_in(Path(self.place.name))
        self.highest = 0
        self.accepted: dict[int, set[str]] = {}

    @rule(serial=st.integers(1, 6), size=st.integers(0, 20), age=st.integers(-20, 1), mine=st.booleans())
    def publish(self, serial: int, size: int, age: int, mine: bool) -> None:
        what = listed(
            *TOWNS[:size], serial=serial, issued=timedelta(days=age), expires=timedelta(days=age + 14)
        )
        self.desk.publish(what, None if mine else NOBODY)

    @rule(accept_shrink=st.booleans())
    def update(self, accept_shrink: bool) -> None:
        before = self.desk.tree()
        try:
            done = self.desk.update(accept_shrink=accept_shrink)
        except TunnelListError:
            assert self.desk.tree() == before
            return
        if done.result is UpdateResult.ACCEPTED:
            assert done.copy is not None
            assert done.copy.serial > self.highest
            self.accepted[done.copy.serial] = set(done.changes.added)

    @rule(serial=st.none() | st.integers(1, 6))
    def roll_back(self, serial: int | None) -> None:
        before = self.desk.tree()
        try:
            roll_back(self.desk.terms, self.desk.base, serial)
        except TunnelListError:
            assert self.desk.tree() == before

    @invariant()
    def serials_never_go_down(self) -> None:
        state = read_state(self.desk.base / "forening")
        if state is None:
            assert not self.accepted
            return
        assert state.highest >= self.highest
        assert state.highest == max(self.accepted)
        assert state.current.serial in self.accepted
        self.highest = state.highest

    def teardown(self) -> None:
        self.place.cleanup()


Serials.TestCase.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSerials = Serials.TestCase
