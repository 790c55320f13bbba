"""The machine-readable part of a receipt: JSON whose form is docs/receipt-schema.md, for journal systems."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from segl.receipts.records import SentMessage
from segl.receipts.states import Line, State
from segl_delivery.receipts.since import Fates, Since, fate_of
from segl_delivery.receipts.texts import ReceiptKind
from segl_delivery.receipts.view import Tls

SCHEMA: Final = "segl-receipt/1"
MOST_LISTED: Final = 1_000  # recipients; a megabyte


def machine_form(
    message: SentMessage,
    kind: ReceiptKind | None,
    tls: Mapping[str, Tls],
    *,
    number: int,
    now: float,
    fates: Fates | None = None,
) -> dict[str, Any]:
    """*message*, colleagues too (and copies, where it is only looked at); in a receipt of very many those who have it
    are counted alone. *number* counts a message's receipts from 1; *kind* is ``None`` when it is only looked at, and
    whole; *fates*: what became of sealed copies until *now*."""
    lines: Sequence[Line] = message.told_of
    whole = kind is None or len(lines) <= MOST_LISTED
    if not whole:
        lines = [line for line in lines if line.state not in (State.SENT, State.SEALED)][:MOST_LISTED]
    return {
        "schema": SCHEMA,
        "kind": kind.value if kind is not None else None,
        "id": message.id,
        "number": number,
        "message_id": message.message_id,
        "sender": message.sender,
        "sent_at": iso(message.at),
        "written_at": iso(now),
        "complete": message.complete,
        "reasons": list(message.reasons),
        "counts": _counts(message.told_of),
        "unheard_of": message.unheard,
        "whole": whole,
        "recipients": [
            _recipient(line, tls.get(line.recipient), fate_of(line, fates or {})) for line in lines
        ],
    }


def _counts(lines: Sequence[Line]) -> list[dict[str, Any]]:
    counted = Counter((line.way, line.state) for line in lines)
    return [
        {"way": way and way.value, "state": state.value, "number": number}
        for (way, state), number in sorted(counted.items(), key=lambda one: (one[0][0] or "", one[0][1]))
    ]


def _recipient(line: Line, tls: Tls | None, since: Since | None) -> dict[str, Any]:
    return {
        "recipient": line.recipient,
        "original": line.original,
        "state": line.state.value,
        "way": line.way.value if line.way else None,
        "at": iso(line.at) if line.at else None,
        "status": line.status or None,
        "host": line.host or None,
        "detail": line.detail or None,
        "evidence": line.evidence or None,
        "tls": tls
        and {
            "version": tls.version,
            "cipher": tls.cipher,
            "level": tls.level.lower(),
            "host": tls.host,
            "proof": tls.proof and tls.proof.value,
        },
        "sealed_id": line.sealed_id or None,
        "since": since and {"fate": since.fate.value, "at": iso(since.at) if since.at else None},
        "retry_until": iso(line.retry_until) if line.retry_until else None,
        "queue_id": line.queue_id or None,
    }


def iso(moment: float) -> str:
    """UTC, to the second (RFC 3339)."""
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
