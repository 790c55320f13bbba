"""What must hold in the front, the instance that takes mail in.

Two things keep mail from leaving unseen: everything goes to the secure instance by default
(``content_filter``), and only a header our milter adds lets it out (``milter_header_checks``). Each check
below is about one way in which a setting could undo one of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from segl.headers import ID, ROUTE
from segl.postfix.check import (
    CLEANUP,
    PLAIN,
    SECURE,
    Check,
    Setup,
    State,
    is_loopback,
    judge,
    listens_beyond_loopback,
    milter_options,
    seconds,
)
from segl.postfix.running import Service, split_list
from segl.postfix.tables import TableUnread, look_up, tables_in
from segl.vocabulary import Decision

_INSTALL = "run: segl install"
_DOMAIN_LISTS = ("mydestination", "relay_domains", "virtual_mailbox_domains", "virtual_alias_domains")
# The longest time-outs at which a hanging milter does not hold a sender's program for minutes.
_PATIENCE = {"milter_connect_timeout": 30, "milter_command_timeout": 30, "milter_content_timeout": 120}


# Header fields of other milters; a table that lets mail out by one of these takes any sender's word.
_OTHERS = ("Subject: plain", "X-Spam-Flag: NO", "Authentication-Results: plain")


def front_checks(setup: Setup) -> Iterator[Check]:
    """All checks of the front's main.cf and master.cf."""
    yield from _milters(setup)
    yield from _milter_action(setup)
    yield _milter_times(setup)
    yield _milter_protocol(setup)
    yield _content_filter(setup)
    yield from _verdict_rule(setup)
    yield from _entrances(setup)
    yield from _handover(setup)
    yield from _return_port(setup)
    yield _strip(setup)
    yield tls_required("front.tls-required", setup.front.value("tls_required_enable"), setup.front.version)
    yield _outgoing_tls(setup)
    yield _sizes(setup)
    yield from _own_domains(setup)


def tls_required(id_: str, value: str, version: tuple[int, int]) -> Check:
    """RFC 8689 came with Postfix 3.10; older ones ignore the header."""
    return judge(
        id_,
        value == "no" or version < (3, 10),
        f"tls_required_enable = {value or '(not known to this Postfix)'}",
        why="a message with the header `TLS-Required: no` would be sent in clear whatever TLS level is set",
        fix=f"{_INSTALL} (or: postconf -e tls_required_enable=no)",
    )


def _milters(setup: Setup) -> Iterator[Check]:
    for id_, name, whose in (
        ("front.milter", "smtpd_milters", "mail that comes by SMTP"),
        ("front.milter-sendmail", "non_smtpd_milters", "mail handed in by sendmail(1)"),
    ):
        items = split_list(setup.front.value(name))
        ours = [number for number, item in enumerate(items) if setup.is_our_milter(item)]
        found = f"{name} = {setup.front.value(name) or '(empty)'}"
        if not ours:
            why = f"Segl does not see {whose}: all of it takes the secure way, unexamined"
            yield Check(id_, State.FAIL, f"{found}: not {setup.settings.milter.socket}", why, _INSTALL)
            continue
        yield judge(
            id_,
            ours[-1] == len(items) - 1,
            found,
            why="a milter after Segl's can change a message after its verdict",
            fix=f"put Segl's socket last in {name}",
            bad=State.WARN,
        )


def _milter_action(setup: Setup) -> Iterator[Check]:
    """tempfail or shutdown; accept would let mail pass without the milter's work."""
    front = setup.front
    places = [("main.cf", front.value("milter_default_action"))]
    places += [
        (service.id, service.overrides["milter_default_action"])
        for service in front.services
        if "milter_default_action" in service.overrides and service is not setup.return_service
    ]
    for place, value in _milter_lists(setup):
        actions = (
            milter_options(i).get("default_action") for i in split_list(value) if setup.is_our_milter(i)
        )
        places += [(place, action) for action in actions if action]
    bad = [(place, action) for place, action in places if action not in {"tempfail", "shutdown"}]
    if not bad:
        yield Check("front.milter-action", State.OK, f"milter_default_action = {places[0][1]}")
    for place, action in bad:
        yield Check(
            "front.milter-action",
            State.FAIL if action == "accept" else State.WARN,
            f"{place}: default action of Segl's milter is {action}",
            "while the milter does not answer, mail is taken in without it: no verdict, no delivery report"
            if action == "accept"
            else "while the milter does not answer, mail is refused or put on hold, not tried again",
            f"set milter_default_action = tempfail, and no other in {place}",
        )


