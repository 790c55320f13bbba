"""Controls on a page or a sheet (ActiveX; MS-OFORMS): buttons, labels, and fields that somebody fills in.

A part ``activeX/activeX1.bin`` is what the control keeps of itself: in Excel its class and then its properties, in Word
and LibreOffice a compound file with the properties in the stream ``contents``, which old documents have in the storage
of an object. They begin with the version, and the words stand readable in them. A control of another kind is a file,
and so is one with a picture in it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole.beside import words
from segl_classifier.formats.ole.storage import BROKEN, Storage

CONTROL = re.compile(r".*/activeX/activeX\d*\.bin", re.IGNORECASE)

_VERSION = b"\0\2"  # minor, major (MS-OFORMS §2.2)
# MS-OFORMS §1.3; all but images, and frames and pages, which hold other controls.
_CLASSES = frozenset(
    uuid.UUID(name).bytes_le
    for name in (
        "d7053240-ce69-11cd-a777-00dd01143c57",  # CommandButton
        "978c9e23-d4b0-11ce-bf2d-00aa003f40d0",  # Label
        "8bd21d10-ec42-11ce-9e0d-00aa006002f3",  # TextBox
        "8bd21d20-ec42-11ce-9e0d-00aa006002f3",  # ListBox
        "8bd21d30-ec42-11ce-9e0d-00aa006002f3",  # ComboBox
        "8bd21d40-ec42-11ce-9e0d-00aa006002f3",  # CheckBox
        "8bd21d50-ec42-11ce-9e0d-00aa006002f3",  # OptionButton
        "8bd21d60-ec42-11ce-9e0d-00aa006002f3",  # ToggleButton
        "dfd181e0-5e2f-11ce-a449-00aa004a803d",  # ScrollBar
        "79176fb0-b7f2-11ce-97ef-00aa006d2776",  # SpinButton
    )
)
_PICTURE = uuid.UUID("0be35204-8f91-11ce-9de3-00aa004bb851").bytes_le  # StdPicture (§2.4.8)
_CONTENTS = "contents"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_control(data: bytes, harvest: Harvest) -> bool:
    """Keep the words of a control that is a part of a package; false when it is none whose words stand readable."""
    if not data.startswith(_COMPOUND):
        return data[:16] in _CLASSES and _keep(data[16:], harvest)
    try:
        storage = Storage(data, harvest)
    except BROKEN:
        return False
    alone = not {name for name in storage.names() if name[:1] >= " "} - {_CONTENTS}
    return alone and next(storage.storages(), None) is None and _keep(storage.read(_CONTENTS), harvest)


def take_control(storage: Storage, harvest: Harvest) -> bool:
    """The same of a control in the storage of an object, which names its class (``CompObj``; MS-OLEDS §2.3.8)."""
    named = storage.read("\x01CompObj") if storage.has(_CONTENTS) else b""
    # "Microsoft Forms 2.0 TextBox": an object in which nothing is found is damaged.
    kind = words(named[28:])[:1]
    return named[12:28] in _CLASSES and _keep(storage.read(_CONTENTS), harvest, kind)


def _keep(properties: bytes, harvest: Harvest, kind: Sequence[str] = ()) -> bool:
    if not properties.startswith(_VERSION) or _PICTURE in properties:
        return False
    harvest.lines([*kind, *words(properties)], "form field")
    return True
