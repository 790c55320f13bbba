"""A house whose parts fail on demand: faults of ours in its milter, places on disk that can be filled."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from world.house import House
from world.process import Daemon

_LAUNCHER = Path(__file__).with_name("faulty_milter.py")
_BLOCK = 4096


def faulty_milter(house: House) -> Daemon:
    """A milter for *house*, in the place of its own, that fails as :func:`fault` says."""
    milter = Daemon(
        "segl-milter", "--settings", str(house.settings_file), directory=house.directory, executed=True
    )
    milter.command = [sys.executable, str(_LAUNCHER), str(_order(house)), *milter.command[1:]]
    return milter


@contextmanager
def fault(house: House, order: str) -> Iterator[None]:
    """Meanwhile what *order* says fails in its :func:`faulty_milter`."""
    new = _order(house).with_suffix(".new")
    new.write_text(order, "utf-8")
    new.rename(_order(house))
    try:
        yield
    finally:
        _order(house).unlink()


def _order(house: House) -> Path:
    return house.directory / "fault"


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """A file system of *size* (tmpfs(5)) at *place*, which this process and those it starts see; it must be in a mount
    namespace of its own. What is in *place* is moved there and stays."""
    kept = {file.name: file.read_bytes() for file in place.iterdir()}
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "none", str(place)], check=True)
    try:
        for name, content in kept.items():
            (place / name).touch(0o600)
            (place / name).write_bytes(content)
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def filled(place: Path) -> Iterator[None]:
    """Meanwhile no block is free where *place* is."""
    filler = place / "filler"
    with filler.open("wb", 0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(_BLOCK))
    assert not os.statvfs(place).f_bavail
    try:
        yield
    finally:
        filler.unlink()
