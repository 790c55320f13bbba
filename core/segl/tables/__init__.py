"""The tables of the store (:mod:`segl.store.engine`), a file a subject. Importing this package brings them all."""

from __future__ import annotations

from segl.tables import (
    audit,
    base,
    canary,
    certificates,
    decisions,
    domains,
    hold,
    nodes,
    receipts,
    sealed,
    settings,
)
from segl.tables.base import meta, metadata

__all__ = [
    "audit",
    "base",
    "canary",
    "certificates",
    "decisions",
    "domains",
    "hold",
    "meta",
    "metadata",
    "nodes",
    "receipts",
    "sealed",
    "settings",
]
