"""Forms of the XFA kind in a PDF (XML Forms Architecture 3.3), as Danish authorities' were made for years.

Of a dynamic one the page says "Please wait…": what is shown stands in XML packets alone. A template has the fields with
their captions, the data what was filled in, by the names of the fields, which are ``TextField1`` as often as not. So
both are read as they stand, and the data once more as the form shows them: each value behind the caption of its field.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl.vocabulary import Unreadable
from segl_classifier.formats.base64_in import take_base64
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pdf.string import raw_bytes
from segl_classifier.formats.xml.events import Attributes, Names, NotXml, local, parse
from segl_classifier.formats.xml.flow import read_flow

_MOST_PACKETS = 100
_LAYOUT = frozenset(("config", "localeSet", "xdc", "connectionSet", "stylesheet", "preamble", "postamble"))
_TEMPLATE = "template"  # the pictures in it are those of the form, not of who filled it in
_DATA = ("datasets", "")  # or all packets in one stream, which has no name
_MOST_FIELDS, _LONGEST_CAPTION, _MOST_DEEP = 20_000, 200, 200
_FIELDS = ("field", "exclGroup")
# Of a field: what is printed beside it, what is shown or spoken over it.
_SAYS = ("caption", "toolTip", "speak")
_PARTS = ("p", "br", "li", "tr", "td")  # of a rich text (XHTML)


def read_xfa(document: pdfium.PdfDocument, harvest: Harvest) -> None:
    """Keep what the packets of *document* hold: data and template are XML."""
    form = _Form()
    for number in range(min(api.FPDF_GetXFAPacketCount(document.raw), _MOST_PACKETS)):
        name = (
            raw_bytes(api.FPDF_GetXFAPacketName, document.raw, number)
            .rstrip(b"\0")
            .decode("utf-8", "replace")
        )
        if name in _LAYOUT:
            continue
        size = ctypes.c_ulong()
        api.FPDF_GetXFAPacketContent(document.raw, number, None, 0, size)
        if not size.value or not harvest.spend(size.value):
            continue
        packet = ctypes.create_string_buffer(size.value)
        api.FPDF_GetXFAPacketContent(document.raw, number, packet, size, size)
        flow = read_flow([packet.raw], labels=True, most=harvest.left, data=True)
        lines = flow.lines if name == _TEMPLATE else take_base64(flow.lines, harvest)
        harvest.lines(lines, "form field")
        if flow.full:
            harvest.overflow()
        if flow.broken and name in _DATA:
            harvest.lack(Unreadable.DAMAGED, "data of a form")
        if name == _TEMPLATE or name in _DATA:
            form.take(packet.raw)
    harvest.lines(list(form.shown()), "form, as filled in")


@dataclass(slots=True)
class _Value:
    """What was filled in into the field *name* of the group *of*."""

    of: str
    name: str
    text: list[str] = field(default_factory=list)


class _Form:
    """Captions of fields, and what was filled in, from all packets."""

    def __init__(self) -> None:
        # By the group around the field and its name, and by its name alone.
        self._captions: dict[tuple[str, str], str] = {}
        self._values: list[_Value] = []

    def take(self, packet: bytes) -> None:
        reader = _Reader(self._captions, self._values)
        try:
            parse([packet], reader.start, reader.end, reader.characters)
        except NotXml:  # told of where it holds the data
            return

    def shown(self) -> Iterable[str]:
        """The values in their order, if any has a caption."""
        if not self._captions:
            return
        for value in self._values:
            text = " ".join("".join(value.text).split())
            caption = self._captions.get((value.of, value.name)) or self._captions.get(("", value.name))
            if text:
                yield f"{caption or value.name}: {text}"


class _Reader:
    """Walks one packet. Its elements are told by their path: of the template, or below ``data`` of the data."""

    def __init__(self, captions: dict[tuple[str, str], str], values: list[_Value]) -> None:
        self._captions, self._values = captions, values
        self._names = Names()
        self._path: list[str] = []
        self._groups: list[str] = []  # names of the subforms that are open, "" for those without
        self._field: tuple[str, str] | None = None  # the group and name of the one that is open
        self._depth = 0  # of that field
        self._said: dict[str, list[str]] = {}
        self._label = [""]  # what is printed before the next field, and belongs to none
        self._data = 0  # the depth at which data begin, 0 outside
        self._rich = 0
        self._open: list[_Value] = []

    def start(self, raw: str, attributes: Attributes) -> None:
        name = self._names[raw]
        if len(self._path) > _MOST_DEEP:
            raise NotXml("nests without end")
        self._path.append(name)
        if self._data:
            self._start_value(name)
        elif name == "data" and "datasets" in self._path:
            self._data = len(self._path)
        elif name in ("subform", "subformSet"):
            self._groups.append(local(attributes, "name"))
        elif name in _FIELDS and self._field is None:
            of = next((group for group in reversed(self._groups) if group), "")
            self._field, self._said = (of, local(attributes, "name")), {}
            self._depth = len(self._path)
        elif name == "bind" and self._field is not None and (ref := local(attributes, "ref")):
            self._field = self._field[0], ref.rpartition(".")[2].partition("[")[0]
        elif name == "draw":
            self._label = []

    def _start_value(self, name: str) -> None:
        if self._rich or name == "body":  # a rich text is that of the field around it
            self._rich += 1
            if name in _PARTS:
                self.characters(" ")
            return
        value = _Value(self._open[-1].name if self._open else "", name)
        self._open.append(value)
        if len(self._values) < _MOST_FIELDS:
            self._values.append(value)

    def characters(self, text: str) -> None:
        if self._data:
            if self._open:
                self._open[-1].text.append(text)
        elif self._field is not None:
            below = self._path[self._depth :]
            says = next((name for name in _SAYS if name in below), "")
            if says and "field" not in below:  # one of a group to choose from says what may be chosen
                self._said.setdefault(says, []).append(text)
        elif "draw" in self._path:
            self._label.append(text)

    def end(self, raw: str) -> None:
        name = self._path.pop()
        if self._data:
            if self._rich:
                self._rich -= 1
            elif len(self._path) < self._data:
                self._data = 0
            elif self._open:
                self._open.pop()
        elif name in ("subform", "subformSet") and self._groups:
            self._groups.pop()
        elif self._field is not None and len(self._path) < self._depth:
            self._end_field(*self._field)
            self._field = None

    def _end_field(self, of: str, name: str) -> None:
        parts = next((self._said[says] for says in _SAYS if says in self._said), self._label)
        caption = " ".join("".join(parts).split())[:_LONGEST_CAPTION].rstrip(": ")
        if caption and len(self._captions) < _MOST_FIELDS:
            self._captions.setdefault((of, name), caption)
            self._captions.setdefault(("", name), caption)
        self._label = [""]
