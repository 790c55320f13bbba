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

# What is said where it is not there.
NO_SETTINGS_HINT: Final = "write it (docs/install.md, step 2), or name another with --settings"


def is_missing(file: Path) -> bool:
    """Whether *file* is not there for certain: what may not be looked at may be (``Path.exists`` raises then)."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
