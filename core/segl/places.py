"""Where the configuration is and backups are, known without what it takes to read them.

The types of all settings take a tenth of a second to load, which a command that only tells of its options need not
spend.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

CONFIG: Final = Path("/etc/segl")
DEFAULT_FILE: Final = CONFIG / "segl.toml"
# Not under /var/lib/segl: systemd gives that to the services' users (StateDirectory), and root must be able to
# trust what an undo puts back.
BACKUPS: Final = Path("/var/backups/segl")

RUN: Final = Path("/run/segl")  # the sockets
_RUN_OF_PORTAL: Final = Path("/run/segl-portal")  # its RuntimeDirectory=

# What is said where it is not there.
NO_SETTINGS_HINT: Final = "write it (docs/install.md, step 2), or name another with --settings"


def maker_of(folder: Path, *, of_milter: bool = False) -> str:
    """Who makes the *folder* of a socket that is not there, as a hint; *of_milter*: segl-milter is to listen there."""
    if folder == RUN:
        return "systemd-tmpfiles --create makes it"
    if folder == _RUN_OF_PORTAL:
        return "systemd makes it when it starts segl-portal"
    if of_milter:
        return "segl install makes it where it lies in Postfix's queue directory"
    return "make it, for a user and group as /run/segl has; systemd-tmpfiles --create makes /run/segl"


def is_missing(file: Path) -> bool:
    """Whether *file* is not there for certain: what may not be looked at may be (``Path.exists`` raises then)."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
