"""Joining: whatever comes in whatever order, however often, the same is known afterwards."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.receipts.due import SETTLE, SETTLE_BAD, SETTLE_MANY, Told, all_lines, complete, next_look
from segl.receipts.states import Line, News, Stage, State, joined
from segl.vocabulary import Way

BO = "bo@x.example"


def news(state: State, at: float = 1.0, stage: Stage = Stage.SECURE, **more: object) -> News:
    return News(BO, BO, stage, state, at, **more)  # type: ignore[arg-type]


some_news = st.builds(
    news,
    st.sampled_from(State),
    st.floats(0, 100),
    way=st.sampled_from([None, *Way]),
    status=st.sampled_from(["", "2.0.0", "4.7.5"]),
    queue_id=st.sampled_from(["a", "b"]),
)


@given(st.lists(some_news, min_size=1, max_size=4))
def test_the_order_and_number_of_news_do_not_matter(some: list[News]) -> None:
    def all_joined(many: list[News]) -> News:
        result = many[0]
        for one in many[1:]:
            result = joined(result, one)
        return result

    results = {all_joined(list(order)) for order in itertools.permutations(some)}
    assert len(results) == 1
    assert all_joined(some + some) in results


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        (State.DELAYED, State.SENT, State.SENT),
        (State.DELAYED, State.FAILED, State.FAILED),
        (State.FAILED, State.SENT, State.SENT),  # two copies: one arrived
        (State.SENT, State.DELAYED, State.SENT),  # an old report that came late
        (State.SEALED, State.FAILED, State.SEALED),
    ],
)
def test_what_outweighs_what(first: State, second: State, stays: State) -> None:
    assert joined(news(first, 1), news(second, 2)).state is stays


@pytest.mark.parametrize(
    ("state", "kept"), [(State.DELAYED, 2), (State.FAILED, 1), (State.SEALED, 1), (State.SENT, 1)]
)
def test_of_delays_the_latest_is_kept_and_of_all_else_the_first(state: State, kept: float) -> None:
    assert joined(news(state, 1), news(state, 2)).at == kept


def test_what_had_been_sent_on_and_came_back_has_failed() -> None:
    sent = news(State.SENT, way=Way.TUNNEL, evidence="encrypted to …", queue_id="q")
    back = news(State.FAILED, 9, Stage.FRONT, status="5.1.1", host="mx.x.example")
    line = Line.of([back, sent])
    assert (line.state, line.way, line.status, line.evidence) == (
        State.FAILED,
        Way.TUNNEL,
        "5.1.1",
        "encrypted to …",
    )
    assert line.behind
    assert line.queue_id == "q"


def test_the_front_has_no_say_where_the_copy_went_another_way_meanwhile() -> None:
    assert Line.of([news(State.FAILED, stage=Stage.FRONT), news(State.DELAYED)]).state is State.DELAYED
    by_tls = Line.of([news(State.FAILED, stage=Stage.FRONT), news(State.SENT, 100, way=Way.TLS)])
    assert (by_tls.state, by_tls.way, by_tls.behind) == (State.SENT, Way.TLS, False)


def test_of_two_ciphertexts_one_of_which_came_back_the_bad_news_count() -> None:
    """The front's report may be older than the secure instance's of the same copy, which waits for the others'."""
    back = news(State.FAILED, 9, Stage.FRONT)
    assert Line.of([back, news(State.SENT, 500, way=Way.TUNNEL)]).state is State.FAILED


def lines(*states: State) -> tuple[Line, ...]:
    return tuple(Line(f"{n}@x.example", f"{n}@x.example", state) for n, state in enumerate(states))


def told(some: tuple[Line, ...], receipts: int = 1, *, final: bool = False) -> Told:
    return Told(receipts, final, {line.recipient: line.state for line in some})


@pytest.mark.parametrize(
    ("states", "facts", "seconds"),
    [
        ((State.SENT, State.SEALED), True, SETTLE),
        ((State.SENT, State.FAILED), True, SETTLE),
        ((State.SENT, State.PENDING), True, 50),
        ((State.FAILED, State.PENDING), True, SETTLE_BAD),  # the sender must act
        ((State.DELAYED, State.SENT), True, SETTLE_BAD),
        ((State.SENT,), False, 50),  # not known yet who else there is
    ],
)
def test_when_the_first_receipt_is_due(states: tuple[State, ...], facts: bool, seconds: float) -> None:
    due = next_look(lines(*states), Told(), facts=facts, at=1000.0, wait_seconds=60, now=1010.0)
    assert due == 1010.0 + seconds


