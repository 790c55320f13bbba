"""Every Prometheus metric of Segl, with its help text: this file is the list.

Labels come from closed sets, so the number of series is bounded: from enums (:mod:`segl.vocabulary`,
:mod:`segl.metric_labels`, those of whoever counts) and from names in the settings (tunnel lists, canary sinks, nodes).
A test sees to it that no text is written where something is counted.

A process that forks (the milter) must count in all its children: ``prepare_multiprocess`` gives the
client library a directory to share values in. It has to run before this module is first imported,
because the library chooses its storage when it is loaded; that is why it lives in
:mod:`segl.multiprocess`.
"""

from __future__ import annotations

import errno
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    multiprocess,
    start_http_server,
)
from prometheus_client.registry import Collector

from segl.errors import SeglError
from segl.metric_labels import (
    CodeChannel,
    DeliveryResult,
    DnsResult,
    InboundEncryption,
    PolicyChange,
    PortalResult,
    ReloadResult,
    ReportResult,
    SendResult,
    VisitorAddress,
)
from segl.vocabulary import Decision, Doubt, Label, Mode, Proof, Unreadable, Way

_SCAN_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# A message may take as long as Postfix waits. Of what lies beyond the last bound histogram_quantile() says that bound:
# an alert on ten seconds would never rise with ten as the last.
_MESSAGE_BUCKETS = (*_SCAN_BUCKETS, 20.0, 30.0, 60.0)

# Few: there are five stages, and a file for each process.
_STAGE_BUCKETS = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0)

MESSAGES = Counter("segl_messages", "Messages that got a verdict", ["decision", "mode"])
LABELS = Counter("segl_labels", "Categories found, by message", ["label"])
DOUBTS = Counter("segl_doubts", "Messages with no certain category, by what the model said", ["doubt"])
VETOES = Counter("segl_vetoes", "Messages in which a rule of the house took a category out")
UNREADABLE = Counter("segl_unreadable", "Parts that could not be read, by cause", ["cause"])
REQUESTED = Counter("segl_requested", "Messages whose sender asked for the secure way by subject tag")
ANSWERS_SEALED = Counter(
    "segl_answers_sealed", "Messages that answer what somebody wrote in the portal, and so are secure"
)
POLICY_VERDICTS = Counter(
    "segl_policy_verdicts",
    "Messages whose verdict a policy changed, by whether it raised or lowered it",
    ["change"],
)
FORGED = Counter(
    "segl_forged_headers",
    "X-Segl and TLS-Required headers of senders: taken off, or refused with their message",
)
SCAN_SECONDS = Histogram("segl_scan_seconds", "Time from end of message to verdict", buckets=_MESSAGE_BUCKETS)
STAGE_SECONDS = Histogram(
    "segl_stage_seconds",
    "Time of one message in each stage of the classifier: parse, extract, detect, understand, decide",
    ["stage"],
    buckets=_STAGE_BUCKETS,
)
SCAN_FAILURES = Counter(
    "segl_scan_failures", "Messages answered 451 because of a fault of ours, or of too much mail at once"
)
DECISIONS = Counter(
    "segl_decisions", "Records of decisions on their way into the store, by what became of them", ["result"]
)
FEEDBACK = Counter("segl_feedback", "What senders said of decisions by the link in their receipt", ["says"])
WORKERS = Gauge("segl_workers", "Milter workers alive", multiprocess_mode="mostrecent")
# What segl_messages{mode="shadow"} cannot tell at night, or at a small house: that nothing is protected now.
MODE = Gauge(
    "segl_mode",
    "1 for the mode segl-milter runs in, 0 for the others",
    ["mode"],
    multiprocess_mode="mostrecent",
)
WORKER_DEATHS = Counter(
    "segl_worker_deaths", "Workers of segl-milter or segl-portal that died and were replaced"
)
ACCEPT_FAILURES = Counter(
    "segl_accept_failures", "Times that a process could not take a connection: no descriptor, no memory"
)
RELOADS = Counter("segl_reloads", "Reloads of settings and rules", ["result"])

