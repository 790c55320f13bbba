"""An outside world on loopback for the routing tests: real DNS, real certificates, real mail servers."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from world.ca import TestCA
from world.dns import MX, NULL_MX, DnsServer, Fault
from world.mapprocess import MapProcess
from world.outside import Outside, host
from world.peers import SmtpPeer
from world.ports import free_port
from world.signed import SignedDns, SignedTree
from world.signed_zones import ZONES


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """Empty at first; a module puts up what it needs."""
    directory = tmp_path_factory.mktemp("outside")
    with ExitStack() as running:
        yield Outside(directory, TestCA(directory / "ca"), free_port(), running)


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> SignedTree:
    """Signed zones, made once for all modules: by the first of the workers that needs them."""
    own = tmp_path_factory.getbasetemp()
    directory = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "tree"
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return SignedTree(directory, ZONES)


@pytest.fixture(scope="session")
def validating(tree: SignedTree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedDns]:
    """A resolver that validates, as it should stand beside Segl."""
    directory = tmp_path_factory.mktemp("validating")
    with SignedDns(directory, tree, address="127.0.0.1", port=free_port()) as dns:
        yield dns


@pytest.fixture(scope="session")
def forwarding(tree: SignedTree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedDns]:
    """A resolver that passes signatures on and judges nothing."""
    directory = tmp_path_factory.mktemp("forwarding")
    address, port = "127.0.0.1", free_port()
    with SignedDns(directory, tree, address=address, port=port, validates=False) as dns:
        yield dns


@pytest.fixture(scope="module")
def good(outside: Outside) -> SmtpPeer:
    return outside.good("mx.boligforening.example")


@pytest.fixture(scope="module")
def dns(outside: Outside, good: SmtpPeer) -> DnsServer:
    return outside.dns(
        {
            "boligforening.example": [MX(10, "mx.boligforening.example")],
            "mx.boligforening.example": host(good),
            "klartekst.example": host(outside.peer()),
            "post.example": [NULL_MX],
            "ill.example": Fault.SERVFAIL,
            "mute.example": Fault.SILENT,
        }
    )


@pytest.fixture
def map_(tmp_path: Path, outside: Outside, dns: DnsServer) -> Iterator[MapProcess]:
    running = MapProcess(tmp_path, outside, dns)
    running.daemon.start()
    yield running
    running.daemon.kill()


@pytest.fixture(scope="module")
def steady(
    tmp_path_factory: pytest.TempPathFactory, outside: Outside, dns: DnsServer
) -> Iterator[MapProcess]:
    """One process for tests that only ask."""
    running = MapProcess(tmp_path_factory.mktemp("map"), outside, dns)
    partner = outside.ca.issue(["tunnel@kommune.example"], key="rsa")
    shutil.copy(partner.cert, running.directory / "tunnel.d" / "kommune.example.pem")
    running.write('[[domain]]\nname = "hop.example"\nway = "tls"\nnext_hop = "[mail.hop.example]:25"\n')
    running.daemon.start()
    yield running
    assert running.daemon.stop() == 0
