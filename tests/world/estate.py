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
from world.process import Daemon
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
def at_work(house: House) -> Iterator[House]:
    """*house* with everything running."""
    try:
        house.start()
        yield house
    finally:
        house.stop()


@contextmanager
def standing_house(
    street: Street, prepare: Callable[[House], None] = lambda _house: None, **settings: Any
) -> Iterator[House]:
    """A house with everything running, as :func:`build_house` makes it; *prepare* is called before it starts.

    Its folder has a short path: a unix socket's has 107 bytes, those of pytest's folders take 70.
    """
    with TemporaryDirectory(prefix="house-") as folder:
        house = build_house(street, Path(folder), **settings)
        prepare(house)
        with at_work(house):
            yield house


@contextmanager
def portal_of(house: House) -> Iterator[Daemon]:
    """The portal beside *house*, which has settings for it."""
    portal = Daemon("segl-portal", "--settings", str(house.settings_file), directory=house.directory)
    portal.start(60)
    try:
        yield portal
    finally:
        assert portal.stop() == 0


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
