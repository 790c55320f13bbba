"""Shapes and paths as text, for machines and for drawings in space: the words in them.

Models (Wavefront ``.obj``: ``v 1.5 0.2 3.0``, ``f 12/7/1 13/8/1 …``) and the ways of tools (G-code, ISO 6983:
``G1 X12.5 Y80.1 E0.042``) are thousands of lines of a letter and numbers, which a model that reads letters takes for
accounts. Such lines are left out; names, comments and all other lines stay, and so does each with ten digits in a row.
"""

from __future__ import annotations

import re
from itertools import islice

_NUMBER = r"[-+]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(?:[eE][-+]?[0-9]{1,3})?(?![0-9])"
_OF_MODEL = rf"(?:v[ntp]?|[flps])(?:[ \t]+{_NUMBER}(?:/{_NUMBER}|/){{0,2}}){{1,64}}"
_OF_TOOL = rf"(?:[A-Z][ ]?{_NUMBER}[ \t]*){{1,24}}"
_LINE = re.compile(rf"[ \t]*(?:{_OF_MODEL}|{_OF_TOOL})[ \t]*")
_BEGINS = re.compile(r"[ \t]*(?:v[ntp]?[ \t]+[-+.0-9]|f[ \t]+[0-9]|N?[0-9]*[ \t]*[GM][0-9])")
_REMARK = re.compile(r"[;(#%].*")
_LOOKED_AT, _FEWEST, _SHARE = 400, 20, 0.8


def words_of_shape(text: str) -> str | None:
    """What *text* says beside the numbers of a shape; ``None`` if it is none."""
    lines = text.split("\n")
    some = list(islice(filter(str.strip, lines), _LOOKED_AT))
    numbers = sum(_bare(line) == "" for line in some)
    if (
        len(some) < _FEWEST
        or numbers < _SHARE * len(some)
        or sum(map(bool, map(_BEGINS.match, some))) < len(some) // 2
    ):
        return None
    return "\n".join(filter(str.strip, map(_bare, lines)))


def _bare(line: str) -> str:
    """*line* without the numbers in it, if it has nothing else but a remark; ``""`` if it has no remark either."""
    line = line.rstrip("\r")
    found = _REMARK.search(line)
    code = line[: found.start()] if found else line
    if code.strip() and not _LINE.fullmatch(code):
        return line
    return found[0] if found else ""
