"""What must hold of the milter in the front: it is asked, last, and only its verdict `plain` lets mail out."""

from __future__ import annotations

from collections.abc import Iterator

from segl.headers import ENVELOPE_ID, FACTS, HELD, ID, LINK, OPEN, ROUTE, UNREAD, WISHES
from segl.postfix.check import INSTALL, OUR_CLEANUPS, Check, Setup, State, judge, milter_options, seconds
from segl.postfix.running import Service, split_list
from segl.postfix.tables import TableUnread, look_up, tables_in
from segl.vocabulary import Decision

_CONTENT = "milter_content_timeout"
# The longest time-outs at which a hanging milter does not hold a sender's program for minutes.
_PATIENCE = {"milter_connect_timeout": 30, "milter_command_timeout": 30, _CONTENT: 120}
# Seconds between what a message may take and what Postfix waits: the verdict must be written down, too.
_ROOM = 5
# Header fields of other milters; a table that lets mail out by one of these takes any sender's word.
_OTHERS = ("Subject: plain", "X-Spam-Flag: NO", "Authentication-Results: plain")

# What our milter tells the parts behind the front; the demand (X-Segl-Least) is looked at with the demands.
_TOLD = (FACTS, WISHES, LINK, HELD, OPEN, ENVELOPE_ID)
_AFTER = (
    "a milter after Segl's can change a message after its verdict: what it writes has been read by nobody"
)
_LEAVES = ("DUNNO", "OK", "INFO", "WARN")  # header_checks(5): what leaves a field as it is


def milter_checks(setup: Setup) -> Iterator[Check]:
    """Is it asked, what happens when it is silent, and who follows its word."""
    yield from milters(setup)
    yield from _milter_action(setup)
    yield _milter_times(setup)
    yield _milter_protocol(setup)
    yield from _verdict_rule(setup)


def milters(setup: Setup) -> Iterator[Check]:
    for id_, name, whose in (
        ("front.milter", "smtpd_milters", "mail that comes by SMTP"),
        ("front.milter-sendmail", "non_smtpd_milters", "mail handed in by sendmail(1)"),
    ):
        items = split_list(setup.front.value(name))
        ours = [number for number, item in enumerate(items) if setup.is_our_milter(item)]
        found = f"{name} = {setup.front.value(name) or '(empty)'}"
        if not ours:
            why = f"Segl does not see {whose}: all of it takes the secure way, unexamined"
            yield Check(id_, State.FAIL, f"{found}: not {setup.settings.milter.socket}", why, INSTALL)
            continue
        yield judge(
            id_,
            ours[-1] == len(items) - 1,
            found,
            why=_AFTER,
            fix=f"put Segl's socket last in {name}",
            bad=State.WARN,
        )
        yield from _after_ours(setup, id_, name)


def _after_ours(setup: Setup, id_: str, name: str) -> Iterator[Check]:
    """In master.cf, where main.cf's order does not hold. (A list without ours is ``front.service-milter``.)"""
    for service in setup.front.services:
        items = split_list(service.overrides.get(name, ""))
        if any(map(setup.is_our_milter, items)) and not setup.is_our_milter(items[-1]):
            yield Check(
                id_,
                State.WARN,
                f"{service.id}: {name} = {service.overrides[name]}",
                _AFTER,
                f"put Segl's socket last there, or take -o {name}= off {service.id} in master.cf",
            )


