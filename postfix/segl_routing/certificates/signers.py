"""Asks authorities of the certificates that others signed their mail with, for ``segl-deliver``
(:mod:`segl.signer_standings`)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from cryptography import x509

from segl.certificates.recipient import load_der
from segl.certificates.records import Revocation
from segl.errors import SeglError
from segl.events import Events
from segl.signer_standings import Answered, SignerStandings
from segl_routing.certificates.standing import RevocationStanding

LOOK_SECONDS: Final = 0.5
AGAIN_SECONDS: Final = 30.0  # what could not be found out is asked again after so long
GOOD_SECONDS: Final = 3600.0

Ask = Callable[[Sequence[x509.Certificate]], Awaitable[RevocationStanding]]


class SignerQuestions:
    """``ask`` is :meth:`~segl_routing.certificates.revocation.RevocationChecks.standing`; ``on`` is asked before each
    look, so that a reload takes effect."""

    def __init__(
        self, standings: SignerStandings, ask: Ask, events: Events, on: Callable[[], bool] = lambda: True
    ) -> None:
        self._standings = standings
        self._ask = ask
        self._events = events
        self._on = on
        self._in_hand: dict[tuple[bytes, ...], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """For ever."""
        while True:
            if self._on():
                try:
                    await self.look()
                except Exception as error:
                    self._events.failed("signers' certificates", error)
                    await asyncio.sleep(AGAIN_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Begin to ask for what is wanted now. An authority that is slow keeps nobody waiting but those who ask for its
        own. Raises :class:`~segl.errors.StoreError`."""
        for chain in await asyncio.to_thread(self._standings.wanted, but=tuple(self._in_hand)):
            task = self._in_hand[chain] = asyncio.create_task(self._one(chain))
            task.add_done_callback(partial(self._answered, chain))

    def _answered(self, chain: tuple[bytes, ...], _task: asyncio.Task[None]) -> None:
        self._in_hand.pop(chain, None)

    async def _one(self, chain: tuple[bytes, ...]) -> None:
        try:
            standing = await self._ask([load_der(der) for der in chain])
        except ValueError:
            standing = RevocationStanding.unknown("the certificate cannot be read", lasting=True)
        except Exception as error:  # of one authority: the others' answers must not wait for it
            self._events.failed("a signer's certificate", error)
            standing = RevocationStanding.unknown("it could not be asked")
        try:
            await asyncio.to_thread(self._standings.answer, chain, answered(standing, time.time()))
        except SeglError as error:  # it is wanted still, and asked for again
            self._events.failed("signers' certificates", error)


def answered(standing: RevocationStanding, now: float) -> Answered:
    """How long it holds: what nobody knows is asked again soon, and "good" never holds for more than an hour."""
    asked_again = now + AGAIN_SECONDS
    if standing.revocation is Revocation.UNKNOWN:
        until = now + GOOD_SECONDS if standing.lasting else asked_again
    else:
        until = min(standing.until.timestamp(), now + GOOD_SECONDS) if standing.until else now + GOOD_SECONDS
    return Answered(standing.revocation, standing.reason, until)
