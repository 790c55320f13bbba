"""What would keep a process of Segl from starting, though its settings are good by themselves.

Each process says so of its own part, by the same words with which it would refuse. Nothing more is said of keys that
have a fault already. Left to ``segl doctor`` is what is this host's: the store, ports, sockets, Postfix.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from segl.errors import Fault, RulesError
from segl.places import maker_of
from segl.settings.document import Settings
from segl.settings.file import Reading, table_and_key

_HOUSE = frozenset({"organisation", "tenant"})


def all_faults(reading: Reading, file: Path) -> list[Fault]:
    """Those of *reading*, and what the processes would refuse."""
    faults = [*reading.faults, *_of_processes(reading, file)]
    return list({(fault.file, fault.key, fault.problem): fault for fault in faults}.values())


def _of_processes(reading: Reading, file: Path) -> Iterator[Fault]:
    from segl_delivery import checked as delivery
    from segl_portal import checked as portal
    from segl_routing import checked as routing

    settings = reading.settings
    if settings is None:
        return
    asks = [_rule_faults, routing.start_faults]
    if not _HOUSE & reading.faulty:
        asks += [delivery.start_faults, portal.start_faults]
    for ask in asks:
        for fault in ask(settings, file):
            if fault.file != file or table_and_key(fault.key.split("."))[1] not in reading.faulty:
                yield fault


def _rule_faults(settings: Settings, file: Path) -> list[Fault]:
    missing = [
        Fault(file, "detection.rules", f"{layer}: there is no such file or folder")
        for layer in settings.detection.rules
        if _mode(layer) == 0
    ]
    there = [layer for layer in settings.detection.rules if _mode(layer) != 0]
    if not there:  # the shipped ones alone, which their own tests have looked at
        return missing
    from segl_classifier.rules import load_rules

    try:
        load_rules(there)
    except RulesError as error:
        return [*missing, *error.every]
    return missing


def _mode(place: Path) -> int | None:
    """What :func:`os.stat` says of it: 0 where it is not there, ``None`` where that may not be asked. Who needs it
    tells of that."""
    try:
        return place.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except (OSError, ValueError):
        return None


def missing_folders(settings: Settings) -> Iterator[tuple[str, Path, str]]:
    """Where a process is to listen and the folder is not there: key, folder, and who makes it."""
    delivery = settings.delivery
    sockets = {
        "milter.socket": settings.milter.socket,
        "routing.socket": settings.routing.socket,
        "routing.announce_socket": settings.routing.announced_at,
        "delivery.tunnel_socket": delivery.tunnel_socket,
        "delivery.certificate_socket": delivery.certificate_socket,
        "delivery.portal_socket": delivery.portal_socket,
        "delivery.inbound_socket": delivery.inbound_socket,
        "delivery.receipt_socket": delivery.receipt_socket,
        "decisions.socket": settings.decisions.socket_beside(delivery.receipt_socket),
        "canary.socket": settings.canary_socket,
    }
    told: set[Path] = set()
    for key, path in sockets.items():
        mode = _mode(path.parent)
        if path.parent not in told and mode is not None and not stat.S_ISDIR(mode):
            told.add(path.parent)
            yield key, path.parent, maker_of(path.parent, of_milter=key == "milter.socket")
