"""What segl-milter leaves for the audit trail, which it may not write: digests of the rule files that it loaded.

Apart from :mod:`segl.settings.trail`, because the milter has no business with the store and its library.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from segl.settings.document import Settings


def left_rules(settings: Settings) -> Path:
    """Where they are left: beside the socket by which the milter tells segl-map of recipients."""
    return settings.routing.announced_at.with_name("milter-rules.json")


def leave_rules(file: Path, digests: Mapping[str, str]) -> None:
    """Leave the *digests* of rule files, by name, at once or not at all. Raises :class:`OSError`."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    with open(handle, "w", encoding="utf-8") as stream:  # noqa: PTH123 - the descriptor is what was made
        json.dump(dict(digests), stream)
    fresh.replace(file)


def rule_digests(files: Mapping[str, Path]) -> dict[str, str]:
    """SHA-256 of each file, by its name; those left out that cannot be read."""
    found = {}
    for name, file in files.items():
        with suppress(OSError):
            found[name] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found
