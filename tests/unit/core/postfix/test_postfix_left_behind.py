"""Settings made for something else, and left: for another filter, for mail to the world, by hand. Each line names the
check of `segl doctor` that must see it, as those of test_postfix_misconfigured.py.
"""

from __future__ import annotations

import pytest

from segl.postfix.check import State
from world.installation import Installation
from world.needs import POSTFIX
from world.spoiling import Change, both, front, names, secure

pytestmark = POSTFIX
OK, WARN, FAIL, UNKNOWN = State.OK, State.WARN, State.FAIL, State.UNKNOWN
RETURN = "127.0.0.1:10027/inet"
ALIAS = "virtual_alias_maps=inline:{post@nordby.example=bo@nordby.example}"
ALIASES = front("-e", ALIAS)
OVERRIDE = "receive_override_options"
PRE_CLEANUP = front("-P", "smtp/inet/cleanup_service_name=pre")


def answer(text: str) -> Change:
    """An access table with this answer."""

    def change(site: Installation) -> None:
        site.append("access", f"a@b.example  {text}\n")
        table = f"texthash:{site.front_directory}/access"
        site.front("-e", f"smtpd_sender_restrictions=check_sender_access {table}")

    return change


def behind(option: str, line: str) -> Change:
    """An option of one of Segl's own services, and the table it names."""

    def change(site: Installation) -> None:
        site.append("table", f"{line}\n")
        site.front("-P", f"{option}{site.front_directory}/table")

    return change


CASES = [
    # while something was repaired: all mail waits
    ("front.handover", WARN, front("-e", "defer_transports=segl-secure, smtp")),
    ("front.handover", OK, front("-e", "defer_transports=smtp")),  # by a line that is dialled
    # of a filter that hands mail back, which followed aliases then
    ("front.service-aliases", WARN, front("-e", ALIAS, f"{OVERRIDE}=no_address_mappings")),
    ("front.service-aliases", WARN, both(ALIASES, front("-P", f"smtp/inet/{OVERRIDE}=no_address_mappings"))),
    (
        "front.service-aliases",
        WARN,
        both(ALIASES, front("-P", f"pickup/unix/{OVERRIDE}=no_address_mappings")),
    ),
    ("front.service-aliases", WARN, front("-e", "always_bcc=arkiv", f"{OVERRIDE}=no_address_mappings")),
    ("front.service-aliases", OK, front("-e", f"{OVERRIDE}=no_address_mappings")),  # there are none
    (
        "front.service-aliases",
        WARN,
        both(
            ALIASES,
            front("-M", "pre/unix=pre unix n - n - 0 cleanup -o virtual_alias_maps="),
            PRE_CLEANUP,
        ),
    ),
    (
        "front.service-aliases",
        OK,
        both(ALIASES, front("-M", "pre/unix=pre unix n - n - 0 cleanup -o header_checks="), PRE_CLEANUP),
    ),
    # behind the verdict nobody may be added, and nothing steered
    ("front.return-port", FAIL, front("-PX", f"{RETURN}/receive_override_options")),
    (
        "front.return-port",
        FAIL,
        front("-P", f"{RETURN}/receive_override_options=no_unknown_recipient_checks"),
    ),
    (
        "front.return-port",
        FAIL,
        both(front("-PX", f"{RETURN}/smtpd_proxy_filter"), front("-e", "smtpd_proxy_filter=127.0.0.1:10029")),
    ),
    (
        "front.filter-actions",
        FAIL,
        lambda site: site.append("segl-strip", "/^Subject: x/  FILTER smtp:[relay.example]\n"),
    ),
    (
        "front.filter-actions",
        FAIL,
        behind("segl-cleanup/unix/body_checks=regexp:", "/x/ REDIRECT chef@andre.example"),
    ),
    (
        "front.filter-actions",
        FAIL,
        behind("segl-cleanup/unix/body_checks=regexp:", "/x/ BCC arkiv@andre.example"),
    ),
    (
        "front.filter-actions",
        FAIL,
        behind(f"{RETURN}/smtpd_data_restrictions=check_sender_access,texthash:", "a@b.example FILTER smtp:"),
    ),
    # an answer that is a restriction in turn
    ("front.filter-actions", FAIL, answer("check_recipient_access static:{FILTER smtp:}")),
    ("front.filter-actions", UNKNOWN, answer("check_policy_service inet:127.0.0.1:10031")),
    ("front.filter-actions", OK, answer("check_recipient_access static:REJECT, reject")),
    # against the limits of large providers
    (
        "front.handover",
        OK,
        front("-e", "default_destination_rate_delay=1s", "default_transport_rate_delay=1s"),
    ),
    ("front.handover", WARN, front("-e", "segl-secure_destination_rate_delay=1s")),
    (
        "front.handover",
        WARN,
        both(front("-X", "segl-plain_transport_rate_delay"), front("-e", "default_transport_rate_delay=1s")),
    ),
    # against bounces to forged senders: receipts and reports wait no longer than those; and of a trial
    ("front.queue-life", OK, front("-e", "maximal_queue_lifetime=3d")),
    ("front.queue-life", WARN, front("-e", "maximal_queue_lifetime=1d")),
    ("front.queue-life", WARN, front("-e", "bounce_queue_lifetime=0")),
    ("front.queue-life", WARN, front("-P", "qmgr/unix/bounce_queue_lifetime=1h")),
    ("front.queue-life", WARN, front("-e", "soft_bounce=yes")),
    ("front.queue-life", WARN, front("-P", "smtp/unix/soft_bounce=yes")),
    # by hand, in the secure instance
    ("secure.diversions", FAIL, secure("-e", "best_mx_transport=segl-internal:[192.0.2.7]")),
    ("secure.diversions", FAIL, secure("-e", "smtpd_milter_maps=static:inet:192.0.2.7:8891")),
    ("secure.tls", FAIL, secure("-e", "smtp_tls_mandatory_ciphers=null")),
    ("secure.tls", FAIL, secure("-P", "segl-tls-dane/unix/smtp_tls_mandatory_ciphers=null")),
    ("secure.tls", FAIL, secure("-e", "smtp_tls_secure_cert_match=hostname")),
    ("secure.tls", FAIL, secure("-e", "smtp_tls_secure_cert_match=nexthop, .example")),
    ("secure.tls", OK, secure("-e", "smtp_tls_mandatory_ciphers=high")),
]


@pytest.mark.parametrize(("check_id", "state", "change"), CASES)
def test_each_is_named(site: Installation, check_id: str, state: State, change: Change) -> None:
    names(site, check_id, state, change)
