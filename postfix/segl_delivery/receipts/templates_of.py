"""The templates of receipts: the shipped ones, and those of a house, checked when they are loaded.

Templates are Jinja's, in its sandbox: they see the receipt in words (:class:`~segl_delivery.receipts.view.ReceiptView`)
and nothing of this process. A template that cannot be read, names what there is not, or fails on any kind of
receipt is refused with the settings, not found out when a receipt is due.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from segl.errors import Fault
from segl.language import Language
from segl.receipts.due import Told
from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl.settings import Settings
from segl.settings_receipts import Receipts
from segl.vocabulary import Way
from segl_delivery.receipts.texts import TEXTS, Kind
from segl_delivery.receipts.view import House, ReceiptView, Tls, view_of

_SHIPPED: Final = Path(__file__).resolve().parent / "templates"
_LONGEST: Final = 256 * 1024  # bytes of a template
# What filling in a template may raise: its expressions are Python's, on what they did not expect.
UNFIT: Final = (
    TemplateError,
    ValueError,
    ArithmeticError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
    MemoryError,
)


@dataclass(frozen=True, slots=True)
class Templates:
    """The two of one sender domain."""

    text: Template
    html: Template

    def render(self, view: ReceiptView) -> tuple[str, str]:
        """``(text, html)``. Raises :class:`jinja2.TemplateError`."""
        return self.text.render(receipt=view), self.html.render(receipt=view)


@cache
def shipped() -> Templates:
    return Templates(
        _template((_SHIPPED / "receipt.txt").read_text("utf-8"), html=False),
        _template((_SHIPPED / "receipt.html").read_text("utf-8"), html=True),
    )


def load(text: Path | None, html: Path | None) -> Templates:
    """The house's own, the shipped one where there is none. Raises :class:`OSError`, :class:`ValueError`,
    :class:`jinja2.TemplateError`."""
    ours = shipped()
    return Templates(
        _template(_read(text), html=False) if text else ours.text,
        _template(_read(html), html=True) if html else ours.html,
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
            except UNFIT as error:
                line = getattr(error, "lineno", None)
                where = f", line {line}" if line else ""
                yield Fault(
                    file,
                    f"receipt.{key}",
                    f"{path}{where}: {error or type(error).__name__}",
                    "see docs/receipt-schema.md",
                )


def try_out(templates: Templates) -> None:
    """Fill in one receipt of each kind."""
    for language in ("da", "en"):
        for kind in Kind:
            templates.render(sample(kind, language))


def sample(kind: Kind, language: Language) -> ReceiptView:
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


def _template(source: str, *, html: bool) -> Template:
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True, trim_blocks=False
    )
    return environment.from_string(source)


def _read(path: Path) -> str:
    if path.stat().st_size > _LONGEST:
        raise ValueError(f"is larger than {_LONGEST} bytes")
    return path.read_text("utf-8")