def _milter_lists(setup: Setup) -> Iterator[tuple[str, str]]:
    for name in ("smtpd_milters", "non_smtpd_milters"):
        yield "main.cf", setup.front.value(name)
        for service in setup.front.services:
            if name in service.overrides:
                yield service.id, service.overrides[name]


def _milter_times(setup: Setup) -> Check:
    values = {name: setup.front.value(name) for name in _PATIENCE}
    return judge(
        "front.milter-times",
        all(0 < seconds(value) <= _PATIENCE[name] for name, value in values.items()),
        ", ".join(f"{name} = {value}" for name, value in values.items()),
        why="a milter that hangs would hold each sender's program for minutes before it is told to try again",
        fix=_INSTALL,
        bad=State.WARN,
    )


def _milter_protocol(setup: Setup) -> Check:
    value = setup.front.value("milter_protocol")
    return judge(
        "front.milter-protocol",
        value == "6",
        f"milter_protocol = {value}",
        why="segl-milter refuses an older version: it could not ask for delivery reports; mail is answered 451",
        fix=_INSTALL,
    )


def _content_filter(setup: Setup) -> Check:
    value = setup.front.value("content_filter")
    return judge(
        "front.content-filter",
        value == setup.content_filter,
        f"content_filter = {value or '(empty)'}",
        why="what has no verdict, or the verdict secure, is not sent the secure way",
        fix=f"{_INSTALL}; it must be {setup.content_filter}",
    )


def _verdict_rule(setup: Setup) -> Iterator[Check]:
    """Asks the tables themselves, so that an edited pattern is seen as well as an edited parameter."""
    front = setup.front
    places: list[tuple[str, Service | None]] = [("main.cf", None)]
    places += [
        (service.id, service)
        for service in front.running("cleanup")
        if service.name != CLEANUP and "milter_header_checks" in service.overrides
    ]
    for place, service in places:
        value = front.value("milter_header_checks", service)
        found = f"{place}: milter_header_checks = {value or '(empty)'}"
        try:
            fault = _verdict_fault(setup, value)
        except TableUnread as error:
            state = State.UNKNOWN if "Permission denied" in error.private else State.FAIL
            yield Check("front.verdict", state, found, error.private, _INSTALL)
            continue
        state = State.FAIL if fault else State.OK
        yield Check("front.verdict", state, found, fault, _INSTALL if fault else "")


def _verdict_fault(setup: Setup, value: str) -> str:
    """What is wrong with the answers of *value*'s tables, ``""`` when they are right."""
    if not list(tables_in(value)):
        return "no verdict is ever followed: all mail takes the secure way"
    plain = f"{ROUTE}: {Decision.PLAIN}"
    ours = [f"{ROUTE}: {decision}" for decision in Decision if decision is not Decision.PLAIN]
    ours += [f"{ROUTE}: plain secure", f"{ROUTE}:", f"{ID}: {ROUTE}: plain"]
    answers = look_up(value, [plain, *ours, *_OTHERS], setup.front.directory)
    if answers.get(plain) != setup.verdict_action:
        return f"the verdict plain is answered {answers.get(plain, 'by nothing')}, not {setup.verdict_action}"
    for header, action in answers.items():
        if header in ours or (header in _OTHERS and action.upper().startswith("FILTER")):
            return f"“{header}” is answered {action}: only the verdict plain may be let out"
    return ""


def _entrances(setup: Setup) -> Iterator[Check]:
    """Overrides in master.cf: the classic hole, because main.cf then looks right."""
    faults = [fault for service in setup.entrances() for fault in _entrance_faults(setup, service)]
    faults += _cleanup_faults(setup)
    ids = {fault.id for fault in faults}
    for id_, what in (
        ("front.service-filter", "no service has a content_filter of its own"),
        ("front.service-milter", "no service leaves out the milter"),
    ):
        if id_ not in ids:
            yield Check(id_, State.OK, what)
    yield from faults


