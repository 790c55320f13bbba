"""The life of the process that fills in a house's own templates (:mod:`segl.confined`): shut in, then one job after
another until told, or old.

A job and its answer are JSON behind their length, 8 bytes::

    {"source": …, "html": false, "receipt": {…}, "seconds": 5}      →  {"said": …} or {"fault": …, "line": 3}

The sandbox of Jinja keeps a template from what it was not given. It does not keep it from counting to the end of days
(``{{ 10 ** 10 ** 10 }}``), and Python cannot stop a thread that does: a process can be ended.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from traceback import walk_tb
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from segl.confined import sandbox
from segl.confined.frames import Broken, FrameReader

if TYPE_CHECKING:
    from jinja2 import Template

LENGTH: Final = struct.Struct(">Q")
JOBS: Final = 2_000  # after so many a new process is better than what may have gathered in this one
_LONGEST_FAULT: Final = 300
_SEEN: Final = "'types.SimpleNamespace object'"  # as Jinja calls it


def load() -> Iterator[bool]:
    """Jinja alone, which is here already; once used, so that each worker need not."""
    template("{{ receipt.heading }}", html=True).render(receipt=seen({"heading": ""}))
    yield True


def work(line: socket.socket, *, memory_bytes: int, programs: bool, parent: int) -> None:
    """Do what comes over *line*. Raises when this process cannot be shut in."""
    sandbox.confine(memory_bytes, parent, programs=programs)
    incoming = FrameReader(line)
    with suppress(Broken, OSError):  # whoever asks has hung up
        for _ in range(JOBS):
            (size,) = LENGTH.unpack(incoming.take(LENGTH.size))
            job = json.loads(incoming.take(size))
            sandbox.allow_seconds(job["seconds"])
            answer = json.dumps(_answer(job)).encode("ascii")
            line.sendall(LENGTH.pack(len(answer)))
            line.sendall(answer)


def template(source: str, *, html: bool) -> Template:
    """Raises :class:`jinja2.TemplateError`."""
    from jinja2 import StrictUndefined  # not before the first receipt: segl-deliver starts without
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=html, keep_trailing_newline=True, trim_blocks=False
    )
    return environment.from_string(source)


def seen(form: Any) -> Any:
    """What a template sees of *form* (JSON): names and lists, no methods."""
    match form:
        case dict():
            return SimpleNamespace(**{name: seen(value) for name, value in form.items()})
        case list():
            return tuple(map(seen, form))
    return form


_compiled = lru_cache(8)(template)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    """Whatever goes wrong has one answer: a template's expressions are Python's, and may raise anything."""
    try:
        said = _compiled(job["source"], html=job["html"]).render(receipt=seen(job["receipt"]))
        said.encode("utf-8")  # half a surrogate pair is no text
        if not said.strip():
            return {"fault": "makes an empty text", "line": None}
    except MemoryError:
        return {"fault": "wants more memory than it may have", "line": None}
    except Exception as error:
        fault = str(error).replace(_SEEN, "what it sees") or type(error).__name__
        return {"fault": fault[:_LONGEST_FAULT], "line": _line(error)}
    return {"said": said}


def _line(error: Exception) -> int | None:
    """Where in the template it went wrong: what Jinja says, or the last of its lines in the traceback."""
    found = getattr(error, "lineno", None)
    for frame, line in walk_tb(error.__traceback__):
        if frame.f_code.co_filename == "<template>":
            found = line
    return found
