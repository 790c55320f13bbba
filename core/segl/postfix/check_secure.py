"""What must hold in the secure instance, which lets each copy out only by the way segl-map names.

It has no way of its own: one table (the map), a default that refuses, forced TLS, nothing that rewrites or
diverts. Everything here is compared with that, so a setting added by hand that opens another way is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from segl.demand_tag import TLS_DEMANDS
from segl.postfix.check import (
    INSTALL,
    LEAST_QUEUE_SECONDS,
    RECEIPT,
    REPORT,
    Check,
    Setup,
    State,
    judge,
    listens_beyond_loopback,
    seconds,
)
from segl.postfix.check_demands import REPORTS, is_entrance, writes_demand
from segl.postfix.check_front import tls_required
from segl.postfix.check_relay import RELAY, relay_checks
from segl.postfix.check_reports import reports_table
from segl.postfix.conf import AGAIN, CANARY, demand_checks
from segl.postfix.running import Service, split_list
from segl.vocabulary import Way

TLS = f"segl-{Way.TLS}"
INTERNAL = f"segl-{Way.INTERNAL}"
# The resolver of the secure smtpd, which does not ask the map and by which nothing is delivered.
_ENTRY = "segl-entry/unix"
_SOCKET_WAYS = frozenset(f"segl-{way}" for way in (Way.TUNNEL, Way.CERTIFICATE, Way.PORTAL))
# The transports of forced TLS, each with the name of the map that is asked for its policies.
_TLS = {TLS: "tlspolicy"} | {f"{TLS}-{least}": f"tlspolicy-{least}" for least in TLS_DEMANDS}
_WAYS = _SOCKET_WAYS | {*_TLS, INTERNAL}
_SINKS = frozenset({RECEIPT, CANARY})  # end in segl-deliver as well, and carry nobody's mail

# Levels at which nothing goes to a server whose certificate or TLSA record was not checked (TLS_README).
_VERIFYING = frozenset({"secure", "verify", "fingerprint", "dane-only"})

# "null" agrees on TLS that encrypts nothing, "export" and "low" on what can be read.
_CIPHERS = frozenset({"medium", "high"})
# What "secure" compares with where segl-map gave no policy: what was never proven must not pass by another name.
_OWN_NAMES = frozenset({"nexthop", "dot-nexthop"})

# Parameters that could give a message another way, or send it to someone else.
_DIVERTING = (
    "content_filter",
    "header_checks",
    "mime_header_checks",
    "nested_header_checks",
    "body_checks",
    "milter_header_checks",
    "smtpd_milters",
    "smtpd_milter_maps",
    "non_smtpd_milters",
    "relayhost",
    "sender_dependent_relayhost_maps",
    "sender_dependent_default_transport_maps",
    "smtp_fallback_relay",
    "best_mx_transport",
    "mydestination",
    "relay_domains",
    "virtual_mailbox_domains",
    "virtual_alias_domains",
    "virtual_alias_maps",
    "canonical_maps",
    "recipient_canonical_maps",
    "recipient_bcc_maps",
    "sender_bcc_maps",
    "always_bcc",
    "smtpd_client_restrictions",
    "smtpd_helo_restrictions",
    "smtpd_sender_restrictions",
    "smtpd_data_restrictions",
    "smtpd_end_of_data_restrictions",
    "smtpd_proxy_filter",
)

_MOST_QUEUE_SECONDS = 7 * 86400  # that mail may wait: a sender must hear in the end
_DAYS = "d"


def secure_checks(setup: Setup) -> Iterator[Check]:
    """All checks of the secure instance's main.cf and master.cf."""
    yield from _routes(setup)
    yield from _diversions(setup)
    yield from _tls_transports(setup)
    yield _tls_level(setup)
    yield from _policy_elsewhere(setup)
    yield from _transports(setup)
    yield from relay_checks(setup)
    yield tls_required("secure.tls-required", setup.secure.value("tls_required_enable"), setup.secure.version)
    yield from _tls_required_overrides(setup)
    yield from _listens(setup)
    yield _ca_file(setup)
    yield _queue_life(setup)


