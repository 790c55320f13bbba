"""Files that stand as base64 in the data of a document: the picture of a field that shows one, what was attached to a
form, the queries of a workbook.

They are opened like any other file in it. What is nothing in particular is told of, from some size on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from segl.mime import transfer
from segl.mime.transfer import Encoding
from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.picture import picture
from segl_classifier.written_in import files_in, with_signs, without

_FEWEST_LETTERS = 80  # of a line with a file
# Power Query (MS-QDEFF §2.2): a version, then a package, what it may do, and its properties, each behind its length.
_VERSION, _ZIP = b"\0\0\0\0", b"PK"


def take_base64(lines: Iterable[str], harvest: Harvest) -> list[str]:
    """*lines* without the files that stand in them, which go into *harvest*."""
    return [line if len(line) < _FEWEST_LETTERS else _taken(line, harvest) for line in lines]


def _taken(line: str, harvest: Harvest) -> str:
    signs = with_signs(line)
    opened = []
    for file in islice(files_in(signs), harvest.allowance.files + 1):  # one beyond, so that it is told of
        if file.content:
            opened.append(file)
            if not harvest.holds(file.content) and not picture("", file.content, harvest):
                harvest.file("", file.content_type, file.content)
        elif pieces := [*_of_mashup(signs[file.start : file.end])]:
            opened.append(file)
            for piece in pieces:
                harvest.file("", "", piece)
        else:
            harvest.lack(Unreadable.UNKNOWN_TYPE, f"{file.size} bytes written in as base64")
    return without(signs, opened) if opened else line


def _of_mashup(letters: str) -> Iterator[bytes]:
    """The package and the properties of queries; nothing where *letters* are something else."""
    data = transfer.decode(letters.encode(), Encoding.BASE64)
    if not data.startswith(_VERSION) or data[8:10] != _ZIP:
        return
    package, _, properties = islice(_sized(data[len(_VERSION) :]), 3)
    yield package
    yield next(_sized(properties[len(_VERSION) :]))


def _sized(data: bytes) -> Iterator[bytes]:
    """What stands there, each behind its length in four bytes; without end, empty ones at last."""
    while True:
        size = int.from_bytes(data[:4], "little")
        yield data[4 : 4 + size]
        data = data[4 + size :]