MAP_REQUESTS = Counter("segl_map_requests", "Socketmap requests, by map and answer", ["map", "answer"])
MAP_SECONDS = Histogram("segl_map_seconds", "Time to answer a socketmap request", buckets=_SCAN_BUCKETS)
MAP_MEMORY = Counter(
    "segl_map_memory", "Questions for a recipient's way, by whether memory had all it takes", ["result"]
)
ANNOUNCED = Counter("segl_announced", "Recipients that the milter announced to segl-map", ["result"])
ROUTES = Counter("segl_routes", "Route answers, by way (Postfix asks several times for a recipient)", ["way"])
# The map is told of recipients, not of messages, and of each several times: a recipient is counted when its way is
# told for the first time (of the last 10,000) or has changed. What share of deliveries took which way, message by
# message, is in segl_deliveries and in the receipts.
TLS_PROOFS = Counter("segl_tls_proofs", "Recipients by forced TLS, by the proof that was taken", ["proof"])
PROOFS = Counter("segl_proofs", "Checks of domains, by proof and what it said", ["proof", "answer"])
FALLBACKS = Counter(
    "segl_fallbacks", "Domains marked because forced TLS failed at delivery, by kind of failure", ["failure"]
)
FALLBACK_MINUTES = Histogram(
    "segl_fallback_minutes",
    "Minutes in the queue of the copy that waited longest when its domain was marked",
    buckets=(1, 2, 5, 10, 15, 30, 60, 120, 240, 1440),
)
MARKED_DOMAINS = Gauge("segl_marked_domains", "Domains that take the next way after forced TLS failed")
QUEUE_LOOKS = Counter("segl_queue_looks", "Looks at the secure instance's queue, by result", ["result"])
QUEUE_MESSAGES = Gauge("segl_queue_messages", "Messages in the secure instance's queue at the last look")
QUEUE_OLDEST = Gauge(
    "segl_queue_oldest_seconds", "Since the message arrived that is in the secure instance's queue longest"
)
CERTIFICATE_SEARCHES = Counter(
    "segl_certificate_searches", "Searches for a recipient's own certificate, by how they ended", ["result"]
)
DNS_ANSWERS = Counter(
    "segl_dns_answers",
    "Questions of segl-map to name servers: found, missing for certain, or failed",
    ["result"],
)
PROBES = Counter("segl_probes", "STARTTLS probes of MX hosts, by result", ["result"])
STS_FETCHES = Counter(
    "segl_sts_fetches", "MTA-STS policies asked of web servers, by mode or by what was wrong", ["result"]
)

DELIVERIES = Counter(
    "segl_deliveries", "Recipients served by segl-deliver, by way and result", ["way", "result"]
)
INBOUND = Counter(
    "segl_inbound",
    "Messages that came in encrypted or signed, by what became of both",
    ["encryption", "signature"],
)
SEALED_BYTES = Counter("segl_sealed_bytes", "Bytes sealed to disk")
PORTAL_ASKED = Counter("segl_portal_asked", "Codes asked for at the portal, by answer", ["answer"])
PORTAL_VISITORS = Counter(
    "segl_portal_visitors",
    "Codes asked for at the portal, by whether the asker's address was known",
    ["address"],
)
PORTAL_GIVEN = Counter("segl_portal_given", "Codes given at the portal, by answer", ["answer"])
ANSWERS = Counter("segl_portal_answers", "Answers given at the portal, by how taking them ended", ["result"])
SCANS = Counter("segl_portal_scans", "Files of answers shown to the virus scanner, by what it said", ["said"])
PORTAL_CODES = Counter("segl_portal_codes", "Codes on their way, by channel and result", ["by", "result"])
PORTAL_REQUESTS = Counter(
    "segl_portal_requests", "Requests to segl-portal, by page and kind of answer", ["page", "answer"]
)
PORTAL_SECONDS = Histogram(
    "segl_portal_seconds",
    "Time from a request to the end of its answer, by page",
    ["page"],
    buckets=_SCAN_BUCKETS,
)
SEALED_NEWS = Counter(
    "segl_sealed_news", "Mails about sealed messages, by kind and result", ["kind", "result"]
)
DELIVERY_SECONDS = Histogram(
    "segl_delivery_seconds", "Time from end of LMTP data to reply, by way", ["way"], buckets=_SCAN_BUCKETS
)
# What the portal's share is read from, over any span: the increase with way="portal" by that of all ways. Counted as
# `segl domains` counts: each outside recipient of each message once, when a report first says that his copy was taken.
RECIPIENTS = Counter("segl_recipients", "Outside recipients who were served, by way", ["way"])
REPORTS = Counter("segl_reports", "Delivery reports that came to segl-deliver, by what they are", ["result"])
RECEIPTS = Counter("segl_receipts", "Receipts sent, by kind", ["kind"])
RECEIPT_SECONDS = Histogram(
    "segl_receipt_seconds",
    "Time from the latest news of a message to its receipt",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)
