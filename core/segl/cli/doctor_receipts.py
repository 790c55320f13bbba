"""What `segl doctor` says of the log in which receipts find how TLS protected deliveries."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from segl.postfix.check import Check, State, judge
from segl.settings import Settings
from segl_delivery.receipts.follow import log_of
from segl_delivery.receipts.journal import is_there

_WHY = "receipts say of deliveries by TLS that the details were not recorded"


def receipt_checks(settings: Settings) -> Iterator[Check]:
    """The check `receipts.log`. Root may read everything: what counts is that others than root may."""
    log = log_of(settings)
    if log is None and is_there():
        yield Check("receipts.log", State.OK, "the journal")
        return
    if log is None:
        fix = "install rsyslog, or set maillog_file in both instances"
        yield Check("receipts.log", State.WARN, "Postfix logs to no file", _WHY, fix)
        return
    try:
        mode = log.stat().st_mode
    except OSError as error:
        yield Check("receipts.log", State.WARN, f"{log}: {error.strerror}", _WHY, "see receipts.log")
        return
    yield judge(
        "receipts.log",
        bool(mode & (stat.S_IRGRP | stat.S_IROTH)),
        f"{log}, mode {stat.S_IMODE(mode):04o}",
        why=f"{_WHY}: segl-deliver may not read it",
        fix="let the group adm read it (chgrp adm, chmod g+r; maillog_file_permissions = 0640 in Postfix 3.9)",
        bad=State.WARN,
    )
