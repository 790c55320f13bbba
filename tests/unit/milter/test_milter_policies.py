"""Policies on whole messages: who counts, what the subject says, and what becomes of the verdict."""

from __future__ import annotations

from typing import Any

import pytest

from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Decision, Label, Proof, Verdict
from segl_classifier.rules import shipped_rules
from segl_milter.policies import apply_policies, words_of
from segl_milter.ruling import ruling_on
from segl_milter.transaction import Address, Mail, readable_subject

HOUSES: dict[str, Any] = {
    "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
    "tenant": [{"name": "Skolen", "domains": ["skole.example"]}],
}
RAW = b"From: a@nordby.example\r\nSubject: %s\r\n\r\nMit CPR-nummer er 010190-1233.\r\n"
BILL = Verdict(Decision.SECURE, labels=(Label.BILLING,), reasons=("billing",))


def settings(*policies: dict[str, Any], **tables: Any) -> Settings:
    named = [{"name": f"p{number}", **one} for number, one in enumerate(policies, 1)]
    return parse_settings({**HOUSES, "policy": named, **tables})


def mail(*recipients: str, sender: str = "a@nordby.example", subject: bytes = b"Hej") -> Mail:
    raw = RAW % subject
    return Mail(
        sender=Address(f"<{sender}>"),
        recipients=tuple(Address(f"<{one}>") for one in recipients or ("bo@kunde.example",)),
        raw=raw,
        size=len(raw),
        subjects=(readable_subject(b" " + subject),),
    )


def test_a_policy_raises_and_says_so() -> None:
    found, _ = apply_policies(
        mail(), Verdict(Decision.PLAIN), settings({"recipient": ["kunde.example"], "verdict": "hold"})
    )
    assert (found.verdict.decision, found.verdict.reasons, found.by) == (
        Decision.HOLD,
        ("policy.p1",),
        ("p1",),
    )


@pytest.mark.parametrize(
    ("recipients", "decision"),
    [
        (("bo@kunde.example",), Decision.PLAIN),
        (("bo@kunde.example", "chef@nordby.example"), Decision.PLAIN),  # colleagues do not count
        (("bo@kunde.example", "x@andre.example"), Decision.SECURE),
        (("bo@kunde.example", "bo%andre.example@nordby.example"), Decision.SECURE),
    ],
)
def test_only_copies_that_leave_count(recipients: tuple[str, ...], decision: Decision) -> None:
    lowering = settings({"recipient": ["kunde.example"], "verdict": "plain", "lowers": ["billing"]})
    found, _ = apply_policies(mail(*recipients), BILL, lowering)
    assert found.verdict.decision is decision
    assert found.lowered is (decision is Decision.PLAIN)


@pytest.mark.parametrize(
    "recipient",
    [
        "x%evil.example@nordby.example",
        "evil.example!x@kunde.example",
        "x@evil.example@nordby.example",
        '"x@evil.example"@kunde.example',
    ],
)
def test_an_address_with_a_further_stop_in_it_is_never_lowered_by_its_domain(recipient: str) -> None:
    own = {"recipient": ["nordby.example", "kunde.example"], "verdict": "plain", "lowers": ["billing"]}
    found, _ = apply_policies(mail(recipient), BILL, settings(own))
    assert found.verdict.decision is Decision.SECURE


def test_a_real_message_with_a_personal_number_is_not_lowered_by_a_word_for_bills() -> None:
    lowering = settings({"recipient": ["kunde.example"], "verdict": "plain", "lowers": ["billing"]})
    found, _ = apply_policies(mail(), ruling_on(mail(), shipped_rules(), lowering).verdict, lowering)
    assert (found.verdict.decision, found.by) == (Decision.SECURE, ())
    said = settings({"recipient": ["kunde.example"], "verdict": "plain", "lowers": ["cpr"]})
    found, _ = apply_policies(mail(), ruling_on(mail(), shipped_rules(), said).verdict, said)
    assert (found.verdict.decision, found.verdict.reasons) == (Decision.PLAIN, ("cpr", "lowered.p1"))
    asked = mail(subject=b"sikker: Hej")
    found, _ = apply_policies(asked, ruling_on(asked, shipped_rules(), said).verdict, said)
    assert found.verdict.decision is Decision.SECURE, "the sender's own word is never lowered"


def test_more_recipients_than_are_kept_are_never_lowered() -> None:
    from dataclasses import replace

    said = settings({"recipient": ["kunde.example"], "verdict": "plain", "lowers": ["cpr"]})
    many = replace(mail(), more_recipients=1)
    found, _ = apply_policies(many, ruling_on(many, shipped_rules(), said).verdict, said)
    assert found.verdict.decision is Decision.SECURE


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (b"Fortroligt: sag 7", {"fortroligt"}),
        (b"Re: SV: [fortroligt] sag 7", {"fortroligt"}),
        (b"=?utf-8?q?Fortroligt=3A?= sag", {"fortroligt"}),
        (b"fortroligt sag 7", set()),
        (b"Sag 7 fortroligt:", set()),
        (b"Ekstra: sag", {"ekstra"}),
    ],
)
def test_tags_are_read_from_the_subject(subject: bytes, words: set[str]) -> None:
    table = settings({"tags": ["fortroligt", "[Ekstra]"], "verdict": "secure"}).policies
    assert words_of(mail(subject=subject), table) == words


def test_the_message_demands_what_rests_on_sender_or_content() -> None:
    loaded = settings(
        {"labels": ["billing"], "recipient": ["kunde.example"], "least": "dane"},
        {"recipient": ["andre.example"], "least": "sealed"},
    )
    for recipients, least in (
        (("bo@kunde.example", "x@andre.example"), Proof.DANE),
        (("x@andre.example",), None),
        (("chef@nordby.example", "x@andre.example"), None),
    ):
        _, asking = apply_policies(mail(*recipients), BILL, loaded)
        assert (asking.least if asking else None) is least