RECEIPTS_DUE = Gauge("segl_receipts_due", "Receipts whose time has come, and which are not sent")
# How canaries fare (segl.canary), as the store has it: one series for each sink of the settings and each node.
CANARY_RESULTS = Gauge(
    "segl_canary_results",
    "Canaries sent in the last 24 hours, by sink, by the node that sent them, and how they fare",
    ["sink", "host", "result"],
)
CANARY_OVERDUE = Gauge(
    "segl_canary_overdue_seconds",
    "Since a canary of that node should have arrived as it should; below zero: none is missing",
    ["sink", "host"],
)
CANARY_SECONDS = Gauge(
    "segl_canary_seconds", "What the last canary that was seen again took", ["sink", "host"]
)
CANARY_LOOKED = Gauge(
    "segl_canary_looked_timestamp_seconds",
    "When segl-deliver last read in the store how canaries fare; the other numbers are as old as this",
)
CANARY_MILTER_MISSING = Gauge(
    "segl_canary_milter_missing",
    "Hosts whose front leaves the milter out, by its settings; NaN: nobody has looked",
)
CANARY_LEAKS = Gauge(
    "segl_canary_leaks",
    "Hosts whose Postfix settings let mail out in clear, or keep it from passing; NaN: nobody has looked",
)

# As `segl hold tell` on each node saw it last.
HELD_MESSAGES = Gauge("segl_held_messages", "Messages on hold that wait for a person's decision", ["host"])
HELD_OLDEST = Gauge("segl_held_oldest_seconds", "Since the one came in that has waited longest", ["host"])
HELD_LOOKED = Gauge(
    "segl_held_looked_timestamp_seconds", "When that node's hold queue was looked at last", ["host"]
)

AUDIT_WENT_BACK = Gauge(
    "segl_audit_went_back",
    "1 once the audit trail no longer had the entry that was its end an hour before, until segl-deliver starts anew",
)
SEALED_MISSING = Gauge(
    "segl_sealed_missing",
    "Sealed messages that could be opened and have lost their file, at the last look of the hour (500 at most)",
)
OWN_KEY_DAYS = Gauge(
    "segl_own_key_days",
    "Until the first of our own active keys ends (looked at every hour); 0: one cannot be used; NaN: there is none",
)

CERTIFICATE_END = Gauge(
    "segl_certificate_end_timestamp_seconds",
    "When the first certificate ends: of partners, recipients as given by hand, the portal, authorities; NaN: none",
    ["of"],
    multiprocess_mode="mostrecent",
)

STORE_LOCKED = Gauge(
    "segl_store_locked_since_seconds",
    "Since when another program keeps the store's file to itself (Unix time); 0 when nobody does",
    multiprocess_mode="mostrecent",
)
# One series for each [[tunnel_list]] of the settings. NaN: nothing was accepted yet, or it has no end.
TUNNEL_LIST_AGE = Gauge(
    "segl_tunnel_list_age_seconds",
    "Since the list's source last gave a good list, or said none is newer",
    ["list"],
)
TUNNEL_LIST_LEFT = Gauge(
    "segl_tunnel_list_expires_in_seconds", "Until the accepted list ends; below zero, grace runs", ["list"]
)
TUNNEL_LIST_CERTIFICATE_DAYS = Gauge(
    "segl_tunnel_list_certificate_days", "Until the first certificate in use at its acceptance ends", ["list"]
)
TUNNEL_LIST_DOMAINS = Gauge(
    "segl_tunnel_list_domains", "Domains of the accepted list that could be encrypted to then", ["list"]
)


