"""What a shell hands down, as servers of other users need it."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from pathlib import Path


def settle() -> None:
    """Put umask, time zone, temporary folder and PATH of this process so that Postfix and other users' servers are
    found, and can read what is laid out for them, however strict the shell is. To be called before a temporary folder
    is made."""
    os.umask(0o022)  # Debian's
    # A unix socket's path has 107 bytes, of which pytest's folders take 70; and other users' servers lie in ours.
    temporary = Path(tempfile.gettempdir())
    if len(str(temporary)) > len("/var/tmp") or not temporary.stat().st_mode & stat.S_IXOTH:
        os.environ["TMPDIR"] = tempfile.tempdir = "/tmp"
    if "TZ" not in os.environ and time.tzname == ("UTC", "UTC"):
        os.environ["TZ"] = "UTC"  # what we start tells the same time as we do (segl.house_time)
    # An ordinary user's PATH, which su(1) keeps for root, lacks the folders of servers.
    path = os.environ.get("PATH", os.defpath).split(":")
    os.environ["PATH"] = ":".join(
        [*path, *(folder for folder in ("/usr/sbin", "/sbin") if folder not in path)]
    )
