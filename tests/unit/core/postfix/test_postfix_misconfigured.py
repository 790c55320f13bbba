"""Every way we know in which a Postfix with Segl can be set up so that mail leaves unseen or in clear.

Each line of the tables changes one thing in a configuration that `segl install` wrote, as a postmaster would,
and names the check of `segl doctor` that must see it.
"""

from __future__ import annotations

import pytest

from segl.postfix.check import State
from segl.postfix.check_reports import report_checks
from world.installation import Installation
from world.needs import POSTFIX
from world.spoiling import Change, both, front, names, option, postmap, secure, site_checks, table

pytestmark = POSTFIX

OK, WARN, FAIL, UNKNOWN = State.OK, State.WARN, State.FAIL, State.UNKNOWN


def verdict_file(text: str) -> Change:
    def change(site: Installation) -> None:
        (site.front_directory / "segl-verdict").write_text(text, "utf-8")

    return change


def access_table(site: Installation) -> None:
    site.append("access", "a@b.example  FILTER smtp:\n")
    postmap(site, "access")
    site.front("-e", f"smtpd_sender_restrictions=check_sender_access hash:{site.front_directory}/access")


def test_what_install_writes_is_in_order(site: Installation) -> None:
    assert {(check.id, check.found) for check in site.checks() if check.state is not OK} == set()


