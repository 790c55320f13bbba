"""Postfix's delivery reports, read: whole, odd, cut short, hostile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.receipts.states import News, Stage, State
from segl.vocabulary import Way
from segl_delivery.receipts.news import heard_of
from segl_delivery.receipts.report import parse_report, without_our_fields
from world.reports import report

ID = "ab" * 32
OURS = "segl-secure.mail.nordby.example"


def group(recipient: str, action: str = "relayed", status: str = "2.0.0", **more: str) -> dict[str, str]:
    return {
        "Final-Recipient": f"rfc822; {recipient}",
        "Original-Recipient": f"rfc822;{recipient}",
        "Action": action,
        "Status": status,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }


def heard(*groups: dict[str, str], reporter: str = OURS) -> tuple[News, ...]:
    found = parse_report(report(ID, *groups, reporter=reporter))
    assert found is not None
    return heard_of(found, "anna@nordby.example", None, lambda a: a.endswith("@nordby.example")).news


CASES = [
    (
        group(
            "bo@x.example", Remote_MTA="dns; mx.x.example", Diagnostic_Code="smtp; 250 2.0.0 Ok: queued as 1"
        ),
        (State.SENT, Way.TLS, "", ""),
    ),
    (
        group(
            "bo@x.example",
            Remote_MTA=f"dns; {OURS}",
            Diagnostic_Code="smtp; 250 2.0.0 tunnel: encrypted to sha256=49 aes-256-cbc, queued as 0",
        ),
        (State.SENT, Way.TUNNEL, "encrypted to sha256=49 aes-256-cbc, queued as 0", ""),
    ),
    (
        group(
            "bo@x.example",
            Remote_MTA=f"dns; {OURS}",
            Diagnostic_Code=f"smtp; 250 2.0.0 portal: sealed as\r\n    {'20f1' * 8}",
        ),
        (State.SEALED, Way.PORTAL, "", "20f1" * 8),
    ),
    (  # whoever they are, only our own agents are believed about ways
        group(
            "bo@x.example",
            Remote_MTA="dns; mx.evil.example",
            Diagnostic_Code="smtp; 250 2.0.0 tunnel: encrypted",
        ),
        (State.SENT, Way.TLS, "", ""),
    ),
    (
        group("drift@nordby.example", Remote_MTA="dns; 127.0.0.1", Diagnostic_Code="smtp; 250 ok"),
        (State.SENT, Way.INTERNAL, "", ""),
    ),
    (
        group("bo@x.example", "failed", "5.1.2", Diagnostic_Code="X-Postfix; no domain"),
        (State.FAILED, None, "", ""),
    ),
    (
        group("bo@x.example", "delayed", "4.7.5", Remote_MTA="dns; mx.x.example"),
        (State.DELAYED, Way.TLS, "", ""),
    ),
]


@pytest.mark.parametrize(("given_group", "wanted"), CASES)
def test_what_a_group_means(given_group: dict[str, str], wanted: tuple[object, ...]) -> None:
    [one] = heard(given_group)
    assert (one.state, one.way, one.evidence, one.sealed_id) == wanted
    assert one.stage is Stage.SECURE
    assert one.queue_id == "4jZ4BH5slJz1dqf0"


@pytest.mark.parametrize(
    ("remote", "reporter", "recipient", "outside"),
    [
        ("mx.x.example", OURS, "bo@x.example", "mx.x.example"),
        ("mx.x.example", "mail.nordby.example", "bo@x.example", "mx.x.example"),
        ("", OURS, "bo@x.example", ""),  # Postfix itself, or what our map told it
        (OURS, OURS, "bo@x.example", ""),  # an agent of ours
        ("127.0.0.1", OURS, "drift@nordby.example", ""),  # our front
        ("imap.nordby.example", "mail.nordby.example", "drift@nordby.example", "imap.nordby.example"),
    ],
)
def test_who_found_the_fault_is_told_apart(remote: str, reporter: str, recipient: str, outside: str) -> None:
    named = {"Remote_MTA": f"dns; {remote}"} if remote else {}
    given_group = group(recipient, "failed", "5.3.4", **named)
    assert [one.host for one in heard(given_group, reporter=reporter)] == [outside]


def test_behind_the_return_port_the_front_says_what_came_back() -> None:
    [one] = heard(group("bo@x.example", "failed", "5.1.1"), reporter="mail.nordby.example")
    assert (one.stage, one.state, one.way) == (Stage.FRONT, State.FAILED, None)


def test_behind_the_return_port_no_success_is_heard_of_outside_the_house() -> None:
    """Nobody asks for it there: it would be of a copy that a colleague sends on, or of another message."""
    assert heard(group("bo@x.example", Remote_MTA="dns; mx.x.example"), reporter="mail.nordby.example") == ()
    [colleague] = heard(group("eva@nordby.example"), reporter="mail.nordby.example")
    assert (colleague.stage, colleague.state, colleague.way) == (Stage.FRONT, State.SENT, Way.INTERNAL)


def test_a_user_of_the_reporting_host_is_a_colleague() -> None:
    """The settings do not name the host; aliases of own people may stand for its users."""
    host = "mail.nordby.example"
    [one] = heard(group(f"ole@{host}", "delivered"), reporter=host)
    assert (one.state, one.way) == (State.SENT, Way.INTERNAL)
    [failed] = heard(group(f"ole@{host}", "failed", "5.1.1", Remote_MTA="dns; 127.0.0.1"))
    assert (failed.state, failed.way, failed.host) == (State.FAILED, Way.INTERNAL, "")
    said = f"smtp; 250 2.0.0 portal: sealed as {'20f1' * 8}"
    [sealed] = heard(group(f"ole@{host}", Remote_MTA=f"dns; {OURS}", Diagnostic_Code=said))
    assert (sealed.state, sealed.way) == (State.SEALED, Way.PORTAL)


def test_what_the_other_side_said_is_kept_without_numbers_of_persons() -> None:
    [one] = heard(
        group(
            "bo@x.example",
            "failed",
            "5.7.1",
            Diagnostic_Code="smtp; 550 5.7.1 no mail about 010190-1234 here",
        )
    )
    assert one.detail.startswith("no mail about ")
    assert "1234" not in one.detail


def test_the_message_is_known_by_its_names() -> None:
    found = parse_report(report(ID, group("bo@x.example"), facts="QUJD\r\n\tREVG"))
    assert found is not None
    assert found.envelope_id == ID
    assert found.message_id == "<1@nordby.example>"
    assert found.facts.split() == ["QUJD", "REVG"]
    assert found.arrival < found.at


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ("<1@n.example> Sag: Jens Hansen, HIV-test 0101901234", "<1@n.example>"),
        ("Skilsmisse <1@n.example>", "<1@n.example>"),
        ("Skilsmisse 010190-1234", ""),
        ("<Jens Hansens sag>", ""),
        ("<" + "x" * 600 + "@n.example>", ""),
    ],
)
def test_of_a_message_id_its_identifier_alone_is_kept(field: str, kept: str) -> None:
    """Words beside it, as old programs write them, are somebody's."""
    found = parse_report(report(ID, group("bo@x.example"), message_id=field))
    assert found is not None
    assert found.message_id == kept


