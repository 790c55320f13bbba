"""What `segl doctor` says of receipts: the log in which they find how TLS protected deliveries, and who signs."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from segl.addresses import domain_of
from segl.errors import SeglError
from segl.postfix.check import AS_ROOT, Check, State, judge
from segl.settings.document import Settings
from segl_delivery.keyring import KeyRing
from segl_delivery.own_keys.signing import Signing
from segl_delivery.receipts.follow import is_silent, log_of
from segl_delivery.receipts.journal import NAME, is_there
from segl_delivery.receipts.log_trust import forgeable
from segl_delivery.receipts.unread_log import unread_in

_WHY = "receipts say of deliveries by TLS that the details were not recorded"


def receipt_checks(settings: Settings) -> Iterator[Check]:
    """The checks `receipts.log` and `receipts.sign`."""
    yield from _log(settings)
    if settings.receipts.sign:
        yield _signer(settings)


def _signer(settings: Settings) -> Check:
    domain = domain_of(settings.owners.first.receipt_sender)
    ring = KeyRing(settings.delivery.keys, settings.delivery.keys_passphrase, lambda *_: None)
    try:
        signer = Signing(ring, settings).signer_for(domain)
    except (SeglError, OSError, ValueError) as error:
        text = error.private if isinstance(error, SeglError) else str(error)
        return Check("receipts.sign", State.UNKNOWN, text, "receipts may go unsigned", AS_ROOT)
    return judge(
        "receipts.sign",
        signer is not None,
        f"{domain}: {'there is a key that signs' if signer is not None else 'no key signs for it'}",
        why="receipts go unsigned",
        fix="segl key new, or name a key in delivery.sign_keys",
        bad=State.WARN,
    )


def _log(settings: Settings) -> Iterator[Check]:
    """Root may read everything: what counts is that others than root may."""
    log = log_of(settings)
    if log == NAME and not is_there():
        yield Check("receipts.log", State.WARN, "this host has no journal", _WHY, "see receipts.log")
        return
    if log in (None, NAME) and is_there():
        yield _read(settings, NAME, Check("receipts.log", State.OK, "the journal"))
        return
    if log is None:
        fix = "install rsyslog, or set maillog_file in both instances"
        yield Check("receipts.log", State.WARN, "Postfix logs to no file", _WHY, fix)
        return
    try:
        mode, fault = log.stat().st_mode, forgeable(log)
    except OSError as error:
        yield Check("receipts.log", State.WARN, f"{log}: {error.strerror}", _WHY, "see receipts.log")
        return
    if fault:
        why = f"{_WHY}: whoever may write there could make it up"
        fix = "let Postfix or the system's log daemon alone write there (chown, chmod), or set receipts.log"
        yield Check("receipts.log", State.WARN, f"{log}: {fault}", why, fix)
        return
    if is_silent(log, settings):
        found = f"{log}: Postfix has worked since its last line"
        fix = "see who should write it (systemctl status rsyslog), or set receipts.log"
        yield Check("receipts.log", State.WARN, found, f"{_WHY}: nobody writes there any more", fix)
        return
    may = judge(
        "receipts.log",
        bool(mode & (stat.S_IRGRP | stat.S_IROTH)),
        f"{log}, mode {stat.S_IMODE(mode):04o}",
        why=f"{_WHY}: segl-deliver may not read it",
        fix="let the group adm read it (chgrp adm, chmod g+r; maillog_file_permissions = 0640 in Postfix 3.9)",
        bad=State.WARN,
    )
    yield may if may.state is State.WARN else _read(settings, log, may)


def _read(settings: Settings, log: Path, may: Check) -> Check:
    """*may*, where segl-deliver has noted that it read what is there: that root may read it, and its mode, say nothing
    of a unit's own settings."""
    from segl.store.engine import open_existing, transaction

    try:
        engine = open_existing(settings.store.url)
        try:
            with transaction(engine) as connection:
                unread = unread_in(connection, settings.store.node_name, log)
        finally:
            engine.dispose()
    except (SeglError, OSError, ValueError, KeyError) as error:
        text = error.private if isinstance(error, SeglError) else str(error)
        return replace(may, found=f"{may.found}; whether segl-deliver reads it cannot be told ({text})")
    if not unread:
        return may
    fix = "journalctl -u segl-deliver (log_not_read says why), and its unit: systemctl cat segl-deliver"
    return Check("receipts.log", State.WARN, f"{may.found}: segl-deliver has not read {unread}", _WHY, fix)
