"""Who runs the command."""

from __future__ import annotations

import os
import pwd


def me() -> str:
    """Who runs the command, for the audit trail: also behind sudo."""
    name = os.environ.get("SUDO_USER") or ""
    if name and name.isprintable():
        return f"{name[:64]} (sudo)"
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
