"""A server that takes TLS and then puts off whatever comes, for hours."""

from __future__ import annotations

from segl.settings.canary import WAY_SINKS
from segl.vocabulary import Way
from segl_routing.fallback.failures import Failure
from segl_routing.fallback.marking import Fallen
from segl_routing.fallback.queue_watch import Waiting
from segl_routing.fallback.retries import Retries
from world.failing_queue import BO, GREYLISTED, HOUR, REFUSED, Story, looked


def put_off(story: Story, hours: float, *others: str, reason: str = GREYLISTED) -> list[Fallen]:
    """Tried every ten minutes, and *others* with it, which go."""
    fallen: list[Fallen] = []
    for _ in range(round(hours * 6)):
        story.tried()
        if others:
            story.tried(*others)
        fallen += story.look(reason, after=600)
    return fallen


def test_a_server_that_puts_off_whatever_comes_by_tls_marks_the_domain_after_four_hours() -> None:
    story = Story(retries=Retries())
    assert not put_off(story, 4)
    [fallen] = put_off(story, 0.5)[:1]
    assert fallen.marked.failure is Failure.LATER
    assert fallen.marked.reason == (
        "forced TLS failed at delivery: host mx.kunde.example[192.0.2.1] said 451 "
        "(in reply to RCPT TO command)"
    )
    assert fallen.marked.until - fallen.marked.since == 4 * HOUR, "no check sees what comes after TLS"


def test_what_waited_before_the_watch_began_counts_from_then() -> None:
    """What went meanwhile nobody knows."""
    story = Story(retries=Retries())
    story.arrived -= 24 * HOUR
    assert not put_off(story, 4)
    assert put_off(story, 0.5)


def test_a_domain_that_takes_anything_else_is_not_marked() -> None:
    """One mailbox there is over its quota, say; or the server does not like this one message."""
    story = Story(retries=Retries())
    assert not put_off(story, 24, "eva@kunde.example")
    assert not put_off(story, 3.5), "counted from the last that went"
    assert put_off(story, 1)


def test_what_goes_to_other_domains_or_is_put_off_too_says_nothing_for_it() -> None:
    story = Story(retries=Retries())
    fallen = []
    for _ in range(26):
        story.tried(BO, "eva@kunde.example", "ida@anden.example")
        fallen += story.look(GREYLISTED, BO, "eva@kunde.example", after=600)
    assert [one.marked.domain for one in fallen[:1]] == ["kunde.example"]


def test_what_waits_and_is_not_tried_marks_nothing() -> None:
    """Our Postfix was stopped for the night."""
    story = Story(retries=Retries())
    story.tried()
    assert not any(story.look(GREYLISTED, after=600) for _ in range(60))


def test_what_went_by_another_service_says_nothing_for_the_domains_own_servers() -> None:
    story = Story(retries=Retries())
    fallen: list[Fallen] = []
    for _ in range(26):
        story.tried()
        story.fallback.asked("eva@kunde.example", by_tls=False)
        fallen += story.look(GREYLISTED, after=600)
    assert fallen


def put_off_by_all(story: Story, domains: int, *others: str) -> set[str]:
    """For five hours; *others* get theirs."""
    addresses = [f"bo@kunde{number}.example" for number in range(domains)]
    marked: set[str] = set()
    for _ in range(30):
        story.tried(*addresses, *others)
        marked |= {one.marked.domain for one in story.look(GREYLISTED, *addresses, after=600)}
    return marked


def test_where_everybody_puts_off_and_nobody_takes_anything_it_is_our_own_fault() -> None:
    """Our address came on a list, say: by the next way they would not take it either, and it is soon over."""
    assert len(put_off_by_all(Story(retries=Retries()), 2)) == 2
    assert not put_off_by_all(Story(retries=Retries()), 3)
    assert not put_off_by_all(Story(retries=Retries()), 3, WAY_SINKS[Way.TLS])
    assert len(put_off_by_all(Story(retries=Retries()), 3, "eva@anden.example")) == 3


def test_a_copy_put_off_for_long_makes_nothing_of_one_lost_connection_to_its_domain() -> None:
    """Each kind of failure has its own age and its own tries."""
    story = Story(retries=Retries())
    put_off(story, 3)
    for _ in range(2):
        story.tried(BO, "eva@kunde.example")
        story.now += 200
        queue = [
            Waiting("Q1", BO, story.arrived, GREYLISTED),
            Waiting("Q2", "eva@kunde.example", story.now, REFUSED),
        ]
        assert not looked(story.fallback, queue, lambda _copy: True, story.now)


def test_nor_of_one_lost_connection_of_its_own() -> None:
    story = Story(retries=Retries())
    put_off(story, 1)
    story.tried()
    assert not story.look(REFUSED, after=600)
    assert not put_off(story, 2.7), "and it goes on where it was"
    assert put_off(story, 1)
