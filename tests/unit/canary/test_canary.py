"""What is known of canaries, and what follows from it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from sqlalchemy.engine import Engine

from segl.canary import records
from segl.canary.letter import letter
from segl.canary.standing import CanaryResult, HostLook, Sent, standing_of, worst
from segl.canary.token import Token, id_in, id_of
from segl.cli.doctor_canary import canary_checks
from segl.errors import StoreError
from segl.events import Events
from segl.nodes import Node, announce
from segl.postfix.canary import CanarySender
from segl.postfix.check import State
from segl.receipts.key import ReceiptKey
from segl.settings.canary import OWN, OWN_SINK, Canary
from segl.settings.file import parse_settings
from segl.store.engine import open_store, transaction
from segl.vocabulary import CanaryOutcome
from segl_delivery.canary import CanaryWatch

KEY, OTHER = ReceiptKey(b"k" * 32), ReceiptKey(b"o" * 32)
NOW = 1_790_000_000.0
LATE = 600.0


def one(**facts: object) -> Sent:
    return Sent(**{"id": "a" * 32, "sink": OWN, "sent_at": NOW - 60, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "result"),
    [
        ({}, CanaryResult.UNDERWAY),
        ({"sent_at": NOW - 601}, CanaryResult.LATE),
        ({"came": CanaryOutcome.SECURE, "came_at": NOW - 58, "read": True}, CanaryResult.ARRIVED),
        ({"came": CanaryOutcome.SECURE, "came_at": NOW - 58, "read": False}, CanaryResult.UNREAD),
        (
            {"sent_at": NOW - 2000, "came": CanaryOutcome.SECURE, "came_at": NOW - 58, "read": True},
            CanaryResult.LATE,
        ),
        ({"came": CanaryOutcome.CLEAR, "came_at": NOW - 58, "read": True}, CanaryResult.CLEAR),
        ({"came": CanaryOutcome.FAILED, "came_at": NOW - 58, "read": True}, CanaryResult.FAILED),
        ({"refused": "554 5.7.1 no"}, CanaryResult.REFUSED),
        # the answer to the last dot was lost, and the front had taken it all the same
        (
            {"refused": "broke", "came": CanaryOutcome.SECURE, "came_at": NOW, "read": True},
            CanaryResult.ARRIVED,
        ),
    ],
)
def test_how_a_canary_fares(facts: dict[str, object], result: CanaryResult) -> None:
    assert one(**facts).result(NOW, LATE) is result


def arrived(sent_at: float) -> Sent:
    return one(sent_at=sent_at, came=CanaryOutcome.SECURE, came_at=sent_at + 2, read=True)


@pytest.mark.parametrize(
    ("sent", "since", "overdue"),
    [
        ([], NOW, -900.0),  # nothing was sent yet, and just now it need not
        ([], NOW - 1000, 100.0),  # the timer does not run
        ([arrived(NOW - 300)], NOW - 9999, -600.0),
        ([arrived(NOW - 300)], NOW, -600.0),
        ([arrived(NOW - 2000), one(sent_at=NOW - 1500), one(sent_at=NOW - 60)], NOW, 1100.0),
        ([one(sent_at=NOW - 1000, refused="no")], NOW, 100.0),  # it never was as it should be
    ],
)
def test_when_one_is_missing(sent: list[Sent], since: float, overdue: float) -> None:
    standing = standing_of(OWN, "", sent, every=300, late_after=LATE, now=NOW, since=since)
    assert standing.overdue == overdue


def test_a_timer_that_stopped_is_an_alarm_though_the_last_arrived() -> None:
    standing = standing_of(OWN, "", [arrived(NOW - 80_000)], every=300, late_after=LATE, now=NOW, since=NOW)
    assert (standing.result, standing.alarms) == (CanaryResult.ARRIVED, True)


def test_one_that_left_in_clear_alarms_for_a_day_though_others_arrive() -> None:
    clear = one(sent_at=NOW - 5000, came=CanaryOutcome.CLEAR, came_at=NOW - 4999, read=True)
    standing = standing_of(
        OWN, "", [clear, arrived(NOW - 100)], every=300, late_after=LATE, now=NOW, since=NOW
    )
    assert (standing.result, standing.alarms) == (CanaryResult.ARRIVED, True)


@given(
    st.permutations([CanaryOutcome.SECURE, CanaryOutcome.SECURE, CanaryOutcome.FAILED, CanaryOutcome.CLEAR]),
    st.integers(1, 4),
)
def test_of_several_words_the_worst_counts_in_any_order(words: list[CanaryOutcome], number: int) -> None:
    engine = open_store("sqlite://")
    said = words[:number]
    with transaction(engine) as connection:
        records.sent(connection, one(id="a" * 32))
        for came in said:
            records.seen(connection, "a" * 32, came, NOW, read=True)
        [found] = records.recent(connection, 0)
    worst = max(said, key=[CanaryOutcome.SECURE, CanaryOutcome.FAILED, CanaryOutcome.CLEAR].index)
    assert found.came is worst
    engine.dispose()


def test_what_is_seen_twice_is_news_once_and_a_name_that_was_never_sent_is_none(engine: Engine) -> None:
    with transaction(engine) as connection:
        records.sent(connection, one(id="a" * 32))
        assert records.seen(connection, "a" * 32, CanaryOutcome.SECURE, NOW, read=True)
        assert not records.seen(connection, "a" * 32, CanaryOutcome.SECURE, NOW + 9, read=False)
        assert not records.seen(connection, "b" * 32, CanaryOutcome.CLEAR, NOW, read=True)
        assert [found.read for found in records.recent(connection, 0)] == [True]


def test_every_host_looks_for_itself_and_old_canaries_are_forgotten(engine: Engine) -> None:
    with transaction(engine) as connection:
        records.sent(connection, one(id="a" * 32, host="mx1", sent_at=NOW - 40 * 86400))
        records.sent(connection, one(id="b" * 32, host="mx1"))
        records.sent(connection, one(id="c" * 32, host="mx2", sent_at=NOW - 5))
        assert records.last_sent(connection, "mx1") == {OWN: NOW - 60}
        missing, leaking = HostLook(milter="smtpd_milters = (empty)"), HostLook(leaks="submission: no filter")
        records.looked(connection, "mx1", NOW, missing)
        records.looked(connection, "mx2", NOW, leaking)
        assert records.looks(connection, NOW - 1) == {"mx1": missing, "mx2": leaking}
        records.looked(connection, "mx2", NOW + 1, HostLook())
        assert records.looks(connection, NOW - 1) == {"mx1": missing, "mx2": HostLook()}
        records.forget(connection, NOW)
        assert {found.id for found in records.recent(connection, 0)} == {"b" * 32, "c" * 32}


def test_there_is_a_standing_for_every_sink(engine: Engine) -> None:
    names = [standing.sink for standing in records.standings(engine, Canary(), NOW, NOW)]
    assert names == [OWN]


def test_of_one_that_was_refused_the_doctor_names_the_unit_that_may_not_get_there(tmp_path: Path) -> None:
    """As with ``canary.front`` on an address that is not on loopback: systemd drops what the unit sends there."""
    url = f"sqlite:///{tmp_path}/segl.db"
    raw = {"organisation": {"name": "Nordby Vandværk", "domains": ["nordby.example"]}, "store": {"url": url}}
    engine = open_store(url)
    with transaction(engine) as connection:
        records.sent(connection, one(sent_at=time.time() - 60))
        records.refused(connection, "a" * 32, "TimeoutError: the connection broke")
    engine.dispose()
    [check] = canary_checks(parse_settings(raw), send=False)
    assert (check.id, check.state) == ("canary.own", State.FAIL)
    assert "segl-canary.service needs a drop-in with IPAddressAllow=" in check.fix


def test_a_clock_that_was_ahead_silences_no_canary(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sent in a minute a year ahead arrived, and none was due, or missed, until that year was over."""
    raw = {"organisation": {"name": "V", "domains": ["v.example"]}, "store": {"node": "mx1"}}
    sender = CanarySender.at_home(parse_settings(raw), engine, KEY)
    monkeypatch.setattr("segl.postfix.canary.look_at", lambda settings: HostLook())
    now, year = time.time(), 365 * 86400
    announce(engine, Node("mx1", now - 60, "1", {}))
    with transaction(engine) as connection:
        records.sent(connection, one(id="b" * 32, host="mx1", sent_at=now - 100))
        records.seen(connection, "b" * 32, CanaryOutcome.CLEAR, now - 99, read=True)
        records.sent(connection, one(id="a" * 32, host="mx1", sent_at=now + year))
        records.seen(connection, "a" * 32, CanaryOutcome.SECURE, now + year + 1, read=True)
    sender.look(now + year)
    sender.look(now)
    [standing] = records.standings(engine, Canary(), now, now - 6000)
    assert standing.counts == {CanaryResult.CLEAR: 1, CanaryResult.ARRIVED: 1}, "no alarm was forgotten"
    later = now + 3600 + LATE + 10
    assert [sink.name for sink in sender.due(later)] == [OWN]
    [standing] = records.standings(engine, Canary(), later, now - 6000)
    assert standing.overdue > 0
    sender.look(now - 40 * 86400)  # one that is behind knows nothing better
    with transaction(engine) as connection:
        assert records.last_sent(connection, "mx1") == {OWN: now}


