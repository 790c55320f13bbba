"""A postmaster's settings with one tunnel list, and ``segl tunnel`` run on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from segl.cli.doctor_tunnel import tunnel_checks
from segl.cli.main import build
from segl.events import configure_log
from segl.postfix.check import State
from segl.settings.file import load_settings
from world.lists import Publisher, listed

PUBLISHER = Publisher()


@dataclass
class Desk:
    """A postmaster's settings and the publisher's file."""

    directory: Path

    def __post_init__(self) -> None:
        (self.directory / "tunnel.d").mkdir()
        self.file = self.directory / "segl.toml"
        self.list = self.directory / "tunnel.p7m"
        self.write()

    def write(self, more: str = "", signer: str = PUBLISHER.pin) -> None:
        self.file.write_text(
            f"""
[organisation]
name = "Nordby"
domains = ["nordby.example"]
[delivery]
certificates = "{self.directory}/tunnel.d"
tunnel_lists = "{self.directory}/lists"
[[tunnel_list]]
name = "forening"
source = "{self.list}"
signers = ["{signer}"]
{more}
""",
            "utf-8",
        )

    def offer(self, *domains: Any, serial: int = 1, **times: timedelta) -> None:
        self.list.write_bytes(PUBLISHER.signed(listed(*domains, serial=serial, **times)))

    def run(self, command: str, *arguments: str) -> Result:
        return segl(command, "--settings", str(self.file), *arguments)

    def json(self, command: str, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(command, "--json", *arguments).stdout.splitlines()]

    def checks(self, id_: str) -> list[tuple[State, str]]:
        return [
            (check.state, check.found) for check in tunnel_checks(load_settings(self.file)) if check.id == id_
        ]


def segl(*arguments: str) -> Result:
    try:
        return CliRunner().invoke(build("tunnel"), ["tunnel", *arguments])
    finally:
        configure_log()
