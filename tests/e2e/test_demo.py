"""``make demo``, as a visitor runs it. It puts itself into a namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from world.letters import LETTERS

pytestmark = pytest.mark.world


def test_the_demo_shows_that_each_message_went_as_it_should(repository: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    done = subprocess.run(
        [sys.executable, "-m", "world.demo", "--keep", str(kept)],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": "tests"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "What went which way" in done.stdout
    assert f"{len(LETTERS)} messages in" in done.stdout
    for way in ("plain", "tunnel", "tls", "portal", "internal"):
        assert f"│ {way} " in done.stdout
    assert "opened with the partner's key" in done.stdout
    at_the_partner = (kept / "received" / "kommune.example-1.eml").read_bytes()
    assert b"application/pkcs7-mime" in at_the_partner
    assert (kept / "tunnel-opened.eml").stat().st_size > 0