def test_what_goes_on_to_people_has_none_of_our_fields() -> None:
    whole = report(ID, group("bo@x.example"), facts="QUJD\r\n\tREVG")
    cleaned = without_our_fields(whole)
    assert b"X-Segl" not in cleaned
    assert b"REVG" not in cleaned
    assert b"Subject: Flytning" in cleaned


WHOLE = report(ID, group("bo@x.example"), group("eva@y.example", "failed", "5.1.1"))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"Content-Type: text/plain\r\n\r\nhej",
        WHOLE.replace(b"multipart/report", b"multipart/mixed"),
        WHOLE.replace(b"message/delivery-status", b"text/plain"),
        WHOLE.replace(b"Action: failed\r\n", b""),
        WHOLE.replace(b"boundary=", b"limit="),
    ],
)
def test_what_is_no_report_is_none(broken: bytes) -> None:
    assert parse_report(broken) is None


@given(st.integers(0, len(WHOLE)), st.binary(max_size=40))
def test_nothing_that_is_cut_or_filled_with_junk_breaks_it(at: int, junk: bytes) -> None:
    for message in (WHOLE[:at], WHOLE[:at] + junk + WHOLE[at:]):
        found = parse_report(message)
        if found is not None:
            assert len(heard_of(found, "a@nordby.example", None, lambda _: False).news) <= 3


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("nordby-dk.mail.tjeneste.example", (State.SENT, Way.PORTAL, "nordby-dk.mail.tjeneste.example")),
        ("NORDBY-DK.mail.tjeneste.example", (State.SENT, Way.PORTAL, "nordby-dk.mail.tjeneste.example")),
        ("andre-dk.mail.tjeneste.example", (State.SENT, Way.TLS, "andre-dk.mail.tjeneste.example")),
    ],
)
def test_what_another_encryption_service_took_is_told_by_its_host(
    remote: str, expected: tuple[State, Way, str]
) -> None:
    taken = group("bo@x.example", Remote_MTA=f"dns; {remote}", Diagnostic_Code="smtp; 250 2.6.0 Queued mail")
    found = parse_report(report(ID, taken, reporter=OURS))
    assert found is not None
    [news] = heard_of(
        found, "anna@nordby.example", None, lambda _: False, "nordby-dk.mail.tjeneste.example"
    ).news
    assert (news.state, news.way, news.host) == expected
