"""What a test cannot do without. In CI all of it is there, and a skip is a failure (``conftest.py``)."""

from __future__ import annotations

import os
import shutil

import pytest

from corpus.messages import outside_corpus

_SYSTEM = "/usr/sbin:/usr/bin"  # Debian's PATH of an ordinary user lacks the first

POSTFIX = pytest.mark.skipif(
    not shutil.which("postconf", path=_SYSTEM),
    reason="asks a real Postfix, which scripts/setup installs as root",
)
TESSERACT = pytest.mark.skipif(
    not shutil.which("tesseract"), reason="reads a picture by tesseract, which scripts/setup installs as root"
)
ROOT = pytest.mark.skipif(
    os.geteuid() != 0, reason="is somebody else, or makes files of others, as root alone can"
)
OUTSIDE_CORPUS = pytest.mark.skipif(
    outside_corpus() is None,
    reason="reads test messages of other projects, whose licences keep them out of this repository: "
    "name a zip file of them in SEGL_MIME_CORPUS",
)


def program(name: str) -> str:
    """Where the program *name* is; without it the test that asks is skipped. For what no way of Segl's needs, and
    `scripts/setup fast` therefore does without where it may not install it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SYSTEM}:/usr/local/sbin")
    if found is None:
        pytest.skip(f"asks {name}, which scripts/setup installs as root")
    return found
