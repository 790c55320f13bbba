"""Every way we know in which the front can be set up so that mail leaves unseen or in clear.

Each line of the tables changes one thing in a configuration that `segl install` wrote, as a postmaster would,
and names the check of `segl doctor` that must see it. Its tables and the secure instance have files of their own.
"""

from __future__ import annotations

import pytest

from segl.postfix.check import State
from world.installation import Installation
from world.needs import POSTFIX
from world.spoiling import Change, both, front, names, option, secure, site_checks

pytestmark = POSTFIX

OK, WARN, FAIL = State.OK, State.WARN, State.FAIL
OURS = "unix:segl/milter.sock"
RETURN = "127.0.0.1:10027/inet"
OF_DOMAIN = "regexp:{{/^.*@([^@]+)$$/ $$1}}"
HOSTS, WAYS = "virtual_mailbox_domains=sqlite:/d.cf", "transport_maps=sqlite:/d.cf"


def verdict_file(text: str) -> Change:
    def change(site: Installation) -> None:
        (site.front_directory / "segl-verdict").write_text(text, "utf-8")

    return change


def milter_checks(tables: str) -> Change:
    def change(site: Installation) -> None:
        ours = f"regexp:{site.front_directory}/segl-verdict"
        site.front("-e", f"milter_header_checks={tables.format(ours=ours)}")

    return change


def asks(tables: str) -> Change:
    """Of whom mail may go on to unread, too."""

    def change(site: Installation) -> None:
        master = site.front_directory / "master.cf"
        last = "check_recipient_access static:{"
        asked = f"check_recipient_access pipemap:{{{tables}}}, {last}"
        master.write_text(master.read_text("utf-8").replace(last, asked), "utf-8")

    return change


def test_what_install_writes_is_in_order(site: Installation) -> None:
    assert {(check.id, check.found) for check in site.checks() if check.state is not OK} == set()