def test_each_node_is_waited_for_by_itself(engine: Engine) -> None:
    """What arrives by one says nothing of the other, nor of one that never sent any."""
    for name in ("mx1", "mx2", "mx3"):
        announce(engine, Node(name, NOW - 60, "1", {}))
    announce(engine, Node("gone", NOW - 2 * 86400, "1", {}))
    with transaction(engine) as connection:
        for ident, host, at in (("a" * 32, "mx1", NOW - 100), ("b" * 32, "mx2", NOW - 5000)):
            records.sent(connection, one(id=ident, host=host, sent_at=at))
            records.seen(connection, ident, CanaryOutcome.SECURE, at + 2, read=True)

    def overdue() -> dict[str, bool]:
        found = records.standings(engine, Canary(), NOW, NOW - 6000)
        assert worst(found).overdue == max(one.overdue for one in found)
        return {one.host: one.alarms for one in found}

    assert overdue() == {"mx1": False, "mx2": True, "mx3": True}
    with transaction(engine) as connection:
        assert records.forget_host(connection, "mx2")
        assert records.forget_host(connection, "mx3")
        assert not records.forget_host(connection, "mx4")
    assert overdue() == {"mx1": False}


def test_one_in_clear_is_worse_than_one_that_is_missing() -> None:
    clear = one(host="mx1", came=CanaryOutcome.CLEAR, came_at=NOW, read=True)
    missing = one(host="mx2", sent_at=NOW - 80_000)
    at = {"every": 300.0, "late_after": LATE, "now": NOW, "since": NOW}
    found = [standing_of(OWN, host, [clear, missing], **at) for host in ("mx2", "mx1", "mx3")]
    assert worst(found).host == "mx1"


