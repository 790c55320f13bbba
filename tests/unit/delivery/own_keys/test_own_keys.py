"""Writing our own keys: killed in the middle, twice at once."""

from __future__ import annotations

import errno
import os
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl_delivery.keyring import KeyRing, KeyState
from segl_delivery.own_keys.directory import KeyDirectory, KeyRefused, State
from segl_delivery.own_keys.making import Holder, request, self_signed
from segl_delivery.own_keys.reading import Unreadable, read_material
from world.at_once import at_once
from world.partners import ec_key, pem

HOLDER = Holder("Nordby", ("post@nordby.example",))


class Killed(Exception):
    """The run ends here."""


@pytest.mark.parametrize("waited", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_run_that_is_killed_leaves_no_key_or_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, waited: bool
) -> None:
    keys, key, told = KeyDirectory(tmp_path / "keys"), ec_key(), []
    own, state = self_signed(key, HOLDER, 90), KeyState(domains=("nordby.example",))
    if waited:
        with keys.alone():
            keys.add_waiting("a", key, request(key, HOLDER), state)
    real, count = Path.replace, 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal count
        count += 1
        if count == at:
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(Killed), keys.alone():
            keys.add("a", key, (own,), state)
    assert KeyRing(keys.path, told=lambda file, why: told.append((file, why))).keys() == ()
    assert told == [], "half a key is not told of as a broken one"
    if waited:
        assert keys.get("a").state is State.WAITING
    with keys.alone():
        keys.add("a", key, (own,), state)
    held = KeyRing(keys.path).keys()
    assert [own.name for own in held] == ["a"]


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_what_a_full_disk_does_not_take_leaves_nothing_and_the_name_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, waits: bool
) -> None:
    keys, key, state = KeyDirectory(tmp_path / "keys"), ec_key(), KeyState(domains=("nordby.example",))
    asked, own = request(key, HOLDER), self_signed(key, HOLDER, 90)
    real, left = os.fsync, at

    def full(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    add = partial(keys.add_waiting, "a", key, asked) if waits else partial(keys.add, "a", key, (own,))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(KeyRefused, match="No space"), keys.alone():
            add(state)
    assert keys.kept() == []
    assert list(keys.path.iterdir()) == []


def test_runs_at_the_same_time_write_one_after_the_other(tmp_path: Path) -> None:
    inside, most = 0, 0
    path = tmp_path / "keys"

    def run(name: str) -> None:
        nonlocal inside, most
        keys = KeyDirectory(path)
        with keys.alone():
            inside += 1
            most = max(most, inside)
            keys.add(name, ec_key(), (self_signed(ec_key(), HOLDER, 90),), KeyState())
            inside -= 1

    at_once(run, [f"key-{n}" for n in range(8)])
    assert most == 1
    held = KeyRing(path).keys()
    assert len(held) == 8


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(cut=st.integers(0, 1200), junk=st.binary(max_size=40))
def test_a_torn_file_gives_what_is_whole_or_a_clear_error(cut: int, junk: bytes) -> None:
    whole = pem(self_signed(ec_key(), HOLDER, 90))
    try:
        found = read_material([whole[:cut] + junk], None)
    except Unreadable:
        return
    assert (len(found.certificates), found.key) == (1, None)
    assert pem(*found.certificates) == whole