# The library gives out every gauge without labels from the start, 0 where nobody sets it: segl-map would tell of a
# segl-milter without workers. So each process gives out its own alone.
_GAUGES: Final[Mapping[str, tuple[Gauge, ...]]] = {
    "segl-milter": (WORKERS,),
    "segl-map": (MARKED_DOMAINS, QUEUE_MESSAGES, QUEUE_OLDEST, STORE_LOCKED),
    "segl-deliver": (
        RECEIPTS_DUE,
        CANARY_LOOKED,
        CANARY_MILTER_MISSING,
        CANARY_LEAKS,
        OWN_KEY_DAYS,
        AUDIT_WENT_BACK,
        SEALED_MISSING,
        STORE_LOCKED,
    ),
    "segl-portal": (STORE_LOCKED,),
}
_RELOADS: Final = (RELOADS, (ReloadResult,))
_GIVEN_UP_SECONDS: Final = 3.0  # for which a port is waited for
# What each process counts from the start. A series that begins with its first event never grew by it: ``increase()``
# would not see the first fault, and a panel would stay empty until there is one.
FROM_THE_START: Final[Mapping[str, tuple[tuple[Counter | Histogram, tuple[Iterable[str], ...]], ...]]] = {
    "segl-milter": (
        (MESSAGES, (Decision, Mode)),
        (LABELS, (Label,)),
        (DOUBTS, (Doubt,)),
        (UNREADABLE, (Unreadable,)),
        (POLICY_VERDICTS, (PolicyChange,)),
        _RELOADS,
    ),
    "segl-map": (
        (TLS_PROOFS, ([proof for proof in Proof if proof is not Proof.SEALED],)),
        (FALLBACKS, (("tls", "connection", "later"),)),
        (DNS_ANSWERS, (DnsResult,)),
        _RELOADS,
    ),
    "segl-deliver": (
        (DELIVERIES, ((Way.TUNNEL, Way.CERTIFICATE, Way.PORTAL), DeliveryResult)),
        (DELIVERY_SECONDS, ((Way.TUNNEL, Way.CERTIFICATE, Way.PORTAL),)),
        (INBOUND, (InboundEncryption, ("none",))),
        (RECIPIENTS, (Way,)),
        (REPORTS, (ReportResult,)),
        (RECEIPTS, (("sent", "so-far", "delayed", "failed"),)),
        (SEALED_NEWS, (("opened", "ending", "ended", "reminder"), SendResult)),
        _RELOADS,
    ),
    "segl-portal": (
        (PORTAL_ASKED, ((PortalResult.PROMISED,),)),
        (PORTAL_VISITORS, (VisitorAddress,)),
        (PORTAL_GIVEN, (("opened", "wrong"),)),
        (PORTAL_CODES, (CodeChannel, SendResult)),
        (ANSWERS, (("sent", "not-sent"),)),
        (SCANS, (("clean", "found", "unknown"),)),
        (FEEDBACK, (("wrong", "right"),)),
        _RELOADS,
    ),
}


def begin(process: str) -> None:
    """Have the series of *process* that will be wanted begin at 0; before it forks."""
    for metric, labels in FROM_THE_START[process]:
        for values in product(*labels):
            metric.labels(*map(str, values))


def serve(host: str, port: int, process: str, *, patience: float = 0.0) -> None:
    """Serve the metrics of *process* and of the children it forks on ``http://host:port/metrics``; nowhere where the
    port is 0. *patience*: how many seconds to wait where somebody else has it. Raises :class:`SeglError`."""
    if not port:
        return
    begin(process)
    end = time.monotonic() + patience
    while not _is_served(host, port, process, last=time.monotonic() >= end):
        time.sleep(0.1)


def _is_served(host: str, port: int, process: str, *, last: bool) -> bool:
    """False while another has the port, unless this was the *last* try."""
    try:
        start_http_server(port, host, registry=registry_of(process))
    except OSError as error:
        if error.errno != errno.EADDRINUSE or last:
            raise _not_served(host, port, process, error) from None
        return False
    return True


def try_port(host: str, port: int, process: str) -> None:
    """Raises :class:`SeglError` where :func:`serve` would; for a parent that has a child serve. Waits a moment for the
    child of a parent before, that was killed: it is about to end. Blocking."""
    until = time.monotonic() + _GIVEN_UP_SECONDS
    while True:
        try:
            socket.create_server((host, port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise _not_served(host, port, process, error) from None
        else:
            return
        time.sleep(0.05)


def _not_served(host: str, port: int, process: str, error: OSError) -> SeglError:
    key = f"metrics.{process.removeprefix('segl-')}_port"
    hint = f"ss -ltnp tells who listens there; {key} 0 serves none, metrics.host is an address of this host"
    return SeglError("metrics cannot be served", f"{key}: {host}:{port}: {error.strerror or error}", hint)


def show_mode(mode: Mode) -> None:
    for each in Mode:
        MODE.labels(each).set(each is mode)


def registry_of(process: str) -> CollectorRegistry:
    """What *process* and the children it forks give out."""
    every = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        every = CollectorRegistry()
        multiprocess.MultiProcessCollector(every)  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    registry.register(_Own(every, process))
    return registry


class _Own(Collector):
    def __init__(self, every: CollectorRegistry, process: str) -> None:
        self._every = every
        others = {gauge for gauges in _GAUGES.values() for gauge in gauges} - set(_GAUGES[process])
        self._left_out = {family.name for gauge in others for family in gauge.describe()}

    def collect(self) -> Iterator[Metric]:
        return (family for family in self._every.collect() if family.name not in self._left_out)
