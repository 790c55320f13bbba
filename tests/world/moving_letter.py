"""A letter with a picture in its page and two files, as a house sends when somebody has moved."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

from world.counter import Letter

SUBJECT = "Flytteopgørelse for Åvej 3"
TEXT = "Her er opgørelsen, vi talte om."
PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)

Seal = Callable[..., Letter]
"""Seals it: for somebody new each time, with other HTML or as other bytes when they are given."""


def mail(html: str = "") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "Mette Krog <anna@nordby-vand.example>"
    message["To"] = "Bo Hansen <bo@vestby.example>, carl@nordby-vand.example"
    message["Subject"] = SUBJECT
    message["Date"] = "Tue, 24 Nov 2026 09:00:00 +0100"
    message["Message-ID"] = "<1@nordby-vand.example>"
    message.set_content(f"Kære Bo\n\n{TEXT}\n")
    message.add_alternative(
        html or f"<p>Kære Bo</p><p>{TEXT}</p><img src='cid:logo' alt='logo'>", subtype="html"
    )
    [_, text] = message.iter_parts()
    text.add_related(PICTURE, "image", "png", cid="<logo>")
    message.add_attachment(PICTURE, maintype="image", subtype="png", filename="måler.png")
    message.add_attachment(b"1;2;3\n" * 1000, maintype="text", subtype="csv", filename="../../aflæsning.csv")
    return message.as_bytes()
