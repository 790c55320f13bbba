"""How TLS protected a delivery, from Postfix's log: the only place where it is told.

Postfix's smtp(8) writes two lines, with ``smtp_tls_loglevel = 1``::

    … postfix/segl-tls/smtp[339]: Verified TLS connection established to mx.x.dk[192.0.2.1]:25: TLSv1.3 with …
    … postfix/segl-tls/smtp[339]: 4jZ4BH5slJz1dqf0: to=<bo@x.dk>, relay=mx.x.dk[192.0.2.1]:25, …,
      delays=0.05/0.12/0.03/0, dsn=2.0.0, status=sent (250 …)

The first has no queue id. A process does one delivery at a time and, reuse being off in the secure instance, opens
a connection of its own for each; still many processes write at once, one delivery may try several hosts, process ids
come back, and lines get lost. So the two are joined only when all of this holds, else nothing is claimed:

* the same process, and the same host, address and port;
* the first belongs to no other queue id already (one delivery to several recipients has one queue id);
* its time falls into the delivery's own connection time: ``delays=a/b/c/d`` says that connecting took *c* seconds and
  sending *d*, up to the moment of the second line.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from segl.demand_tag import UnknownDemand, untagged
from segl.house_time import by_the_hosts_clock
from segl.receipts.protection import Protection, Waiting

_MOST_PROCESSES: Final = 4_096
_SLACK: Final = 2.0  # seconds: the log's clock may count whole ones, and lines are written a little later
_LONGEST_LINE: Final = 8_192
_LONGEST_ADDRESS: Final = 512

# The time in either of the two forms that are in use, the host, and the process. Only transports of forced TLS.
_LINE: Final = re.compile(
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ "
    r"postfix/segl-tls/smtp\[(?P<pid>\d+)\]: (?P<text>.*)"
)
_TLS: Final = re.compile(
    r"(?P<level>Verified|Trusted|Untrusted|Anonymous) TLS connection established to "
    r"(?P<host>[^\s\[\]]+)\[(?P<address>[^\]\s]+)\]:(?P<port>\d+): "
    r"(?P<version>TLSv[\d.]+) with cipher (?P<cipher>[\w-]+) "
)
# Each place is named exactly: behind the status stands what the other server said, and that may look like a line.
_SENT: Final = re.compile(
    r"(?P<queue_id>[0-9A-Za-z]+): "
    r'to=<(?P<recipient>(?:"(?:[^"\\]|\\.)*"|[^\s<>"])*)>,(?: orig_to=<(?:"(?:[^"\\]|\\.)*"|[^\s<>"])*>,)? '
    r"relay=(?P<host>[^\s\[\]]+)\[(?P<address>[^\]\s]+)\]:(?P<port>\d+), (?:conn_use=\d+, )?delay=[\d.]+, "
    r"delays=[\d.]+/[\d.]+/(?P<connecting>[\d.]+)/(?P<sending>[\d.]+), dsn=[\d.]+, status=sent \("
)


@dataclass(slots=True)
class _Connection:
    """The latest TLS line of a process; ``queue_id`` is whose it turned out to be."""

    place: tuple[str, str, str]
    level: str
    version: str
    cipher: str
    at: float
    queue_id: str = ""


# A try that will be repeated, by a transport of ours or by error(8), which stands in for one that is left alone a
# while.
_TRIED: Final = re.compile(
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ "
    r"(?:postfix/segl-(?:tls|tunnel|certificate|portal|relay)/[sl]mtp|postfix-segl/error)\[\d+\]: "
    r"(?P<queue_id>[0-9A-Za-z]+): "
    r'to=<(?P<recipient>(?:"(?:[^"\\]|\\.)*"|[^\s<>"])*)>,(?: orig_to=<(?:"(?:[^"\\]|\\.)*"|[^\s<>"])*>,)? '
    r"relay=[^\s,]+, (?:conn_use=\d+, )?delay=[\d.]+, delays=[\d./]+, dsn=4[\d.]+, status=deferred \("
)


# Any result of a try by a transport of ours.
_RESULT: Final = re.compile(
    r"(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ "
    r"(?:postfix/segl-(?:tls|tunnel|certificate|portal|relay)/[sl]mtp|postfix-segl/error)\[\d+\]: "
    r"(?P<queue_id>[0-9A-Za-z]{1,32}): to=<"
)


def logged_in(lines: Iterable[str], now: float) -> dict[str, float]:
    """The queue ids of which *lines* tell a result, and when."""
    named: dict[str, float] = {}
    for line in lines:
        if (found := _RESULT.match(line)) and (at := moment(found["time"], now)) is not None:
            named[found["queue_id"]] = at
    return named


def waiting_of(lines: Iterable[str], now: float) -> Iterator[Waiting]:
    """Whose copies *lines* say are to be tried again."""
    for line in lines:
        found = _TRIED.match(line[:_LONGEST_LINE])
        if found is None or len(found["recipient"]) > _LONGEST_ADDRESS or len(found["queue_id"]) > 32:
            continue
        at = moment(found["time"], now)
        with suppress(UnknownDemand):
            recipient, _ = untagged(found["recipient"])
            if at is not None:
                yield Waiting(found["queue_id"], recipient, at)


class TlsLines:
    """Joins the lines of one log, in their order."""

    def __init__(self, now: Callable[[], float], node: str = "") -> None:
        """*node* is whose log it is."""
        self._now = now
        self._node = node
        self._latest: OrderedDict[str, _Connection] = OrderedDict()

    def read(self, lines: Iterable[str]) -> Iterator[Protection]:
        """What *lines* prove."""
        for line in lines:
            found = _LINE.match(line[:_LONGEST_LINE])
            if found is None:
                continue
            at = moment(found["time"], self._now())
            if at is None:
                continue
            if begun := _TLS.match(found["text"]):
                self._keep(found["pid"], begun, at)
            elif (sent := _SENT.match(found["text"])) and (proof := self._joined(found["pid"], sent, at)):
                yield proof

    def _keep(self, pid: str, line: re.Match[str], at: float) -> None:
        self._latest[pid] = _Connection(
            (line["host"], line["address"], line["port"]), line["level"], line["version"], line["cipher"], at
        )
        self._latest.move_to_end(pid)
        while len(self._latest) > _MOST_PROCESSES:
            self._latest.popitem(last=False)

    def _joined(self, pid: str, line: re.Match[str], at: float) -> Protection | None:
        latest = self._latest.get(pid)
        if latest is None or latest.queue_id not in ("", line["queue_id"]):
            return None
        # the table has no place for such an address, and would refuse all others with it
        if len(line["recipient"]) > _LONGEST_ADDRESS:
            return None
        if latest.place != (line["host"], line["address"], line["port"]):
            return None
        sending, connecting = float(line["sending"]), float(line["connecting"])
        if not at - sending - connecting - _SLACK <= latest.at <= at - sending + _SLACK:
            return None
        latest.queue_id = line["queue_id"]
        try:
            recipient, _ = untagged(line["recipient"])
        except UnknownDemand:
            return None
        return Protection(
            line["queue_id"],
            recipient,
            at,
            line["host"],
            latest.level,
            latest.version,
            latest.cipher,
            at - sending - connecting,
            self._node,
        )


def moment(text: str, now: float) -> float | None:
    """Unix time of a log line's *text*. The older form has no year, and on the night on which summer time ends an hour
    comes twice: what is nearest to *now* is meant."""
    try:
        if text[0].isdigit():
            meant = [datetime.fromisoformat(text)]
        else:
            years = _years(text, datetime.fromtimestamp(now).year)
            meant = [datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S") for year in years]
        found = [by_the_hosts_clock(one.replace(fold=fold)) for one in meant for fold in (0, 1)]
    except (ValueError, OverflowError):
        return None
    return min(found, key=lambda at: abs(at - now))


def _years(text: str, year: int) -> tuple[int, ...]:
    """Those in which *text* can be (29 February is not in all)."""
    if text.startswith("Feb 29"):
        return tuple(filter(isleap, range(year - 8, year + 9)))  # 2096 and 2104 are the furthest apart
    return (year - 1, year, year + 1)
