"""A message as PDF, made by WeasyPrint from the same harmless HTML that the frame shows. Runs in a worker only.

WeasyPrint would fetch what a document names; here it may read ``data:`` and nothing else, and the sandbox of
the worker has no network and writes no file, whatever it may try."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from segl_portal.reading.paper import print_document


@contextmanager
def _no_programs() -> Iterator[None]:
    """WeasyPrint tries its libraries under the names of all systems, and on a host with a compiler Python asks that
    for those that it does not find, and the linker: 64 programs at each start of the portal."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = ""
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


with _no_programs():
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher


def as_pdf(document: str) -> bytes:
    """*document* as PDF."""
    fetcher = URLFetcher(allowed_protocols=["data"], allow_redirects=False)
    made: bytes = HTML(string=document, base_url=None, url_fetcher=fetcher).write_pdf()
    return made


def warm() -> None:
    """Have the fonts found, once for all workers."""
    as_pdf(print_document("x", [("x", "x")], "<p>x <b>x</b> <i>x</i></p>", "da"))
