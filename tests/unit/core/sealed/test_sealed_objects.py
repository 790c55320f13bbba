"""An S3-compatible store that fails: the message waits where it was, nothing half is taken for whole, no secret is
told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from segl.errors import DeliveryError
from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.directory import new_id
from segl.sealed.keys import Secret
from segl.sealed.objects import SealedObjects, storage_faults
from world.object_store import SECRET, Fault, ObjectStore, Wire

SMALL, LARGE = b"x" * 100_000, b"x" * 9_000_000


@pytest.fixture
def wire(objects: ObjectStore) -> Iterator[Wire]:
    with Wire(objects.port) as wire:
        yield wire


@pytest.fixture
def place(objects: ObjectStore, wire: Wire) -> SealedObjects:
    return SealedObjects(objects.storage(wire.port, prefix=f"{new_id()}/", seconds=2.0))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault.REFUSES, "the store failed ("),
        (Fault.HANGS, "did not answer in time"),
        (Fault.FAILS, "answered 503"),
        (Fault.CUTS_UP, ""),
    ],
    ids=lambda value: getattr(value, "value", ""),
)
@pytest.mark.parametrize("plain", [SMALL, LARGE], ids=["small", "large"])
def test_a_store_that_fails_leaves_the_message_in_the_queue(
    objects: ObjectStore, wire: Wire, place: SealedObjects, fault: Fault, told: str, plain: bytes
) -> None:
    message_id, begun = new_id(), time.monotonic()
    wire.fault = fault
    if fault is Fault.CUTS_UP and plain is SMALL:
        place.write(message_id, Secret.new(), [plain])
        return
    with pytest.raises(DeliveryError) as caught:
        place.write(message_id, Secret.new(), [plain])
    assert caught.value.reply.code == 451
    assert told in caught.value.private
    assert SECRET not in caught.value.private
    assert time.monotonic() - begun < 20
    wire.fault = Fault.NONE
    with pytest.raises(FileNotFoundError):
        place.open(message_id)
    key = Secret.new()
    place.write(message_id, key, [plain])  # the next try, with the same client
    with SealedContent(place.open(message_id), key, message_id, len(plain)) as content:
        assert sum(map(len, content.chunks())) == len(plain)


def test_a_download_that_is_cut_is_tried_again_or_told_and_never_taken_for_whole(
    wire: Wire, place: SealedObjects
) -> None:
    message_id, key = new_id(), Secret.new()
    place.write(message_id, key, [LARGE])
    content = SealedContent(place.open(message_id), key, message_id, len(LARGE))
    wire.fault = Fault.REFUSES
    pieces = content.chunks()
    assert next(pieces) == LARGE[: 64 * 1024], "what is there already is given"
    with pytest.raises(NotOpened):
        list(pieces)
    wire.fault = Fault.NONE
    assert sum(map(len, content.chunks())) == len(LARGE), "and goes on when the store is back"
    content.close()


def test_a_deletion_that_fails_is_made_up_for_by_the_sweep(wire: Wire, place: SealedObjects) -> None:
    """Of a message, and of what a process that was killed had tried the store with."""
    message_id = new_id()
    place.write(message_id, Secret.new(), [SMALL])
    place._store.put(f"{place._settings.prefix}probe-0a1b2c3d", b"segl", use_multipart=False)
    wire.fault = Fault.FAILS
    place.remove(message_id)
    with pytest.raises(DeliveryError, match="cannot be listed"):
        place.sweep(lambda _: False, time.time() + 2 * 86400)
    wire.fault = Fault.NONE
    assert place.sweep(lambda _: False, time.time() + 2 * 86400) == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"bucket": "findes-ikke"}, "NoSuchBucket"),
        ({"credentials": "forkert"}, "refused"),
        ({"endpoint": "http://127.0.0.1:9"}, "cannot be reached"),
    ],
    ids=["no bucket", "wrong secret", "nobody there"],
)
def test_what_is_set_wrong_is_told_without_the_secret(
    objects: ObjectStore, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    if "credentials" in change:
        change = {"credentials": tmp_path / "credentials"}
        change["credentials"].write_text("AKIDSEGL\nforkert-hemmelighed\n")
        change["credentials"].chmod(0o600)
    place = SealedObjects(objects.storage(seconds=2.0, **change))
    with pytest.raises(DeliveryError, match=told) as caught:
        place.prepare()
    assert "hemmelig" not in caught.value.private
    with pytest.raises(DeliveryError):
        place.write(new_id(), Secret.new(), [SMALL])
    with pytest.raises(OSError, match=told):
        place.owner()


def test_credentials_are_looked_at_when_a_process_starts(
    objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, settings_file = tmp_path / "credentials", tmp_path / "segl.toml"

    def told(**values: Any) -> str:
        return "\n".join(str(one) for one in storage_faults(objects.storage(**values), settings_file))

    assert told() == ""
    assert "No such file" in told(credentials=file)
    file.write_text("AKIDSEGL\n")
    file.chmod(0o644)
    assert "may be read by everybody; chmod 640" in told(credentials=file)
    file.chmod(0o640)
    assert "does not hold two words" in told(credentials=file)
    assert "environment" in told(credentials=None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    assert told(credentials=None) == ""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    (tmp_path / "segl-storage").write_text(f"AKIDSEGL {SECRET}")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert told(credentials=None) == ""
    SealedObjects(objects.storage(credentials=None)).prepare()
    assert told(ca_file=tmp_path / "none.pem").endswith("none.pem cannot be read")


_MEASURE = """
import resource, sys
from pathlib import Path
from segl.sealed.content import SealedContent
from segl.sealed.directory import new_id
from segl.sealed.keys import Secret
from segl.sealed.objects import SealedObjects
from segl.settings.storage import Storage
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
place = SealedObjects(Storage(bucket="segl", endpoint=sys.argv[1], credentials=Path(sys.argv[2])))
place.prepare()
before, piece, name, key = peak(), bytes(65536), new_id(), Secret.new()
place.write(name, key, (piece for _ in range(800)))
written = peak()
with SealedContent(place.open(name), key, name, 800 * 65536) as content:
    assert sum(map(len, content.chunks())) == 800 * 65536
place.remove(name)
print(written - before, peak() - written)
"""


def test_fifty_megabytes_take_constant_memory_in_both_directions(objects: ObjectStore) -> None:
    endpoint = f"http://127.0.0.1:{objects.port}"
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, endpoint, str(objects.credentials)],
        env={**os.environ, "PYTHONPATH": "core"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    up, down = map(int, done.stdout.split())
    assert up < 60, f"{up} MB for parts of 8 MB, some of them at once"
    assert down < 10, f"{down} MB for two blocks of 1 MB"
    assert objects.uploads() == []
