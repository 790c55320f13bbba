"""``[canary]``: messages that Segl sends to itself, to see that what must go securely does.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict, Field

from segl.settings.values import FORBID, Address, HostPort, Seconds
from segl.vocabulary import Way

# The sink that every installation has: no domain can have this name (RFC 6761 §6.4). Both Postfix instances know it
# as an address of segl-deliver, by a socket of their own.
OWN_SINK: Final = "canary@canary.segl.invalid"
OWN: Final = "own"  # its name in commands, store and metrics
# And one behind each way out: what goes there is encrypted or sealed by that way's own programs, for a key of our own
# (segl.canary.way_key), and opened again. `segl doctor --canary` sends there.
WAY_SINKS: Final[Mapping[Way, str]] = MappingProxyType(
    {way: f"{way}@canary.segl.invalid" for way in (Way.TUNNEL, Way.CERTIFICATE, Way.TLS, Way.PORTAL)}
)
_WAYS: Final = {address: way for way, address in WAY_SINKS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CanarySink:
    """``[[canary.sink]]``: an address outside that canaries go to besides, by whatever way it has."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # For commands and metrics: the way it stands for, say.
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    # Nobody need read it; its server must take mail for it.
    address: Annotated[Address, Field(min_length=1)]
    # How often one goes there.
    every: Seconds = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """``[canary]``: a timer runs `segl canary run` each minute; it sends what is due."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Whether canaries are sent.
    on: bool = True
    # Who canaries are from, one of ours; empty: segl-canary@ the first own domain. The front must take mail from it.
    sender: Address = ""
    # Where canaries are handed in, as users' mail is.
    front: HostPort = "127.0.0.1:25"
    # How often one goes to the sink that every installation has.
    every: Seconds = 300.0
    # One that has not arrived after this is late.
    late_after: Seconds = 600.0
    # Where segl-deliver takes canaries from the secure instance; those that come in clear at canary-clear.sock beside
    # it. Without a word here: canary.sock, beside delivery.receipt_socket.
    socket: Path | None = None
    # Where `segl doctor --canary` takes, while it runs, what the way tls delivers to it.
    tls_sink: HostPort = "127.0.0.1:10036"
    # Addresses outside that canaries go to as well.
    sink: Annotated[tuple[CanarySink, ...], Field(max_length=20)] = ()

    @property
    def sinks(self) -> tuple[CanarySink, ...]:
        """Where canaries go, the own sink first."""
        return (CanarySink(name=OWN, address=OWN_SINK, every=self.every), *self.sink)

    def knows(self, address: str) -> bool:
        """Whether *address* is a sink, our own among them, on or off."""
        lower = address.lower()
        return is_own_sink(lower) or any(lower == sink.address.lower() for sink in self.sink)


def is_own_sink(address: str) -> bool:
    """Whether every installation has this sink."""
    return address.lower() == OWN_SINK or way_of_sink(address) is not None


def way_of_sink(address: str) -> Way | None:
    """Behind which way the sink *address* is, if it is one of :data:`WAY_SINKS`."""
    return _WAYS.get(address.lower())


def name_of_way(way: Way) -> str:
    """The name of the sink behind *way*, in commands and store."""
    return f"way-{way}"


def canary_faults(canary: Canary, is_own: Callable[[str], bool]) -> Iterable[tuple[str, str, str]]:
    """``(key, problem, hint)`` of each fault that no single key shows. *is_own* tells our own addresses."""
    for what in ("name", "address"):
        given = Counter(str(getattr(sink, what)).lower() for sink in canary.sink)
        for value, times in given.items():
            if times > 1:
                yield "canary.sink", f"{what} {value} stands in {times} entries", "keep one"
    for sink in canary.sink:
        if sink.name in (OWN, *map(name_of_way, WAY_SINKS)):
            yield (
                "canary.sink",
                f"the name {sink.name!r} is that of a sink every installation has",
                "choose another",
            )
        if is_own(sink.address):
            problem = f"{sink.name}: {sink.address} is one of our own"
            yield "canary.sink", problem, "mail to ourselves is not read, and goes no secure way"
        if is_own_sink(sink.address):
            yield "canary.sink", f"{sink.name}: every installation has this sink already", "take it out"
    if canary.sender and not is_own(canary.sender):
        yield "canary.sender", "is not one of our own addresses", ""
