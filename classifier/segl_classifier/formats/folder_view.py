"""``.DS_Store``: how a Mac showed a folder, packed along with it in many an archive.

It begins ``Bud1`` behind the number one, and holds the names of the files in the folder in UTF-16, also of those that
were taken out of it; besides them places, sizes and colours of the window.
"""

from __future__ import annotations

import re
import unicodedata

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest

_NAME = ".DS_Store"
_NAMES = re.compile(rb"(?:\0[\x20-\x7e\xa0-\xff]|\x03[\0-\x6f]){2,}")  # marks on letters stand behind them


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The names in it. What is called otherwise is another file that begins so."""
    harvest = Harvest(allowance)
    if name.rpartition("/")[2] != _NAME:
        harvest.lack(Unreadable.UNKNOWN_TYPE, "the view of a folder under another name")
    names = (unicodedata.normalize("NFC", found.decode("utf-16-be")) for found in _NAMES.findall(data))
    harvest.lines(list(names), "names of files")
    return harvest.content()
