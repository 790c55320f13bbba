"""The templates of receipts: the shipped ones, and those of a house, checked when they are loaded.

Templates are Jinja's: they see the receipt in words (:class:`~segl_delivery.receipts.view.ReceiptView`) and nothing
else. The shipped ones are filled in here, a house's own in a process that can be ended
(:mod:`~segl_delivery.receipts.own_templates`). One that cannot be read, names what there is not, or fails on any kind
of receipt is refused with the settings, not found out when a receipt is due.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from segl.errors import Fault
from segl.language import Language
from segl.receipts.due import Told
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl.settings.document import Settings
from segl.settings.receipts import Receipts
from segl.vocabulary import Way
from segl_delivery.receipts.own_templates import OwnTemplate, UnfitTemplate
from segl_delivery.receipts.template_worker import template
from segl_delivery.receipts.texts import TEXTS, ReceiptKind
from segl_delivery.receipts.view import House, ReceiptView, Tls, view_of

if TYPE_CHECKING:
    from jinja2 import Template

_SHIPPED: Final = Path(__file__).resolve().parent / "templates"
_LONGEST: Final = 256 * 1024  # bytes of a template


@dataclass(frozen=True, slots=True)
class Shipped:
    """One of ours, filled in here."""

    template: Template

    def render(self, view: ReceiptView) -> str:
        # what a stranger's server wrote may be anything; what cannot be written is a question mark
        return self.template.render(receipt=view).encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Templates:
    """The two of one sender domain."""

    text: Shipped | OwnTemplate
    html: Shipped | OwnTemplate

    def render(self, view: ReceiptView) -> tuple[str, str]:
        """``(text, html)``. Raises :class:`UnfitTemplate`; the shipped ones do not."""
        return self.text.render(view), self.html.render(view)


@cache
def shipped() -> Templates:
    return Templates(
        Shipped(template((_SHIPPED / "receipt.txt").read_text("utf-8"), html=False)),
        Shipped(template((_SHIPPED / "receipt.html").read_text("utf-8"), html=True)),
    )


def load(text: Path | None, html: Path | None) -> Templates:
    """The house's own, the shipped one where there is none. Raises :class:`OSError`, :class:`ValueError`."""
    ours = shipped()
    return Templates(
        OwnTemplate(_read(text), html=False) if text else ours.text,
        OwnTemplate(_read(html), html=True) if html else ours.html,
    )


def template_faults(settings: Settings, file: Path) -> Iterator[Fault]:
    """What is wrong with the templates that *settings* name."""
    for rule in settings.receipt:
        for key, path in (("text", rule.text), ("html", rule.html)):
            if path is None:
                continue
            try:
                try_out(load(path if key == "text" else None, path if key == "html" else None))
            except OSError as error:
                yield Fault(file, f"receipt.{key}", f"{path}: {error.strerror}")
            except (UnfitTemplate, ValueError) as error:
                line = error.line if isinstance(error, UnfitTemplate) else None
                where = f", line {line}" if line else ""
                hint = "see docs/receipt-schema.md"
                yield Fault(file, f"receipt.{key}", f"{path}{where}: {error}", hint)


def try_out(templates: Templates) -> None:
    """Fill in one receipt of each kind. Raises :class:`UnfitTemplate`."""
    for language in ("da", "en"):
        for kind in ReceiptKind:
            templates.render(sample(kind, language))


def sample(kind: ReceiptKind, language: Language) -> ReceiptView:
    """A receipt with a line of every state and way."""
    lines = tuple(
        Line(
            f"{number}@modtager.example",
            f"{number}@modtager.example",
            state,
            way=Way(way) if way else None,
            status="5.1.1",
            detail="no such user",
            sealed_id="0",
        )
        for number, (state, way) in enumerate(
            (state, way) for state in State for way in (*TEXTS[language].ways, Way.TLS, None)
        )
    )
    message = SentMessage(
        "0", "a@afsender.example", "afsender.example", "<1@x>", time.time(), 0, True, ("cpr",), lines, Told()
    )
    tls = {line.recipient: Tls("TLSv1.3", "x", "Verified", "mx.modtager.example") for line in lines}
    house = House("Prøve", "hjaelp@afsender.example")
    return view_of(
        message,
        kind,
        language,
        house,
        send=Receipts.ALL,
        tls=tls,
        revoke=lambda _: "https://x.example",
        not_sensitive="https://x.example",
    )


def _read(path: Path) -> str:
    if not path.is_file():  # a pipe would keep us waiting
        path.stat()
        raise ValueError("is no ordinary file")
    if path.stat().st_size > _LONGEST:
        raise ValueError(f"is larger than {_LONGEST} bytes")
    return path.read_text("utf-8")
