"""Puts a house into a street: the partner's certificate where it belongs, folders Postfix can reach."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from world.house import House
from world.street import Street


def build_house(street: Street, directory: Path, **settings: Any) -> House:
    """A house in *directory*, not started; *settings* are those of :class:`House`."""
    # pytest's folders are 0700; Postfix's own user must reach the sockets
    directory.mkdir(parents=True, exist_ok=True)
    for folder in (directory, *directory.parents):
        if folder == Path("/tmp") or folder.stat().st_uid != os.getuid():
            break
        folder.chmod(folder.stat().st_mode | 0o055)
    street.forget()
    house = House(directory, ca_file=street.ca.file, **settings)
    shutil.copy(street.partner.certificate.cert, house.tunnel / f"{street.partner.domain}.pem")
    return house
