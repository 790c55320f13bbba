"""What a compound file holds beside its document: data in XML, objects of other programs, forms.

Word and Excel keep the XML that fields of a document are bound to in a storage ``MsoDataStore`` (MS-OSHARED §2.3.6): a
storage for each, with the streams ``Item`` and ``Properties``. A document management system writes there whom the
document is about. Rich text holds such a file in an object (``\\datastore``).
"""

from __future__ import annotations

import re

from segl.vocabulary import Unreadable
from segl_classifier.formats.base64_in import take_base64
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole.storage import BROKEN, Storage
from segl_classifier.formats.xml.attribute_numbers import Watch
from segl_classifier.formats.xml.flow import read_flow

DATA_STORE = "msodatastore"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Storages whose streams are read by others, or say nothing of anybody: macros, pivot tables, signatures.
_OTHERS = frozenset(("macros", "_vba_project_cur", "_sx_db_cur", "_xmlsignatures"))
_FORMULA = "Equation Native"
_FORM = frozenset(("f", "o"))  # streams with the words of a form
_CONTROLS, _HISTORY = "Ctls", "Revision Log"  # of a workbook
_WORDS = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\0){4,}|[\x20-\x7e\xa0-\xff]{6,}")


def words(data: bytes) -> list[str]:
    """The words that stand readable in bytes that are not understood."""
    return [piece.decode("utf-16-le" if b"\0" in piece else "latin-1") for piece in _WORDS.findall(data)]


def read_data_store(store: Storage, harvest: Harvest) -> None:
    """The data that fields of the document are bound to."""
    watch = Watch()
    for one in store.storages():
        item = one.read("Item")
        if not item:
            continue
        flow = read_flow([item], most=harvest.left, data=True, watch=watch)
        harvest.text("\n".join(take_base64([*flow.lines, *flow.aside], harvest)), "data in the file")
        if flow.broken:
            harvest.lack(Unreadable.DAMAGED, f"data in the file {flow.broken}")
        if flow.full:
            harvest.overflow()
    watch.tell(harvest)


def read_data_store_in(data: bytes, harvest: Harvest) -> None:
    """The same of an object that holds the compound file; programs write one that holds nothing into each document."""
    begin = data.find(_COMPOUND)
    if begin < 0:
        return
    try:
        root = Storage(data[begin:], harvest)
    except BROKEN:
        harvest.lack(Unreadable.DAMAGED, "data in the file")
        return
    store = root.storage(DATA_STORE)
    read_data_store(root if store is None else store, harvest)


def read_beside_book(storage: Storage, harvest: Harvest) -> None:
    """The controls on the sheets of a workbook; and whether others changed it, which is not read."""
    harvest.lines(words(storage.read(_CONTROLS)), "form")
    if storage.has(_HISTORY):
        harvest.lack(Unreadable.UNKNOWN_TYPE, "the history of a shared workbook")


def read_form(storage: Storage, harvest: Harvest) -> None:
    """The words of a form of macros, if *storage* is that of one."""
    for name in sorted(storage.names() & _FORM):
        harvest.lines(words(storage.read(name)), "form of a macro")


def is_explained(storage: Storage) -> bool:
    """Whether others read what *storage* holds, or it says nothing of anybody."""
    return storage.name.lower() in _OTHERS


def tell_unknown(storage: Storage, harvest: Harvest) -> None:
    """Tell of an object of another program in *storage*, with the words in it. Streams of the container, whose names
    begin with a control character, are none."""
    names = sorted(name for name in storage.names() if name[:1] >= " " and name != _FORMULA)
    if names:
        harvest.lack(Unreadable.UNKNOWN_TYPE, "an object of another program")
    for name in names:
        harvest.lines(words(storage.read(name)), "words in an object")