FRONT = [
    # the milter
    ("front.milter", FAIL, front("-e", "smtpd_milters=")),
    ("front.milter", FAIL, front("-e", "smtpd_milters=unix:opendkim/opendkim.sock")),
    ("front.milter", FAIL, front("-e", "smtpd_milters=inet:localhost:8891")),
    ("front.milter", WARN, front("-e", "smtpd_milters=unix:segl/milter.sock, inet:localhost:8891")),
    ("front.milter-sendmail", FAIL, front("-e", "non_smtpd_milters=")),
    ("front.milter", WARN, front("-P", f"smtp/inet/smtpd_milters={OURS},inet:localhost:8891")),
    ("front.milter", OK, front("-P", f"smtp/inet/smtpd_milters=inet:localhost:8891,{OURS}")),
    (
        "front.milter-sendmail",
        WARN,
        front("-P", f"cleanup/unix/non_smtpd_milters={OURS},inet:localhost:8891"),
    ),
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
    ("front.milter-protocol", FAIL, front("-P", "smtp/inet/milter_protocol=2")),
    ("front.milter-protocol", OK, front("-P", "127.0.0.1:10027/inet/milter_protocol=2")),
    (
        "front.milter-protocol",
        FAIL,
        option("smtp/inet", "smtpd_milters = { unix:segl/milter.sock, protocol=2 }"),
    ),
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
    (
        "front.service-filter",
        FAIL,
        front("-M", "25/inet=25 inet n - n - - ../sbin/smtpd -o content_filter="),
    ),
    # … and by what main.cf says in words that a service has of its own
    (
        "front.service-filter",
        FAIL,
        both(
            front("-e", "content_filter=$ours", "ours=segl-secure:[127.0.0.1]:10026"),
            front("-P", "smtp/inet/ours="),
        ),
    ),
    (
        "front.service-milter",
        WARN,
        both(
            front("-e", "smtpd_milters=${mine}, $theirs", "mine=$theirs", f"theirs={OURS}"),
            front("-P", "smtp/inet/theirs=inet:localhost:8891"),
        ),
    ),
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
    # … and a site's own checks of what milters add: behind ours they may say what they like
    ("front.verdict", OK, milter_checks("{ours}, regexp:{{{{/^X-/ IGNORE}}}}")),
    ("front.verdict", FAIL, milter_checks("regexp:{{{{/^X-Segl-Wi/ IGNORE}}}}, {ours}")),
    ("front.verdict", FAIL, milter_checks("regexp:{{{{/^X-Segl-Open:(.*)/ REPLACE X-Open:$1}}}}, {ours}")),
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
    ("front.handover", WARN, site_checks("segl-secure", "smtp_delivery_status_filter", "/^4/ 5.0.0")),
    ("front.handover", WARN, site_checks("segl-plain", "smtp_reply_filter", "/^450/ 550")),
    ("front.handover", WARN, site_checks("segl-receipt", "lmtp_delivery_status_filter", "/^4/ 5.0.0")),
    (
        "front.handover",
        WARN,
        both(
            front("-PX", "segl-open/unix/lmtp_delivery_status_filter"),
            front("-e", "default_delivery_status_filter=regexp:{{/^4/ 5.0.0}}"),
        ),
    ),
    ("front.handover", OK, front("-e", "default_delivery_status_filter=regexp:{{/^4/ 5.0.0}}")),
    # the port behind the filter
    ("front.return-port", FAIL, front("-MX", "127.0.0.1:10027/inet")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/content_filter=x:y")),
    ("front.return-port", FAIL, front("-PX", "127.0.0.1:10027/inet/content_filter")),
    ("front.return-port", FAIL, front("-PX", "127.0.0.1:10027/inet/smtpd_milters")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/smtpd_milters=inet:127.0.0.1:8891")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/mynetworks=127.0.0.0/8,10.0.0.0/8")),
    ("front.return-port", FAIL, front("-P", "127.0.0.1:10027/inet/smtpd_relay_restrictions=permit")),
    # what nobody has read, and an alias or another milter leads outside
    ("front.unread", FAIL, front("-PX", f"{RETURN}/smtpd_recipient_restrictions")),
    ("front.unread", FAIL, front("-P", f"{RETURN}/smtpd_recipient_restrictions=permit_mynetworks,reject")),
    ("front.unread", FAIL, front("-P", f"{RETURN}/smtpd_restriction_classes=other")),
    ("front.unread", FAIL, front("-P", f"{RETURN}/segl_unread=permit")),
    ("front.unread", FAIL, front("-PX", f"{RETURN}/parent_domain_matches_subdomains")),
    ("front.unread", FAIL, front("-P", "segl-unread/unix/smtp_helo_name=mail.nordby.example")),
    ("front.unread", FAIL, front("-MX", "segl-unread/unix")),
    ("front.unread", FAIL, lambda site: site.append("segl-own", "andre.example OK\n")),
    ("front.unread", FAIL, lambda site: site.append("segl-own", ".nordby.example OK\n")),
    ("front.unread", FAIL, lambda site: (site.front_directory / "segl-own").unlink()),
    ("front.unread", OK, lambda site: site.append("segl-own", "bo@nordby.example DUNNO\n")),
    ("front.unread", OK, front("-e", HOSTS)),  # it is not asked yet: the longer way
    ("front.unread", OK, both(front("-e", HOSTS), asks(f"{OF_DOMAIN}, sqlite:/d.cf, static:OK"))),
    ("front.unread", FAIL, both(front("-e", HOSTS), asks("sqlite:/d.cf, static:OK"))),  # addresses, too
    ("front.unread", FAIL, both(front("-e", HOSTS), asks(f"{OF_DOMAIN}, sqlite:/other.cf, static:OK"))),
    ("front.unread", FAIL, both(front("-e", HOSTS), asks("sqlite:/d.cf, inline:{x=OK}"))),
    ("front.unread", FAIL, asks("sqlite:/d.cf, static:OK")),
    (
        "front.unread",
        FAIL,
        both(front("-e", HOSTS), lambda site: site.append("segl-own", "bo@nordby.example DUNNO\n")),
    ),
    ("front.unread", OK, both(front("-e", WAYS), asks("sqlite:/d.cf, inline:{local:=OK}"))),
    ("front.unread", FAIL, both(front("-e", WAYS), asks("sqlite:/d.cf, inline:{smtp:=OK}"))),
    ("front.unread", FAIL, both(front("-e", WAYS), asks("sqlite:/d.cf, static:OK"))),
    ("front.handover", FAIL, front("-P", "segl-unread/unix/smtp_fallback_relay=[relay.example]")),
    ("front.verdict", FAIL, verdict_file("/^X-Segl-Route: plain$/ FILTER segl-plain:[127.0.0.1]:10027\n")),
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
    ("front.outgoing-tls", WARN, front("-e", "smtp_tls_security_level=encrypt")),  # notices, too
    (
        "front.outgoing-tls",
        OK,
        front("-e", "smtp_tls_security_level=encrypt", "relayhost=[mail.relay.example]"),
    ),
    # the rest
    ("front.sizes", WARN, front("-e", "message_size_limit=200000000")),
    ("front.sizes", WARN, front("-e", "message_size_limit=0")),
    ("front.own-domains", FAIL, front("-e", "mydestination=localhost")),
]


@pytest.mark.parametrize(("check_id", "state", "change"), FRONT)
def test_each_is_named(site: Installation, check_id: str, state: State, change: Change) -> None:
    names(site, check_id, state, change)


@pytest.mark.parametrize("path", ["/run/other.sock", "{queue}/segl/../segl/milter.sock"])
def test_the_milter_is_known_by_its_socket_however_it_is_written(site: Installation, path: str) -> None:
    site.front("-e", f"smtpd_milters=unix:{path.format(queue=site.queue)}")
    states = {check.state for check in site.checks() if check.id == "front.milter"}
    assert states == ({FAIL} if "other" in path else {OK})
