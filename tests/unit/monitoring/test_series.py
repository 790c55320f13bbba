"""Which process gives out which numbers, and which series begin at nought."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from segl import metrics
from segl.decisions.said import Says
from segl.sealed.news import NewsKind
from segl_delivery.inbound.judging import SignatureResult
from segl_delivery.receipts.texts import ReceiptKind
from segl_portal.answering.outcome import Why
from segl_portal.answering.scanner import ScanResult as ScanFinding
from segl_portal.visits.service import Denied
from segl_routing.fallback.failures import Failure


def test_each_process_gives_out_its_own_gauges_alone() -> None:
    """Else segl-map tells of a segl-milter with no workers, and nobody misses the one that is gone."""
    bare = {
        next(iter(metric.describe())).name
        for metric in vars(metrics).values()
        if isinstance(metric, Gauge) and not metric._labelnames
    }
    owners: dict[str, list[str]] = {name: [] for name in bare}
    for process in ("segl-milter", "segl-map", "segl-deliver", "segl-portal"):
        given = {family.name for family in metrics.registry_of(process).collect()}
        assert "segl_reloads" in given
        for name in bare & given:
            owners[name].append(process)
    assert len(owners.pop("segl_store_locked_since_seconds")) == 3, "each that has the store open"
    assert {name: len(who) for name, who in owners.items()} == dict.fromkeys(owners, 1)
    assert owners["segl_workers"] == ["segl-milter"]


def test_series_that_begin_at_nought_bear_words_that_the_code_uses() -> None:
    """Who renames a word of an enumeration would else have two series, one of which never moves."""
    words: list[tuple[Counter | Histogram, int, set[str]]] = [
        (metrics.FALLBACKS, 0, {one.value for one in Failure}),
        (metrics.SEALED_NEWS, 0, {*(one.value for one in NewsKind), "reminder"}),
        (metrics.RECEIPTS, 0, {one.value for one in ReceiptKind}),
        (metrics.FEEDBACK, 0, {one.value for one in Says}),
        (metrics.PORTAL_GIVEN, 0, {"opened", *(one.value for one in Denied)}),
        (metrics.ANSWERS, 0, {"sent", *(one.value for one in Why)}),
        (metrics.SCANS, 0, {one.value for one in ScanFinding}),
        (metrics.INBOUND, 1, {one.value for one in SignatureResult}),
    ]
    begun = {metric: labels for series in metrics.FROM_THE_START.values() for metric, labels in series}
    for metric, at, known in words:
        begins = {str(word) for word in begun[metric][at]}
        assert begins <= known, metric
        assert begins
