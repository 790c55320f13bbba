"""When a domain is marked, for how long, and how the mark ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.settings.routing import Routing
from segl_routing.fallback.failures import Failure
from segl_routing.fallback.marking import AGAIN_SECONDS, HOLD_SECONDS, LONGEST_HOLD, Fallback, Fallen, Marked
from segl_routing.fallback.queue_watch import Waiting
from segl_routing.fallback.retries import Retries
from world.failing_queue import BO, GREYLISTED, REFUSED, SILENT, STRIPPED, Story, looked


def test_the_second_failure_of_tls_marks_the_domain() -> None:
    story = Story()
    story.tried()
    assert not story.look(STRIPPED)
    story.tried()
    [fallen] = story.look(STRIPPED)
    assert fallen.queue_ids == ("Q1",)
    assert fallen.waited == 40
    mark = story.fallback.mark("kunde.example")
    assert mark is not None
    assert mark.reason == f"forced TLS failed at delivery: {STRIPPED}"
    assert mark.until == story.now + 600


def test_looking_again_is_no_second_failure() -> None:
    story = Story()
    story.tried()
    assert not any(story.look(STRIPPED) for _ in range(20))


def test_ten_minutes_are_enough_without_a_second() -> None:
    story = Story()
    story.tried()
    assert not story.look(STRIPPED)
    assert story.look(STRIPPED, after=580)


def test_many_copies_that_fail_at_once_are_one_failure() -> None:
    """A network that is away for a moment must not send a large provider's recipients to the portal."""
    story = Story()
    everyone = [f"kunde{number}@kunde.example" for number in range(50)]
    story.tried(*everyone)
    assert not story.look(STRIPPED, *everyone)
    story.tried(everyone[7])
    assert story.look(STRIPPED, *everyone)


@pytest.mark.parametrize("order", [1, -1])
def test_where_one_copy_says_that_tls_fails_another_that_could_not_connect_does_not_hide_it(
    order: int,
) -> None:
    story = Story()
    queue = [Waiting("Q1", BO, story.now, STRIPPED), Waiting("Q2", "eva@kunde.example", story.now, REFUSED)]
    for _ in range(2):
        story.tried(BO, "eva@kunde.example")
        story.now += 20
        fallen = looked(story.fallback, queue[::order], lambda _copy: True, story.now)
    [one] = fallen
    assert one.marked.failure is Failure.TLS
    assert one.marked.words == STRIPPED
    assert set(one.queue_ids) == {"Q1", "Q2"}


def test_connections_that_fail_must_fail_often_and_long() -> None:
    story = Story()
    for _ in range(5):
        story.tried()
        assert not story.look(REFUSED, after=60)
    assert story.look(REFUSED, after=300)


def test_a_copy_that_is_being_tried_is_not_forgotten() -> None:
    """A server that says nothing keeps it from the queue of those that wait for as long as Postfix is patient (five
    minutes for STARTTLS), at each try anew."""
    story = Story(retries=Retries())
    for _ in range(2):
        story.tried()
        assert not any(looked(story.fallback, (), lambda _copy: True, story.now + 20 * n) for n in range(15))
        story.now += 300
        fallen = story.look(SILENT)
    assert fallen


def test_a_copy_that_was_out_of_sight_and_was_not_asked_for_was_not_tried() -> None:
    """The queue was longer than what is looked at."""
    story = Story(retries=Retries())
    story.tried()
    assert not story.look(STRIPPED)
    looked(story.fallback, (), lambda _copy: True, story.now + 20)
    assert not story.look(STRIPPED, after=40)
    story.tried()  # another message to the address
    assert not story.look(STRIPPED)


def test_of_several_copies_the_oldest_tells_how_long_it_has_failed() -> None:
    story = Story()
    queue = [
        Waiting("Q1", BO, story.now - 700, REFUSED),
        Waiting("Q2", "eva@kunde.example", story.now, REFUSED),
    ]
    fallen: list[Fallen] = []
    for _ in range(2):
        story.tried(BO)
        story.now += 20
        fallen += looked(story.fallback, queue, lambda _copy: True, story.now)
    assert [one.waited for one in fallen] == [740]


def test_a_clock_that_was_set_back_begins_to_count_anew() -> None:
    story = Story()
    story.tried()
    assert not story.look(STRIPPED)
    story.now -= 86_400
    fallen: list[Fallen] = []
    for _ in range(2):
        story.tried()
        fallen += story.look(STRIPPED)
    assert fallen


def test_a_failure_of_before_the_mark_is_none_after_it() -> None:
    """The copy that waits still bears its words."""
    story = Story()
    story.fails_twice()
    story.now += HOLD_SECONDS
    waiting = [Waiting("Q1000000", BO, story.arrived, STRIPPED)]
    assert not looked(story.fallback, waiting, lambda _copy: False, story.now)
    assert story.fallback.heal("kunde.example", story.now)
    story.arrived = story.now
    assert not story.look(STRIPPED, queue_id="Q1000000")


@pytest.mark.slow
def test_no_more_copies_are_remembered_than_a_queue_may_hold() -> None:
    story = Story()
    for number in range(30):
        story.look(REFUSED, *(f"kunde{n}@kunde.example" for n in range(1000)), queue_id=f"Q{number}")
    assert len(story.fallback._copies) <= 11_000


def test_one_long_failure_to_connect_is_not_enough() -> None:
    story = Story()
    story.tried()
    assert not story.look(REFUSED, after=3600)


