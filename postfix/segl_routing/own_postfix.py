"""What our own Postfix is and is called: segl-map looks at mail hosts with its eyes, and answers in words it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from segl.addresses import normal_domain
from segl.errors import PostfixError
from segl.postfix.carried import outgoing
from segl.postfix.own_ways import Kind, OwnWay, network_service, ways
from segl.postfix.running import Instance, read_instance, run_postfix, version_of
from segl.postfix.tables import ASKED, tables_in
from segl.settings import Settings

# RELEASE_NOTES 3.10, TLSRPT: the attributes of a policy that tell of MTA-STS. Older ones take an answer with them for a
# fault of ours, and the mail waits.
_KNOWS_STS: Final = (3, 10)


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
    except (PostfixError, ValueError):
        return frozenset()
    return frozenset(way.domain for way in found.values() if way.kind is Kind.LOCAL and _ends(front, way))


def _ends(front: Instance, way: OwnWay) -> bool:
    return way.next_hop.startswith("unix:") or network_service(front, way.transport) is None
