"""A Postfix configuration that `segl install` wrote, for the tests that spoil it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world.installation import Installation


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    site = Installation(tmp_path_factory.mktemp("site"))
    site.install()
    return site


@pytest.fixture
def site(installed: Installation) -> Iterator[Installation]:
    """The same installation for every test: its files are put back afterwards."""
    folders = (installed.front_directory, installed.secure_directory)
    before = {file: file.read_bytes() for folder in folders for file in folder.iterdir() if file.is_file()}
    yield installed
    for folder in folders:
        for file in [f for f in folder.iterdir() if f.is_file() and f not in before]:
            file.unlink()
    for file, content in before.items():
        file.write_bytes(content)
