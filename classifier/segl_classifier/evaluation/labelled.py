"""Reads labelled messages: one JSON object a line, in the form of docs/labels.md.

A mail has ``body`` (and ``subject``, ``from``, ``to``, ``html``, ``attachments``); a passage has only ``text``.
``labels`` are its categories; ``must_encrypt`` is true when there is one; ``unclear`` are those on which a
reasonable officer would hesitate, and they are left out. Other keys are of no account here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from segl.errors import Fault, RecordsError
from segl.pipes import open_to_read
from segl.vocabulary import Label

TYPES = ("txt", "html", "csv", "pdf", "docx", "xlsx")
_MAX_LINE = 20 * 1024 * 1024
_MOST_FAULTS = 20
_BLANK = b" \t\r\n\0\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a labelled message: its name, its type (one of :data:`TYPES`) and the text in it."""

    filename: str
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class LabelledMessage:
    """One labelled message. ``place`` is ``file:line``."""

    id: str
    place: str
    body: str
    labels: frozenset[Label]
    must_encrypt: bool
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    html: bool = False
    attachments: tuple[Attached, ...] = ()
    why: str = ""
    unclear: bool = False


def read_labelled(files: Sequence[Path]) -> list[LabelledMessage]:
    """The clear ones of *files*. Raises :class:`RecordsError` with every fault, up to some twenty."""
    records: list[LabelledMessage] = []
    faults: list[Fault] = []
    for file in files:
        for found in _lines(file):
            if isinstance(found, LabelledMessage):
                if not found.unclear:
                    records.append(found)
            else:
                faults.append(found)
            if len(faults) >= _MOST_FAULTS:
                raise RecordsError([*faults, Fault(file, "", "and perhaps more: the rest was not read")])
    if faults:
        raise RecordsError(faults)
    if not records:
        raise RecordsError([Fault(", ".join(map(str, files)), "", "holds no records to score")])
    return records


def _lines(file: Path) -> Iterator[LabelledMessage | Fault]:
    try:
        if file.exists() and not (file.is_file() or file.is_fifo()):
            yield Fault(file, "", "is no file", "name files with one JSON object a line")
            return
        with open_to_read(file) as lines:
            number, first = 0, True
            while line := lines.readline(_MAX_LINE):
                number += 1
                place = f"{file}:{number}"
                if len(line) == _MAX_LINE:
                    yield Fault(place, "", f"is longer than {_MAX_LINE} bytes", "one record a line")
                    return
                if not (text := line.strip(_BLANK)):
                    continue
                if first and not text.startswith(b"{"):
                    hint = f"one record a line, in {{ }}; what a mail holds: segl check {file}"
                    yield Fault(
                        file, "", "holds no labelled messages: the first line is no JSON object", hint
                    )
                    return
                first = False
                yield _parsed(line, place)
    except OSError as error:
        yield Fault(file, "", f"cannot be read: {(error.strerror or 'unknown error').lower()}")
    except ValueError:
        yield Fault(repr(str(file)), "", "is no usable file name")


def _parsed(line: bytes, place: str) -> LabelledMessage | Fault:
    try:
        raw = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Fault(place, "", f"is not UTF-8 at byte {error.start}", "save the file as UTF-8")
    except json.JSONDecodeError as error:
        return Fault(place, "", f"is no JSON: {error.msg.lower()} at character {error.colno}")
    except (RecursionError, ValueError):
        return Fault(place, "", "is no JSON that can be read")
    try:
        return _record(raw, place)
    except _Wrong as wrong:
        return Fault(place, wrong.key, wrong.problem, wrong.hint)


class _Wrong(Exception):
    def __init__(self, key: str, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.key, self.problem, self.hint = key, problem, hint


def _record(raw: Any, place: str) -> LabelledMessage:
    if not isinstance(raw, dict):
        raise _Wrong("", "is no JSON object", "one record a line, in { }")
    if "body" not in raw and "text" not in raw:
        raise _Wrong("body", "is required", "or text, for a passage")
    labels = frozenset(_labels(raw))
    must = _typed(raw, "must_encrypt", bool, bool(labels))
    if labels and not must:
        raise _Wrong("must_encrypt", "is false though there are labels")
    to = raw.get("to") or ()
    return LabelledMessage(
        id=str(raw.get("id") or place),
        place=place,
        body=_typed(raw, "body" if "body" in raw else "text", str, ""),
        labels=labels,
        must_encrypt=must,
        sender=_typed(raw, "from", str, ""),
        recipients=(to,) if isinstance(to, str) else tuple(_strings(to, "to")),
        subject=_typed(raw, "subject", str, ""),
        html=_typed(raw, "html", bool, False),
        attachments=tuple(_attachments(raw.get("attachments") or ())),
        why=_typed(raw, "why", str, ""),
        unclear=_typed(raw, "unclear", bool, False),
    )


def _labels(raw: dict[str, Any]) -> Iterator[Label]:
    if "labels" not in raw:
        raise _Wrong("labels", "is required", "an empty list says that nothing must be sent securely")
    for name in _strings(raw["labels"], "labels"):
        if name not in list(Label):
            near = get_close_matches(name, list(Label), n=1)
            raise _Wrong(
                "labels", f"{name[:60]!r} is no category", f"did you mean {near[0]}?" if near else ""
            )
        yield Label(name)


def _attachments(raw: Any) -> Iterator[Attached]:
    if not isinstance(raw, list | tuple):
        raise _Wrong("attachments", "is no list")
    for number, item in enumerate(raw, 1):
        key = f"attachments.{number}"
        if not isinstance(item, dict):
            raise _Wrong(key, "is no JSON object")
        name = _typed(item, "filename", str, "", key)
        kind = _typed(item, "type", str, "", key) or name.rpartition(".")[2].lower()
        if kind not in TYPES:
            raise _Wrong(f"{key}.type", f"{kind[:60]!r} is not one of {', '.join(TYPES)}")
        yield Attached(name or f"bilag.{kind}", kind, _typed(item, "text", str, "", key))


def _strings(value: Any, key: str) -> Iterable[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise _Wrong(key, "is no list of texts")
    return value


_NAMES = {str: "text", bool: "true or false"}


def _typed(raw: dict[str, Any], key: str, kind: type[Any], default: Any, within: str = "") -> Any:
    value = raw.get(key)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise _Wrong(".".join(filter(None, (within, key))), f"must be {_NAMES[kind]}")
    return value
