"""The command line of daemons."""

from __future__ import annotations

import subprocess
import sys

import pytest

_ASKED = """
import sys
from {module} import main
try:
    main(["--version"])
except SystemExit as end:
    assert end.code == 0
heavy = {{"asyncio", "cryptography", "sqlalchemy"}} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize(
    ("program", "module"),
    [("segl-deliver", "segl_delivery.command"), ("segl-map", "segl_routing.command")],
)
def test_its_version_is_told_before_what_it_is_made_of_is_loaded(program: str, module: str) -> None:
    asked = [sys.executable, "-c", _ASKED.format(module=module)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{program} ")
