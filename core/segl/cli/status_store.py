"""What `segl status` says of the store, of what is sealed in it, and of what each organisation sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from segl.cli.output import minute
from segl.cli.status_line import Line
from segl.counted import counted
from segl.days import DAY_SECONDS
from segl.errors import StoreError
from segl.store.lock import holder_of
from segl.store.status import (
    StoreDenied,
    StoreMissing,
    is_full,
    is_read_only,
    look_at_store,
    missing_file,
    sent_by_domain,
    sqlite_file,
)
from segl.vocabulary import Way

if TYPE_CHECKING:
    from segl.settings.document import Settings

_SENT_SECONDS = 7 * DAY_SECONDS


def store_line(settings: Settings) -> Line:
    """Whether somebody else keeps it to himself. Before it is opened here (:mod:`segl.store.lock`)."""
    file = sqlite_file(settings.store.url)
    if file is None:
        name = settings.store.url.partition(":")[0]
        return _looked(settings.store.url, name, f"{name} answers")
    if missing_file(settings.store.url) is not None:
        return Line("store", True, "none yet")
    try:
        holder = holder_of(file)
    except OSError as error:
        return Line("store", None, f"{error.filename}: {error.strerror}; run as root")
    if holder is None:
        if fault := is_read_only(file) * "read-only" or is_full(file) * "full":
            where = f"{file} lies on a disk that is {fault}"
            return Line("store", False, f"{where}: nothing is sealed until that is mended")
        return _looked(settings.store.url, str(file), f"{file}: nobody locks it")
    return Line("store", False, f"{file} is locked by {holder}: nothing is sealed until that ends")


def _looked(url: str, name: str, well: str) -> Line:
    """Whether the store called *name* can be read, and used by this Segl."""
    try:
        fault = look_at_store(url).fault
    except StoreDenied as error:
        return Line("store", None, f"{error.private}; run as root")
    except StoreError as error:
        return Line("store", False, f"{error.private}: nothing is sealed until that is mended")
    return Line("store", not fault, f"{name}: {fault}; nothing is sealed until then" if fault else well)


def sealed_line(settings: Settings) -> Line:
    """How many messages are sealed, and when the next expires."""
    try:
        store = look_at_store(settings.store.url)
    except StoreMissing:
        return Line("sealed", True, "none yet")
    except StoreError as error:
        return Line("sealed", None, error.private)
    if store.next_expiry is None:
        return Line("sealed", True, "none")
    expiry = minute(store.next_expiry)
    return Line("sealed", True, f"{counted(store.sealed, 'message')}, the next expires {expiry}")


def sent_lines(settings: Settings) -> Iterator[Line]:
    """Of several in one installation, what the people of each sent."""
    if not settings.owners.several:
        return
    try:
        sent = sent_by_domain(settings.store.url, time.time() - _SENT_SECONDS)
    except StoreMissing:
        sent = []
    except StoreError as error:
        yield Line("sent", None, error.private)
        return
    for owner in settings.owners.every:
        mine = [
            (way, n)
            for domain, way, n in sent
            if settings.owners.find(domain) is owner and way != Way.INTERNAL
        ]
        number, sealed = sum(n for _, n in mine), sum(n for way, n in mine if way == Way.PORTAL)
        text = f"{counted(number, 'recipient')} outside in 7 days, {sealed} by the portal"
        yield Line(f"sent {owner.name}", True, text)
