"""An outside world on loopback for the routing tests: real DNS, real certificates, real mail servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from world.ca import TestCA
from world.outside import Outside, free_port
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
    """Signed zones, made once for all modules."""
    return SignedTree(tmp_path_factory.mktemp("tree"), ZONES)


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
