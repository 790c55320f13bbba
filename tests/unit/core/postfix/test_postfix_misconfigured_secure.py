"""Settings of the secure instance by which mail leaves in clear, or its reports are lost: `segl doctor` names each."""

from __future__ import annotations

import pytest

from segl.postfix.check import State
from segl.postfix.check_reports import report_checks
from world.installation import Installation
from world.needs import POSTFIX
from world.spoiling import Change, both, front, names, secure

pytestmark = POSTFIX

OK, WARN, FAIL = State.OK, State.WARN, State.FAIL


SECURE = [
    ("secure.transport", FAIL, secure("-e", "transport_maps=")),
    ("secure.transport", FAIL, secure("-e", "transport_maps=hash:/etc/postfix/transport")),
    (
        "secure.transport",
        FAIL,
        lambda site: site.secure("-e", f"transport_maps=static:smtp:, {map_of(site)}"),
    ),
    ("secure.transport", FAIL, secure("-P", "rewrite/unix/transport_maps=static:smtp:")),
    ("secure.transport", FAIL, secure("-P", "rewrite/unix/transport_maps=")),
    ("secure.transport", FAIL, secure("-P", "qmgr/unix/rewrite_service_name=segl-entry")),
    ("secure.transport", FAIL, secure("-e", "rewrite_service_name=segl-entry")),
    ("secure.transport", FAIL, secure("-P", "segl-entry/unix/transport_maps=static:smtp:")),
    ("secure.default-transport", FAIL, secure("-P", "segl-entry/unix/default_transport=smtp")),
    ("secure.default-transport", FAIL, secure("-e", "default_transport=smtp")),
    ("secure.default-transport", FAIL, secure("-X", "relay_transport")),
    ("secure.default-transport", FAIL, secure("-P", "rewrite/unix/default_transport=smtp")),
    ("secure.diversions", FAIL, secure("-e", "relayhost=[relay.example]")),
    ("secure.diversions", FAIL, secure("-e", "content_filter=smtp:")),
    ("secure.diversions", FAIL, secure("-e", "smtp_fallback_relay=[relay.example]")),
    ("secure.diversions", FAIL, secure("-P", "segl-tls/unix/smtp_fallback_relay=[relay.example]")),
    ("secure.diversions", FAIL, secure("-e", "sender_dependent_relayhost_maps=static:[relay.example]")),
    ("secure.diversions", FAIL, secure("-e", "sender_dependent_default_transport_maps=static:smtp:")),
    ("secure.diversions", FAIL, secure("-e", "header_checks=static:{FILTER smtp:}")),
    ("secure.diversions", FAIL, secure("-P", "127.0.0.1:10026/inet/content_filter=smtp:")),
    ("secure.diversions", FAIL, secure("-e", "always_bcc=arkiv@andre.example")),
    ("secure.diversions", FAIL, secure("-e", "virtual_alias_maps=static:x@andre.example")),
    ("secure.diversions", FAIL, secure("-e", "mydestination=nordby.example")),
    (
        "secure.diversions",
        FAIL,
        secure("-e", "smtpd_recipient_restrictions=check_recipient_access static:{FILTER smtp:}, reject"),
    ),
    ("secure.tls-level", FAIL, secure("-e", "smtp_tls_security_level=may")),
    ("secure.tls-level", FAIL, secure("-e", "smtp_tls_security_level=encrypt")),
    ("secure.tls-level", FAIL, secure("-X", "smtp_tls_security_level")),
    ("secure.tls", FAIL, secure("-MX", "segl-tls/unix")),
    ("secure.tls", FAIL, secure("-P", "segl-tls/unix/smtp_tls_security_level=may")),
    ("secure.tls", FAIL, secure("-P", "segl-tls/unix/smtp_tls_security_level=encrypt")),
    ("secure.tls", FAIL, secure("-P", "segl-tls/unix/smtp_tls_policy_maps=hash:/etc/postfix/tls_policy")),
    (
        "secure.tls",
        FAIL,
        lambda site: site.secure("-P", f"segl-tls/unix/smtp_tls_policy_maps=static:may,{map_of(site)}"),
    ),
    ("secure.tls", FAIL, secure("-P", "segl-tls/unix/smtp_tls_mandatory_protocols=>=TLSv1")),
    ("secure.dane", FAIL, secure("-PX", "segl-tls/unix/smtp_dns_support_level")),
    ("secure.dane", FAIL, secure("-P", "segl-tls/unix/smtp_dns_support_level=enabled")),
    ("secure.dane", FAIL, secure("-P", "segl-tls/unix/smtp_host_lookup=native")),
    ("secure.dane", FAIL, secure("-P", "segl-tls/unix/smtp_host_lookup=dns,native")),
    ("secure.dane", FAIL, secure("-P", "segl-tls/unix/smtp_dns_resolver_options=res_defnames")),
    ("secure.dane", FAIL, secure("-P", "segl-tls-dane/unix/smtp_dns_support_level=enabled")),
    ("secure.dane", FAIL, secure("-e", "ignore_mx_lookup_error=yes")),
    ("secure.tls-reports", WARN, secure("-PX", "segl-tls/unix/smtp_discard_ehlo_keywords")),
    ("secure.tls-reports", WARN, secure("-PX", "segl-tls/unix/smtp_header_checks")),
    ("secure.policy-maps", FAIL, secure("-e", "smtp_tls_policy_maps=static:may")),
    ("secure.policy-maps", FAIL, secure("-P", "segl-internal/unix/smtp_tls_policy_maps=static:may")),
    ("secure.transports", FAIL, secure("-MX", "segl-portal/unix")),
    ("secure.transports", FAIL, secure("-M", "segl-portal/unix=segl-portal unix - - n - - smtp")),
    (
        "secure.transports",
        FAIL,
        secure("-M", "smtp/unix=smtp unix - - n - - smtp -o smtp_tls_security_level=may"),
    ),
    ("secure.transports", WARN, secure("-M", "smtp/unix=smtp unix - - n - - smtp")),
    ("secure.transports", FAIL, secure("-M", "lmtp/unix=lmtp unix - - n - - lmtp")),
    ("secure.transports", FAIL, secure("-M", "uucp/unix=uucp unix - n n - - pipe user=uucp argv=/bin/uux")),
    ("secure.tls-required", FAIL, secure("-e", "tls_required_enable=yes")),
    ("secure.tls-required", FAIL, secure("-P", "segl-tls/unix/tls_required_enable=yes")),
    ("secure.port", FAIL, secure("-MX", "127.0.0.1:10026/inet")),
    ("secure.port", FAIL, secure("-M", "0.0.0.0:10028/inet=0.0.0.0:10028 inet n - n - - smtpd")),
    ("secure.port", WARN, secure("-M", "127.0.0.1:10028/inet=127.0.0.1:10028 inet n - n - - smtpd")),
    (
        "secure.port",
        FAIL,
        both(secure("-M", "smtp/inet=smtp inet n - n - - smtpd"), secure("-e", "inet_interfaces=all")),
    ),
    ("secure.ca", FAIL, secure("-e", "smtp_tls_CAfile=/nowhere/ca.pem")),
    ("secure.ca", FAIL, secure("-e", "smtp_tls_CAfile=")),
    ("secure.queue-life", WARN, secure("-e", "maximal_queue_lifetime=10d")),
    ("secure.queue-life", WARN, secure("-e", "maximal_queue_lifetime=1d")),  # holds for reports, too
    ("secure.queue-life", WARN, secure("-e", "bounce_queue_lifetime=1d")),
    ("secure.queue-life", OK, secure("-e", "maximal_queue_lifetime=3d")),
    ("secure.queue-life", WARN, secure("-e", "delay_warning_time=0h")),
]