@pytest.mark.parametrize(
    ("between", "sender", "recipients", "decision"),
    [
        ("inside", "a@nordby.example", ("b@skole.example",), Decision.PLAIN),
        ("read", "a@nordby.example", ("b@skole.example",), Decision.SECURE),
        ("read", "a@nordby.example", ("b@skole.example", "c@nordby.example"), Decision.SECURE),
        ("read", "a@nordby.example", ("c@nordby.example",), Decision.PLAIN),
        ("read", "b@skole.example", ("a@nordby.example",), Decision.SECURE),
        # It comes in.
        ("read", "x@elsewhere.example", ("a@nordby.example", "b@skole.example"), Decision.PLAIN),
        ("read", "", ("b@skole.example",), Decision.PLAIN),
    ],
)
def test_mail_between_two_organisations_of_one_installation(
    between: str, sender: str, recipients: tuple[str, ...], decision: Decision
) -> None:
    organisation = {**HOUSES["organisation"], "between": between}
    loaded = parse_settings({**HOUSES, "organisation": organisation})
    verdict = ruling_on(mail(*recipients, sender=sender), shipped_rules(), loaded).verdict
    assert verdict.decision is decision


@pytest.mark.parametrize(
    ("sender", "recipients", "decision"),
    [
        ("a@nordby.example", ("Chef@nordby.example",), Decision.SECURE),
        ("a@nordby.example", ("chef+sag@nordby.example",), Decision.SECURE),
        ("a@nordby.example", ("c@nordby.example", "chef@nordby.example"), Decision.SECURE),
        ("b@skole.example", ("chef@nordby.example",), Decision.SECURE),
        ("a@nordby.example", ("c@nordby.example", "chef2@nordby.example"), Decision.PLAIN),
        # A report or an answer of some mailbox server's, which quotes; programs on hosts of the house.
        ("", ("chef@nordby.example",), Decision.SECURE),
        ("root", ("chef@nordby.example",), Decision.SECURE),
        ("www-data@web.nordby.example", ("chef@nordby.example",), Decision.SECURE),
        # It comes in.
        ("x@elsewhere.example", ("chef@nordby.example",), Decision.PLAIN),
        ("x@nordby.example.elsewhere.example", ("chef@nordby.example",), Decision.PLAIN),
    ],
)
def test_mail_to_an_own_address_that_leads_outside_is_read(
    sender: str, recipients: tuple[str, ...], decision: Decision
) -> None:
    organisation = {**HOUSES["organisation"], "forwarded": ["chef@nordby.example"]}
    loaded = parse_settings({**HOUSES, "organisation": organisation})
    verdict = ruling_on(mail(*recipients, sender=sender), shipped_rules(), loaded).verdict
    assert verdict.decision is decision


@pytest.mark.parametrize(
    ("copies_to", "sender", "decision"),
    [
        ("arkiv@andre.example", "a@nordby.example", Decision.SECURE),
        ("arkiv@andre.example", "b@skole.example", Decision.SECURE),
        ("arkiv@andre.example", "", Decision.SECURE),
        ("arkiv@andre.example", "root", Decision.SECURE),
        ("arkiv@andre.example", "www-data@web.nordby.example", Decision.SECURE),
        ("arkiv@andre.example", "x@elsewhere.example", Decision.PLAIN),  # it comes in
        ("", "a@nordby.example", Decision.PLAIN),
    ],
)
def test_mail_between_colleagues_is_read_where_copies_of_it_go_outside(
    copies_to: str, sender: str, decision: Decision
) -> None:
    organisation = {**HOUSES["organisation"], "copies_to": [copies_to] if copies_to else []}
    loaded = parse_settings({**HOUSES, "organisation": organisation})
    verdict = ruling_on(mail("chef@nordby.example", sender=sender), shipped_rules(), loaded).verdict
    assert verdict.decision is decision


@pytest.mark.parametrize(
    ("recipient", "named", "decision"),
    [
        ("bo@kunde.example", ["kunde.example"], Decision.SECURE),
        ("bo@kunde.example", ["kunde.example", "arkiv@andre.example"], Decision.PLAIN),
        ("chef@nordby.example", ["arkiv@andre.example"], Decision.PLAIN),
        ("chef@nordby.example", ["kunde.example"], Decision.SECURE),
    ],
)
def test_whoever_gets_copies_is_one_of_the_recipients_that_a_policy_must_name(
    recipient: str, named: list[str], decision: Decision
) -> None:
    organisation = {**HOUSES["organisation"], "copies_to": ["arkiv@andre.example"]}
    policy = {"recipient": named, "verdict": "plain", "lowers": ["billing"]}
    found, _ = apply_policies(mail(recipient), BILL, settings(policy, organisation=organisation))
    assert found.verdict.decision is decision


def test_what_goes_between_organisations_and_is_read_can_be_held() -> None:
    policy = {"name": "p", "organisation": "Nordby", "recipient": ["skole.example"], "verdict": "hold"}
    for between, decision in (("inside", Decision.PLAIN), ("read", Decision.HOLD)):
        organisation = {**HOUSES["organisation"], "between": between}
        loaded = parse_settings({**HOUSES, "organisation": organisation, "policy": [policy]})
        message = mail("b@skole.example")
        found, _ = apply_policies(message, ruling_on(message, shipped_rules(), loaded).verdict, loaded)
        assert found.verdict.decision is decision
