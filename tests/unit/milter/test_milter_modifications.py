"""What Postfix is told about a message, by decision."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from segl.errors import SmtpReply
from segl.receipts.facts import HASH_BYTES, MOST_RECIPIENTS, Facts, recipient_hash
from segl.receipts.key import KEY_BYTES, ReceiptKey
from segl.settings.file import parse_settings
from segl.vocabulary import Decision, Finding, Label, Proof, Verdict
from segl.wishes import read_wishes
from segl_milter.disposition import LONGEST_FACTS, Disposition, disposition_of, facts_of, sealed_facts
from segl_milter.modifications import Modifications, costs_too_much, modifications_for
from segl_milter.refusals import BY_RULES, FORGED, NOT_NOW, STRANGER, UNREPORTABLE
from segl_milter.transaction import Address, Mail

ID = "0f" * 16
FOUND = Verdict(
    Decision.SECURE, (Finding("cpr", Label.CPR, "body", "0101xx-xxxx"),), (Label.CPR,), ("cpr", "health")
)


def mail(*recipients: Address, sender: Address | None = None, **facts: Any) -> Mail:
    return Mail(
        sender=sender or Address("<a@nordby.example>"),
        recipients=recipients or (Address("<b@x.example>"),),
        raw=b"",
        size=0,
        **facts,
    )


def secure(message: Mail) -> Modifications:
    return modifications_for(message, Disposition(Decision.SECURE, FOUND, ID))


def test_plain_gets_the_route_and_nothing_else() -> None:
    assert modifications_for(mail(), Disposition(Decision.PLAIN, FOUND, ID)) == Modifications(
        add=(("X-Segl-Route", "plain"),)
    )


def test_what_nobody_has_read_is_said_behind_the_route() -> None:
    """Of several FILTERs Postfix follows the last."""
    unread = modifications_for(mail(), Disposition(Decision.PLAIN, FOUND, ID, unread=True))
    assert unread.add == (("X-Segl-Route", "plain"), ("X-Segl-Unread", "yes"))


def test_secure_gets_route_and_id_and_is_reported_of_by_that_id() -> None:
    assert secure(
        mail(Address("<b@x.example>"), Address("<c@y.example>", ("NOTIFY=NEVER",)))
    ) == Modifications(
        sender=("<a@nordby.example>", f"RET=HDRS ENVID={ID}"),
        add=(("X-Segl-Id", ID), ("X-Segl-Route", "secure")),
    )


def test_the_route_is_the_last_thing_said() -> None:
    assert secure(mail(sender=Address("<a@x.example>", ("ENVID=q",)))).add[-1] == ("X-Segl-Route", "secure")


@pytest.mark.parametrize("least", [p for p in Proof if p is not Proof.ENCRYPT])
@pytest.mark.parametrize("action", [Decision.SECURE, Decision.HOLD])
def test_a_demand_goes_with_the_secure_route(action: Decision, least: Proof) -> None:
    modifications = modifications_for(mail(), Disposition(action, FOUND, ID, least))
    assert modifications.add[-2:] == (("X-Segl-Least", least.value), ("X-Segl-Route", "secure"))


@pytest.mark.parametrize("action", [Decision.PLAIN, Decision.REJECT])
def test_what_does_not_go_the_secure_way_demands_nothing(action: Decision) -> None:
    assert "X-Segl-Least" not in repr(modifications_for(mail(), Disposition(action, FOUND, ID, Proof.DANE)))


def test_nothing_tells_what_was_found() -> None:
    modifications = secure(mail())
    assert "cpr" not in repr(modifications)
    assert "0101" not in repr(modifications)


@pytest.mark.parametrize("action", [Decision.PLAIN, Decision.SECURE, Decision.HOLD])
def test_steering_headers_come_off_from_the_last_to_the_first(action: Decision) -> None:
    forged = mail(steering=(("X-Segl-Route", 1), ("TLS-Required", 1), ("x-segl-route", 2)))
    assert modifications_for(forged, Disposition(action, FOUND, ID)).remove == (
        ("x-segl-route", 2),
        ("TLS-Required", 1),
        ("X-Segl-Route", 1),
    )


@pytest.mark.parametrize(
    ("forged", "more", "lines", "too_much"),
    [
        (1, 0, 30, False),
        (1, 0, 1_000_000, False),  # a header of several megabytes is read once
        (1_000, 0, 1_030, False),
        (1_000, 1, 1_031, True),
        (1_000, 0, 10_000, False),
        (1_000, 0, 10_001, True),
        (100, 0, 200_000, True),
        (0, 0, 20_000_000, False),
    ],
)
def test_more_forged_fields_than_postfix_can_take_off_in_time_are_too_many(
    forged: int, more: int, lines: int, too_much: bool
) -> None:
    steering = tuple(("X-Segl-A", number) for number in range(1, forged + 1))
    assert costs_too_much(mail(steering=steering, more_steering=more, header_lines=lines)) is too_much


def test_who_forges_too_much_is_told_why() -> None:
    assert str(FORGED).startswith("550 5.6.0 Mailen er ikke sendt: i dens hoved er der for mange felter")


@pytest.mark.parametrize("refusal", [BY_RULES, FORGED, NOT_NOW, STRANGER, UNREPORTABLE], ids=str)
def test_a_refusal_is_one_short_line_of_ascii_in_two_languages(refusal: SmtpReply) -> None:
    assert str(refusal).isascii()
    assert len(str(refusal)) < 500  # RFC 5321 section 4.5.3.1.5
    assert " / " in refusal.text
    assert refusal.temporary is (refusal is NOT_NOW)


def test_hold_waits_with_the_secure_route_on_it() -> None:
    modifications = modifications_for(mail(), Disposition(Decision.HOLD, FOUND, ID))
    assert modifications.hold == "segl: cpr, health"
    assert ("X-Segl-Hold", "cpr, health") in modifications.add
    assert modifications.add[-1] == ("X-Segl-Route", "secure")
    assert modifications.sender == ("<a@nordby.example>", f"RET=HDRS ENVID={ID}")


def test_reject_does_nothing_else_and_tells_nobody_what_was_found() -> None:
    modifications = modifications_for(
        mail(steering=(("TLS-Required", 1),)), Disposition(Decision.REJECT, FOUND, ID)
    )
    refusal = str(modifications.refusal)
    assert refusal.startswith("550 5.7.1 Mailen er ikke sendt: den er afvist efter organisationens regler.")
    assert refusal.endswith("/ Refused by the organisation's rules")
    assert refusal.isascii()
    assert not any(reason in refusal for reason in FOUND.reasons)
    assert modifications == Modifications(refusal=modifications.refusal)


def test_the_null_sender_stays_and_is_sent_no_reports() -> None:
    assert secure(mail(sender=Address("<>"))) == Modifications(
        add=(("X-Segl-Id", ID), ("X-Segl-Route", "secure"))
    )


def test_a_clients_envid_gives_way_to_ours_and_is_kept_in_a_header() -> None:
    modifications = secure(
        mail(sender=Address("<a@nordby.example>", ("SIZE=9", "ENVID=sag+2D7", "RET=FULL")))
    )
    assert modifications.sender == ("<a@nordby.example>", f"RET=HDRS ENVID={ID}")
    assert ("X-Segl-Envelope-Id", "sag+2D7") in modifications.add


@pytest.mark.parametrize(("given", "ret"), [((), "HDRS"), (("RET=FULL",), "FULL"), (("ret=hdrs",), "HDRS")])
def test_a_plain_message_under_an_id_of_ours_gets_another(given: tuple[str, ...], ret: str) -> None:
    """Else what becomes of it would stand in the receipt of the message whose id that is."""
    sender = Address("<a@nordby.example>", ("ENVID=" + 64 * "0", *given))
    modifications = modifications_for(
        mail(sender=sender), Disposition(Decision.PLAIN, FOUND, ID, borrowed=True)
    )
    assert modifications.sender == ("<a@nordby.example>", f"RET={ret} ENVID=not-ours")
    assert (
        modifications_for(
            mail(sender=Address("<>")), Disposition(Decision.PLAIN, FOUND, ID, borrowed=True)
        ).sender
        is None
    )


@pytest.mark.parametrize("given", ["", "ENVID=sag+2D7", "ENVID=" + 64 * "0"])
def test_a_plain_message_under_a_name_of_its_clients_own_keeps_it(given: str) -> None:
    """Sixty-four digits are no name of ours without the key."""
    key = ReceiptKey(b"k" * KEY_BYTES)
    settings = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})
    for name, borrowed in ((given, False), (f"ENVID={key.new_id()}", True)):
        named = mail(sender=Address("<a@nordby.example>", (name,)))
        disposition = disposition_of(named, Verdict(Decision.PLAIN), None, settings, key, canary=False)
        assert disposition.borrowed is borrowed


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ((), "RET=HDRS"),
        (("RET=FULL", "ENVID=7"), "RET=HDRS ENVID=7"),
        (("ENVID=æ",), "RET=HDRS"),
    ],
)
def test_what_was_not_read_does_not_come_back_whole_to_who_is_forwarded_outside(
    given: tuple[str, ...], wanted: str
) -> None:
    named = ["a@nordby.example"]
    organisation = {"name": "Nordby", "domains": ["nordby.example"], "forwarded": named}
    settings, verdict = (
        parse_settings({"organisation": organisation}),
        Verdict(Decision.PLAIN, reasons=("internal",)),
    )
    for address, sender in (
        ("<a@nordby.example>", ("<a@nordby.example>", wanted)),
        ("<b@nordby.example>", None),
    ):
        unread = mail(sender=Address(address, given))
        disposition = disposition_of(unread, verdict, None, settings, None, canary=False)
        assert modifications_for(unread, disposition).sender == sender


def test_what_was_read_comes_back_to_him_as_he_wishes() -> None:
    organisation = {"name": "N", "domains": ["nordby.example"], "forwarded": ["a@nordby.example"]}
    settings = parse_settings({"organisation": organisation})
    read = mail(sender=Address("<a@nordby.example>", ("RET=FULL",)))
    disposition = disposition_of(read, Verdict(Decision.PLAIN), None, settings, None, canary=False)
    assert modifications_for(read, disposition).sender is None


@pytest.mark.parametrize("decision", list(Decision))
def test_nobody_decides_about_a_canary(decision: Decision) -> None:
    settings = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}})
    for canary in (False, True):
        done = disposition_of(mail(), Verdict(decision), None, settings, None, canary=canary).action
        waits = decision in (Decision.HOLD, Decision.REJECT)
        assert done is (Decision.SECURE if canary and waits else decision)


@pytest.mark.parametrize("envid", ["a\r\nX-Segl-Route: plain", "æ", ""])
def test_an_envid_that_does_not_belong_in_a_header_is_dropped(envid: str) -> None:
    modifications = secure(mail(sender=Address("<a@nordby.example>", (f"ENVID={envid}",))))
    assert modifications.add == (("X-Segl-Id", ID), ("X-Segl-Route", "secure"))


def test_to_a_sender_in_another_encoding_no_body_comes_back() -> None:
    odd = Address(b"<s\xf8ren@x.example>".decode("utf-8", "surrogateescape"))
    assert secure(mail(sender=odd)).sender == (odd.given, f"RET=HDRS ENVID={ID}")


@pytest.mark.parametrize(
    ("local", "told"),
    [
        ("a" * 490, True),  # 505 characters in all
        ("a" * 600, False),
        ("a\x85b", False),
        ('"a\u2028b"', False),
        ('"a\x7fb"', False),
        ('"a\tb"', True),  # Postfix makes a blank of it
        ("Mette <mette", True),
    ],
    ids=["long", "too long", "C1", "line separator", "DEL", "tab", "with a name"],
)
@pytest.mark.parametrize("action", [Decision.PLAIN, Decision.SECURE, Decision.HOLD])
def test_a_sender_who_cannot_be_told_what_became_of_it_sends_nothing_securely(
    local: str, told: bool, action: Decision
) -> None:
    """segl-deliver takes no such address, neither of a message nor of Postfix's report that it came back."""
    message = mail(sender=Address(f"<{local}@nordby.example>"))
    refusal = modifications_for(message, Disposition(action, FOUND, ID)).refusal
    assert refusal is (None if told or action is Decision.PLAIN else UNREPORTABLE)


