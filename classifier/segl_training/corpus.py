"""The records of the corpus as the classifier sees messages: texts, windows, and which of them say what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segl.vocabulary import Label
from segl_classifier.markup.html import read_html
from segl_classifier.message import Source, Text
from segl_classifier.understanding.interface import Window
from segl_classifier.understanding.windows import windows_of

FOLDER = Path(__file__).resolve().parents[1] / "corpus"
LABELS = tuple(label for label in Label if label is not Label.CPR)  # personal numbers have their detector

_DIVIDED = re.compile(r"[;\t|]| {2}|</t[dh]>")


@dataclass(frozen=True, slots=True)
class Example:
    """One mail or passage. ``group`` keeps pairs and files together; ``spans`` are (label, text), of which ``rows`` are
    rows of tables."""

    id: str
    group: str
    texts: tuple[Text, ...]
    labels: frozenset[Label]
    has_cpr: bool
    spans: tuple[tuple[Label, str], ...]
    why: str = ""
    passage: bool = False
    rows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Labelled:
    """A window with what is known of it: 1 and 0 for each of :data:`LABELS`, and how sure that is."""

    window: Window
    example: int
    labels: tuple[float, ...]
    weight: float


def examples(kind: str, folder: Path = FOLDER) -> list[Example]:
    """All clear records of the files ``<kind>_*.jsonl``, in a fixed order."""
    found = []
    for file in sorted(folder.glob(f"{kind}_*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines if line.strip()]
        found += [_example(record, file.stem) for record in records if not record.get("unclear")]
    return found


def _example(record: dict[str, Any], stem: str) -> Example:
    labels = frozenset(Label(name) for name in record["labels"])
    return Example(
        id=record["id"],
        group=f"{stem}/{record.get('pair') or record['id']}",
        texts=tuple(_texts(record)),
        labels=labels - {Label.CPR},
        has_cpr=Label.CPR in labels,
        spans=tuple((Label(s["label"]), _folded(s["text"])) for s in record.get("spans", ())),
        rows=frozenset(_folded(s["text"]) for s in record.get("spans", ()) if _DIVIDED.search(s["text"])),
        why=record.get("why", ""),
        passage="text" in record,
    )


def _texts(record: dict[str, Any]) -> Iterator[Text]:
    if "text" in record:
        yield Text(record["text"], "part 1", Source.BODY)
        return
    yield Text(record.get("subject") or "", "subject", Source.SUBJECT)
    body = record["body"]
    yield Text(read_html(body).text if record.get("html") else body, "part 1", Source.BODY)
    for number, attachment in enumerate(record.get("attachments") or ()):
        where = f"part {number + 2}"
        yield Text(attachment["filename"], f"{where} file name", Source.FILENAME)
        text = attachment["text"]
        if attachment["type"] == "html":
            text = read_html(text).text
        elif attachment["type"] == "xlsx":
            text = text.replace(";", "\t")
        yield Text(text, where, Source.ATTACHMENT)


def labelled_windows(found: Sequence[Example]) -> list[Labelled]:
    """Every window of *found*. One that holds a span of a label is positive for it; the other windows of a
    positive mail count little as negatives, since the matter may show in them too. A label none of whose
    spans is found in any window is given to all of them."""
    labelled = []
    for number, example in enumerate(found):
        windows = list(windows_of(example.texts))
        held = [labels_in(window, example) for window in windows]
        placed = set().union(*held) if held else set()
        stray = example.labels - placed
        for window, labels in zip(windows, held, strict=True):
            sure = 1.0 if labels or not example.labels else 0.3
            given = labels | stray
            vector = tuple(float(label in given) for label in LABELS)
            labelled.append(Labelled(window, number, vector, 0.5 if stray and not labels else sure))
    return labelled


def labels_in(window: Window, example: Example) -> set[Label]:
    if example.passage:
        return set(example.labels)
    text = _folded(window.text)
    return {
        label
        for label, span in example.spans
        if label in example.labels and _touches(span, text, span in example.rows)
    }


def _touches(span: str, text: str, is_row: bool) -> bool:
    """Whether most of *span* stands in *text*: a window may begin or end inside it."""
    if not span:
        return False
    if span in text:
        return True
    words = span.split()
    if len(words) < (2 if is_row else 4):
        return False
    if set(words) <= set(text.split()):  # the cells of a row, with their headers between them
        return True
    if len(words) < 4:
        return False
    half = max(3, len(words) // 2)
    return any(" ".join(words[i : i + half]) in text for i in range(len(words) - half + 1))


def _folded(text: str) -> str:
    """*text* with everything but letters and digits as single blanks, long numbers as in windows."""
    from segl_classifier.understanding.windows import masked

    if "<" in text and ">" in text:
        text = read_html(text).text
    return " ".join(
        "".join(c if c.isalnum() else " " for c in masked(" ".join(text.split()))).lower().split()
    )