def _milter_action(setup: Setup) -> Iterator[Check]:
    """tempfail or shutdown; accept would let mail pass without the milter's work."""
    front = setup.front
    places = [("main.cf", front.value("milter_default_action"))]
    places += [
        (service.id, service.overrides["milter_default_action"])
        for service in front.services
        if "milter_default_action" in service.overrides and service not in setup.our_entrances
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
    front = setup.front
    values = [(name, name, front.value(name)) for name in _PATIENCE]
    for service in front.services:
        given = service.overrides.items() if service not in setup.our_entrances else ()
        values += [(f"{service.id}: {name}", name, value) for name, value in given if name in _PATIENCE]
    for place, listed in _milter_lists(setup):
        for item in filter(setup.is_our_milter, split_list(listed)):
            options = ((f"milter_{name}", value) for name, value in milter_options(item).items())
            values += [(f"{place}: {name}", name, value) for name, value in options if name in _PATIENCE]
    least = setup.settings.limits.message_seconds + _ROOM
    long = [place for place, name, value in values if not 0 < seconds(value) <= _PATIENCE[name]]
    short = [p for p, name, value in values if name == _CONTENT and 0 < seconds(value) < least]
    why = "a milter that hangs would hold each sender's program for minutes before it is told to try again"
    if short and not long:
        why = (
            f"a message may take {least - _ROOM:g} s, and some more at its end: what takes longer than Postfix waits "
            "is never taken in"
        )
    told = [f"{place} = {value}" for place, _, value in values if place in {*_PATIENCE, *long, *short}]
    good = not (long or short)
    return judge("front.milter-times", good, ", ".join(told), why=why, fix=INSTALL, bad=State.WARN)


def _milter_protocol(setup: Setup) -> Check:
    front = setup.front
    values = [("milter_protocol", front.value("milter_protocol"))]
    values += [
        (f"{service.id}: milter_protocol", service.overrides["milter_protocol"])
        for service in front.services
        if "milter_protocol" in service.overrides and service not in setup.our_entrances
    ]
    for place, listed in _milter_lists(setup):
        options = map(milter_options, filter(setup.is_our_milter, split_list(listed)))
        values += [(f"{place}: protocol", one["protocol"]) for one in options if "protocol" in one]
    wrong = [(place, value) for place, value in values if value != "6"]
    return judge(
        "front.milter-protocol",
        not wrong,
        ", ".join(f"{place} = {value}" for place, value in wrong or values),
        why="segl-milter refuses an older version: it could not ask for delivery reports; mail is answered 451",
        fix=INSTALL if wrong == values[:1] else "let none but main.cf say it: milter_protocol = 6",
    )


def _verdict_rule(setup: Setup) -> Iterator[Check]:
    """Asks the tables themselves, so that an edited pattern is seen as well as an edited parameter."""
    front = setup.front
    places: list[tuple[str, Service | None]] = [("main.cf", None)]
    places += [
        (service.id, service)
        for service in front.running("cleanup")
        if service.name not in OUR_CLEANUPS and "milter_header_checks" in service.overrides
    ]
    for place, service in places:
        value = front.value("milter_header_checks", service)
        found = f"{place}: milter_header_checks = {value or '(empty)'}"
        try:
            fault = _verdict_fault(setup, value)
        except TableUnread as error:
            state = State.UNKNOWN if "Permission denied" in error.private else State.FAIL
            yield Check("front.verdict", state, found, error.private, INSTALL)
            continue
        state = State.FAIL if fault else State.OK
        yield Check("front.verdict", state, found, fault, INSTALL if fault else "")


def _verdict_fault(setup: Setup, value: str) -> str:
    """What is wrong with the answers of *value*'s tables, ``""`` when they are right."""
    if not list(tables_in(value)):
        return "no verdict is ever followed: all mail takes the secure way"
    plain = f"{ROUTE}: {Decision.PLAIN}"
    ours = [f"{ROUTE}: {decision}" for decision in Decision if decision is not Decision.PLAIN]
    ours += [f"{ROUTE}: plain secure", f"{ROUTE}:"]
    named, told = f"{ID}: {ROUTE}: plain", [f"{name}: x" for name in _TOLD]
    unread = f"{UNREAD}: yes"
    answers = look_up(value, [plain, unread, named, *ours, *told, *_OTHERS], setup.front.directory)
    if answers.get(plain) != setup.verdict_action:
        return f"the verdict plain is answered {answers.get(plain, 'by nothing')}, not {setup.verdict_action}"
    if answers.get(named) != f"FILTER {setup.content_filter}":
        found = answers.get(named, "by nothing")
        return f"what goes securely ({ID}) is answered {found}: another milter's word would count as ours"
    if answers.get(unread) != setup.unread_action:
        found = answers.get(unread, "by nothing")
        return f"what nobody has read ({UNREAD}) is answered {found}: whoever an alias adds outside gets it as it is"
    for header, action in answers.items():
        does = action.upper()
        if does.startswith("FILTER") and header in (*ours, *_OTHERS):
            return f"“{header}” is answered {action}: only the verdict plain may be let out"
        if header in (*ours, *told) and not does.startswith(_LEAVES):
            return f"“{header}” is answered {action}: what Segl's parts tell each other is lost or changed"
    return ""