@pytest.fixture
def watch(engine: Engine) -> CanaryWatch:
    settings = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})
    return CanaryWatch(lambda: settings, engine, Events("segl-deliver"))


def gauge(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_the_numbers_of_each_node_are_shown(engine: Engine, watch: CanaryWatch) -> None:
    with transaction(engine) as connection:
        records.sent(connection, one(host="mx1", sent_at=NOW - 5000))
        records.looked(connection, "mx1", NOW - 7200, HostLook(milter="of a host that looks no longer"))
        records.looked(connection, "mx2", NOW, HostLook(leaks="submission: no filter"))
    watch.look(NOW)
    assert gauge("segl_canary_overdue_seconds", sink=OWN, host="mx1") == 4100
    assert (gauge("segl_canary_milter_missing"), gauge("segl_canary_leaks")) == (0, 1)
    assert gauge("segl_canary_looked_timestamp_seconds") == NOW


def test_a_store_that_does_not_answer_takes_no_alarm_away(
    engine: Engine, watch: CanaryWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(engine) as connection:
        records.sent(connection, one(host="mx1", sent_at=NOW - 5000))
        records.looked(connection, "mx1", NOW, HostLook(leaks="submission: no filter"))
    watch.look(NOW)

    def away(*_: object) -> None:
        raise StoreError("away")

    for reads in ("standings", "looks"):
        with monkeypatch.context() as patched:
            patched.setattr(records, reads, away)
            with pytest.raises(StoreError):
                watch.look(NOW + 600)
        assert gauge("segl_canary_overdue_seconds", sink=OWN, host="mx1") == 4100
        assert gauge("segl_canary_leaks") == 1
        assert gauge("segl_canary_looked_timestamp_seconds") == NOW, "so it is seen that nobody knows"


def test_a_name_is_good_for_its_key_and_its_address_alone() -> None:
    token = Token.new(KEY, OWN_SINK)
    assert id_in(KEY, token.message_id, OWN_SINK.upper()) == token.id
    assert id_in(OTHER, token.message_id, OWN_SINK) == ""
    assert id_in(KEY, token.message_id, "bo@andre.example") == ""
    assert id_in(KEY, token.message_id.replace(token.id, "0" * 32), OWN_SINK) == ""
    assert id_in(KEY, f"x{token.message_id}", OWN_SINK) == ""
    assert Token.new(KEY, OWN_SINK) != token


@given(st.text())
def test_no_text_is_a_canary_by_chance(text: str) -> None:
    assert id_in(KEY, text, OWN_SINK) == ""


def test_a_message_with_two_names_is_none() -> None:
    token = Token.new(KEY, OWN_SINK)
    field = f"Message-ID: {token.message_id}\r\n".encode()
    assert id_of(KEY, field + b"\r\nbody", OWN_SINK) == token.id
    assert id_of(KEY, b"Message-ID:\r\n " + token.message_id.encode() + b"\r\n\r\n", OWN_SINK) == token.id
    assert id_of(KEY, field + field + b"\r\n", OWN_SINK) == ""
    assert id_of(KEY, b"Subject: x\r\n\r\n" + field, OWN_SINK) == "", "in the body it is nothing"


def test_the_letter_is_one_that_must_go_securely() -> None:
    from datetime import UTC, datetime

    from segl.settings.detection import Limits
    from segl.vocabulary import Decision
    from segl_classifier.classify import classify
    from segl_classifier.rules import shipped_rules

    content = letter(
        sender="segl-canary@nordby.example",
        organisation="Nordby Vandværk",
        recipient=OWN_SINK,
        message_id=Token.new(KEY, OWN_SINK).message_id,
        at=datetime.now(UTC),
    )
    assert content.isascii(), "every server takes it"
    assert max(map(len, content.split(b"\r\n"))) <= 998
    verdict = classify(content, shipped_rules(), Limits())
    assert verdict.decision is Decision.SECURE
    assert "cpr" in verdict.reasons, "a number alone must do, whatever the words"
