"""Certificates that were kept on purpose: imported by the postmaster, or harvested from signed mail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from segl.certificates.judgement import fingerprint
from segl.certificates.names import mail_key
from segl.certificates.recipient import load_der, unfit
from segl.certificates.records import CertificateRecords, CertificateRow
from segl.errors import StoreError
from segl_routing.certificates.sources import Answer, Offer

HARVESTED: Final = "harvest"
IMPORTED: Final = "import"


class KeptSource:
    """The kept rows of the store. See :class:`segl_routing.certificates.sources.Source`."""

    name: Final = "kept"

    def __init__(self, records: CertificateRecords) -> None:
        self._records = records

    async def ask(self, address: str) -> Answer:
        try:
            rows = await asyncio.to_thread(self._records.kept, address)
        except StoreError as error:
            return Answer.unknown(error.public)
        return Answer.of([offer for row in rows if (offer := offer_of(row))], "has none")

    async def close(self) -> None:
        return


def harvest(
    certificate: x509.Certificate,
    address: str,
    verified_chain: Sequence[x509.Certificate],
    records: CertificateRecords,
    *,
    now: float | None = None,
) -> str:
    """Keep the *certificate* of the signer of a message from *address*, whose signature and chain the caller
    has verified; ``""``, or why it was not kept.

    *verified_chain* is what led from it to a trusted authority. It is judged again whenever it is to be used, so
    a certificate that is revoked later is harmless here.

    One that is only for signatures is common (a holder may have one for each) and is not kept. So is one that
    does not name the sender: else whoever can sign could name himself the reader of another's mail.
    """
    moment = time.time() if now is None else now
    key = mail_key(address)
    if not key:
        return "the sender has no mail address"
    if fault := unfit(certificate, key, datetime.fromtimestamp(moment, UTC)):
        return fault
    records.keep(kept_row(certificate, key, HARVESTED, moment, along=verified_chain))
    return ""


def kept_row(
    certificate: x509.Certificate,
    address: str,
    source: str,
    now: float,
    *,
    along: Sequence[x509.Certificate] = (),
    bound: bool = False,
) -> CertificateRow:
    """A row to keep for *address* (a mail key)."""
    own = fingerprint(certificate)
    return CertificateRow(
        address=address,
        fingerprint=own,
        der=certificate.public_bytes(Encoding.DER),
        source=source,
        found_at=now,
        checked_at=now,
        bound=bound,
        chain=tuple(entry.public_bytes(Encoding.DER) for entry in along if fingerprint(entry) != own),
    )


def offer_of(row: CertificateRow) -> Offer | None:
    try:
        along = tuple(load_der(der) for der in row.chain)
        return Offer(load_der(row.der), along, bound=row.bound, vouched=row.vouched)
    except ValueError:
        return None
