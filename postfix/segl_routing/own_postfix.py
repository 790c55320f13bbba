"""Our own Postfix: its version, names and outgoing addresses. segl-map probes mail hosts as it would, and gives it only
answers that it understands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from segl.addresses import normal_domain
from segl.errors import PostfixError
from segl.events import Events
from segl.postfix.carried import outgoing
from segl.postfix.hops import Hop, fallback
from segl.postfix.own_ways import Kind, OwnWay, by_local, handed_on, network_service, ways
from segl.postfix.running import Instance, PostfixBusy, read_instance, run_postfix, version_of
from segl.postfix.tables import ASKED, tables_in
from segl.settings.document import Settings

# RELEASE_NOTES 3.10, TLSRPT: the attributes of a policy that tell of MTA-STS. Older ones take an answer with them for a
# fault of ours, and the mail waits.
_KNOWS_STS: Final = (3, 10)
_ANY_HOSTS: Final = {"localhost", "localhost.localdomain"}
LOOK_SECONDS: Final = 300.0
SOON_SECONDS: Final = 10.0  # after it could not be asked; then twice as long each time
_BY_DEFAULT: Final = {"mail_version", "myhostname"}
# lmtp(8): inet:host:port; smtp(8): [host]:port. An address only: a name is anybody's who answers for it.
_LOOPBACK: Final = re.compile(
    r"(?:inet:)?(?:127(?:\.\d{1,3}){3}|\[127(?:\.\d{1,3}){3}\]|\[(?:IPv6:)?::1\])(?::\w+)?"
)


@dataclass(frozen=True, slots=True)
class OwnPostfix:
    """``name``: what it answers to EHLO; ``helo``: what it says in EHLO; both empty where it could not be asked.
    ``names``: what single ports of it answer instead (a host with several addresses may bear a name at each)."""

    version: tuple[int, int] = (0, 0)
    name: str = ""
    helo: str = ""
    names: frozenset[str] = field(default=frozenset(), kw_only=True)
    # Names that the host bears itself, for which it takes mail that goes no further. Here aliases end that stand for a
    # user of the host, while the settings name the domains of people.
    here: frozenset[str] = frozenset()
    # A digest of the front's configuration, by which the rest was found; empty where that could not be asked.
    says: bytes = b""
    # Why something could not be asked in this moment, and may be in the next. Where the configuration itself keeps us
    # from asking there is no doubt, and nothing is known.
    doubt: str = field(default="", compare=False)

    @property
    def knows_sts(self) -> bool:
        """Whether a TLS policy may tell it of the MTA-STS policy that it rests on."""
        return self.version >= _KNOWS_STS


def own_postfix(settings: Settings) -> OwnPostfix:
    """By the front, after which the secure instance is made; nothing is known of one that cannot be read."""
    try:
        told = run_postfix(["postconf", "-dh", "mail_version"])
    except PostfixError as error:
        return OwnPostfix(doubt=_doubt(error))
    version = version_of(told.stdout)
    try:
        front = read_instance(settings.postfix.front)
    except PostfixError as error:
        return OwnPostfix(version, doubt=_doubt(error))
    helo = outgoing(front, "smtp_helo_name")
    asked = OwnPostfix(version, front.value("myhostname"), helo, says=_says(front), names=_names(front))
    try:
        return replace(asked, here=_here(front))
    except PostfixError as error:
        return replace(asked, doubt=_doubt(error))


def again(settings: Settings, known: OwnPostfix, events: Events) -> OwnPostfix:
    """The same; what was *known*, where it cannot be asked in this moment: :func:`follow` asks again. Never raises."""
    try:
        found = own_postfix(settings)
    except Exception as error:
        found = _failed(error, events)
    if not found.doubt:
        return found
    gone_by = _gone_by(found, known)
    events.host_unknown(found.doubt, kept=bool(gone_by.here))
    return gone_by


def _failed(error: Exception, events: Events) -> OwnPostfix:
    """What is known when asking failed in a way that nobody foresaw; a fault of ours will be there the next time."""
    events.failed("own postfix", error)
    return OwnPostfix(doubt=type(error).__name__ if isinstance(error, OSError | MemoryError) else "")


def _gone_by(found: OwnPostfix, known: OwnPostfix) -> OwnPostfix:
    """What is gone by while *found* is in doubt: what was *known*, unless the front is seen to say something else."""
    if known == OwnPostfix() or found.says not in (b"", known.says):
        return found
    return replace(known, doubt=found.doubt)


def _doubt(error: PostfixError) -> str:
    return error.private if isinstance(error, PostfixBusy) else ""


def _names(front: Instance) -> frozenset[str]:
    """But for those that any host bears: one outside that answers by such a name is not this one."""
    ports = front.running("smtpd", "postscreen")
    names = {port.overrides["myhostname"] for port in ports if "myhostname" in port.overrides}
    return frozenset(name for name in names if normal_domain(name) not in _ANY_HOSTS)


def _says(front: Instance) -> bytes:
    """Of all that is written in it, for what the names rest on stands in many places; and of what defaults rest on."""
    written = [(name, front.value(name)) for name in sorted(front.written | _BY_DEFAULT)]
    services = [(one.id, one.command, sorted(one.overrides.items())) for one in front.services]
    return sha256(repr((written, services)).encode()).digest()


def _here(front: Instance) -> frozenset[str]:
    """None where a server is asked, which could keep us waiting. Raises :class:`PostfixError` when a table cannot be
    asked: in this moment (:class:`PostfixBusy`), or at all."""
    tables = (table for name in ("mydestination", "transport_maps") for table in tables_in(front.value(name)))
    if any(table.type in ASKED for table in tables):
        return frozenset()
    try:
        found = ways(front, {normal_domain(front.value("myhostname")), "localhost"})
        return frozenset(way.domain for way in found.values() if way.kind is Kind.LOCAL and _ends(front, way))
    except ValueError:
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
    # LMTP (RFC 2033) is for a store's last step; by SMTP a server on this host may send it on. A relay that takes what
    # the store does not is anywhere.
    if service.program != "lmtp" or _LOOPBACK.fullmatch(next_hop) is None:
        return False
    return fallback(front, Hop(transport, service.program, next_hop)) is None


async def follow(
    settings: Callable[[], Settings],
    known: Callable[[], OwnPostfix],
    changed: Callable[[OwnPostfix], None],
    events: Events,
    reloaded: asyncio.Event,
    seconds: float = LOOK_SECONDS,
    soon: float = SOON_SECONDS,
) -> None:
    """Asks again every so many *seconds*, and tells *changed* what is not as it was *known*: whoever edits Postfix's
    lists tells us nothing, and a name that is the host's no more must not be let in. Runs until cancelled.

    What cannot be asked now may be slow for a moment, so it is asked again *soon*, and what was known is gone by until
    then; at last, after *seconds*, what is not known goes as all else does. *reloaded*: set whenever it was asked by a
    reload, whose doubt is followed like one of ours; further reloads make what was known hold no longer."""
    following = _Following(known, changed, events, seconds, min(soon, seconds))
    while True:
        if await _is_set(reloaded, following.due - asyncio.get_running_loop().time()):
            reloaded.clear()
            following.reloaded()
            continue
        asked = settings()
        try:
            found = await asyncio.to_thread(own_postfix, asked)
        except Exception as error:
            found = _failed(error, events)
        if asked is settings():  # else a reload has asked meanwhile
            following.found(found)


class _Following:
    """When it is asked next (``due``, by the loop's clock), and what is gone by until then."""

    def __init__(
        self,
        known: Callable[[], OwnPostfix],
        changed: Callable[[OwnPostfix], None],
        events: Events,
        seconds: float,
        soon: float,
    ) -> None:
        self._known = known
        self._changed = changed
        self._events = events
        self._seconds = seconds
        self._soon = soon
        self._now = asyncio.get_running_loop().time
        self._since = self._now() if known().doubt else None  # when the doubt began
        self._said: bool | None = None  # in a doubt: whether names are kept, as the log was told
        self._wait = soon
        self.due = self._now() + (seconds if self._since is None else soon)

    def reloaded(self) -> None:
        """A reload has asked, and what it found is known."""
        if not self._known().doubt:
            self._is_certain()
            return
        if self._since is None:
            self._since, self._said, self._wait = self._now(), bool(self._known().here), self._soon
        self.due = min(self.due, self._now() + self._soon)

    def found(self, found: OwnPostfix) -> None:
        if found.doubt:
            found = self._in_doubt(found)
        else:
            self._is_certain()
        if found != self._known():
            self._events.host_changed(sorted(found.here))
            self._changed(found)

    def _is_certain(self) -> None:
        self._since, self._said, self.due = None, None, self._now() + self._seconds

    def _in_doubt(self, found: OwnPostfix) -> OwnPostfix:
        """What is gone by instead."""
        now = self._now()
        if self._since is None:
            self._since, self._wait = now, self._soon
        else:
            self._wait *= 2
        left = self._since + self._seconds - now
        gone_by = _gone_by(found, self._known()) if left > 0 else found
        if self._said is not bool(gone_by.here):
            self._said = bool(gone_by.here)
            self._events.host_unknown(found.doubt, kept=self._said)
        self.due = now + (min(self._wait, left) if left > 0 else self._seconds)
        return gone_by


async def _is_set(event: asyncio.Event, seconds: float) -> bool:
    """Whether *event* is set within so many *seconds*."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
