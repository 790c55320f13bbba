"""What a message demands of TLS by the settings, and demands that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from segl.demands import least_for
from segl.errors import SettingsError
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Label, Proof


def settings(*demands: dict[str, Any], **tables: Any) -> Settings:
    organisation = {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]}
    return parse_settings({"organisation": organisation, "demand": list(demands), **tables})


DEMANDS = settings(
    {"labels": ["health", "genetic"], "least": "pinned"},
    {"cpr_numbers": 20, "least": "mta-sts"},
    {"labels": ["health"], "cpr_numbers": 20, "least": "sealed"},
)


@pytest.mark.parametrize(
    ("labels", "cpr_numbers", "least"),
    [
        ([], 0, Proof.ENCRYPT),  # nothing of its own: the domain decides
        ([Label.BILLING], 19, Proof.ENCRYPT),
        ([Label.HEALTH], 0, Proof.PINNED),
        ([Label.BILLING, Label.GENETIC], 19, Proof.PINNED),
        ([Label.BILLING], 20, Proof.MTA_STS),
        ([Label.GENETIC], 21, Proof.MTA_STS),  # the strictest of those that hold
        ([Label.HEALTH], 20, Proof.SEALED),
    ],
)
def test_what_a_message_demands(labels: list[Label], cpr_numbers: int, least: Proof) -> None:
    assert least_for(labels, cpr_numbers, DEMANDS) is least


@pytest.mark.parametrize(
    ("demand", "problem"),
    [
        ({"least": "dane"}, r"demand\.1: does not say which messages it is about"),
        ({"labels": ["health"], "least": "pkix"}, r"demand\.1\.least: 'pkix' is no more than routing\.least"),
        ({"labels": ["health"], "least": "encrypt"}, "takes any certificate"),
        ({"labels": ["health", "health"], "least": "dane"}, "names health 2 times"),
        ({"labels": ["helth"], "least": "dane"}, r"demand\.1\.labels\.1"),
        ({"cpr_numbers": 0, "least": "dane"}, r"demand\.1\.cpr_numbers"),
        ({"labels": ["health"], "least": "tls"}, r"demand\.1\.least"),
        ({"labels": ["health"]}, r"demand\.1\.least: is required"),
    ],
)
def test_demands_that_make_no_sense(demand: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        settings(demand)


@pytest.mark.parametrize(
    ("domain", "problem"),
    [
        ({}, "says nothing"),
        ({"way": "portal", "least": "dane"}, "portal meets every demand"),
        ({"way": "tls", "least": "encrypt", "match": ["mx.x.example"]}, "keep one of the two"),
        ({"way": "tls", "match": ["mx.x.example"], "least": "dane"}, "proves pinned, which is less"),
        ({"way": "tls", "least": "pinned"}, "proves pkix, which is less"),
        ({"least": "dane", "match": ["mx.x.example"]}, "belong to way"),
    ],
)
def test_leasts_of_domains_that_make_no_sense(domain: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        settings(domain=[{"name": "x.example", **domain}])


@pytest.mark.parametrize(
    "domain",
    [
        {"least": "encrypt"},
        {"least": "dane"},
        {"way": "tls", "least": "encrypt"},
        {"way": "tls", "least": "pinned", "match": ["mx.x.example"]},
        {"way": "tls", "least": "pinned", "next_hop": "[mail.x.example]"},
    ],
)
def test_leasts_of_domains(domain: dict[str, Any]) -> None:
    assert settings(domain=[{"name": "x.example", **domain}]).domain[0].least is not None


def test_any_certificate_at_a_named_host_is_still_any_certificate() -> None:
    """The postmaster wrote the host's name, but nothing is compared with it."""
    domain = {"name": "x.example", "way": "tls", "least": "encrypt", "next_hop": "[mail.x.example]"}
    assert settings(domain=[domain]).domain[0].proof is Proof.ENCRYPT


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        (
            {"next_hop": "[hub.example]", "least": "encrypt"},
            {"next_hop": "[hub.example]"},
            "entries with different least",
        ),
        (
            {"next_hop": "hub.example", "least": "encrypt"},
            {"next_hop": "Hub.example"},
            "entries with different least",
        ),
        (
            {"next_hop": "[hub.example]", "match": ["hub.example"]},
            {"next_hop": "[hub.example]"},
            "entries with different match",
        ),
        ({"next_hop": "hub.example", "least": "encrypt"}, {}, "less than mail to hub.example itself"),
        (
            {"next_hop": "hub.example"},
            {"name": "hub.example", "way": None, "least": "dane"},
            "less than mail",
        ),
    ],
)
def test_mail_to_one_next_hop_proves_the_same_for_all(
    first: dict[str, Any], second: dict[str, Any], problem: str
) -> None:
    """Postfix asks for the policy by next hop, so the weaker entry would hold for the other's mail as well."""
    entries = [{"name": "a.example", "way": "tls", **first}, {"name": "b.example", "way": "tls", **second}]
    given = [{key: value for key, value in entry.items() if value is not None} for entry in entries]
    with pytest.raises(SettingsError, match=problem):
        settings(domain=given)


def test_a_domains_mail_hosts_may_take_anothers_mail() -> None:
    hub = {"name": "hub.example", "least": "encrypt"}
    given = [{"name": "a.example", "way": "tls", "least": "encrypt", "next_hop": "hub.example"}, hub]
    assert len(settings(domain=given).domain) == 2


def test_any_certificate_is_not_for_all_domains() -> None:
    with pytest.raises(SettingsError, match=r"routing\.least: 'encrypt' takes any certificate"):
        settings(routing={"least": "encrypt"})
