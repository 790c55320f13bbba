"""A virus scanner as an SMTP filter: what is clean it hands on to the return port, what is not it refuses."""

from __future__ import annotations

import asyncio
from typing import Any

from segl.mail.return_port import ReturnPort
from world.peers import SmtpPeer

EICAR = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


class Scanner(SmtpPeer):
    """``received`` holds what it found clean."""

    def __init__(self, address: str, port: int, return_port: ReturnPort) -> None:
        super().__init__(address, port)
        self._return_port = return_port

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if EICAR in envelope.content:
            return "554 5.7.1 virus found"
        reply = await super().handle_DATA(server, session, envelope)
        mail = self.received[-1]
        await asyncio.to_thread(
            self._return_port.send, mail.sender, mail.recipients, mail.content, smtputf8=False
        )
        return reply