def test_where_there_is_nothing_to_tell_it_is_looked_at_ever_more_rarely() -> None:
    """Under terms that tell of failures alone, a copy that waits is nothing to tell of, for days perhaps."""
    now, looks = 0.0, 0
    while now < 86_400:
        now = next_look(lines(State.PENDING), Told(), facts=True, at=0, wait_seconds=60, now=now) or 0.0
        looks += 1
    assert looks < 200


def test_after_a_receipt_the_next_comes_when_all_is_known_and_then_no_more() -> None:
    waiting = lines(State.SENT, State.DELAYED)
    so_far = told(waiting)
    assert next_look(waiting, so_far, facts=True, at=0, wait_seconds=60, now=99) is None
    done = lines(State.SENT, State.SENT)
    assert next_look(done, so_far, facts=True, at=0, wait_seconds=60, now=99) == 99 + SETTLE
    assert next_look(done, told(done, 2, final=True), facts=True, at=0, wait_seconds=60, now=99) is None
    back = lines(State.SENT, State.FAILED)
    assert (
        next_look(back, told(done, 2, final=True), facts=True, at=0, wait_seconds=60, now=99) == 99 + SETTLE
    )


@pytest.mark.parametrize(
    "before",
    [
        (State.SENT, State.PENDING),  # the patience was over before Postfix told of the delay
        (State.DELAYED, State.PENDING),  # another copy waits already
        (State.FAILED, State.PENDING),
        (State.SENT, State.SENT),  # the last word was no last one: what was handed on waits
    ],
)
def test_that_a_copy_waits_is_told_once_whatever_was_told_before(before: tuple[State, ...]) -> None:
    terms = {"facts": True, "at": 0.0, "wait_seconds": 60.0, "now": 3600.0}
    now, known = lines(before[0], State.DELAYED), told(lines(*before))
    assert next_look(now, known, **terms) == 3600.0 + SETTLE_BAD  # type: ignore[arg-type]
    assert next_look(now, told(now, 2), **terms) is None  # type: ignore[arg-type]


def test_everyone_who_was_named_has_a_line_and_aliases_have_theirs() -> None:
    heard = [
        Line("a@x.example", "team@nordby.example", State.SENT),
        Line("b@y.example", "team@nordby.example", State.DELAYED),
        Line("Bo@X.example", "Bo@X.example", State.SENT),
    ]
    found = all_lines(["bo@x.example", "eva@z.example", "team@nordby.example"], heard)
    assert [(line.recipient, line.state) for line in found] == [
        ("Bo@X.example", State.SENT),
        ("eva@z.example", State.PENDING),
        ("a@x.example", State.SENT),
        ("b@y.example", State.DELAYED),
    ]
    assert not complete(found, facts=True)


@pytest.mark.parametrize(
    ("expected", "heard", "waiting", "pending"),
    [
        # the front made two of one; the queue says that the other waits
        (["team@z.example"], [("a@x.example", "team@z.example")], ["b@y.example"], ["b@y.example"]),
        (["team@z.example"], [("a@x.example", "team@z.example")], [], []),
        (["team@z.example"], [("a@x.example", "team@z.example")], ["A@X.example"], []),
        (["team@z.example"], [], ["b@y.example"], ["team@z.example", "b@y.example"]),
        # a client's ORCPT: who was named himself speaks for nobody else
        (["a@x.example", "eva@y.example"], [("a@x.example", "eva@y.example")], [], ["eva@y.example"]),
        # one mailbox, written in two ways
        (['"a b"@x.example'], [("a b@x.example", "a b@x.example")], ['"a b"@x.example'], []),
        (['"a\\"b"@x.example'], [('a"b@x.example', '"a\\"b"@X.example')], [], []),
        (["bo@ærø.example"], [("bo@xn--r-3fa9c.example", "bo@ærø.example")], ["BO@ærø.example"], []),
    ],
)
def test_who_is_still_to_be_heard_of(
    expected: list[str], heard: list[tuple[str, str]], waiting: list[str], pending: list[str]
) -> None:
    some = [Line(recipient, original, State.SENT) for recipient, original in heard]
    found = all_lines(expected, some, waiting)
    assert [line.recipient for line in found if line.state is State.PENDING] == pending
    assert complete(found, facts=True) is (not pending)


def test_of_a_message_to_very_many_failures_are_told_together() -> None:
    terms = {"facts": True, "at": 1000.0, "wait_seconds": 60.0, "now": 1010.0}
    bad = lines(State.SENT, State.FAILED)
    assert next_look(bad, Told(), unheard=5, **terms) == 1010.0 + SETTLE_MANY  # type: ignore[arg-type]
    assert next_look(lines(State.SENT), Told(), unheard=5, **terms) == 1060.0  # type: ignore[arg-type]
    assert next_look(bad, told(bad), unheard=5, **terms) is None  # type: ignore[arg-type]
