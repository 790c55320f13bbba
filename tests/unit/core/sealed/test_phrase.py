"""A phrase that sender and recipient agreed upon: compared as people say it, and a few at a time: anybody may ask."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from segl.sealed.phrase import AT_ONCE, hash_of, is_phrase


def test_it_is_compared_as_it_is_said_on_the_telephone() -> None:
    kept = hash_of("Den røde  Cykel")
    assert is_phrase(kept, " den RØDE cykel ")
    assert not is_phrase(kept, "den blå cykel")
    assert not is_phrase(kept, "")
    assert is_phrase(None, "")


def test_dozens_of_requests_at_once_take_the_memory_of_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 19 MiB: forty threads of a worker would take a small host's memory."""
    lock, now, most = threading.Lock(), 0, 0

    def verify(_hasher: PasswordHasher, _kept: str, _given: str) -> bool:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.005)
        with lock:
            now -= 1
        return True

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    with ThreadPoolExecutor(40) as threads:
        assert all(threads.map(lambda _: is_phrase("kept", "et ord"), range(40)))
    assert most == AT_ONCE