def _entrance_faults(setup: Setup, service: Service) -> Iterator[Check]:
    own = service.overrides
    filter_ = setup.front.value("content_filter", service)
    if "content_filter" in own and filter_ != setup.content_filter:
        yield Check(
            "front.service-filter",
            State.FAIL,
            f"{service.id}: -o content_filter={filter_}",
            "mail that comes in here with the verdict secure, or none, is not sent the secure way",
            f"take `-o content_filter` off {service.id} in master.cf",
        )
    reason = ""
    if (
        service.program == "smtpd"
        and "smtpd_milters" in own
        and not setup.has_our_milter(own["smtpd_milters"])
    ):
        reason = f"-o smtpd_milters={own['smtpd_milters']}"
    elif "no_milters" in split_list(setup.front.value("receive_override_options", service)):
        reason = "receive_override_options has no_milters"
    elif service.program == "smtpd" and setup.front.value("smtpd_milter_maps", service):
        reason = f"smtpd_milter_maps = {setup.front.value('smtpd_milter_maps', service)}"
    elif setup.front.value("cleanup_service_name", service) == CLEANUP:
        reason = f"cleanup_service_name = {CLEANUP}, which is the return port's"
    elif setup.front.value("smtpd_proxy_filter", service) and service.program == "smtpd":
        proxy = setup.front.value("smtpd_proxy_filter", service)
        reason = f"smtpd_proxy_filter = {proxy}, so milters see no content here"
    if reason:
        yield _without_milter(service, reason)


def _cleanup_faults(setup: Setup) -> list[Check]:
    return [
        _without_milter(service, f"-o non_smtpd_milters={service.overrides['non_smtpd_milters']}")
        for service in setup.front.running("cleanup")
        if service.name != CLEANUP
        and "non_smtpd_milters" in service.overrides
        and not setup.has_our_milter(service.overrides["non_smtpd_milters"])
    ]


def _without_milter(service: Service, reason: str) -> Check:
    return Check(
        "front.service-milter",
        State.WARN,
        f"{service.id}: {reason}",
        "mail that comes in here may pass without Segl's milter; it then takes the secure way, unexamined",
        f"let {service.id} in master.cf use main.cf's value, or add Segl's socket to its own",
    )


def _handover(setup: Setup) -> Iterator[Check]:
    """The two transports that carry mail to the secure instance and to the return port."""
    for name in (SECURE, PLAIN):
        service = setup.front.service(name, "unix")
        if service is None or service.program != "smtp":
            found = "missing" if service is None else f"runs {service.program}, not smtp"
            yield Check(
                "front.handover", State.FAIL, f"{name}: {found}", "mail cannot be handed over", _INSTALL
            )
            continue
        relay = setup.front.value("smtp_fallback_relay", service)
        yield judge(
            "front.handover",
            not relay,
            f"{name}: smtp_fallback_relay = {relay or '(empty)'}",
            why="whenever the other side does not answer, mail is sent to that relay instead, as it is",
            fix=f"{_INSTALL} (it sets -o smtp_fallback_relay= on {name})",
        )


def _return_port(setup: Setup) -> Iterator[Check]:
    id_, port, service = "front.return-port", setup.settings.postfix.return_port, setup.return_service
    if service is None or service.program != "smtpd":
        yield Check(
            id_, State.FAIL, f"no smtpd on {port}", "mail with the verdict plain cannot go on", _INSTALL
        )
        return
    front, faults = setup.front, []
    if listens_beyond_loopback(front, service):
        faults.append("is open to other hosts, which can send through it unseen")
    if front.value("content_filter", service):
        faults.append("has a content_filter: mail goes round in circles")
    if front.value("smtpd_milters", service):
        faults.append(f"has milters ({front.value('smtpd_milters', service)})")
    networks = split_list(front.value("mynetworks", service))
    if not networks or not all(is_loopback(n) or n.startswith("[::1]") for n in networks):
        faults.append(f"trusts {' '.join(networks) or 'nobody'}, not loopback alone")
    for name in ("smtpd_relay_restrictions", "smtpd_recipient_restrictions"):
        value = front.value(name, service)
        faults += [f"{name} = {value or '(empty)'}"] * (split_list(value) != ("permit_mynetworks", "reject"))
    if not faults:
        yield Check(id_, State.OK, f"{service.id}: loopback only, no filter, no milter")
    for fault in faults:
        why = "this port skips Segl on purpose; only Segl and the front itself may reach it"
        yield Check(id_, State.FAIL, f"{service.id}: {fault}", why, _INSTALL)


