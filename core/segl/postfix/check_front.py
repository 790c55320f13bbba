"""What must hold in the front, the instance that takes mail in.

Two things keep mail from leaving unseen: everything goes to the secure instance by default
(``content_filter``), and only a header our milter adds lets it out (``milter_header_checks``). Each check
below is about one way in which a setting could undo one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator

from segl import headers
from segl.headers import ROUTE
from segl.postfix.carried import outgoing
from segl.postfix.check import (
    INSTALL,
    LEAST_QUEUE_SECONDS,
    OPEN,
    OUR_CLEANUPS,
    Check,
    Setup,
    State,
    judge,
    seconds,
)
from segl.postfix.check_handover import handover_checks
from segl.postfix.check_milter import milter_checks
from segl.postfix.check_own_domains import own_domain_checks
from segl.postfix.check_own_port import own_port, service_faults
from segl.postfix.check_unread import unread_check
from segl.postfix.hops import FORCED
from segl.postfix.running import Service, split_list
from segl.postfix.tables import TableUnread, look_up

_MAPPINGS = ("virtual_alias_maps", "canonical_maps", "recipient_canonical_maps")
_COPIES = ("always_bcc", "sender_bcc_maps", "recipient_bcc_maps")


def front_checks(setup: Setup) -> Iterator[Check]:
    """All checks of the front's main.cf and master.cf."""
    yield from milter_checks(setup)
    yield _content_filter(setup)
    yield from entrances(setup)
    yield from handover_checks(setup)
    yield from _return_port(setup)
    yield own_port(setup)
    yield _strip(setup)
    yield from _opening(setup)
    yield tls_required("front.tls-required", setup.front.value("tls_required_enable"), setup.front.version)
    yield _outgoing_tls(setup)
    yield _sizes(setup)
    yield from _queue_life(setup)
    yield from own_domain_checks(setup)


def tls_required(id_: str, value: str, version: tuple[int, int]) -> Check:
    """RFC 8689 came with Postfix 3.10; older ones ignore the header."""
    return judge(
        id_,
        value == "no" or version < (3, 10),
        f"tls_required_enable = {value or '(not known to this Postfix)'}",
        why="a message with the header `TLS-Required: no` would be sent in clear whatever TLS level is set",
        fix=f"{INSTALL} (or: postconf -e tls_required_enable=no)",
    )


def _content_filter(setup: Setup) -> Check:
    value = setup.front.value("content_filter")
    return judge(
        "front.content-filter",
        value == setup.content_filter,
        f"content_filter = {value or '(empty)'}",
        why="what has no verdict, or the verdict secure, is not sent the secure way",
        fix=f"{INSTALL}; it must be {setup.content_filter}",
    )


