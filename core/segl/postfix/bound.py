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
from dataclasses import dataclass
from pathlib import Path

from segl.demand_tag import entrances
from segl.errors import PostfixError
from segl.postfix.check import OPEN, PLAIN, RECEIPT, SECURE, next_hop
from segl.postfix.running import run_postfix
from segl.settings import Settings

_IDS_A_CALL = 200
_FILTER = re.compile(r"^content_filter: (\S+)", re.MULTILINE)
_OURS = tuple(f"{transport}:" for transport in (SECURE, PLAIN, OPEN, RECEIPT))


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
        raise PostfixError(f"postqueue -c {directory}: {done.stderr.strip() or 'failed'}")
    try:
        found = [json.loads(line) for line in done.stdout.split("\n") if line.strip()]
        return {each["queue_id"]: each["queue_name"] for each in found}
    except (ValueError, KeyError, TypeError):
        raise PostfixError(f"postqueue -c {directory} -j says what cannot be understood") from None


def bound_for_segl(front: Path) -> tuple[Bound, ...]:
    """Messages in the front's queue whose envelope names one of Segl's transports (postcat(1)). Raises
    :class:`PostfixError`."""
    found: list[Bound] = []
    every = queued(front)
    ids = list(every)
    for start in range(0, len(ids), _IDS_A_CALL):
        some = ids[start : start + _IDS_A_CALL]
        text = run_postfix(["postcat", "-c", str(front), "-e", "-q", *some]).stdout
        for part in re.split(r"^\*\*\* ENVELOPE RECORDS ", text, flags=re.MULTILINE)[1:]:
            queue_id, destination = Path(part.split(maxsplit=1)[0]).name, destination_in(part)
            if destination.startswith(_OURS):
                found.append(Bound(queue_id, destination, every.get(queue_id) == "hold"))
    return tuple(found)


def left_behind(settings: Settings) -> tuple[Bound, ...]:
    """Messages in the front's queue that are bound for an address of ours that is no more, reports left out: those go
    to nobody but ourselves. Raises :class:`PostfixError`."""
    wanted, every = in_force(settings), bound_for_segl(settings.postfix.front)
    messages = (one for one in every if not one.destination.startswith(f"{RECEIPT}:"))
    return tuple(one for one in messages if one.destination not in wanted)


def destination_in(envelope: str) -> str:
    """What the envelope, as ``postcat -e`` shows it, says of where the message goes; of several the last counts;
    ``""``: nothing."""
    return next(reversed(_FILTER.findall(envelope)), "")
