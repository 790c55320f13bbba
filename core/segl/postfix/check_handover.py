"""What must hold for the transports of the front that hand mail on: to the secure instance, and to the return port.

What main.cf says of mail that leaves for the world must not hold for them: a relay for failures would get the
message as it is, and the site's own ``smtp_header_checks`` could take off the header fields by which Segl's parts
tell each other what the sender asked for. Nor for those to segl-deliver, where it would give mail back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.headers import FACTS, ID, LEAST, OPEN, WISHES
from segl.postfix.check import INSTALL, PLAIN, RECEIPT, SECURE, UNREAD, Check, Setup, State, judge, seconds
from segl.postfix.check import OPEN as OPENING
from segl.postfix.running import Service, split_list
from segl.postfix.tables import TableUnread, look_up

_ID: Final = "front.handover"
# header_checks(5): what smtp(8) does at a match; these leave the field on.
_LEAVES: Final = ("DUNNO", "OK", "INFO", "WARN", "PREPEND")
_FIELDS: Final = (WISHES, LEAST, FACTS, ID, OPEN)
_CHECKS: Final = (
    "smtp_header_checks",
    "smtp_mime_header_checks",
    "smtp_nested_header_checks",
    "smtp_body_checks",
)
# By these what is temporary may become final (postconf(5)), a part of Segl's that is started anew included.
_FILTERS: Final = ("delivery_status_filter", "reply_filter")


def handover_checks(setup: Setup) -> Iterator[Check]:
    """All three; of those to segl-deliver what would give mail back."""
    for name in (SECURE, PLAIN, UNREAD):
        service = setup.front.service(name, "unix")
        if service is None or service.program != "smtp":
            found = "missing" if service is None else f"runs {service.program}, not smtp"
            yield Check(_ID, State.FAIL, f"{name}: {found}", "mail cannot be handed over", INSTALL)
            continue
        relay = setup.front.value("smtp_fallback_relay", service)
        yield judge(
            _ID,
            not relay,
            f"{name}: smtp_fallback_relay = {relay or '(empty)'}",
            why="whenever the other side does not answer, mail is sent to that relay instead, as it is",
            fix=f"{INSTALL} (it sets -o smtp_fallback_relay= on {name})",
        )
        yield from _changed(setup, service)
        yield from _slowed(setup, service)
    for name in (SECURE, PLAIN, UNREAD, OPENING, RECEIPT):
        if (service := setup.front.service(name, "unix")) is not None:
            yield from _given_back(setup, service)
    yield from _put_off(setup)


def _slowed(setup: Setup, service: Service) -> Iterator[Check]:
    """By what the site says of deliveries to the world: all mail has this one destination."""
    for what in ("destination", "transport"):
        parameter = f"{service.name}_{what}_rate_delay"
        value = setup.front.value(parameter)
        if seconds(value):
            yield Check(
                _ID,
                State.WARN,
                f"{parameter} = {value}",
                "all mail passes here, and no two messages within that time",
                f"{INSTALL} (it sets it to 0s)",
            )


def _put_off(setup: Setup) -> Iterator[Check]:
    """Until somebody flushes the queue (postconf(5)): for lines that are dialled, or while something is repaired."""
    value = setup.front.value("defer_transports")
    if named := [name for name in (SECURE, PLAIN, UNREAD, OPENING, RECEIPT) if name in split_list(value)]:
        yield Check(
            _ID,
            State.WARN,
            f"defer_transports = {value}",
            f"what goes by {named[0]} waits until somebody runs postqueue -f, and comes back after days",
            f"take {' and '.join(named)} out of it, once what it was set for is done",
        )


def _given_back(setup: Setup, service: Service) -> Iterator[Check]:
    """By what the site says of other servers' replies: which of them count as final."""
    for suffix in _FILTERS:
        parameter = f"{service.program}_{suffix}"
        if value := setup.front.value(parameter, service):
            yield Check(
                _ID,
                State.WARN,
                f"{service.name}: {parameter} = {value}",
                "what should wait while a part of Segl is started anew may come back to its sender, or be lost",
                f"{INSTALL} (it sets -o {parameter}= on {service.name})",
            )


def _changed(setup: Setup, service: Service) -> Iterator[Check]:
    """What the site's own checks of outgoing mail would do to a message that does not go out yet."""
    for parameter in _CHECKS:
        value = setup.front.value(parameter, service)
        if not value:
            continue
        lost = _lost(setup, value) if parameter == _CHECKS[0] else ()
        found = f"{service.name}: {parameter} = {value}"
        yield Check(
            _ID,
            State.FAIL if lost else State.WARN,
            f"{found}: takes off {', '.join(lost)}" if lost else found,
            "the phrase or number that the sender gave for the portal is lost, and there are no receipts"
            if lost
            else "mail is changed before it goes its way: what Segl's parts tell each other may be lost",
            f"{INSTALL} (it sets -o {parameter}= on {service.name})",
        )


def _lost(setup: Setup, value: str) -> tuple[str, ...]:
    """The fields of ours that do not pass *value*; none where it cannot be asked."""
    lines = {f"{name}: x": name for name in _FIELDS}
    try:
        answers = look_up(value, list(lines), setup.front.directory)
    except TableUnread:
        return ()
    return tuple(lines[line] for line, answer in answers.items() if not answer.upper().startswith(_LEAVES))
