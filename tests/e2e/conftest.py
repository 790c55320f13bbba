"""End-to-end tests: a world of their own for each test process, a house and its street in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from world import namespace
from world.house import House
from world.street import Street

_entered = False


@pytest.fixture(scope="session")
def own_network() -> None:
    """Puts this test process into its own namespace, once. Only world tests ask for it."""
    global _entered
    if not _entered:
        namespace.enter()
        _entered = True


@pytest.fixture(scope="session")
def street(own_network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """The neighbours: DNS, a CA, peers. They stay the same for all tests of a process."""
    directory = tmp_path_factory.mktemp("street")
    directory.chmod(0o755)
    with Street(directory) as street:
        yield street


@pytest.fixture
def house(street: Street, tmp_path: Path) -> Iterator[House]:
    """A fresh organisation with everything running. On failure its logs are what to read."""
    house = build_house(street, tmp_path)
    house.start()
    try:
        yield house
    finally:
        house.stop()
        if os.environ.get("SEGL_SHOW_LOGS"):
            print(house.log)


@pytest.fixture(scope="module")
def steady_house(street: Street, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for all tests of a module that leave it as they found it."""
    house = build_house(street, tmp_path_factory.mktemp("house"))
    house.start()
    yield house
    house.stop()


def build_house(street: Street, directory: Path, **settings: str) -> House:
    # pytest's folders are 0700; Postfix's own user must reach the sockets
    for folder in (directory, *directory.parents):
        if folder == Path("/tmp") or folder.stat().st_uid != os.getuid():
            break
        folder.chmod(folder.stat().st_mode | 0o055)
    street.forget()
    house = House(directory, ca_file=street.ca.file, **settings)
    shutil.copy(street.partner.certificate.cert, house.tunnel / f"{street.partner.domain}.pem")
    return house