@pytest.mark.parametrize("action", [Decision.PLAIN, Decision.SECURE, Decision.HOLD])
def test_what_is_to_be_opened_is_marked_beside_the_verdict_whatever_it_is(action: Decision) -> None:
    added = modifications_for(mail(), Disposition(action, FOUND, ID, opened=True)).add
    assert ("X-Segl-Open", "yes") in added
    assert added[-1][0] == "X-Segl-Route"
    assert ("X-Segl-Open", "yes") not in modifications_for(mail(), Disposition(action, FOUND, ID)).add


@pytest.mark.parametrize("action", [Decision.PLAIN, Decision.SECURE, Decision.HOLD])
def test_a_subject_is_written_anew_whatever_the_decision(action: Decision) -> None:
    assert modifications_for(mail(), Disposition(action, FOUND, ID, subjects=((1, "Hej"),))).subjects == (
        (1, "Hej"),
    )
    assert (
        modifications_for(mail(), Disposition(Decision.REJECT, FOUND, ID, subjects=((1, "Hej"),))).subjects
        == ()
    )


def test_words_for_the_portal_come_off_the_first_subject_whatever_else_is_written_anew() -> None:
    wishes = read_wishes("[kodeord: den gule stol] Flytning", None)
    disposition = Disposition(
        Decision.SECURE,
        FOUND,
        ID,
        subjects=((1, "[kodeord: den gule stol] Flytning"), (2, "Hej")),
        wishes=wishes,
    )
    assert modifications_for(mail(), disposition).subjects == ((1, "Flytning"), (2, "Hej"))


