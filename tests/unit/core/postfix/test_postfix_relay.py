"""Another encryption service in the portal's place: what `segl install` writes for it, and what `segl doctor` minds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from segl.errors import SettingsError
from segl.postfix.check import Check, State
from segl.postfix.tables import look_up
from segl.settings.file import parse_settings
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX

Change = Callable[[Installation], None]
SERVICE = "[nordby-dk.mail.tjeneste.example]:25"
RELAY = {
    "next_hop": SERVICE,
    "match": ["mail.tjeneste.example", ".mail.tjeneste.example"],
    "header": "Krypter-Denne: ja; nu",
}


@pytest.fixture(scope="module")
def relayed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("relayed"))
    made.tables["portal"] = {"relay": RELAY}
    made.install()
    return made


@pytest.fixture
def site(relayed: Installation) -> Iterator[Installation]:
    """Changes are taken back after each test."""
    files = {file: file.read_bytes() for file in relayed.directory.glob("*/*") if file.is_file()}
    yield relayed
    for file, content in files.items():
        file.write_bytes(content)


def found(site: Installation) -> list[Check]:
    return [check for check in site.checks("secure") if check.id == "secure.relay"]


def test_what_install_writes_is_in_order(site: Installation) -> None:
    assert {check.state for check in found(site)} == {State.OK}
    assert [c.state for c in site.checks("secure") if c.id == "secure.transports"] == [State.OK]
    assert [check for check in site.checks("secure") if check.state is not State.OK] == []


def test_the_service_is_reached_by_forced_tls_to_the_names_that_were_written_down(site: Installation) -> None:
    relay = site.setup.secure.service("segl-relay", "unix")
    assert relay is not None
    assert relay.overrides["smtp_tls_security_level"] == "secure"
    assert relay.overrides["smtp_tls_secure_cert_match"] == "mail.tjeneste.example:.mail.tjeneste.example"
    assert relay.overrides["smtp_tls_policy_maps"] == ""


def test_its_field_is_put_on_once_and_ours_come_off(site: Installation) -> None:
    secure = site.setup.secure
    table = secure.value("smtp_header_checks", secure.service("segl-relay", "unix"))
    lines = {
        "Received: from front (localhost [127.0.0.1]) by segl-secure.mail.nordby.example (Postfix) with ESMTP id x": (
            "PREPEND Krypter-Denne: ja; nu"
        ),
        "Received: by segl-secure.mail.nordby.example (Postfix, from userid 0)": "PREPEND Krypter-Denne: ja; nu",
        "Received: from desk (desk [192.0.2.1]) by mail.nordby.example (Postfix) with ESMTPSA id y": None,
        "Received: from segl-secure.mail.nordby.example (x [192.0.2.1]) by z (Postfix)": None,
        "Received: by segl-secureXmail.nordby.example (Postfix)": None,
        "X-Segl-Route: secure": "IGNORE",
        "Subject: by segl-secure.mail.nordby.example (Postfix)": None,
    }
    answers = look_up(table, [*lines], secure.directory)
    assert {line: answers.get(line) or None for line in lines} == lines


@pytest.mark.parametrize(
    "change",
    [
        lambda site: site.secure("-MX", "segl-relay/unix"),
        lambda site: site.secure("-P", "segl-relay/unix/smtp_tls_security_level=may"),
        lambda site: site.secure("-P", "segl-relay/unix/smtp_tls_security_level=encrypt"),
        lambda site: site.secure("-P", "segl-relay/unix/smtp_tls_security_level=verify"),
        lambda site: site.secure("-P", "segl-relay/unix/smtp_tls_policy_maps=static:may"),
        lambda site: site.secure("-P", "segl-relay/unix/smtp_tls_secure_cert_match=.example"),
        lambda site: site.secure("-P", "segl-relay/unix/smtp_tls_mandatory_protocols=>=TLSv1"),
        lambda site: site.secure("-PX", "segl-relay/unix/smtp_header_checks"),
        lambda site: site.secure("-P", "segl-relay/unix/smtp_header_checks=static:DUNNO"),
        lambda site: site.secure("-e", "myhostname=segl-secure.andet.example"),
        lambda site: site.secure("-M", "segl-relay/unix=segl-relay unix - - n - - lmtp"),
    ],
)
def test_what_weakens_it_is_a_failure(site: Installation, change: Change) -> None:
    change(site)
    assert State.FAIL in {check.state for check in found(site)}


def test_other_settings_are_waiting_for_install(site: Installation) -> None:
    site.tables["portal"] = {"relay": {**RELAY, "header": "Noget-Andet: ja"}}
    try:
        assert State.FAIL in {check.state for check in found(site)}
        assert [change.path.name for change in site.plan.changes] == ["master.cf"]
    finally:
        site.tables["portal"] = {"relay": RELAY}


def test_without_a_relay_there_is_no_such_transport(tmp_path: Any) -> None:
    plain = Installation(tmp_path)
    plain.install()
    assert plain.setup.secure.service("segl-relay", "unix") is None
    assert found(plain) == []
    plain.secure("-M", "segl-relay/unix=segl-relay unix - - n - - smtp")
    states = {c.state for c in plain.checks("secure") if c.id == "secure.transports"}
    assert states == {State.WARN}, "one that was left behind is named"


@pytest.mark.parametrize(
    ("relay", "fault"),
    [
        ({"next_hop": "[192.0.2.7]:25"}, "is an address without match"),
        ({"match": ["a.example"]}, "belongs to a next_hop"),
        ({"domains": ["a.example"]}, "belongs to a next_hop"),
        ({"next_hop": SERVICE, "domains": ["nordby.example"]}, "is an own domain"),
        ({"next_hop": SERVICE, "match": ["a b"]}, "no name to match"),
        ({"next_hop": SERVICE, "match": ["*.example"]}, "no name to match"),
        ({"next_hop": "mail tjeneste"}, "write it as Postfix does"),
        ({"next_hop": "tjeneste.example"}, "names no host"),
        *(
            ({"next_hop": SERVICE, "header": header}, "write a header field")
            for header in (
                *(
                    "",
                    "Krypter",
                    "Krypter: ",
                    "Krypter : ja",
                    "X-Segl-Encrypt: yes",
                    "x-segl-a: b",
                    "A: b\nC: d",
                ),
                *("A: $mydomain", "A: {b}", "A: b} {/x/ FILTER smtp:", "A: æ", "A: " + "x" * 300, ": ja"),
            )
        ),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(relay: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(
            {"organisation": {"name": "Nordby", "domains": ["nordby.example"]}, "portal": {"relay": relay}}
        )
    assert fault in caught.value.private
