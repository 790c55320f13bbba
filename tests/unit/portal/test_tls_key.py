"""The portal's own key for TLS: one with a password is a fault, and nobody is asked for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from world.ca import TestCA

PASSWORD = b"hemmelig"
LOAD = """
import sys
from pathlib import Path
from segl.settings.web import Web
from segl_portal.tls import tls_context
tls_context(Web(certificate=Path(sys.argv[1]), key=Path(sys.argv[2])))
"""


def test_a_key_with_a_password_is_a_fault_and_nobody_is_asked(tmp_path: Path) -> None:
    """Without a terminal OpenSSL would read the password, the right one here, from where the process was started."""
    issued, locked = TestCA(tmp_path).issue(["sikker.example"]), tmp_path / "locked.pem"
    key = serialization.load_pem_private_key(Path(issued.key).read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(PASSWORD),
        )
    )

    def load(key_file: Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-c", LOAD, issued.cert, key_file],
            input=PASSWORD + b"\n",
            capture_output=True,
            timeout=30,
            start_new_session=True,
            check=False,
        )

    assert load(Path(issued.key)).returncode == 0
    refused = load(locked)
    assert refused.returncode != 0
    assert b"SSLError" in refused.stderr
    assert b"pass phrase" not in refused.stderr
