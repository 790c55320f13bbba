"""What Postfix's programs said of a table, remembered by what the table contains.

The answers of a table of patterns, and of one whose entries stand in a text file or in the parameter itself
(regexp_table(5), cidr_table(5), texthash and inline in DATABASE_README), hang on nothing but these contents: the
same question, which several checks ask of several services, and a watching daemon each minute, needs no program. Only
where all of it is ASCII: what Postfix makes of anything else hangs on ``smtputf8_enable``, too.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import NamedTuple

Pairs = tuple[tuple[str, str], ...]
"""Keys, and what is answered."""

# Postfix has these in itself; others come and go with a Debian package of their own.
_IN_FILES = frozenset(("regexp", "cidr", "texthash"))
_IN_BRACES = _IN_FILES - {"texthash"} | {"inline"}
_LARGEST = 64 * 1024  # bytes of a file
_MOST = 256  # answers
_known: dict[bytes, Pairs] = {}
_lock = Lock()


class Question(NamedTuple):
    """Put to a table ``type:name``; the name is a path, or the contents in braces."""

    type: str
    name: str
    words: Sequence[str]
    """The option of Postfix's program, and the keys asked for."""


def remembered(question: Question, ask: Callable[[], Pairs]) -> Pairs:
    """What *ask* returns. It is not called where that is known, and what it raises is not remembered."""
    key = _key(question)
    if key is None:
        return ask()
    answer = _known.get(key)
    if answer is None:
        answer = ask()
        # Not if somebody wrote the file meanwhile: which of the two contents was read?
        if _key(question) == key:
            _remember(key, answer)
    return answer


def _remember(key: bytes, answer: Pairs) -> None:
    with _lock:
        while len(_known) >= _MOST:
            del _known[next(iter(_known))]
        _known[key] = answer


def _key(question: Question) -> bytes | None:
    """``None``: what is asked may have another answer another time."""
    contents = _contents(question)
    if contents is None or not contents.isascii() or not all(map(str.isascii, question.words)):
        return None
    whole = sha256()
    for part in (question.type.encode(), contents, *map(str.encode, question.words)):
        whole.update(b"%d:" % len(part))
        whole.update(part)
    return whole.digest()


def _contents(table: Question) -> bytes | None:
    if table.name.startswith("{"):
        return table.name.encode("utf-8", "replace") if table.type in _IN_BRACES else None
    if table.type not in _IN_FILES or not table.name.startswith("/"):
        return None
    try:
        file = Path(table.name)
        about = file.stat()
        is_small_file = stat.S_ISREG(about.st_mode) and about.st_size <= _LARGEST
        return file.read_bytes() if is_small_file else None
    except (OSError, ValueError):
        # Postfix's program says why.
        return None
