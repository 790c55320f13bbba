"""What the documents tell people to type, as it stands there: commands of segl in their blocks of shell.

typed()              every one of them, in the order of the pages
typed("hold")        those of ``segl hold``
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs").glob("*/*.md")),
]
# Each with its language, so that the end of one is not taken for the beginning of another.
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SHELL: Final = ("", "sh")
_COMMAND = re.compile(
    r"^\s*(?:\$ )?(?:sudo )?(?:\.venv/bin/)?segl (.*?)(?:\s+# .*|\s*\| .*|\s*> .*|\s{3,}.*)?$", re.MULTILINE
)


def typed(name: str = "") -> list[str]:
    """All after ``segl``, each once; of the command *name*, or of all."""
    lines = (
        " ".join(line.split())
        for page in PAGES
        for _, language, block in _BLOCK.findall(page.read_text("utf-8"))
        if language in _SHELL
        for line in _COMMAND.findall(block.replace("\\\n", " "))
    )
    return [line for line in dict.fromkeys(lines) if not name or line.split()[0] == name]