FULL = "host mx.kunde.example[192.0.2.1] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)"


@pytest.mark.parametrize("reason", [FULL, "client TLS configuration problem", "mail transport unavailable"])
def test_other_reasons_to_wait_mark_nothing(reason: str) -> None:
    story = Story()
    for _ in range(10):
        story.tried()
        assert not story.look(reason, after=600)


def test_another_message_to_the_same_address_is_no_second_failure() -> None:
    """Its way is asked for, too; the copy that waits is not tried before its time, so that nothing has failed."""
    story = Story(retries=Retries())
    story.tried()
    assert not story.look(STRIPPED)
    story.tried()  # the other's; it went, or the queue manager puts it to those that wait without a try
    assert not any(story.look(STRIPPED) for _ in range(5))
    story.tried()
    assert story.look(STRIPPED), "now it must have been tried itself"


def test_a_copy_that_failed_at_its_second_try_marks_within_three_minutes() -> None:
    story = Story(retries=Retries())
    story.tried()
    fallen: list[Fallen] = []
    for look in range(9):
        if look == 5:  # 100 s: its second try
            story.tried()
        fallen += story.look(STRIPPED)
    assert fallen


# a server that takes TLS and then puts everything off


def test_what_does_not_go_by_tls_marks_nothing() -> None:
    story = Story()
    waiting = [Waiting("Q1", BO, story.arrived - 3600, STRIPPED)] * 3
    assert not looked(story.fallback, waiting, lambda _copy: False, story.now)


def test_a_mark_heals_and_the_next_within_a_day_lasts_twice_as_long() -> None:
    story = Story()
    holds = []
    for _ in range(12):
        fallen = story.fails_twice()
        holds.append(fallen.marked.until - fallen.marked.since)
        story.now = fallen.marked.until
        assert story.fallback.due(story.now) == [fallen.marked]
        assert story.fallback.heal("kunde.example", story.now)
        assert not story.marked
    assert holds[:4] == [HOLD_SECONDS, 2 * HOLD_SECONDS, 4 * HOLD_SECONDS, 8 * HOLD_SECONDS]
    assert holds[-1] == LONGEST_HOLD


def test_after_a_quiet_day_it_begins_anew() -> None:
    story = Story()
    story.fails_twice()
    story.fallback.heal("kunde.example", story.now)
    story.now += AGAIN_SECONDS + 1
    assert story.fallback.forget(story.now) == ["kunde.example"]
    assert story.fails_twice().marked.times == 1


def test_a_check_that_finds_nothing_prolongs_the_mark() -> None:
    story = Story()
    story.fails_twice()
    story.now += HOLD_SECONDS
    assert story.fallback.due(story.now)
    story.fallback.wait_longer("kunde.example", story.now)
    assert not story.fallback.due(story.now)
    assert story.marked


def test_a_mark_of_a_clock_since_set_back_is_tried_now() -> None:
    """Else all mail to the domain would take the next way for a year."""
    year = 365 * 86400.0
    story = Story([Marked("kunde.example", Failure.TLS, "it failed", year, year + HOLD_SECONDS)])
    story.now = 1000.0
    assert story.fallback.due(story.now)
    story.fallback.wait_longer("kunde.example", story.now)
    assert not story.fallback.due(story.now)
    assert story.fallback.due(story.now + HOLD_SECONDS)


def test_a_mark_from_before_a_restart_counts() -> None:
    story = Story([Marked("kunde.example", Failure.TLS, "it failed", 1.0, 2.0)])
    assert story.marked


LOOKS = st.lists(
    st.tuples(st.sampled_from([STRIPPED, REFUSED, GREYLISTED]), st.booleans(), st.floats(1, 2000)),
    max_size=40,
)


@given(LOOKS)
def test_a_mark_is_never_lost_but_by_healing(looks: list[tuple[str, bool, float]]) -> None:
    story = Story()
    marked = False
    for reason, tried, after in looks:
        if tried:
            story.tried()
        waiting = [Waiting("Q1", BO, story.arrived, reason)]
        story.now += after
        fell = looked(story.fallback, waiting, lambda _copy: not story.marked, story.now)
        assert len(fell) <= 1
        assert not (marked and fell), "a marked domain is not marked again"
        marked = marked or bool(fell)
        assert story.marked == marked


def words() -> st.SearchStrategy[Marked]:
    """What nodes may have written of one domain."""
    times = st.integers(0, 5).map(lambda step: 1_000_000.0 + 100 * step)
    return st.builds(
        lambda since, hold, healed: Marked(
            "kunde.example", Failure.TLS, "it failed", since, since + hold, healed_at=healed
        ),
        times,
        st.sampled_from([600.0, 1200.0]),
        st.none() | times.map(lambda at: at + 1200),
    )


@given(st.lists(words(), min_size=1, max_size=4))
def test_of_several_nodes_words_the_latest_counts_in_any_order(said: list[Marked]) -> None:
    one, other = Fallback(Routing()), Fallback(Routing())
    for word in said:
        one.adopt([word])
    other.adopt(reversed(said))
    latest = max(word.changed for word in said)
    for found in (one, other):
        [kept] = found._marked.values()
        assert kept.changed == latest


def test_a_word_of_before_changes_nothing() -> None:
    story = Story()
    old = Marked("kunde.example", Failure.TLS, "long ago", 1.0, 2.0, healed_at=3.0)
    fallen = story.fails_twice()
    assert story.fallback.adopt([old, fallen.marked]) == []
    assert story.fallback.standing() == [fallen.marked]
