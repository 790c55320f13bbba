"""The groups of Debian packages that ``scripts/setup`` installs."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path


def package_groups(setup: Path) -> dict[str, set[str]]:
    """The packages that the script *setup* names, by the name of their group."""
    groups = re.findall(r'^(\w+)="([^"$]+)"$', setup.read_text("utf-8"), re.MULTILINE)
    return {name: set(packages.split()) for name, packages in groups}


def programs_of(packages: Iterable[str]) -> list[Path]:
    """The programs that Debian's *packages* have brought; of one that is not installed, none."""
    told = subprocess.run(["dpkg", "-L", *packages], capture_output=True, text=True, check=False).stdout
    places = {"/bin", "/sbin", "/usr/bin", "/usr/sbin"}
    return [file for file in map(Path, told.splitlines()) if str(file.parent) in places and file.is_file()]
