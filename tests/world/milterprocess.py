"""A ``segl-milter`` alone in a folder: its settings, socket, log and metrics, without any Postfix."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from world.milterclient import MilterClient
from world.ports import free_port
from world.process import Daemon

_SETTINGS = """\
[organisation]
name = "Nordby Vandværk"
domains = ["nordby.example"]

[detection]
model = {model}
{detection}

[limits]
{limits}

[milter]
socket = "{socket}"
workers = {workers}
messages_per_worker = {messages_per_worker}
drain_seconds = {drain_seconds}
{milter}

[metrics]
milter_port = {port}
"""


class RunningMilter:
    """A daemon, its settings file and its socket. Without the *model* it starts three times as fast."""

    def __init__(self, directory: Path, *, model: bool = True) -> None:
        self.directory = directory
        self._model = model
        self.socket = directory / "milter.sock"
        self.rules = directory / "rules.toml"
        self.settings = directory / "segl.toml"
        self.port = free_port()
        self.daemon = Daemon("segl-milter", "--settings", str(self.settings), directory=directory)

    def write(
        self,
        detection: str = "",
        *,
        limits: str = "",
        milter: str = "",
        workers: int = 1,
        drain_seconds: float = 5,
        messages_per_worker: int = 10_000,
    ) -> None:
        text = _SETTINGS.format(
            model=str(self._model).lower(),
            detection=detection,
            limits=limits,
            milter=milter,
            socket=self.socket,
            workers=workers,
            messages_per_worker=messages_per_worker,
            drain_seconds=drain_seconds,
            port=self.port,
        )
        self.settings.write_text(text, "utf-8")

    def client(self, **options: Any) -> MilterClient:
        return MilterClient(self.socket, **options)

    def workers(self) -> list[int]:
        """Process ids of the workers that were started and still live, oldest first."""
        started = [e["pid"] for e in self.events("worker_started") if e["kind"] == "worker"]
        return [pid for pid in started if Path(f"/proc/{pid}/fd/1").exists()]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.daemon.events if event["event"] == name]

    def metric(self, name: str) -> float:
        """The sum over all series of *name*."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(
            float(line.rpartition(" ")[2]) for line in lines if line.split("{")[0].split(" ")[0] == name
        )


# Starts one with the settings given.
NewMilter = Callable[..., RunningMilter]