@pytest.mark.parametrize(
    ("action", "told"), [(Decision.SECURE, True), (Decision.HOLD, True), (Decision.PLAIN, False)]
)
def test_facts_for_the_receipt_go_with_what_goes_securely(action: Decision, told: bool) -> None:
    added = modifications_for(mail(), Disposition(action, FOUND, ID, facts="QUJD")).add
    assert (("X-Segl-Facts", "QUJD") in added) is told


def test_of_a_message_from_nobody_nothing_is_told() -> None:
    assert "X-Segl-Facts" not in repr(
        modifications_for(mail(sender=Address("<>")), Disposition(Decision.SECURE, FOUND, ID, facts="QUJD"))
    )


def test_the_facts_name_outside_recipients_once_and_of_very_many_none() -> None:
    organisation = {"name": "N", "domains": ["nordby.example"], "forwarded": ["formand@nordby.example"]}
    settings = parse_settings({"organisation": organisation})
    outside = ("b@x.example", "formand@nordby.example")  # one is read outside, and told of
    names = (*outside, "eva@nordby.example", "b@x.example", "\udce6@x.example")
    facts = facts_of(mail(*(Address(f"<{name}>") for name in names)), FOUND, settings)
    assert (facts.recipients, facts.reasons) == (outside, ("cpr", "health"))
    many = [Address(f"<{number}@x.example>") for number in range(MOST_RECIPIENTS + 1)]
    counted = facts_of(mail(*many), FOUND, settings)
    assert (counted.recipients, counted.unnamed) == ((), MOST_RECIPIENTS + 1)
    assert counted.hashes.startswith(recipient_hash("0@X.example") + recipient_hash("1@x.example"))
    more = facts_of(mail(*many, more_recipients=1), FOUND, settings)
    assert (more.unnamed, more.hashes) == (MOST_RECIPIENTS + 2, b"")


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (f"Message-ID: <receipt.{'0a' * 16}.1.{'b' * 16}@nordby.example>", True),
        (f"Received: by x\r\nMessage-Id:\r\n <receipt.{'0a' * 16}.12.{'b' * 16}@nordby.example>", True),
        (f"Message-ID: <digest.20261201.{'c' * 32}@nordby.example>", True),
        (
            f"References: <receipt.{'0a' * 16}.1.{'b' * 16}@nordby.example>\r\nMessage-ID: <1@a.example>",
            False,
        ),
        ("Message-ID: <receipt.4711@shop.example>", False),
        ("Subject: x", False),
    ],
)
def test_a_receipt_that_somebody_sends_on_is_known(head: str, known: bool) -> None:
    settings = parse_settings({"organisation": {"name": "N", "domains": ["nordby.example"]}})
    sent_on = replace(mail(), raw=f"{head}\r\n\r\nhej <receipt.\r\n".encode())
    assert ("own_receipt" in facts_of(sent_on, FOUND, settings).reasons) is known


