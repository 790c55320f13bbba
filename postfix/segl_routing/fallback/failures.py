"""What Postfix says of a copy that it could not deliver by forced TLS, and whose fault that is.

The words are those of smtp(8), version 3.10 (``smtp_proto.c``, ``smtp_connect.c``, ``smtp_tls_policy.c``), as the queue
shows them (postqueue(1)). Only those count that Postfix says of itself: an answer of the other side (``host
mx.x.example[192.0.2.1] said: …``) may hold any words, and a server that answers has passed TLS already. Faults of ours
(``client TLS configuration problem``) are nobody's fault outside.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Failure(StrEnum):
    """``TLS``: there is no TLS that proves who it is (4.7.4, 4.7.5). ``CONNECTION``: nobody answers, or not to
    the end. ``OTHER``: whatever else a copy waits for."""

    TLS = "tls"
    CONNECTION = "connection"
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
    told = re.match(r"(TLS is required, but host .*? refused to start TLS)", words)
    return "".join(c if c.isprintable() else "?" for c in (told[1] if told else words))[:200]


def host_in(words: str) -> str:
    """The host that Postfix's *words* say failed; empty where they name none."""
    found = _HOST.search(words)
    return found[1] if found else ""


_HOST = re.compile(r"(?:host|connect to|with) ([A-Za-z0-9_.-]+)\[")