def map_table(setup: Setup, name: str) -> str:
    return f"socketmap:unix:{setup.settings.routing.socket}:{name}"


def _routes(setup: Setup) -> Iterator[Check]:
    expected = map_table(setup, "transport")
    for place, value in _values(setup, "transport_maps"):
        yield judge(
            "secure.transport",
            value == expected or (place == _ENTRY and not value),
            f"{place}: transport_maps = {value or '(empty)'}",
            why="another table can send a recipient's copy another way than the secure one",
            fix=f"{INSTALL}; it must be {expected} alone",
        )
    for name in ("default_transport", "relay_transport", "local_transport", "virtual_transport"):
        for place, value in _values(setup, name):
            yield judge(
                "secure.default-transport",
                value.startswith("error:") or (place == _ENTRY and value == TLS),
                f"{place}: {name} = {value or '(empty)'}",
                why="a recipient for whom no way is known must be refused, not sent",
                fix=INSTALL,
            )
    yield from _who_asks(setup)


def _who_asks(setup: Setup) -> Iterator[Check]:
    """smtpd alone may ask the resolver that does not know the ways."""
    service_name = "rewrite_service_name"
    places = [("main.cf", setup.secure.value(service_name))]
    places += [
        (s.id, s.overrides[service_name]) for s in setup.secure.services if service_name in s.overrides
    ]
    smtpd = {service.id for service in setup.secure.running("smtpd")}
    for place, value in places:
        yield judge(
            "secure.transport",
            value == "rewrite" or (place in smtpd and f"{value}/unix" == _ENTRY),
            f"{place}: {service_name} = {value}",
            why="segl-map is not asked for the way",
            fix=INSTALL,
        )


def _values(setup: Setup, name: str) -> Iterator[tuple[str, str]]:
    """A parameter in main.cf, then wherever a service overrides it."""
    yield "main.cf", setup.secure.value(name)
    for service in setup.secure.services:
        if name in service.overrides:
            yield service.id, service.overrides[name]


def _diversions(setup: Setup) -> Iterator[Check]:
    found = [
        (place, name, value)
        for name in _DIVERTING
        for place, value in _values(setup, name)
        if value and not _of_demands(setup, place, name, value)
    ]
    found += [
        (place, name, value)
        for name in ("smtpd_relay_restrictions", "smtpd_recipient_restrictions")
        for place, value in _values(setup, name)
        if split_list(value) != ("permit_mynetworks", "reject")
    ]
    if not found:
        yield Check("secure.diversions", State.OK, "no filter, relay, rewriting or blind copy")
    for place, name, value in found:
        yield Check(
            "secure.diversions",
            State.FAIL,
            f"{place}: {name} = {value}",
            "it can send mail another way, to someone else, or change it after the route was chosen",
            f"take it out of {setup.secure.directory}, then: segl install",
        )


def _of_demands(setup: Setup, place: str, name: str, value: str) -> bool:
    """What messages with a demand need; :mod:`segl.postfix.check_demands` looks at it closely."""
    if name == "header_checks":
        return (place == "main.cf" and value == demand_checks(setup.settings.postfix.demand_ports)) or (
            place == f"{REPORT}/unix" and value == reports_table(setup)
        )
    if name == "body_checks":
        return place == f"{REPORT}/unix" and value == REPORTS
    writers = {service.id for service in setup.secure.services if writes_demand(service)}
    return name == "recipient_canonical_maps" and place in writers


def _tls_transports(setup: Setup) -> Iterator[Check]:
    for name, policies in _TLS.items():
        yield from _tls_transport(setup, name, policies)


