"""One storage (folder) of a compound file, with its streams read within the allowance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import olefile

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest

_MOST_ENTRIES = 20_000
BROKEN = (OSError, ValueError, IndexError, TypeError, AttributeError, RecursionError, OverflowError, KeyError)


class Storage:
    """The root storage of the file *data*, or one below it: *entry* of *ole*."""

    def __init__(
        self, data: bytes, harvest: Harvest, ole: olefile.OleFileIO | None = None, entry: Any = None
    ) -> None:
        self._data = data
        self._harvest = harvest
        self._ole = ole if ole is not None else olefile.OleFileIO(data)
        entry = self._ole.root if entry is None else entry
        self.name: str = entry.name
        if len(entry.kids) > _MOST_ENTRIES:
            harvest.lack(Unreadable.TOO_MANY, f"{len(entry.kids)} entries in a storage")
        kids = entry.kids[:_MOST_ENTRIES]
        self._streams = {kid.name: kid for kid in kids if kid.entry_type == olefile.STGTY_STREAM}
        self._storages = [kid for kid in kids if kid.entry_type == olefile.STGTY_STORAGE]
        self._by_lower = {name.lower(): name for name in self._streams}

    def names(self) -> frozenset[str]:
        """The names of the streams."""
        return frozenset(self._streams)

    def has(self, name: str) -> bool:
        return name.lower() in self._by_lower

    def is_message(self) -> bool:
        """Whether this is an Outlook message (MS-OXMSG)."""
        return self.has("__properties_version1.0")

    def storages(self) -> Iterator[Storage]:
        for entry in self._storages:
            yield Storage(self._data, self._harvest, self._ole, entry)

    def storage(self, name: str) -> Storage | None:
        """The storage *name* in this one."""
        found = next((one for one in self._storages if one.name.lower() == name.lower()), None)
        return Storage(self._data, self._harvest, self._ole, found) if found is not None else None

    def read(self, name: str) -> bytes:
        """The stream *name*; empty, and told of, when it cannot be read. A stream is never larger than the file."""
        name = self._by_lower.get(name.lower(), name)
        entry = self._streams.get(name)
        if entry is None:
            return b""
        if entry.size > len(self._data):
            self._harvest.lack(Unreadable.DAMAGED, "a stream larger than its file")
            return b""
        if not self._harvest.spend(entry.size):
            return b""
        try:
            # What olefile's openstream does, without its search through all names of the storage.
            content: bytes = self._ole._open(entry.isectStart, entry.size).read()
        except BROKEN:
            self._harvest.lack(Unreadable.DAMAGED, "a stream of a compound file")
            return b""
        if len(content) < entry.size:
            self._harvest.lack(Unreadable.DAMAGED, "a stream cut off")
        return content