def entrances(setup: Setup) -> Iterator[Check]:
    """Overrides in master.cf: the classic hole, because main.cf then looks right."""
    faults = [fault for service in setup.entrances() for fault in _entrance_faults(setup, service)]
    faults += _cleanup_faults(setup)
    faults += [fault for service in setup.entrances() for fault in _unread_recipients(setup, service)]
    ids = {fault.id for fault in faults}
    for id_, what in (
        ("front.service-filter", "no service has a content_filter of its own"),
        ("front.service-milter", "no service leaves out the milter"),
        ("front.service-aliases", "aliases are followed wherever mail comes in"),
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
    elif (cleanup := setup.front.value("cleanup_service_name", service)) in OUR_CLEANUPS:
        reason = f"cleanup_service_name = {cleanup}, which is {OUR_CLEANUPS[cleanup]}"
    elif setup.front.value("smtpd_proxy_filter", service) and service.program == "smtpd":
        proxy = setup.front.value("smtpd_proxy_filter", service)
        reason = f"smtpd_proxy_filter = {proxy}, so milters see no content here"
    if reason:
        yield _without_milter(service, reason)


def _cleanup_faults(setup: Setup) -> list[Check]:
    return [
        _without_milter(service, f"-o non_smtpd_milters={service.overrides['non_smtpd_milters']}")
        for service in setup.front.running("cleanup")
        if service.name not in OUR_CLEANUPS
        and "non_smtpd_milters" in service.overrides
        and not setup.has_our_milter(service.overrides["non_smtpd_milters"])
    ]


def _unread_recipients(setup: Setup, service: Service) -> Iterator[Check]:
    """Aliases are followed where mail comes in, or nowhere: the return port takes copies whose recipients have been
    read. What came back from another filter was read there, and settings made for that may be left."""
    front = setup.front
    wanted = any(front.value(each) for each in (*_MAPPINGS, *_COPIES))
    if wanted and "no_address_mappings" in split_list(front.value("receive_override_options", service)):
        reason = "receive_override_options has no_address_mappings"
        fix = "take no_address_mappings out; it belongs to a filter that hands mail back"
    else:
        name = front.value("cleanup_service_name", service)
        cleanup = front.service(name, "unix")
        empty = [each for each in _MAPPINGS if front.value(each) and not front.value(each, cleanup)]
        if not empty or name in OUR_CLEANUPS:
            return
        reason = f"its cleanup, {name}, has -o {empty[0]}="
        fix = f"take -o {empty[0]}= off {name} in master.cf, or let {service.id} use cleanup"
    why = "mail that comes in here for an alias comes back or goes astray, and no blind copy of it is made"
    yield Check("front.service-aliases", State.WARN, f"{service.id}: {reason}", why, fix)


def _without_milter(service: Service, reason: str) -> Check:
    return Check(
        "front.service-milter",
        State.WARN,
        f"{service.id}: {reason}",
        "mail that comes in here may pass without Segl's milter; it then takes the secure way, unexamined",
        f"let {service.id} in master.cf use main.cf's value, or add Segl's socket to its own",
    )


def _return_port(setup: Setup) -> Iterator[Check]:
    id_, port, service = "front.return-port", setup.settings.postfix.return_port, setup.return_service
    if service is None or service.program != "smtpd":
        yield Check(
            id_, State.FAIL, f"no smtpd on {port}", "mail with the verdict plain cannot go on", INSTALL
        )
        return
    front, faults = setup.front, service_faults(setup.front, service, "smtpd_relay_restrictions")
    if front.value("content_filter", service):
        faults.append("has a content_filter: mail goes round in circles")
    if "no_address_mappings" not in split_list(front.value("receive_override_options", service)):
        faults.append(
            "follows aliases and makes blind copies behind the verdict: what leads outside leaves as it is"
        )
    for name in ("smtpd_milter_maps", "smtpd_proxy_filter"):
        if value := front.value(name, service):
            faults.append(f"{name} = {value}")
    milters, wanted = split_list(front.value("smtpd_milters", service)), setup.settings.postfix.return_milters
    if setup.has_our_milter(" ".join((*milters, *wanted))):
        faults.append("has Segl's own milter: what was released or encrypted would be read again")
    elif set(milters) - set(wanted):
        faults.append(f"has milters ({' '.join(milters)}) that postfix.return_milters does not name")
    elif milters != wanted:
        faults.append(f"lacks milters of postfix.return_milters ({' '.join(wanted)}): mail leaves unsigned")
    if not faults:
        said = f"milters {' '.join(wanted)}" if wanted else "no milter"
        yield Check(id_, State.OK, f"{service.id}: loopback only, no filter, {said}")
    for fault in faults:
        why = "this port skips Segl on purpose; only Segl and the front itself may reach it"
        yield Check(id_, State.FAIL, f"{service.id}: {fault}", why, INSTALL)
    yield unread_check(setup, service)


def _strip(setup: Setup) -> Check:
    id_, why = "front.strip", "X-Segl header fields, words between our own parts, leave the house"
    service = setup.return_service
    cleanup = setup.front.service(setup.front.value("cleanup_service_name", service), "unix")
    value = setup.front.value("header_checks", cleanup)
    try:
        header = f"{ROUTE}: plain"
        answer = look_up(value, [header], setup.front.directory).get(header, "")
    except TableUnread as error:
        return Check(id_, State.WARN, error.private, why, INSTALL)
    found = f"{cleanup.name if cleanup else 'no cleanup service'}: header_checks = {value or '(empty)'}"
    return judge(
        id_,
        bool(cleanup) and answer.upper().startswith("IGNORE"),
        found,
        why=why,
        fix=INSTALL,
        bad=State.WARN,
    )


def _opening(setup: Setup) -> Iterator[Check]:
    """What comes in encrypted must reach segl-deliver when it is on, and must not when it is off."""
    id_, on = "front.inbound", setup.settings.inbound.on
    cleanup = setup.front.service(setup.front.value("cleanup_service_name", setup.return_service), "unix")
    header = f"{headers.OPEN}: yes"
    wanted = f"FILTER {setup.opening_filter}"
    try:
        answer = look_up(setup.front.value("header_checks", cleanup), [header], setup.front.directory)
    except TableUnread as error:
        yield Check(id_, State.WARN, error.private, "encrypted mail may come in unopened", INSTALL)
        return
    service = setup.front.service(OPEN, "unix")
    faults = []
    if on and (service is None or service.program != "lmtp"):
        faults.append(f"{OPEN} is {'missing' if service is None else f'{service.program}, not lmtp'}")
    if (answer.get(header, "") == wanted) is not on:
        faults.append(
            "the return port does not hand it on" if on else "the return port hands on what nobody takes"
        )
    if not faults:
        yield Check(
            id_,
            State.OK,
            "encrypted mail that comes in is opened" if on else "nothing is opened (inbound.on)",
        )
    for fault in faults:
        why = (
            "mail that is encrypted to the house is not opened" if on else "such mail would wait in the queue"
        )
        yield Check(id_, State.WARN, f"inbound.on = {str(on).lower()}, but {fault}", why, INSTALL)


def _outgoing_tls(setup: Setup) -> Check:
    """Some TLS where it is offered; and not demanded of everybody: the portal is for those whose servers have none, and
    their notice would wait for five days (tried)."""
    front, level = setup.front, setup.front.value("smtp_tls_security_level")
    of_all = outgoing(front, "smtp_tls_security_level")
    by_itself = not front.value("relayhost") and not setup.settings.portal.relay.next_hop
    if of_all in FORCED and by_itself:
        return Check(
            "front.outgoing-tls",
            State.WARN,
            f"smtp_tls_security_level = {of_all}, of all servers",
            "the notice of a sealed message, which holds nothing of it, does not reach servers without such TLS: it"
            " waits, and comes back after days. Theirs are the recipients who get the portal",
            "smtp_tls_security_level = may: what must go securely does not go by this. To demand it of some domains for"
            " plain mail: smtp_tls_policy_maps",
        )
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


def _queue_life(setup: Setup) -> Iterator[Check]:
    """Receipts, and reports that are to become receipts, wait here for the secure instance and for segl-deliver. They
    are from the null sender: what ends in the queue is deleted without a word (tried with a bounce_queue_lifetime of 0,
    as against bounces to forged senders: a receipt said "sent" of what had been refused)."""
    front = setup.front
    manager = next(iter(front.running("qmgr")), None)
    values = {
        name: front.value(name, manager) for name in ("maximal_queue_lifetime", "bounce_queue_lifetime")
    }
    yield judge(
        "front.queue-life",
        min(seconds(value, "d") for value in values.values()) >= LEAST_QUEUE_SECONDS,
        ", ".join(f"{name} = {value}" for name, value in values.items()),
        why="while segl-deliver or the secure instance does not run, receipts and reports of failures wait here, and"
        " are deleted after that time: the sender believes that the mail arrived",
        fix="let both be 3d or more in main.cf (Postfix's own are 5d)",
        bad=State.WARN,
    )
    users = [None, *(service for service in front.services if "soft_bounce" in service.overrides)]
    soft = [service for service in users if front.value("soft_bounce", service) == "yes"]
    if soft:
        yield Check(
            "front.queue-life",
            State.WARN,
            f"{soft[0].id if soft[0] else 'main.cf'}: soft_bounce = yes",
            "what is refused for good is tried again until the queue gives up: the sender hears of it days later",
            "postconf -X soft_bounce, once what it was set for is tried",
        )
