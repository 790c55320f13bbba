"""What `segl status` says went wrong in each process since it started, by its own counters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from segl.cli.asked import SECONDS
from segl.cli.output import minute
from segl.cli.status_line import Line

if TYPE_CHECKING:
    from segl.settings.document import Settings

# Counters whose growth means that something went wrong (segl.metrics); those of a process since its start.
_NOT_TAKEN = "segl_accept_failures_total"
_FAULTS = {
    "segl-milter": ("segl_scan_failures_total", "segl_worker_deaths_total", _NOT_TAKEN),
    "segl-map": (_NOT_TAKEN,),
    "segl-deliver": (_NOT_TAKEN,),
    "segl-portal": (),
}
_REFUSED = 'segl_reloads_total{result="refused"}'
_LOCKED = "segl_store_locked_since_seconds"
_IN_WORDS = {_REFUSED: "reloads refused", _NOT_TAKEN: "times no connection taken"}


def asked_for_metrics(settings: Settings) -> Iterator[tuple[str, str, int]]:
    """Name, host and port of each process whose metrics are served."""
    ports = settings.metrics
    for name, port in (
        ("segl-milter", ports.milter_port),
        ("segl-map", ports.map_port),
        ("segl-deliver", ports.deliver_port),
        ("segl-portal", ports.portal_port),
    ):
        if port:
            yield name, ports.host, port


def faults_line(name: str, host: str, port: int) -> Line:
    """What the process's own counters say went wrong since it started."""
    from urllib.request import ProxyHandler, build_opener

    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        # By no proxy that the environment names: it is this host's own.
        with build_opener(ProxyHandler({})).open(f"http://{place}/metrics", timeout=SECONDS) as answer:
            text = answer.read(4_000_000).decode("utf-8", "replace")
    except (OSError, ValueError):
        return Line(f"faults {name}", None, f"no metrics on {host}:{port}")
    wanted = (*_FAULTS[name], _REFUSED, _LOCKED)
    counts = {key: int(float(value)) for key, value in _samples(text) if key in wanted}
    locked = counts.pop(_LOCKED, 0)
    found = [f"{n} {_IN_WORDS.get(key) or _in_words(key)}" for key, n in counts.items() if n]
    if locked:
        found.append(f"store locked since {minute(locked)}")
    said = ", ".join(found)
    return Line(f"faults {name}", not found, said or "none since its start")


def _in_words(counter: str) -> str:
    return counter.partition("_total")[0].removeprefix("segl_").replace("_", " ")


def _samples(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, _, value = line.rpartition(" ")
        if key and not line.startswith("#"):
            yield key, value
