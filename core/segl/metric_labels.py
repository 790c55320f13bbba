"""The values of metric labels that no other enum gives: closed sets, so that the number of series is bounded.

Others are in :mod:`segl.vocabulary`, or with what is counted (how an answer was refused, what a probe said). The names
of tunnel lists, canary sinks and nodes come from the settings.
"""

from __future__ import annotations

from enum import StrEnum


class ReloadResult(StrEnum):
    OK = "ok"
    REFUSED = "refused"


class PolicyChange(StrEnum):
    """What a policy made of a verdict."""

    RAISED = "raised"
    LOWERED = "lowered"


class RecordResult(StrEnum):
    """What became of the record of a decision: the first three in segl-milter, the others in segl-deliver."""

    SENT = "sent"
    LATE = "late"  # sent when the reader was back
    LOST = "lost"
    WRITTEN = "written"
    REFUSED = "refused"  # it is no record
    DROPPED = "dropped"


class MapName(StrEnum):
    TRANSPORT = "transport"
    TLS_POLICY = "tlspolicy"
    OTHER = "other"


class MemoryResult(StrEnum):
    HIT = "hit"
    MISS = "miss"


class AnnouncedResult(StrEnum):
    TAKEN = "taken"
    DROPPED = "dropped"


class LookResult(StrEnum):
    DONE = "done"
    FAILED = "failed"


class DnsResult(StrEnum):
    FOUND = "found"
    MISSING = "missing"  # for certain
    FAILED = "failed"


class ProofAnswer(StrEnum):
    """What a proof said of a domain."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    FAILS = "fails"  # it was promised and does not hold


class DeliveryResult(StrEnum):
    """What segl-deliver answered for a recipient, by the class of its reply."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    REFUSED = "refused"

    @classmethod
    def of(cls, code: int) -> DeliveryResult:
        return {2: cls.DELIVERED, 5: cls.REFUSED}.get(code // 100, cls.DEFERRED)


class InboundEncryption(StrEnum):
    """What became of the encryption of a message that came in."""

    OPENED = "opened"
    NOT_OPENED = "not-opened"
    NOT_ENCRYPTED = "not-encrypted"

    @classmethod
    def of(cls, opened: bool | None) -> InboundEncryption:
        """*opened* is ``None`` for a message that was not encrypted."""
        return {True: cls.OPENED, False: cls.NOT_OPENED, None: cls.NOT_ENCRYPTED}[opened]


class ReportResult(StrEnum):
    """What a delivery report turned out to be."""

    TAKEN = "taken"  # of one of our messages
    ORDINARY = "ordinary"
    CANARY = "canary"


class Mailing(StrEnum):
    """What is sent beside receipts and news, and counted among them."""

    WEEKLY = "weekly"  # the report to the postmaster
    REMINDER = "reminder"  # to a recipient who has not opened her message


class SendResult(StrEnum):
    SENT = "sent"
    FAILED = "failed"


class CodeChannel(StrEnum):
    MAIL = "mail"
    SMS = "sms"


class PortalResult(StrEnum):
    """The good ends of what somebody does at the portal; why it came to none is said by segl_portal's own enums."""

    PROMISED = "promised"  # a code
    OPENED = "opened"
    SENT = "sent"  # an answer
    AGAIN = "again"  # one that had been sent already


class VisitorAddress(StrEnum):
    """Whether it is known whose a visit to the portal is."""

    KNOWN = "known"
    MISSING = "missing"  # the web server before us does not say, or names this host
    UNTRUSTED = "untrusted"  # it is not in portal.web.trusted_proxies


class HttpAnswer(StrEnum):
    """The class of an answer by its status (RFC 9110 §15), or that there was none."""

    INFORMATIONAL = "1xx"
    SUCCESSFUL = "2xx"
    REDIRECTION = "3xx"
    CLIENT_ERROR = "4xx"
    SERVER_ERROR = "5xx"
    BROKEN = "broken"

    @classmethod
    def of(cls, status: int | None) -> HttpAnswer:
        return cls.BROKEN if status is None else cls(f"{status // 100}xx")


class CertificateEnd(StrEnum):
    """Whose certificate ends."""

    TUNNEL = "tunnel"
    PORTAL = "portal"
    TRUST = "trust"
    RECIPIENTS = "recipients"  # in certificates.folder