def _tls_transport(setup: Setup, transport: str, policies: str) -> Iterator[Check]:
    """One of forced TLS: every override counts."""
    service = setup.secure.service(transport, "unix")
    if service is None or service.program != "smtp":
        why = "the way tls cannot be taken"
        yield Check("secure.tls", State.FAIL, f"{transport} is missing", why, INSTALL)
        return
    value = {name: setup.secure.value(name, service) for name in setup.secure.parameters}
    protocols = split_list(value.get("smtp_tls_mandatory_protocols", ""))
    expected = {
        "smtp_tls_security_level": value.get("smtp_tls_security_level") in _VERIFYING,
        "smtp_tls_policy_maps": value.get("smtp_tls_policy_maps") == map_table(setup, policies),
        "smtp_tls_mandatory_protocols": bool(set(protocols) & {">=TLSv1.2", ">=TLSv1.3"}),
        "smtp_tls_mandatory_ciphers": value.get("smtp_tls_mandatory_ciphers") in _CIPHERS,
        "smtp_tls_secure_cert_match": set(split_list(value.get("smtp_tls_secure_cert_match", "")))
        <= _OWN_NAMES,
        "smtp_tls_wrappermode": value.get("smtp_tls_wrappermode") == "no",
    }
    for name, good in expected.items():
        yield judge(
            "secure.tls",
            good,
            f"{transport}: {name} = {value.get(name) or '(empty)'}",
            why="mail could go to a server that is not the recipient's, or over TLS that can be read",
            fix=INSTALL,
        )
    yield from _dane(transport, value)
    dsn = "dsn" in split_list(value.get("smtp_discard_ehlo_keywords", "").lower())
    strips = "X-Segl-" in value.get("smtp_header_checks", "")
    yield judge(
        "secure.tls-reports",
        dsn and strips,
        f"{transport}: dsn {'not ' if dsn else ''}passed on, X-Segl fields {'taken off' if strips else 'left on'}",
        why="the delivery report would be left to the other side, or our own header fields leave the house",
        fix=INSTALL,
        bad=State.WARN,
    )


def _dane(transport: str, value: Mapping[str, str]) -> Iterator[Check]:
    """What dane-only asks of a transport (postconf(5), smtp_tls_security_level)."""
    expected = {
        "smtp_dns_support_level": {"dnssec"},
        "smtp_host_lookup": {"dns"},
        "smtp_dns_resolver_options": {""},  # another domain put behind a name would be another host
        "ignore_mx_lookup_error": {"no"},
    }
    for name, good in expected.items():
        found = value.get(name, "")
        yield judge(
            "secure.dane",
            found in good,
            f"{transport}: {name} = {found or '(empty)'}",
            why="Postfix cannot check DANE: mail that goes by it would wait, then return",
            fix=INSTALL,
        )


def _tls_level(setup: Setup) -> Check:
    level = setup.secure.value("smtp_tls_security_level")
    return judge(
        "secure.tls-level",
        level in _VERIFYING,
        f"main.cf: smtp_tls_security_level = {level or '(empty)'}",
        why="a transport that does not set its own level would send in clear, or to anyone's certificate",
        fix=INSTALL,
    )


def _policy_elsewhere(setup: Setup) -> Iterator[Check]:
    """A policy table beats master.cf: an answer `may` or `none` sends in clear (tried)."""
    found = [
        (place, name, value)
        for name in ("smtp_tls_policy_maps", "smtp_tls_per_site", "lmtp_tls_policy_maps")
        for place, value in _values(setup, name)
        if value and place.removesuffix("/unix") not in _TLS
    ]
    if not found:
        yield Check("secure.policy-maps", State.OK, f"no TLS policy table but those of {TLS}")
    for place, name, value in found:
        why = "a policy table's answer beats the level that is set: `may` or `none` in it sends in clear"
        yield Check("secure.policy-maps", State.FAIL, f"{place}: {name} = {value}", why, "set it empty")


