"""What our own Postfix is and is called: segl-map looks at mail hosts with its eyes, and answers in words it knows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from segl.addresses import normal_domain
from segl.errors import PostfixError
from segl.events import Events
from segl.postfix.carried import outgoing
from segl.postfix.own_ways import Kind, OwnWay, by_local, handed_on, network_service, ways
from segl.postfix.running import Instance, read_instance, run_postfix, version_of
from segl.postfix.tables import ASKED, tables_in
from segl.settings import Settings

# RELEASE_NOTES 3.10, TLSRPT: the attributes of a policy that tell of MTA-STS. Older ones take an answer with them for a
# fault of ours, and the mail waits.
_KNOWS_STS: Final = (3, 10)
LOOK_SECONDS: Final = 300.0
# lmtp(8): inet:host:port; smtp(8): [host]:port. An address only: a name is anybody's who answers for it.
_LOOPBACK: Final = re.compile(
    r"(?:inet:)?(?:127(?:\.\d{1,3}){3}|\[127(?:\.\d{1,3}){3}\]|\[(?:IPv6:)?::1\])(?::\w+)?"
)


@dataclass(frozen=True, slots=True)
class OwnPostfix:
    """``name``: what it answers to EHLO; ``helo``: what it says in EHLO; both empty where it could not be asked."""

    version: tuple[int, int] = (0, 0)
    name: str = ""
    helo: str = ""
    # Names that the host bears itself, for which it takes mail that goes no further. Here aliases end that stand for a
    # user of the host, while the settings name the domains of people.
    here: frozenset[str] = frozenset()

    @property
    def knows_sts(self) -> bool:
        """Whether a TLS policy may tell it of the MTA-STS policy that it rests on."""
        return self.version >= _KNOWS_STS


def own_postfix(settings: Settings) -> OwnPostfix:
    """By the front, after which the secure instance is made; nothing is known of one that cannot be read."""
    try:
        version = version_of(run_postfix(["postconf", "-dh", "mail_version"]).stdout)
    except PostfixError:
        return OwnPostfix()
    try:
        front = read_instance(settings.postfix.front)
    except PostfixError:
        return OwnPostfix(version)
    return OwnPostfix(version, front.value("myhostname"), outgoing(front, "smtp_helo_name"), _here(front))


def _here(front: Instance) -> frozenset[str]:
    """None where the tables that say so cannot be asked, or a server is asked, which could keep us waiting."""
    tables = (table for name in ("mydestination", "transport_maps") for table in tables_in(front.value(name)))
    if any(table.type in ASKED for table in tables):
        return frozenset()
    try:
        found = ways(front, {normal_domain(front.value("myhostname")), "localhost"})
        return frozenset(way.domain for way in found.values() if way.kind is Kind.LOCAL and _ends(front, way))
    except (PostfixError, ValueError):
        return frozenset()


def _ends(front: Instance, way: OwnWay) -> bool:
    """Whether no server is handed the mail then. At what a user's .forward and aliases do with it the doctor looks
    (:mod:`segl.postfix.check_forwards`)."""
    if (local := by_local(front, way)) is not None:
        return all(_is_here(front, transport, hop) for transport, hop in handed_on(front, local))
    return _is_here(front, way.transport, way.next_hop)


def _is_here(front: Instance, transport: str, next_hop: str) -> bool:
    service = network_service(front, transport)
    if service is None or next_hop.startswith("unix:"):
        return True
    # LMTP (RFC 2033) is for a store's last step; by SMTP a server on this host may send it on.
    return service.program == "lmtp" and _LOOPBACK.fullmatch(next_hop) is not None


async def follow(
    settings: Callable[[], Settings],
    known: Callable[[], OwnPostfix],
    changed: Callable[[OwnPostfix], None],
    events: Events,
    seconds: float = LOOK_SECONDS,
) -> None:
    """Asks again every so many *seconds*, and tells *changed* what is not as it was *known*: whoever edits Postfix's
    lists tells us nothing, and a name that is the host's no more must not be let in. Runs until cancelled."""
    while True:
        await asyncio.sleep(seconds)
        asked = settings()
        try:
            found = await asyncio.to_thread(own_postfix, asked)
        except Exception as error:
            events.failed("own postfix", error)
            found = OwnPostfix()  # what is not known goes as all else does
        if asked is settings() and found != known():
            events.host_changed(sorted(found.here))
            changed(found)
