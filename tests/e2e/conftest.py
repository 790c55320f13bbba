"""End-to-end tests: a world of their own for each test process, a house and its street in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from world import namespace
from world.dns import MX, A, Record
from world.estate import standing_house
from world.host import Host
from world.house import House
from world.signed import SignedDns, SignedTree, SignedZone
from world.standing import mended
from world.street import Street


@pytest.fixture(scope="session")
def own_network() -> None:
    """Sees to it that this test process is in a namespace of its own, and says why it cannot be."""
    namespace.enter()


@pytest.fixture
def empty_network(own_network: None) -> Iterator[None]:
    """A loopback on which nobody listens yet, whatever else lives in this test process."""
    with namespace.another_network():
        yield


@pytest.fixture(scope="session")
def street(own_network: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    """The neighbours: DNS, a CA, peers. They stay the same for all tests of a process."""
    directory = tmp_path_factory.mktemp("street")
    directory.chmod(0o755)
    with Street(directory) as street:
        yield street


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder for a house. Its path is short: a unix socket's has 107 bytes, pytest's take 70."""
    with tempfile.TemporaryDirectory(prefix="house-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def standing(street: Street) -> Iterator[House]:
    """The house of a module whose tests break it; they ask for it as :func:`house`."""
    with standing_house(street) as house:
        yield house


@pytest.fixture
def house(standing: House, street: Street) -> Iterator[House]:
    """An organisation with everything running and nothing in it, whatever was done to it in the test before."""
    mended(standing)
    street.forget()
    yield standing
    if os.environ.get("SEGL_SHOW_LOGS"):
        print(standing.log)


@pytest.fixture(scope="module")
def steady_house(street: Street, request: pytest.FixtureRequest) -> Iterator[House]:
    """One house for all tests of a module that leave it as they found it.

    The model reads along in a module that says ``MODEL = True``.
    """
    with standing_house(street, model=getattr(request.module, "MODEL", False)) as house:
        yield house


@pytest.fixture(scope="module")
def signed_root(tmp_path_factory: pytest.TempPathFactory) -> SignedTree:
    names: dict[str, Sequence[Record]] = {
        "nordby.example": [MX(10, "mail.nordby.example")],
        "mail.nordby.example": [A("192.0.2.10")],
    }
    zone = SignedZone("nordby.example", names)
    return SignedTree(tmp_path_factory.mktemp("zones"), [zone])


@pytest.fixture
def resolver(empty_network: None, signed_root: SignedTree, tmp_path: Path) -> Iterator[None]:
    """The host's own, which validates."""
    with SignedDns(tmp_path / "dns", signed_root) as dns, dns.become_the_hosts(tmp_path):
        yield


@pytest.fixture
def host(resolver: None) -> Iterator[Host]:
    with Host() as host:
        yield host
