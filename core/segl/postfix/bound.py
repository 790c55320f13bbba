"""Where messages in a Postfix queue are bound for, when that is Segl.

Postfix writes content_filter, or what FILTER says in its place, into the queue file when it takes a message, and goes
by that from then on: whatever main.cf and the tables say later, a message that waits keeps the port or socket of the
day it came. Where that is no more, it waits until it is returned (``maximal_queue_lifetime``).

``postsuper -r`` hands such a message in anew (postsuper(1)): no milter looks at it, and the content_filter of new local
mail takes the place of what it bore. That is the secure way, which takes any mail: nothing goes in clear by it, and a
demand is kept (docs/decisions/0016-demands.md). But plain mail goes securely then, too, and a message on hold goes at
once, whether anybody has decided or not. Its time in the queue begins again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from segl.counted import counted
from segl.demand_tag import entrances
from segl.errors import PostfixError
from segl.postfix.check import OPEN, PLAIN, RECEIPT, SECURE, UNREAD, next_hop
from segl.postfix.edit import service_keys
from segl.postfix.running import complaint, run_postfix
from segl.settings.document import Settings

_IDS_A_CALL = 200
_NAMED = 3  # ids in an error
_FILTER = re.compile(r"^content_filter: (\S+)", re.MULTILINE)
_BEGIN = re.compile(r"^\*\*\* ENVELOPE RECORDS ", re.MULTILINE)
_END = "\n*** MESSAGE FILE END "
_GONE = re.compile(r"open queue file \S+: No such file or directory")
_OURS = tuple(f"{transport}:" for transport in (SECURE, PLAIN, UNREAD, OPEN, RECEIPT))


@dataclass(frozen=True, slots=True)
class Bound:
    """A message and where it goes, ``segl-secure:[127.0.0.1]:10026``."""

    queue_id: str
    destination: str
    held: bool


def in_force(settings: Settings) -> frozenset[str]:
    """Where the front's messages go by the settings of now."""
    return frozenset(
        (
            ordinary(settings),
            *(
                f"{SECURE}:{next_hop(f'{host}:{port}')}"
                for _, host, port in entrances(settings.postfix.demand_ports)
            ),
            f"{SECURE}:{next_hop(settings.postfix.own_entrance)}",
            f"{PLAIN}:{next_hop(settings.postfix.return_port)}",
            f"{UNREAD}:{next_hop(settings.postfix.return_port)}",
            f"{OPEN}:unix:{settings.delivery.inbound_socket}",
        )
    )


def ordinary(settings: Settings) -> str:
    """Where whatever has no verdict goes (content_filter)."""
    return f"{SECURE}:{next_hop(settings.postfix.secure_port)}"


def queued(directory: Path) -> dict[str, str]:
    """The queue ids of all messages in an instance, and the queue each is in. Raises :class:`PostfixError`."""
    done = run_postfix(["postqueue", "-c", str(directory), "-j"])
    if done.returncode:
        raise PostfixError(f"postqueue -c {directory}: {complaint(done) or 'failed'}")
    try:
        found = [json.loads(line) for line in done.stdout.split("\n") if line.strip()]
        return {each["queue_id"]: each["queue_name"] for each in found}
    except (ValueError, KeyError, TypeError):
        raise PostfixError(f"postqueue -c {directory} -j says what cannot be understood") from None


def bound_for_segl(front: Path) -> tuple[Bound, ...]:
    """Messages in the front's queue whose envelope names one of Segl's transports (postcat(1)). Some may have gone in
    the meantime. Raises :class:`PostfixError`, also when one that waits cannot be read: it could be any."""
    before = queued(front)
    found = _destinations(front, before)
    # One that moves from a queue to another just then is missed by a listing, and by postcat.
    every = queued(front)
    rest = [each for each in every if each not in found]
    found |= _destinations(front, rest)
    if unread := _still_there(front, set(rest) - found.keys()):
        text = (
            f"{counted(len(unread), 'message')} in the front's queue cannot be looked at ({some_of(unread)})"
        )
        raise PostfixError(text, hint=f"postcat -c {front} -q ID says why")
    queues = before | every
    return tuple(
        Bound(queue_id, destination, queues[queue_id] == "hold")
        for queue_id, destination in found.items()
        if destination.startswith(_OURS)
    )


def left_behind(settings: Settings) -> tuple[Bound, ...]:
    """Messages in the front's queue that are bound for an address of ours that is no more, reports left out: those go
    to nobody but ourselves. Raises :class:`PostfixError`."""
    wanted, every = in_force(settings), bound_for_segl(settings.postfix.front)
    messages = (one for one in every if not one.destination.startswith(f"{RECEIPT}:"))
    return tuple(one for one in messages if one.destination not in wanted)


def is_served(destination: str, front_master: str, secure_master: str) -> bool:
    """Whether somebody takes what is bound for *destination*, where these are both instances' master.cf. Of a socket
    only the transport counts: it is segl-deliver's, which goes by the settings."""
    transport, _, hop = destination.partition(":")
    front = service_keys(front_master)
    if f"{transport}/unix" not in front:
        return False
    if hop.startswith("unix:"):
        return True
    listening = service_keys(secure_master) if transport == SECURE else front
    host, _, port = hop.rpartition(":")
    names = (f"{host}:{port}", f"{host.strip('[]')}:{port}", port)  # the last at every address
    return not listening.isdisjoint(f"{name}/inet" for name in names)


def destination_in(envelope: str) -> str:
    """What the envelope, as ``postcat -e`` shows it, says of where the message goes; of several the last counts;
    ``""``: nothing."""
    return next(reversed(_FILTER.findall(envelope)), "")


def some_of(queue_ids: Collection[str]) -> str:
    """The first of *queue_ids*, for an error's text."""
    more = ["…"] if len(queue_ids) > _NAMED else []
    return ", ".join([*sorted(queue_ids)[:_NAMED], *more])


def _destinations(front: Path, ids: Iterable[str]) -> dict[str, str]:
    """Where each of *ids* goes, those left out that are not there (any more), or no queue files.

    postcat(1) takes them in turn, and ends at the first that it does not find; on a host at work one of a few hundred
    has always just been delivered. That end takes it a second, so the others that have gone are not asked for again.
    Raises :class:`PostfixError` where it ends for another reason."""
    found: dict[str, str] = {}
    rest = list(ids)
    while rest:
        some = rest[:_IDS_A_CALL]
        done = run_postfix(["postcat", "-c", str(front), "-e", "-q", *some])
        if done.returncode and not _GONE.search(done.stderr):
            raise PostfixError(f"postcat -c {front}: {complaint(done) or 'failed'}")
        shown = dict(_shown(done.stdout))
        found |= shown
        if not done.returncode:
            rest = rest[len(some) :]
            continue
        looked_at = max((place for place, each in enumerate(some, 1) if each in shown), default=0)
        there = queued(front)
        rest = [each for each in rest[min(looked_at + 1, len(some)) :] if each in there]
    return found


def _shown(text: str) -> Iterator[tuple[str, str]]:
    """Each queue id of which postcat showed the whole envelope, and where the message goes."""
    for part in _BEGIN.split(text)[1:]:
        if _END in part:
            yield Path(part.split(maxsplit=1)[0]).name, destination_in(part)


def _still_there(front: Path, ids: Set[str]) -> Set[str]:
    return ids & queued(front).keys() if ids else ids
