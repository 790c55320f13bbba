"""What `segl doctor` says of policies: entries that never count, and senders that anybody may write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from segl.postfix.check import State
from segl.postfix.check_policies import policy_checks
from segl.settings.file import parse_settings
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX

HOLD = {"name": "hold", "recipient": ["x.example"], "verdict": "hold"}
BY_SENDER = {"name": "s", "sender": ["nordby.example"], "verdict": "plain", "lowers": ["billing"]}
BY_RECIPIENT = {"name": "r", "recipient": ["x.example"], "verdict": "plain", "lowers": ["billing"]}


def checked(site: Installation, *policies: dict[str, Any]) -> dict[str, tuple[State, str]]:
    raw: dict[str, Any] = {**site.raw, "policy": list(policies)}
    setup = replace(site.setup, settings=parse_settings(raw))
    return {check.id: (check.state, check.found) for check in policy_checks(setup)}


def test_without_policies_nothing_is_said(site: Installation) -> None:
    assert checked(site) == {}


def test_an_entry_that_never_counts_is_named(site: Installation) -> None:
    assert checked(site, HOLD)["policies.hidden"] == (State.OK, "1 policy")
    state, found = checked(site, HOLD, {**HOLD, "name": "more", "labels": ["cpr"]})["policies.hidden"]
    assert (state, found) == (State.WARN, "more: its verdict never counts after hold")
    wider = {**HOLD, "name": "wider", "recipient": ["x.example", "y.example"]}
    assert checked(site, HOLD, wider)["policies.hidden"][0] is State.OK
    assert checked(site, BY_RECIPIENT, HOLD)["policies.hidden"][0] is State.OK, "plain gives way"


def test_who_lowers_by_sender_must_know_who_sends(site: Installation) -> None:
    site.front("-e", "smtpd_sender_restrictions=")
    assert "policies.senders" not in checked(site, BY_RECIPIENT)
    state, found = checked(site, BY_SENDER)["policies.senders"]
    assert state is State.WARN
    assert "s lower by the sender, whom smtp" in found
    site.front("-e", "smtpd_sender_restrictions=reject_authenticated_sender_login_mismatch")
    assert checked(site, BY_SENDER)["policies.senders"][0] is State.OK
    assert checked(site, BY_SENDER)["policies.lowering"] == (State.OK, "mail may go in clear by s")


MISMATCH = "reject_authenticated_sender_login_mismatch"


@pytest.mark.parametrize(
    ("restrictions", "state", "word"),
    [
        (MISMATCH, State.OK, ""),
        (f"reject_unknown_sender_domain, {MISMATCH}, permit_mynetworks", State.OK, ""),
        (f"permit_mynetworks, permit_sasl_authenticated, {MISMATCH}", State.WARN, "(after permit_mynetworks"),
        (f"permit_sasl_authenticated {MISMATCH}", State.WARN, "(after permit_sasl_authenticated"),
        (f"check_sender_access texthash:/etc/some, {MISMATCH}", State.WARN, "(after check_sender_access"),
        (f"warn_if_reject {MISMATCH}", State.WARN, ""),
        ("of_ours", State.OK, ""),
        ("letting, of_ours", State.WARN, "(after permit_mynetworks"),
    ],
)
def test_the_login_must_be_asked_for_before_anything_permits(
    site: Installation, restrictions: str, state: State, word: str
) -> None:
    site.front(
        "-e",
        f"smtpd_sender_restrictions={restrictions}",
        "smtpd_restriction_classes=of_ours, letting",
        f"of_ours={MISMATCH}",
        "letting=permit_mynetworks",
        "mynetworks=127.0.0.0/8 [::1]/128",
    )
    found = checked(site, BY_SENDER)["policies.senders"]
    assert found[0] is state, found
    assert word in found[1]


def test_another_list_may_bind_and_a_service_may_have_its_own(site: Installation) -> None:
    late = f"smtpd_recipient_restrictions={MISMATCH}, permit_mynetworks, reject"
    site.front("-e", f"smtpd_sender_restrictions=permit_sasl_authenticated, {MISMATCH}", late)
    assert checked(site, BY_SENDER)["policies.senders"][0] is State.OK
    site.front("-P", "smtp/inet/smtpd_recipient_restrictions=permit_mynetworks,reject")
    state, found = checked(site, BY_SENDER)["policies.senders"]
    assert state is State.WARN
    assert "smtp (after permit_sasl_authenticated, which may permit)" in found


@pytest.mark.parametrize(
    ("restrictions", "networks", "told"),
    [
        (
            f"{MISMATCH}, permit_mynetworks",
            "127.0.0.0/8 192.0.2.0/24 [2001:db8::]/64",
            "192.0.2.0/24, [2001:db8::]/64",
        ),
        (f"{MISMATCH}, permit_mynetworks", "127.0.0.0/8 [::1]/128", ""),
        ("reject_sender_login_mismatch, permit_mynetworks", "192.0.2.0/24", ""),
    ],
)
def test_clients_that_need_no_login_are_named(
    site: Installation, restrictions: str, networks: str, told: str
) -> None:
    site.front("-e", f"smtpd_sender_restrictions={restrictions}", f"mynetworks={networks}")
    state, found = checked(site, BY_SENDER)["policies.senders"]
    assert state is State.OK
    assert found == "a client that logs in cannot write another's address as sender" + (
        f"; one of mynetworks can, without login: {told}" if told else ""
    )


def test_a_group_that_holds_nobody_is_named(site: Installation) -> None:
    raw = {**site.raw, "group": [{"name": "tom"}], "policy": [{**HOLD, "recipient": ["group:tom"]}]}
    setup = replace(site.setup, settings=parse_settings(raw))
    [found] = [check for check in policy_checks(setup) if check.id == "policies.groups"]
    assert (found.state, found.found) == (State.WARN, "tom holds nobody, and is named by hold")
