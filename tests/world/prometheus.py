"""A real Prometheus that scrapes the processes of a house each second, to ask it what the dashboard asks.

with Prometheus(folder, {"segl-map": 9401}) as prometheus:
    prometheus.values('sum(segl_workers)', since)
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import urlopen

from world.postfix import wait_until
from world.process import end, ends_with_us

PORT = 9090


def _is_ready() -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{PORT}/-/ready", timeout=5):
            return True
    except OSError:  # it does not listen yet, or reads its files
        return False


class Prometheus:
    """*targets*: name of a process and its port on this host. Rules are those of *rules*, if given."""

    def __init__(self, folder: Path, targets: Mapping[str, int], rules: Path | None = None) -> None:
        jobs = "".join(
            f"  - job_name: {name}\n    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
            for name, port in targets.items()
        )
        self._config = folder / "prometheus.yml"
        self._config.write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
            + (f"rule_files: ['{rules}']\n" if rules else "")
            + f"scrape_configs:\n{jobs}",
            "utf-8",
        )
        self._folder = folder
        self._targets = targets

    def __enter__(self) -> Self:
        with (self._folder / "prometheus.log").open("wb") as log:
            self._process = subprocess.Popen(
                ends_with_us(
                    "prometheus",
                    f"--config.file={self._config}",
                    f"--storage.tsdb.path={self._folder}/tsdb",
                    f"--web.listen-address=127.0.0.1:{PORT}",
                ),
                stdout=log,
                stderr=log,
            )
        wait_until(_is_ready, 30, lambda: (self._folder / "prometheus.log").read_text("utf-8")[-2000:])
        return self

    def __exit__(self, *_reason: object) -> None:
        end(self._process, 30)

    @property
    def up(self) -> bool:
        """Whether each of the processes was scraped."""
        found = self._ask("query", query="up == 1")
        return {each["metric"]["job"] for each in found} == set(self._targets)

    def values(self, expression: str, since: float) -> list[float]:
        """All numbers that *expression* gave, second by second since then; those that are none left out. Raises
        :class:`urllib.error.HTTPError` for what Prometheus does not understand."""
        found = self._ask("query_range", query=expression, start=since, end=time.time(), step=1)
        numbers = [float(value) for each in found for _, value in each["values"]]
        return [number for number in numbers if number - number == 0]  # neither NaN nor infinite

    def _ask(self, what: str, **words: object) -> list[dict[str, Any]]:
        url = f"http://127.0.0.1:{PORT}/api/v1/{what}?{urlencode(words)}"
        with urlopen(url, timeout=30) as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return result
