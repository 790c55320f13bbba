"""What Postfix says of a copy that it could not deliver by forced TLS, and whose fault that is.

The words are those of smtp(8), version 3.10 (``smtp_proto.c``, ``smtp_connect.c``, ``smtp_tls_policy.c``), as the queue
shows them (postqueue(1)). What Postfix says of itself counts. An answer of the other side (``host
mx.x.example[192.0.2.1] said: …``) may hold any words, and a server that answers has passed TLS already: of it only the
code counts. Faults of ours (``client TLS configuration problem``) are nobody's fault outside.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Failure(StrEnum):
    """``TLS``: there is no TLS that proves who it is (4.7.4, 4.7.5). ``CONNECTION``: nobody answers, or not to
    the end. ``LATER``: the server puts it off (4xx), by TLS mostly. ``OTHER``: whatever else a copy waits for."""

    TLS = "tls"
    CONNECTION = "connection"
    LATER = "later"
    OTHER = "other"


# The queue manager's words before a failure that it remembers of another copy's try.
_SUSPENDED = "delivery temporarily suspended: "

_WORDS = (
    (Failure.TLS, re.compile(r"TLS is required, but (was not offered by host|host .* refused to start TLS)")),
    (Failure.TLS, re.compile(r"Cannot start TLS: handshake failure")),
    (Failure.TLS, re.compile(r"Server certificate not (verified|trusted)")),
    (
        Failure.TLS,
        re.compile(
            r"no TLSA records found|TLSA records unusable|non DNSSEC destination|TLSA lookup error for "
        ),
    ),
    (Failure.CONNECTION, re.compile(r"connect to [^/\s]+\[[0-9a-fA-F.:]+\]:[0-9]+: ")),
    (Failure.CONNECTION, re.compile(r"lost connection with [^/\s]+\[[0-9a-fA-F.:]+\] while ")),
    (Failure.CONNECTION, re.compile(r"conversation with [^/\s]+\[[0-9a-fA-F.:]+\] timed out while ")),
    # No other server takes it but this host, or none of those that the domain's MTA-STS policy names.
    (Failure.CONNECTION, re.compile(r"mail for \S+ loops back to myself$")),
    (Failure.CONNECTION, re.compile(r"server unavailable or unable to receive mail$")),
    # Not a mailbox that is full (RFC 3463 §3.3): that is its owner's.
    (
        Failure.LATER,
        re.compile(r"host [^/\s]+\[[0-9a-fA-F.:]+\] said: 4[0-9]{2}(?![0-9])(?![ -]4\.2\.)"),
    ),
    # The greeting's words, and those of a server that puts EHLO off inside TLS, which nothing tells apart.
    (Failure.LATER, re.compile(r"host [^/\s]+\[[0-9a-fA-F.:]+\] refused to talk to me: ")),
)


def failure_of(reason: str) -> Failure:
    """The kind of failure that *reason* (``delay_reason`` of postqueue(1)) tells of."""
    words = reason.removeprefix(_SUSPENDED)
    for failure, pattern in _WORDS:
        if pattern.match(words):
            return failure
    return Failure.OTHER


def clause(reason: str) -> str:
    """*reason* for people, on one line and without the other side's own words."""
    words = reason.removeprefix(_SUSPENDED)
    if said := _SAID.match(words):
        at = _AT.search(words)
        words = f"{said[1]} said {said[2]}{f' {at[0]}' if at else ''}"
    elif told := _REFUSED.match(words):
        words = told[1]
    return "".join(c if c.isprintable() else "?" for c in words)[:200]


_REFUSED = re.compile(r"((?:TLS is required, but )?host \S+ refused to (?:start TLS|talk to me)): ")
_SAID = re.compile(r"(host [^/\s]+\[[0-9a-fA-F.:]+\]) said: ([0-9]{3})")
# smtp_proto.c, xfer_request: the step at which it was said, behind whatever was.
_AT = re.compile(r"\(in reply to [A-Za-z .]{1,40}\)\Z")


def host_in(words: str) -> str:
    """The host that Postfix's *words* say failed; empty where they name none."""
    found = _HOST.search(words)
    return found[1] if found else ""


_HOST = re.compile(r"(?:host|connect to|with) ([A-Za-z0-9_.-]+)\[")
