"""What ``segl doctor`` says of the archives that get copies of mail (``organisation.copies_to``): by which way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from segl.errors import SeglError
from segl.events import Events
from segl.postfix.check import Check, State
from segl.settings.document import Settings
from segl.vocabulary import Way

_ID: Final = "copies.way"


def copy_checks(file: Path, settings: Settings) -> Iterator[Check]:
    """One for each address. What segl-map knows of its domain is read, and nothing else unless it knows nothing."""
    addresses = settings.organisation.copies_to
    if not addresses:
        return
    from segl_routing.ask import routes_of
    from segl_routing.outcome import Refused, Routed

    try:
        told = asyncio.run(routes_of(addresses, settings, file, Events("segl-doctor")))
    except SeglError as error:
        yield Check(
            _ID, State.UNKNOWN, error.private, "a copy may go by a way that nobody looks at", error.hint
        )
        return
    for address, one in zip(addresses, told, strict=True):
        match one.outcome:
            case Routed(route=route) if route.way is Way.PORTAL:
                yield Check(
                    _ID,
                    State.WARN,
                    f"{address}: portal ({route.reason})",
                    "copies of secure mail wait on this host until somebody opens each; the archive has but notices",
                    f"a tunnel, or TLS that its server proves: segl route {address}",
                )
            case Routed(route=route):
                yield Check(_ID, State.OK, f"{address}: {route.way}")
            case Refused(reason=reason):
                why = "copies of secure mail come back, and their senders are told"
                yield Check(_ID, State.WARN, f"{address}: {reason}", why, "is it misspelt?")
            case undecided:
                yield Check(
                    _ID,
                    State.UNKNOWN,
                    f"{address}: {undecided.reason}",
                    "copies of secure mail wait",
                    f"segl route {address}",
                )
