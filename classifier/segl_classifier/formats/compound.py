"""The files of Office 97 to 2003, and everything else that is an OLE compound file (MS-CFB).

A compound file is a small file system: storages (folders) that hold streams (files). Which program wrote it is told by
the names in it: ``WordDocument``, ``Workbook`` (``Book`` before 1997), ``PowerPoint Document``, the properties of an
Outlook message. A file of Office 2007 with a password is one too, with the stream ``EncryptedPackage``; and so is an
object in one (``embeddings/oleObject1.bin``): a file dragged into it. Properties stand in two streams of their own;
documents inside the document are storages with the same names. Storages nobody here knows are told of.

Directory entries may lie about sizes and share sectors, so every stream read is charged to the allowance.
"""

from __future__ import annotations

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.office97 import doc, ppt, xls
from segl_classifier.formats.ole.beside import (
    DATA_STORE,
    is_explained,
    read_beside_book,
    read_data_store,
    read_form,
    tell_unknown,
    words,
)
from segl_classifier.formats.ole.objects import is_object, take_object
from segl_classifier.formats.ole.properties import read_properties
from segl_classifier.formats.ole.storage import BROKEN, Storage
from segl_classifier.formats.ole.vba import read_macros
from segl_classifier.formats.outlook import message as outlook

_ENCRYPTED = ("EncryptedPackage", "EncryptionInfo", "\x09DRMContent", "EncryptedSummary")
_PROPERTIES = ("\x05SummaryInformation", "\x05DocumentSummaryInformation")
_DOCUMENTS = frozenset(("WordDocument", "Workbook", "Book", "PowerPoint Document"))
_OF_MACROS = frozenset(("PROJECT", "PROJECTwm", "PROJECTlk"))
_TEXT_OF_PUBLISHER = ("Quill", "QuillSub")
_MOST_DEEP = 10


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """All text and all files in a compound file."""
    harvest = Harvest(allowance)
    try:
        storage = Storage(data, harvest)
    except BROKEN:
        harvest.lack(Unreadable.DAMAGED, "no compound file")
        return harvest.content()
    if storage.is_message():
        return outlook.read(data, name, allowance)
    _read_storage(storage, harvest, 0)
    return harvest.content()


def _read_storage(storage: Storage, harvest: Harvest, depth: int) -> None:
    """One document: its text, its properties, and what is inside it."""
    if any(storage.has(name) for name in _ENCRYPTED):
        harvest.lack(Unreadable.ENCRYPTED, "an Office file with a password")
        return
    if storage.has("WordDocument"):
        doc.read_word(storage, harvest)
    elif storage.has("Workbook") or storage.has("Book"):
        xls.read_excel(storage, harvest)
        read_beside_book(storage, harvest)
    elif storage.has("PowerPoint Document"):
        ppt.read_powerpoint(storage, harvest)
    elif depth == 0 and not (is_object(storage) and take_object(storage, harvest)):
        if not _is_macros(storage):
            harvest.lack(Unreadable.UNKNOWN_TYPE, "a compound file of another program")
        _read_words(storage, harvest)
    for name in _PROPERTIES:
        if storage.has(name):
            harvest.lines(read_properties(storage.read(name)), "properties")
    read_macros(storage, harvest)
    are_macros = _is_macros(storage)
    for inner in storage.storages():
        _read_inner(inner, harvest, depth + 1, explained=are_macros)


def _is_macros(storage: Storage) -> bool:
    """Whether it is the macros of a file of Office 2007 (``vbaProject.bin``; MS-OVBA §2.2.1). Publisher has a storage
    ``VBA`` in each of its files, too, but beside others and without a project."""
    told = {name for name in storage.names() if name[:1] >= " "}
    return "PROJECT" in told <= _OF_MACROS and storage.storage("VBA") is not None


def _read_inner(storage: Storage, harvest: Harvest, depth: int, *, explained: bool = False) -> None:
    """A storage in the file: a document put into it, a file dragged into it, or a mere folder. *explained*: others read
    what it holds."""
    explained = explained or is_explained(storage)
    if depth > _MOST_DEEP:
        harvest.lack(Unreadable.TOO_DEEP, "objects in objects")
        return
    if storage.is_message():
        outlook.read_message(storage, harvest, depth)
        return
    if _DOCUMENTS & storage.names() or any(storage.has(name) for name in _ENCRYPTED):
        _read_storage(storage, harvest, depth)
        return
    if storage.name.lower() == DATA_STORE:
        read_data_store(storage, harvest)
        return
    if explained:
        read_form(storage, harvest)
    elif not take_object(storage, harvest):
        tell_unknown(storage, harvest)
    for inner in storage.storages():
        _read_inner(inner, harvest, depth + 1, explained=explained)


def _read_words(storage: Storage, harvest: Harvest) -> None:
    """The words that stand readable in a file that is not understood."""
    for name in sorted(storage.names()):
        if name not in _PROPERTIES:
            harvest.lines(words(storage.read(name)), "words in the file")
    text: Storage | None = storage
    for name in _TEXT_OF_PUBLISHER:
        text = text.storage(name) if text is not None else None
    if text is not None:
        harvest.lines(words(text.read("CONTENTS")), "words in the file")