def _transports(setup: Setup) -> Iterator[Check]:
    """Any other client than the five ways' has no business here."""
    ways = _WAYS | {RELAY} if setup.settings.portal.relay.next_hop else _WAYS
    missing = [name for name in sorted(ways) if setup.secure.service(name, "unix") is None]
    for name in missing:
        yield Check(
            "secure.transports", State.FAIL, f"{name} is missing", "this way cannot be taken", INSTALL
        )
    strange = [
        s
        for s in setup.secure.running("smtp", "lmtp", "pipe", "local", "virtual")
        if s.name not in ways
        and not (s.name in _SINKS and s.program == "lmtp")
        and not (s.name == AGAIN and s.program == "smtp")
    ]
    for service in strange:
        weak = service.program in {"pipe", "local", "virtual"} or _level(setup, service) not in _VERIFYING
        yield Check(
            "secure.transports",
            State.FAIL if weak else State.WARN,
            f"{service.id} runs {service.program}" + (" without verified TLS" if weak else ""),
            "the secure instance must not be able to deliver in any other way than its own",
            f"take {service.id} out of {setup.secure.directory}/master.cf",
        )
    for name in sorted(_SOCKET_WAYS):
        agent = setup.secure.service(name, "unix")
        if agent is not None and agent.program != "lmtp":
            why = "only segl-deliver, over its socket, encrypts and seals"
            yield Check("secure.transports", State.FAIL, f"{name} runs {agent.program}", why, INSTALL)
    if not missing and not strange:
        yield Check("secure.transports", State.OK, ", ".join(sorted(ways)))


def _level(setup: Setup, service: Service) -> str:
    return setup.secure.value(f"{service.program}_tls_security_level", service)


def _tls_required_overrides(setup: Setup) -> Iterator[Check]:
    for instance, id_ in ((setup.front, "front.tls-required"), (setup.secure, "secure.tls-required")):
        for service in instance.services:
            if service.overrides.get("tls_required_enable", "no") != "no":
                yield tls_required(id_, service.overrides["tls_required_enable"], instance.version)


def _listens(setup: Setup) -> Iterator[Check]:
    secure, port = setup.secure, setup.settings.postfix.secure_port
    service = secure.service(port, "inet")
    if service is None or service.program != "smtpd":
        yield Check(
            "secure.port", State.FAIL, f"no smtpd on {port}", "the front cannot hand mail over", INSTALL
        )
    others = [s for s in secure.running("smtpd", "qmqpd", "postscreen") if s is not service]
    for other in others:
        if is_entrance(setup, other) or other.name == setup.settings.postfix.own_entrance:
            continue
        why = "mail must come in by the front alone"
        yield Check("secure.port", State.WARN, f"another entrance: {other.id}", why, f"take {other.id} out")
    for entrance in (*([service] if service else []), *others):
        if listens_beyond_loopback(secure, entrance):
            why = "other hosts could hand in mail past the front, by tunnel and portal, in your name"
            fix = "bind it to 127.0.0.1: secure_port in segl.toml, then segl install"
            yield Check("secure.port", State.FAIL, f"{entrance.id} is open to other hosts", why, fix)
        elif entrance is service:
            yield Check("secure.port", State.OK, f"{entrance.id}: loopback only")


def _ca_file(setup: Setup) -> Check:
    service = setup.secure.service(TLS, "unix")
    file = setup.secure.value("smtp_tls_CAfile", service)
    path = setup.secure.value("smtp_tls_CApath", service)
    return judge(
        "secure.ca",
        bool(path) or (bool(file) and Path(file).is_file()),
        f"smtp_tls_CAfile = {file or '(empty)'}",
        why="without trusted certificates no server can be verified: mail by the way tls waits, then returns",
        fix="install ca-certificates, or set routing.tls_ca_file in segl.toml",
    )


def _queue_life(setup: Setup) -> Check:
    names = ("maximal_queue_lifetime", "bounce_queue_lifetime")
    values = {name: setup.secure.value(name) for name in (*names, "delay_warning_time")}
    mail, reports = (seconds(values[name], _DAYS) for name in names)
    return judge(
        "secure.queue-life",
        mail <= _MOST_QUEUE_SECONDS
        and min(mail, reports) >= LEAST_QUEUE_SECONDS  # qmgr(8) cuts the reports' down to that of mail
        and seconds(values["delay_warning_time"], "h") > 0,
        ", ".join(f"{name} = {value}" for name, value in values.items()),
        why="a sender who believes the mail arrived would hear too late that it did not; or never, when segl-deliver"
        " does not run for longer than delivery reports wait",
        fix=INSTALL,
        bad=State.WARN,
    )