FRONT = [
    # the milter
    ("front.milter", FAIL, front("-e", "smtpd_milters=")),
    ("front.milter", FAIL, front("-e", "smtpd_milters=unix:opendkim/opendkim.sock")),
    ("front.milter", FAIL, front("-e", "smtpd_milters=inet:localhost:8891")),
    ("front.milter", WARN, front("-e", "smtpd_milters=unix:segl/milter.sock, inet:localhost:8891")),
    ("front.milter-sendmail", FAIL, front("-e", "non_smtpd_milters=")),
    ("front.milter-action", FAIL, front("-e", "milter_default_action=accept")),
    ("front.milter-action", WARN, front("-e", "milter_default_action=reject")),
    ("front.milter-action", WARN, front("-e", "milter_default_action=quarantine")),
    (
        "front.milter-action",
        FAIL,
        front("-e", "smtpd_milters={unix:segl/milter.sock, default_action=accept}"),
    ),
    ("front.milter-action", FAIL, front("-P", "smtp/inet/milter_default_action=accept")),
    ("front.milter-action", FAIL, front("-P", "cleanup/unix/milter_default_action=accept")),
    (
        "front.milter-action",
        FAIL,
        front("-P", "smtp/inet/smtpd_milters={unix:segl/milter.sock,default_action=accept}"),
    ),
    ("front.milter-protocol", FAIL, front("-e", "milter_protocol=2")),
    ("front.milter-times", WARN, front("-e", "milter_command_timeout=5m")),
    ("front.milter-times", WARN, front("-e", "milter_connect_timeout=5m")),
    ("front.milter-times", WARN, front("-e", "milter_content_timeout=1h")),
    ("front.milter-times", WARN, front("-e", "milter_content_timeout=30s")),
    # a message may take 50 seconds, and its end some more
    ("front.milter-times", WARN, front("-e", "milter_content_timeout=52s")),
    ("front.milter-times", WARN, front("-P", "cleanup/unix/milter_content_timeout=300s")),
    (
        "front.milter-times",
        WARN,
        front("-e", "smtpd_milters={unix:segl/milter.sock, content_timeout=600s}"),
    ),
    # the default way
    ("front.content-filter", FAIL, front("-e", "content_filter=")),
    ("front.content-filter", FAIL, front("-e", "content_filter=smtp-amavis:[127.0.0.1]:10024")),
    ("front.content-filter", FAIL, front("-X", "content_filter")),
    ("front.service-filter", FAIL, front("-P", "smtp/inet/content_filter=")),
    ("front.service-filter", FAIL, front("-P", "pickup/unix/content_filter=")),
    ("front.service-filter", FAIL, front("-P", "smtp/inet/content_filter=smtp-amavis:[127.0.0.1]:10024")),
    (
        "front.service-filter",
        FAIL,
        front("-M", "submission/inet=submission inet n - y - - smtpd -o content_filter="),
    ),
    (
        "front.service-filter",
        FAIL,
        front("-M", "10025/inet=10025 inet n - n - - smtpd -o { content_filter = }"),
    ),
    ("front.service-filter", FAIL, front("-M", "628/inet=628 inet n - n - - qmqpd -o content_filter=")),
    # what lets it out
    ("front.verdict", FAIL, front("-e", "milter_header_checks=")),
    ("front.verdict", FAIL, front("-e", "milter_header_checks=regexp:{{/^X-Segl-Route:/ FILTER smtp:}}")),
    ("front.verdict", FAIL, option("cleanup/unix", "milter_header_checks = static:{FILTER smtp:}")),
    ("front.verdict", FAIL, verdict_file("/^X-Segl-Route:/ FILTER segl-plain:[127.0.0.1]:10027\n")),
    ("front.verdict", FAIL, verdict_file("/plain/ FILTER segl-plain:[127.0.0.1]:10027\n")),
    ("front.verdict", FAIL, verdict_file("/^X-Segl-Route: plain$/ FILTER smtp:\n")),
    ("front.verdict", FAIL, verdict_file("")),
    ("front.verdict", FAIL, lambda site: (site.front_directory / "segl-verdict").unlink()),
    (
        "front.verdict",
        FAIL,
        lambda site: site.front(
            "-e", f"milter_header_checks=static:{{FILTER smtp:}}, regexp:{site.front_directory}/segl-verdict"
        ),
    ),
    # entrances without the milter
    ("front.service-milter", WARN, front("-P", "smtp/inet/smtpd_milters=")),
    ("front.service-milter", WARN, front("-P", "smtp/inet/smtpd_milters=inet:localhost:8891")),
    ("front.service-milter", WARN, front("-P", "smtp/inet/receive_override_options=no_milters")),
    ("front.service-milter", WARN, front("-e", "receive_override_options=no_milters,no_address_mappings")),
    ("front.service-milter", WARN, front("-e", "smtpd_milter_maps=cidr:{{127.0.0.0/8 DISABLE}}")),
    ("front.service-milter", WARN, front("-P", "pickup/unix/cleanup_service_name=segl-cleanup")),
    ("front.service-milter", WARN, front("-P", "cleanup/unix/non_smtpd_milters=")),
    ("front.service-milter", WARN, front("-P", "smtp/inet/smtpd_proxy_filter=127.0.0.1:10029")),
    # on the way inside
    ("front.handover", FAIL, front("-MX", "segl-secure/unix")),
    ("front.handover", FAIL, front("-MX", "segl-plain/unix")),
    ("front.handover", FAIL, front("-P", "segl-secure/unix/smtp_fallback_relay=[relay.example]")),
    (
        "front.handover",
        FAIL,
        both(
            front("-PX", "segl-secure/unix/smtp_fallback_relay"),
            front("-e", "smtp_fallback_relay=[relay.example]"),
        ),
    ),
    (
        "front.handover",
        FAIL,
        both(
            front("-PX", "segl-plain/unix/smtp_fallback_relay"), front("-e", "fallback_relay=[relay.example]")
        ),
    ),
    ("front.handover", FAIL, site_checks("segl-secure", "smtp_header_checks", "/^X-/ IGNORE")),
    ("front.handover", FAIL, site_checks("segl-plain", "smtp_header_checks", "/^X-Segl-Open:/ STRIP")),
    ("front.handover", FAIL, site_checks("segl-secure", "smtp_header_checks", "/./ REPLACE X: y")),
    ("front.handover", WARN, site_checks("segl-secure", "smtp_header_checks", "/^Received:/ IGNORE")),
    ("front.handover", WARN, site_checks("segl-secure", "smtp_header_checks", "/^X-/ PREPEND X: y")),
    ("front.handover", WARN, site_checks("segl-secure", "smtp_mime_header_checks", "/^X-/ IGNORE")),
    ("front.handover", WARN, site_checks("segl-secure", "smtp_nested_header_checks", "/^X-/ IGNORE")),
    ("front.handover", WARN, site_checks("segl-secure", "smtp_body_checks", "/^--/ IGNORE")),
    ("front.handover", OK, front("-e", "smtp_header_checks=regexp:{{/^X-/ IGNORE}}")),
    # the port behind the filter
    ("front.return-port", FAIL, front("-MX", "127.0.0.1:10027/inet")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/content_filter=x:y")),
    ("front.return-port", FAIL, front("-PX", "127.0.0.1:10027/inet/content_filter")),
    ("front.return-port", FAIL, front("-PX", "127.0.0.1:10027/inet/smtpd_milters")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/smtpd_milters=inet:127.0.0.1:8891")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/mynetworks=127.0.0.0/8,10.0.0.0/8")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/smtpd_relay_restrictions=permit")),
    ("front.return-port", FAIL, front("-PX", "127.0.0.1:10027/inet/smtpd_recipient_restrictions")),
    # where Segl's own mail comes in
    ("front.own-port", WARN, front("-MX", "127.0.0.1:10028/inet")),
    ("front.own-port", FAIL, front("-P", "127.0.0.1:10028/inet/content_filter=")),
    ("front.own-port", FAIL, front("-PX", "127.0.0.1:10028/inet/content_filter")),
    ("front.own-port", FAIL, front("-PX", "127.0.0.1:10028/inet/smtpd_milters")),
    (
        "front.own-port",
        FAIL,
        front("-P", "127.0.0.1:10028/inet/receive_override_options=no_address_mappings"),
    ),
    ("front.own-port", FAIL, front("-PX", "127.0.0.1:10028/inet/smtpd_banner")),
    ("front.own-port", FAIL, front("-P", "127.0.0.1:10028/inet/mynetworks=10.0.0.0/8")),
    ("front.own-port", FAIL, front("-P", "127.0.0.1:10028/inet/cleanup_service_name=cleanup")),
    ("front.own-port", FAIL, front("-P", "segl-own-cleanup/unix/header_checks=regexp:/etc/postfix/x")),
    ("front.own-port", FAIL, front("-P", "segl-own-cleanup/unix/always_bcc=arkiv@nordby.example")),
    ("front.own-port", FAIL, secure("-MX", "127.0.0.1:10029/inet")),
    ("front.service-filter", FAIL, front("-M", "10027/inet=10027 inet n - n - - smtpd -o content_filter=")),
    ("front.strip", WARN, front("-P", "segl-cleanup/unix/header_checks=")),
    ("front.strip", WARN, front("-P", "127.0.0.1:10027/inet/cleanup_service_name=cleanup")),
    # TLS
    ("front.tls-required", FAIL, front("-e", "tls_required_enable=yes")),
    ("front.tls-required", FAIL, front("-P", "cleanup/unix/tls_required_enable=yes")),
    ("front.outgoing-tls", WARN, front("-e", "smtp_tls_security_level=none")),
    ("front.outgoing-tls", WARN, front("-X", "smtp_tls_security_level")),
    # the rest
    ("front.sizes", WARN, front("-e", "message_size_limit=200000000")),
    ("front.sizes", WARN, front("-e", "message_size_limit=0")),
    ("front.own-domains", FAIL, front("-e", "mydestination=localhost")),
]

TABLES = [
    (
        "front.filter-actions",
        FAIL,
        table("hc", "/^Subject: x/  FILTER smtp:[relay.example]\n", "header_checks"),
    ),
    ("front.filter-actions", FAIL, table("hc", "/^Subject: x/i  filter smtp:\n", "mime_header_checks")),
    ("front.filter-actions", FAIL, table("hc", "if /x/\n!/a\\/b/x\n  FILTER smtp:\nendif\n", "body_checks")),
    ("front.filter-actions", FAIL, front("-e", "header_checks=regexp:{{/x/ DUNNO}, {/y/ FILTER smtp:}}")),
    ("front.filter-actions", FAIL, option("cleanup/unix", "header_checks = static:{FILTER smtp:}")),
    (
        "front.filter-actions",
        FAIL,
        front("-e", "smtpd_client_restrictions=check_client_access cidr:{{10.0.0.0/8 FILTER smtp:}}"),
    ),
    (
        "front.filter-actions",
        FAIL,
        front("-e", "smtpd_sender_restrictions={ check_sender_access inline:{a@b.example={FILTER smtp:}} }"),
    ),
    (
        "front.filter-actions",
        FAIL,
        option("smtp/inet", "smtpd_recipient_restrictions = check_recipient_access static:{FILTER smtp:}"),
    ),
    (
        "front.filter-actions",
        FAIL,
        both(
            front("-e", "smtpd_restriction_classes=special"),
            front(
                "-e", "special=check_sender_access static:{FILTER smtp:}", "smtpd_data_restrictions=special"
            ),
        ),
    ),
    ("front.filter-actions", FAIL, access_table),
    ("front.filter-actions", WARN, table("hc", "/^To:/  REDIRECT chef@andre.example\n", "header_checks")),
    ("front.filter-actions", WARN, table("hc", "/^To:/  BCC arkiv@andre.example\n", "header_checks")),
    ("front.filter-actions", OK, table("hc", "/^To:/  BCC arkiv@nordby.example\n", "header_checks")),
    (
        "front.filter-actions",
        OK,
        table("hc", "/^X-FILTER: smtp:x/  REJECT no FILTERing here\n", "header_checks"),
    ),
    ("front.filter-actions", UNKNOWN, front("-e", "header_checks=tcp:127.0.0.1:1")),
    ("front.filter-actions", UNKNOWN, table("missing", "", "header_checks", "lmdb")),
    (
        "front.filter-actions",
        UNKNOWN,
        front("-e", "smtpd_recipient_restrictions=check_policy_service inet:127.0.0.1:10031, reject"),
    ),
    (
        "front.filter-actions",
        UNKNOWN,
        option(
            "smtp/inet",
            "smtpd_sender_restrictions = check_policy_service { unix:private/policyd, timeout=5s }",
        ),
    ),
    (
        "front.filter-actions",
        OK,
        both(
            front("-M", "spf/unix=spf unix - n n - 0 spawn user=nobody argv=/usr/bin/policyd-spf"),
            front("-e", "smtpd_relay_restrictions=check_policy_service unix:private/spf, reject"),
        ),
    ),
    (
        "front.filter-actions",
        UNKNOWN,
        both(
            front("-M", "pol/unix=pol unix - n n - 0 spawn user=nobody argv=/usr/bin/perl /opt/policyd-spf"),
            front("-e", "smtpd_relay_restrictions=check_policy_service unix:private/pol, reject"),
        ),
    ),
    ("front.forwards", WARN, front("-e", "always_bcc=arkiv@andre.example")),
    ("front.forwards", OK, front("-e", "always_bcc=arkiv@nordby.example")),
    ("front.forwards", OK, front("-e", "always_bcc=arkiv")),
    ("front.forwards", WARN, front("-e", "luser_relay=$local@andre.example")),
    (
        "front.forwards",
        WARN,
        front(
            "-e", "virtual_alias_maps=inline:{{bestyrelse@nordby.example=a@nordby.example, b@andre.example}}"
        ),
    ),
    (
        "front.forwards",
        OK,
        front("-e", "virtual_alias_maps=inline:{{info@nordby.example=anna@nordby.example}}"),
    ),
    ("front.forwards", WARN, table("va", "/^(.*)@old\\.example$/ $1@andre.example\n", "virtual_alias_maps")),
    (
        "front.forwards",
        WARN,
        table("bcc", "anna@nordby.example x@andre.example\n", "recipient_bcc_maps", "hash"),
    ),
    (
        "front.forwards",
        WARN,
        table("bcc", "@nordby.example x@andre.example\n", "sender_bcc_maps", "texthash"),
    ),
    # a whole domain; a local part in quotes; one service's own
    ("front.forwards", WARN, front("-e", "virtual_alias_maps=inline:{@nordby.example=@andre.example}")),
    ("front.forwards", OK, front("-e", "virtual_alias_maps=inline:{@old.nordby.example=@nordby.example}")),
    (
        "front.forwards",
        WARN,
        table("va", 'bo@nordby.example "a b"@andre.example\n', "virtual_alias_maps", "texthash"),
    ),
    ("front.forwards", WARN, front("-P", "cleanup/unix/always_bcc=arkiv@andre.example")),
    (
        "front.forwards",
        WARN,
        front("-P", "smtp/inet/virtual_alias_maps=inline:{info@nordby.example=x@andre.example}"),
    ),
    # where the pattern writes the domain nobody knows where it leads
    ("front.forwards", UNKNOWN, table("va", "/^(.+)=(.+)@nordby\\.example$/ $1@$2\n", "virtual_alias_maps")),
    (
        "front.forwards",
        UNKNOWN,
        table("va", "/^(.+)@(.+)\\.nordby\\.example$/ $1@mx.$2\n", "virtual_alias_maps"),
    ),
    (
        "front.forwards",
        OK,
        table("va", "/^(.+)\\+.*@nordby\\.example$/ $1@nordby.example\n", "virtual_alias_maps"),
    ),
    ("front.forwards", UNKNOWN, front("-e", "virtual_alias_maps=ldap:/etc/postfix/ldap-aliases.cf")),
    ("front.forwards", UNKNOWN, table("va", "", "virtual_alias_maps", "lmdb")),
]

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


@pytest.mark.parametrize(("check_id", "state", "change"), [*FRONT, *TABLES, *SECURE])
def test_each_is_named(site: Installation, check_id: str, state: State, change: Change) -> None:
    names(site, check_id, state, change)


@pytest.mark.parametrize("path", ["/run/other.sock", "{queue}/segl/../segl/milter.sock"])
def test_the_milter_is_known_by_its_socket_however_it_is_written(site: Installation, path: str) -> None:
    site.front("-e", f"smtpd_milters=unix:{path.format(queue=site.queue)}")
    states = {check.state for check in site.checks() if check.id == "front.milter"}
    assert states == ({FAIL} if "other" in path else {OK})


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