def _strip(setup: Setup) -> Check:
    id_, why = "front.strip", "X-Segl header fields, words between our own parts, leave the house"
    service = setup.return_service
    cleanup = setup.front.service(setup.front.value("cleanup_service_name", service), "unix")
    value = setup.front.value("header_checks", cleanup)
    try:
        header = f"{ROUTE}: plain"
        answer = look_up(value, [header], setup.front.directory).get(header, "")
    except TableUnread as error:
        return Check(id_, State.WARN, error.private, why, _INSTALL)
    found = f"{cleanup.name if cleanup else 'no cleanup service'}: header_checks = {value or '(empty)'}"
    return judge(
        id_,
        bool(cleanup) and answer.upper().startswith("IGNORE"),
        found,
        why=why,
        fix=_INSTALL,
        bad=State.WARN,
    )


def _outgoing_tls(setup: Setup) -> Check:
    level = setup.front.value("smtp_tls_security_level")
    old = "yes" in (setup.front.value("smtp_use_tls"), setup.front.value("smtp_enforce_tls"))
    return judge(
        "front.outgoing-tls",
        level not in {"", "none"} or (not level and old),
        f"smtp_tls_security_level = {level or '(empty)'}",
        why="plain mail, and mail to your own mail store, is sent without TLS even where TLS is offered",
        fix="postconf -e smtp_tls_security_level=may (or stronger)",
        bad=State.WARN,
    )


def _sizes(setup: Setup) -> Check:
    """Ciphertext is a good third larger than what it holds; a limit in the way would bounce it."""
    front = int(setup.front.value("message_size_limit") or 0)
    secure = int(setup.secure.value("message_size_limit") or 0)
    back = int(setup.front.value("message_size_limit", setup.return_service) or 0)
    good = front > 0 and (not secure or secure >= front) and (not back or back >= front * 1.4)
    return judge(
        "front.sizes",
        good,
        f"largest message: front {front}, secure {secure}, return port {back} bytes",
        why="a large message that is let in does not fit in its encrypted form and comes back to its sender",
        fix="keep message_size_limit under 0.7 × delivery.message_bytes of segl.toml; then: segl install",
        bad=State.WARN,
    )


def _own_domains(setup: Setup) -> Iterator[Check]:
    """Segl's own domains and Postfix's should be the same."""
    id_, unknown = "front.own-domains", []
    try:
        unknown = [
            d for d in setup.settings.organisation.domains if not takes_domain(setup, d, _DOMAIN_LISTS)
        ]
    except TableUnread as error:
        yield Check(
            id_, State.UNKNOWN, error.private, fix="see to it yourself that Postfix takes the own domains"
        )
        return
    yield judge(
        id_,
        not unknown,
        f"own domains not known to Postfix: {', '.join(unknown)}"
        if unknown
        else "own domains are Postfix's too",
        why="mail to an own domain is plain without being read; this Postfix sends it where DNS says",
        fix="add it to relay_domains or mydestination in Postfix, or take it out of organisation.domains",
        bad=State.WARN,
    )


def takes_domain(setup: Setup, domain: str, parameters: Iterable[str]) -> bool:
    """Whether one of these lists of domains has *domain*, by name or by a table's answer.

    Raises :class:`TableUnread`."""
    for name in parameters:
        value = setup.front.value(name)
        if domain in (item.lower() for item in split_list(value)):
            return True
        if look_up(value, [domain], setup.front.directory):
            return True
    return False
