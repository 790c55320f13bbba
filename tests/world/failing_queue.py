"""A queue of copies that fail, looked at second by second, for the tests of how a domain is marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from segl.settings.routing import Routing
from segl_routing.fallback.marking import Fallback, Fallen, Look, Marked
from segl_routing.fallback.queue_watch import Waiting
from segl_routing.fallback.retries import Retries

BO = "bo@kunde.example"
STRIPPED = "TLS is required, but was not offered by host mx.kunde.example[192.0.2.1]"
REFUSED = "connect to mx.kunde.example[192.0.2.1]:25: Connection refused"
SILENT = "conversation with mx.kunde.example[192.0.2.1] timed out while receiving the STARTTLS response"
GREYLISTED = "host mx.kunde.example[192.0.2.1] said: 451 4.7.1 Greylisted (in reply to RCPT TO command)"
QUICK = Retries(5.0, 5.0, 10.0)
HOUR = 3600.0


def looked(
    fallback: Fallback, waiting: Iterable[Waiting], is_tls: Callable[[Waiting], bool], now: float
) -> list[Fallen]:
    """A whole look at once."""
    look = Look(now)
    fallback.see(look, waiting, is_tls)
    return fallback.conclude(look)


class Story:
    """A queue that is looked at, second by second."""

    def __init__(self, known: list[Marked] | None = None, retries: Retries = QUICK) -> None:
        self.fallback = Fallback(Routing(), known or [], retries)
        self.now = 1_000_000.0
        self.arrived = self.now

    def tried(self, *addresses: str) -> None:
        for address in addresses or (BO,):
            self.fallback.asked(address)

    def look(self, reason: str, *addresses: str, after: float = 20, queue_id: str = "Q1") -> list[Fallen]:
        self.now += after
        waiting = [Waiting(queue_id, address, self.arrived, reason) for address in addresses or (BO,)]
        return looked(self.fallback, waiting, lambda _copy: True, self.now)

    def fails_twice(self) -> Fallen:
        self.arrived, queue_id = self.now, f"Q{self.now:.0f}"
        self.tried()
        assert not self.look(STRIPPED, queue_id=queue_id)
        self.tried()
        [fallen] = self.look(STRIPPED, queue_id=queue_id)
        return fallen

    @property
    def marked(self) -> bool:
        return self.fallback.mark("kunde.example") is not None
