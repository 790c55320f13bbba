"""What must hold for receipts: delivery reports about our messages must reach segl-deliver, and nothing else may.

Without it nothing leaves unseen; senders get Postfix's own reports, or none of what came back behind the return port.
"""

from __future__ import annotations

from collections.abc import Iterator

from segl.errors import SeglError
from segl.postfix.check import INSTALL, RECEIPT, REPORT, Check, Setup, State, judge
from segl.postfix.conf import REPORT_OPTIONS, REPORTERS
from segl.postfix.running import Instance
from segl.postfix.tables import TableUnread, look_up
from segl.receipts.key import ReceiptKey

_WHY = "senders are not told what became of their messages, or are told by Postfix in its own words"
_NAME = "0a" * 32
_ASKED = "NOTIFY=SUCCESS,FAILURE,DELAY"


def reports_table(setup: Setup) -> str:
    """The header_checks of the secure instance's report writer."""
    return f"regexp:{{{{/^From:/ FILTER {setup.receipt_filter}}}}}"


def report_checks(setup: Setup) -> Iterator[Check]:
    """The way of reports in both instances, and the key."""
    yield _told("secure.reports", _secure_fault(setup))
    yield _told("front.reports", _front_fault(setup))
    try:
        ReceiptKey.load(setup.settings.receipts.key)
    except SeglError as error:
        yield Check("receipts.key", State.WARN, error.private, "there are no receipts", error.hint)
    else:
        yield Check("receipts.key", State.OK, str(setup.settings.receipts.key))


def _told(id_: str, fault: str) -> Check:
    return judge(id_, not fault, fault or "reports reach segl-deliver", why=_WHY, fix=INSTALL, bad=State.WARN)


def _common_fault(instance: Instance, line: str, table: str, wanted: str) -> str:
    for key in REPORTERS:
        name, kind = key.split("/")
        service = instance.service(name, kind)
        for option, value in REPORT_OPTIONS.items():
            found = instance.value(option, service)
            if found != value:
                return f"{key}: {option} = {found or '(empty)'}"
    report, receipt = instance.service(REPORT, "unix"), instance.service(RECEIPT, "unix")
    for name, found_service, program in ((REPORT, report, "cleanup"), (RECEIPT, receipt, "lmtp")):
        if found_service is None or found_service.program != program:
            return f"{name} is {'missing' if found_service is None else f'{found_service.program}, not {program}'}"
    try:
        answer = look_up(instance.value(table, report), [line], instance.directory).get(line, "")
    except TableUnread as error:
        return error.private
    return "" if answer == wanted else f"{REPORT}: {line[:24]} → {answer or 'nothing'}, not {wanted}"


def _secure_fault(setup: Setup) -> str:
    fault = _common_fault(setup.secure, "From: x", "header_checks", f"FILTER {setup.receipt_filter}")
    return fault or _not_asked_for(setup.secure)


def _not_asked_for(instance: Instance) -> str:
    """Of whom nobody asked for a report at the instance's door: of what aliases became, and of very many recipients."""
    for notify in (" NOTIFY=FAILURE,DELAY", " NOTIFY=FAILURE", " NOTIFY=NEVER", ""):
        given = f"RCPT TO:<bo@x.example>{notify} ORCPT=rfc822;bo@x.example"
        asked = f"RCPT TO:<bo@x.example> {_ASKED} ORCPT=rfc822;bo@x.example"
        try:
            answer = look_up(instance.value("smtpd_command_filter"), [given], instance.directory).get(
                given, ""
            )
        except TableUnread as error:
            return error.private
        if answer != asked:
            return f"smtpd_command_filter: {given[:44]} → {answer or 'nothing'}"
    return ""


def _front_fault(setup: Setup) -> str:
    line = f"Original-Envelope-Id: {_NAME}"
    fault = _common_fault(setup.front, line, "body_checks", f"FILTER {setup.receipt_filter}")
    if fault:
        return fault
    service = setup.front.service(REPORT, "unix")
    for name in ("non_smtpd_milters", "header_checks"):
        if value := setup.front.value(name, service):
            return f"{REPORT}: {name} = {value}: all reports of this Postfix pass it"
    return ""
