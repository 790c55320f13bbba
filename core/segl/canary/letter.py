"""The message that a canary is: it says what it is, and holds what must go securely.

The person in it does not exist: the number is the one that the CPR office itself gives for tests.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Final

from segl.mail.compose import display_name, encoded, text_part

# What must never be readable on the way: it stands as it is in the message's bytes, on a line of its own.
PROOF: Final = b"251248-9996"
_SUBJECT = "Segl: prøvebesked til overvågning / canary"
_TEXT = """\
Denne besked er skrevet af Segl og handler ikke om nogen.

Den sendes med jævne mellemrum for at se, at fortrolige oplysninger bliver sendt sikkert. Du kan slette den.
This message was written by Segl to watch itself. Nobody it speaks of exists; you may delete it.

Personnummer: 251248-9996
Borgeren er sygemeldt med en svær depression og er henvist til psykiatrisk behandling.
"""


def letter(*, sender: str, organisation: str, recipient: str, message_id: str, at: datetime) -> bytes:
    """The message, with CR LF line ends. *at* is aware of its time zone."""
    head = "\r\n".join(
        (
            f"From: {display_name(f'Segl, {organisation}')} <{sender}>",
            f"To: <{recipient}>",
            f"Subject: {encoded(_SUBJECT)}",
            f"Date: {format_datetime(at)}",
            f"Message-ID: {message_id}",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "",
        )
    )
    return head.encode("ascii") + text_part("plain", _TEXT)
