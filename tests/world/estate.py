"""Puts a house into a street: the partner's certificate where it belongs, folders Postfix can reach."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from world.house import House
from world.postfix import wait_for_port
from world.street import Street


def build_house(street: Street, directory: Path, *, kind: type[House] = House, **settings: Any) -> House:
    """A house in *directory*, not started; *settings* are those of its *kind*."""
    # pytest's folders are 0700; Postfix's own user must reach the sockets
    directory.mkdir(parents=True, exist_ok=True)
    for folder in (directory, *directory.parents):
        if folder == Path("/tmp") or folder.stat().st_uid != os.getuid():
            break
        folder.chmod(folder.stat().st_mode | 0o055)
    street.forget()
    house = kind(directory, ca_file=street.ca.file, **settings)
    shutil.copy(street.partner.certificate.cert, house.tunnel / f"{street.partner.domain}.pem")
    return house


@contextmanager
def half_a_house(
    street: Street, settings_text: str, prepare: Callable[[House], None] = lambda _house: None
) -> Iterator[House]:
    """A house of which only segl-map and the secure Postfix run; *prepare* is called before they start.

    Not in pytest's own folder: that is closed to other users again whenever another pytest starts.
    """
    with TemporaryDirectory(prefix="segl-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        house = House(directory, ca_file=street.ca.file, settings_text=settings_text)
        prepare(house)
        house.map.start()
        house.secure.start()
        wait_for_port("127.0.0.1", 10026)
        try:
            yield house
        finally:
            house.secure.stop()
            assert house.map.stop() == 0