@pytest.mark.parametrize(("length", "named"), [(20, True), (110, False)])
def test_facts_that_would_be_cut_name_nobody_and_know_everybody(length: int, named: bool) -> None:
    """A thousand names that nothing makes shorter, each so many bytes long."""
    key, dice = ReceiptKey(b"k" * KEY_BYTES), random.Random(1)
    names = tuple(f"{dice.randbytes(length // 2).hex()}@x.example" for _ in range(MOST_RECIPIENTS))
    facts = Facts(1.0, ("cpr",), names)
    name = key.new_id()
    value = sealed_facts(key, name, facts)
    assert len(value) <= LONGEST_FACTS
    assert Facts.from_bytes(key.unseal(name, value)) == (facts if named else facts.without_names())
    assert facts.without_names().hashes[:HASH_BYTES] == recipient_hash(names[0])


def test_the_seed_of_links_is_put_on_what_goes_securely_and_on_nothing_else() -> None:
    added = modifications_for(mail(), Disposition(Decision.SECURE, FOUND, ID, link_seed="QUJD")).add
    assert ("X-Segl-Link", "QUJD") in added
    assert "X-Segl-Link" not in repr(
        modifications_for(mail(), Disposition(Decision.PLAIN, FOUND, ID, link_seed="QUJD"))
    )
