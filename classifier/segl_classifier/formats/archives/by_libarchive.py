"""Archives that the standard library does not know, by libarchive: 7z, rar, cab, zstd, odd compressions in zip."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from segl.vocabulary import Unreadable
from segl_classifier.formats.archives.bag import BLOCK, Bag

os.environ.setdefault("LIBARCHIVE", "libarchive.so.13")  # else it is looked for with a compiler
import libarchive
from libarchive.exception import ArchiveError

_BLOCK = BLOCK // 4


def read_by_library(data: bytes, bag: Bag, *, single: str | None = None) -> None:
    """All members into *bag*; with *single*, the one file of that name in a compressed file."""
    form, around = ("all", "none") if single is None else ("raw", "all")
    name, number = "", 0
    try:
        with libarchive.memory_reader(data, format_name=form, filter_name=around) as archive:
            for number, entry in enumerate(archive, 1):  # noqa: B007 - the last number is how many
                name = single if single is not None else _text(entry.pathname)
                _read_entry(entry, name, bag)
    except ArchiveError as error:
        _tell(error, name, bag)
    else:
        if not number:
            bag.lack(Unreadable.DAMAGED, "no member can be found")


def _read_entry(entry: Any, name: str, bag: Bag) -> None:
    if entry.isdir:
        bag.folder(name)
    elif entry.issym or entry.islnk:
        bag.passage(f"{name}\n{_text(entry.linkpath)}", "link")
    else:
        bag.add(name, _pieces(entry, name, bag))


def _pieces(entry: Any, name: str, bag: Bag) -> Iterator[bytes]:
    try:
        yield from entry.get_blocks(_BLOCK)
    except ArchiveError as error:
        _tell(error, name, bag)


def _text(name: str | bytes | None) -> str:
    return name.decode("cp850") if isinstance(name, bytes) else name or ""


def _tell(error: ArchiveError, name: str, bag: Bag) -> None:
    said = str(error).lower()
    if "encrypt" in said or "passphrase" in said or "password" in said:
        bag.locked(name)
    elif "memory" in said or "allocate" in said:
        bag.lack(Unreadable.TOO_LARGE, "more memory than allowed")
    elif "unsupported" in said or "not supported" in said or "unrecognized" in said:
        bag.lack(Unreadable.UNKNOWN_TYPE, "a compression or form that is not known")
    else:
        bag.lack(Unreadable.DAMAGED, "the archive")
