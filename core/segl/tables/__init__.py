"""The tables of the store (:mod:`segl.store`), a file a subject. Importing this package brings them all."""

from __future__ import annotations

from segl.tables import audit, base, certificates, decisions, domains, receipts, sealed
from segl.tables.base import meta, metadata

__all__ = ["audit", "base", "certificates", "decisions", "domains", "meta", "metadata", "receipts", "sealed"]
