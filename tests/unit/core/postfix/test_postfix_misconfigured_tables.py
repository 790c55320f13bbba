"""Tables of the front by which mail leaves unseen. As test_postfix_misconfigured.py: `segl doctor` names each."""

from __future__ import annotations

import pytest

from segl.postfix.check import State
from world.installation import Installation
from world.needs import POSTFIX
from world.spoiling import Change, both, front, names, option, postmap, table

pytestmark = POSTFIX

OK, WARN, FAIL, UNKNOWN = State.OK, State.WARN, State.FAIL, State.UNKNOWN
STRANGER = "drift@andre.example"
ARCHIVE = "arkiv@andre.example"


# Mailboxes on another host.
BEHIND = front(
    "-e", "mydestination=localhost", "relay_domains=nordby.example", "relayhost=[mail.nordby.example]"
)


def copies_to(*addresses: str) -> Change:
    def change(site: Installation) -> None:
        site.tables["organisation"] = {"copies_to": list(addresses)}

    return change


def forwarded(address: str) -> Change:
    """One of the settings; bare names of this Postfix are at the same domain."""

    def change(site: Installation) -> None:
        site.tables["organisation"] = {"forwarded": [address]}
        site.front("-e", "myorigin=nordby.example")

    return change


def behind_the_verdict(site: Installation) -> None:
    site.append("segl-strip", f"/^To:/ BCC {ARCHIVE}\n")


def access(line: str) -> Change:
    def change(site: Installation) -> None:
        site.append("access", f"{line}\n")
        postmap(site, "access")
        site.front("-e", f"smtpd_sender_restrictions=check_sender_access hash:{site.front_directory}/access")

    return change


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
    (
        "front.filter-actions",
        FAIL,
        both(
            option("smtp/inet", "smtpd_restriction_classes = special"),
            option("smtp/inet", "special = check_sender_access static:{FILTER smtp:}"),
        ),
    ),
    ("front.filter-actions", FAIL, access("a@b.example  FILTER smtp:")),
    ("front.filter-actions", FAIL, table("hc", "/^To:/  REDIRECT chef@andre.example\n", "header_checks")),
    ("front.filter-actions", FAIL, table("hc", "/^To: .*@(.*)/  REDIRECT chef@$1\n", "header_checks")),
    ("front.filter-actions", OK, table("hc", "/^To: (.*)@/  REDIRECT $1@nordby.example\n", "header_checks")),
    ("front.filter-actions", OK, table("hc", "/^To:/  REDIRECT chef\n", "header_checks")),
    ("front.filter-actions", WARN, table("hc", "/^To:/  BCC arkiv@andre.example\n", "header_checks")),
    ("front.filter-actions", OK, table("hc", "/^To:/  BCC arkiv@nordby.example\n", "header_checks")),
    (
        "front.filter-actions",
        OK,
        table("hc", "/^X-FILTER: smtp:x/  REJECT no FILTERing here\n", "header_checks"),
    ),
    # words for people
    *(
        ("front.filter-actions", OK, table("hc", f"/x/ {action}\n", "body_checks"))
        for action in (
            "REJECT Our filter does not take this",
            "WARN a letter to redirect someone@andre.example",
            "PREPEND X-Note: bcc arkiv@andre.example",
        )
    ),
    ("front.filter-actions", OK, access("a@b.example  550 5.7.1 Blocked by our filter (ask us)")),
    ("front.filter-actions", OK, access("a@b.example  Defer_If_Permit the filter is busy")),
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
    # copies that the settings name; what leaves behind Segl is none
    ("front.forwards", OK, both(copies_to(ARCHIVE), front("-e", f"always_bcc={ARCHIVE.title()}"))),
    (
        "front.forwards",
        OK,
        both(copies_to(ARCHIVE), table("bcc", "/^(.*)@/ $1@andre.example", "sender_bcc_maps")),
    ),
    (
        "front.forwards",
        WARN,
        both(copies_to(ARCHIVE), table("bcc", "/^(.*)@/ $1@x.example", "sender_bcc_maps")),
    ),
    (
        "front.forwards",
        UNKNOWN,
        both(copies_to(ARCHIVE), table("bcc", "/^(.*)@(.*)/ a@$2", "recipient_bcc_maps")),
    ),
    ("front.forwards", WARN, both(copies_to(ARCHIVE), front("-e", f"luser_relay={ARCHIVE}"))),
    (
        "front.forwards",
        WARN,
        both(copies_to(ARCHIVE), front("-e", f"virtual_alias_maps=inline:{{x@y={ARCHIVE}}}")),
    ),
    (
        "front.filter-actions",
        OK,
        both(copies_to(ARCHIVE), table("hc", f"/^To:/ BCC {ARCHIVE}\n", "header_checks")),
    ),
    (
        "front.filter-actions",
        FAIL,
        both(copies_to(ARCHIVE), table("hc", f"/^To:/ REDIRECT {ARCHIVE}\n", "body_checks")),
    ),
    ("front.filter-actions", FAIL, both(copies_to(ARCHIVE), behind_the_verdict)),
    # a postmaster's notices, with the headers of mail that nobody read
    ("front.forwards", WARN, front("-e", "notify_classes=bounce", f"bounce_notice_recipient={STRANGER}")),
    ("front.forwards", WARN, front("-e", "notify_classes=2bounce", f"2bounce_notice_recipient={STRANGER}")),
    ("front.forwards", WARN, front("-e", "notify_classes=delay", f"delay_notice_recipient={STRANGER}")),
    (
        "front.forwards",
        WARN,
        both(
            front("-e", f"bounce_notice_recipient={STRANGER}"),
            front("-P", "bounce/unix/notify_classes=bounce"),
        ),
    ),
    # … or one of this host whose address leads outside, as the settings say
    (
        "front.forwards",
        WARN,
        both(forwarded("postmaster@nordby.example"), front("-e", "notify_classes=2bounce")),
    ),
    ("front.forwards", OK, both(forwarded("chef@nordby.example"), front("-e", "notify_classes=2bounce"))),
    ("front.forwards", OK, front("-e", f"bounce_notice_recipient={STRANGER}")),  # none is written
    ("front.forwards", OK, front("-e", "notify_classes=bounce,2bounce,delay")),  # to this host's postmaster
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
    # said to the service that routes, and not in main.cf
    (
        "front.own-domains",
        UNKNOWN,
        front("-P", "rewrite/unix/transport_maps=inline:{nordby.example=smtp:[x]}"),
    ),
    # where mail leaves for the server behind
    (
        "front.forwards",
        WARN,
        both(BEHIND, front("-e", f"smtp_generic_maps=inline:{{bo@nordby.example={STRANGER}}}")),
    ),
    ("front.forwards", WARN, both(BEHIND, front("-P", f"relay/unix/smtp_generic_maps=static:{STRANGER}"))),
    (
        "front.forwards",
        OK,
        both(BEHIND, front("-e", f"smtp_generic_maps=inline:{{@nordby.local={STRANGER}}}")),
    ),
    ("front.forwards", OK, front("-e", f"smtp_generic_maps=inline:{{bo@nordby.example={STRANGER}}}")),
    ("front.forwards", UNKNOWN, table("va", "", "virtual_alias_maps", "lmdb")),
]


@pytest.mark.parametrize(("check_id", "state", "change"), TABLES)
def test_each_is_named(site: Installation, check_id: str, state: State, change: Change) -> None:
    try:
        names(site, check_id, state, change)
    finally:
        site.tables.pop("organisation", None)
