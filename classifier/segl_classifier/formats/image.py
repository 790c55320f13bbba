"""Pictures, read by Tesseract in Danish and English: scanned pages, photographs of letters, screens.

Only when the setting for OCR allows it; otherwise the picture is told of as not read. The program gets the picture
through a pipe and gives the text through one: nothing touches the disk. Tesseract opens what its library Leptonica
knows (PNG, JPEG, TIFF, GIF, BMP, WebP, PNM); of a TIFF with several pages each is read.

However small a picture is, it is read: which are decoration is told where they are shown
(:mod:`segl_classifier.extract`, :mod:`.pictures`).

OCR is a guess: æ, ø and å come out wrong often, digits seldom. Its text has a place of its own so that this shows.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures import kind_of, pixels

_LANGUAGES = "dan+eng"
_SECONDS = 60.0  # for one picture; the worker has its own, shorter limit
_MOST_PIXELS = 60_000_000
_KNOWN = ("image/png", "image/jpeg", "image/tiff", "image/gif", "image/bmp", "image/webp")


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The text in a picture."""
    harvest = Harvest(allowance)
    kind = kind_of(data)
    size = pixels(data, kind) if kind else None
    if not kind:
        harvest.lack(Unreadable.UNKNOWN_TYPE, "a picture of unknown kind")
    elif not allowance.ocr or kind not in _KNOWN:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}, {len(data)} bytes")
    elif size is not None and size[0] * size[1] > _MOST_PIXELS:
        harvest.lack(Unreadable.TOO_LARGE, f"{kind} of {size[0]} x {size[1]} pixels")
    else:
        _recognise(data, kind, harvest)
    return harvest.content()


def _recognise(data: bytes, kind: str, harvest: Harvest) -> None:
    program = shutil.which("tesseract")
    if program is None:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}: tesseract is not installed")
        return
    command = [program, "stdin", "stdout", "-l", _LANGUAGES, "--psm", "3"]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), "OMP_THREAD_LIMIT": "1", "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        harvest.lack(Unreadable.TIMED_OUT, f"{kind}, {len(data)} bytes")
        return
    if done.returncode != 0:
        harvest.lack(Unreadable.DAMAGED, kind)
        return
    for number, page in enumerate(done.stdout.decode("utf-8", "replace").split("\f"), 1):
        place = "read by OCR" if number == 1 else f"page {number}, read by OCR"
        harvest.text(page.strip(), place)
