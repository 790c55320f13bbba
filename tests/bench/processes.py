"""What processes cost, as the kernel counts it, and the line in which a figure meets its bar.

Processor time of a whole process comes in hundredths of a second (``/proc/PID/stat``, proc(5); threads that have
ended are in it). That of a process with one thread can be had in nanoseconds (``schedstat``), which a message that
takes five milliseconds needs. Memory: RSS is all that is mapped, shared or not; PSS has each shared page by its
part; private is what would come back if this process alone ended.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_QUIET = 0.15
_GONE = (FileNotFoundError, ProcessLookupError)


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes."""

    rss: float = 0.0
    pss: float = 0.0
    private: float = 0.0


def bar(what: str, value: str, good: bool, bar: str) -> bool:
    """Print whether a figure meets its bar; gives *good* back."""
    # What is measured next may take minutes.
    print(f"{'ok  ' if good else 'MISS'} {what}: {value} ({bar})", flush=True)
    return good


def tell_noise() -> None:
    """Print whose Python this is, for one built without its profile takes up to twice the time, and how much of the
    processors others use at this moment: with more than a little, figures mean little."""
    print(f"Python {platform.python_version()} of {sys.base_prefix}, {platform.python_compiler()}")
    before = _idle_and_all()
    time.sleep(0.5)
    idle, total = (after - then for after, then in zip(_idle_and_all(), before, strict=True))
    busy = 1 - idle / max(total, 1)
    print(
        f"{'NOT QUIET: ' if busy > _QUIET else ''}others use {busy:.0%} of {os.cpu_count()} cores at the start"
    )


def _idle_and_all() -> tuple[int, int]:
    """Ticks since boot (proc(5), /proc/stat): user, nice, system, idle, iowait …"""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def share(values: Iterable[float], of: float) -> float:
    """The value that so great a part of *values* does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * of))]


def children(pid: int) -> list[int]:
    with suppress(*_GONE):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def family(pid: int) -> list[int]:
    """*pid* and all that descend from it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def name_of(pid: int) -> str:
    """Its command line."""
    with suppress(*_GONE):
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        )
    return ""


def cpu_seconds(pid: int) -> float:
    """Processor time of *pid* so far, user and system, to a hundredth of a second."""
    with suppress(*_GONE):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def family_cpu_seconds(pid: int) -> float:
    """Processor time of *pid*, of all that descend from it, and of its children that have ended."""
    gone = 0.0
    with suppress(*_GONE):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        gone = (int(fields[13]) + int(fields[14])) / _TICKS
    return gone + sum(map(cpu_seconds, family(pid)))


def fine_cpu_seconds(pid: int) -> float:
    """The same to the nanosecond, of a process that has one thread and does not run at this moment."""
    with suppress(*_GONE):
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    return 0.0


def wanted_seconds(pid: int) -> float:
    """For how long the threads of *pid* that live have run or waited for a core. What was wanted of the cores is the
    same whether others use them or not, nearly."""
    total = 0
    with suppress(*_GONE):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(*_GONE):
                ran, waited, _ = (task / "schedstat").read_text().split()
                total += int(ran) + int(waited)
    return total / 1e9


def peak_megabytes(pid: int) -> float:
    """The most that *pid* ever had mapped (``VmHWM``)."""
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def memory(pid: int) -> Memory:
    with suppress(*_GONE):
        found = dict.fromkeys(("Rss", "Pss", "Private_Clean", "Private_Dirty"), 0)
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in found:
                found[name] = int(rest.split()[0])
        private = found["Private_Clean"] + found["Private_Dirty"]
        return Memory(found["Rss"] / 1024, found["Pss"] / 1024, private / 1024)
    return Memory()


class Meter:
    """Processor time of processes that come and go: what was last seen of one that has gone counts on."""

    def __init__(self, of: Callable[[int], float] = cpu_seconds) -> None:
        self._of = of
        self._seen: dict[int, float] = {}

    def seconds(self, pids: Iterable[int]) -> float:
        """All that *pids*, and those looked at before, have used."""
        for pid in pids:
            self._seen[pid] = max(self._seen.get(pid, 0.0), self._of(pid))
        return sum(self._seen.values())