def map_of(site: Installation) -> str:
    return f"socketmap:unix:{site.settings.routing.socket}:transport"


@pytest.mark.parametrize(("check_id", "state", "change"), SECURE)
def test_each_is_named(site: Installation, check_id: str, state: State, change: Change) -> None:
    names(site, check_id, state, change)


UNREPORTED: list[tuple[str, Change]] = [
    ("secure.reports", secure("-e", "smtpd_command_filter=")),
    ("secure.reports", secure("-P", "bounce/unix/cleanup_service_name=cleanup")),
    ("secure.reports", secure("-P", "segl-report/unix/header_checks=")),
    ("front.reports", front("-P", "trace/unix/internal_mail_filter_classes=")),
    ("front.reports", front("-MX", "segl-receipt/unix")),
]


@pytest.mark.parametrize(("check_id", "change"), UNREPORTED)
def test_each_that_keeps_reports_from_becoming_receipts_is_named(
    site: Installation, check_id: str, change: Change
) -> None:
    change(site)
    states = {check.id: check.state for check in report_checks(site.setup) if check.id.endswith(".reports")}
    assert states == {"secure.reports": OK, "front.reports": OK, check_id: WARN}


def test_what_was_installed_lets_reports_become_receipts(site: Installation) -> None:
    states = {check.id: check.state for check in report_checks(site.setup)}
    assert (states["secure.reports"], states["front.reports"]) == (OK, OK)
