"""Alerts and dashboard are about metrics that exist, and each alert rises when it should and not otherwise."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from segl import metrics
from segl.decisions.said import Says
from segl.sealed.news import Kind as NewsKind
from segl_delivery.inbound.judging import SignatureResult
from segl_delivery.receipts.texts import Kind as ReceiptKind
from segl_portal.answering.outcome import Why
from segl_portal.answering.scanner import Finding as ScanFinding
from segl_portal.visits.service import Denied
from segl_routing.fallback.failures import Failure
from world import needs


@dataclass(frozen=True)
class Case:
    """Series as promtool(1) writes them, and when to look. A value each minute; for what takes days, each half hour."""

    alert: str
    at: str
    rises: dict[str, str]
    stays: dict[str, str]
    step: str = "1m"


PROCESSES = ("segl-milter", "segl-map", "segl-deliver", "segl-portal")

CASES = [
    Case(
        "SeglDown",
        "5m",
        {
            'up{job="segl-milter", instance="mx2:9401"}': "0x10",
            'up{job="segl-milter", instance="mx1:9401"}': "1x10",
        },
        {'up{job="segl-map", instance="mx1:9402"}': "1x10", 'up{job="other"}': "0x10"},
    ),
    Case("SeglMapGone", "5m", {"up": "1x10"}, {"segl_marked_domains": "0x10"}),
    Case("SeglDeliverGone", "5m", {"up": "1x10"}, {"segl_canary_looked_timestamp_seconds": "0x10"}),
    Case(
        "SeglPortalGone",
        "20m",
        {'segl_deliveries_total{way="portal",result="delivered"}': "0 1x30"},
        {'segl_deliveries_total{way="portal",result="delivered"}': "0x30"},
    ),
    Case(
        "SeglPortalGone",
        "20m",
        {'segl_deliveries_total{way="portal",result="delivered"}': "0 1x30", "segl_workers": "1x30"},
        {
            'segl_deliveries_total{way="portal",result="delivered"}': "0 1x30",
            "segl_portal_asked_total": "0x30",
        },
    ),
    Case("SeglMilterGone", "5m", {"segl_workers": "0x10"}, {"segl_workers": "2x10"}),
    Case("SeglMilterGone", "5m", {"up": "1x10"}, {"segl_workers": "2x10"}),
    Case(
        "SeglSeesNothing",
        "74h",
        {'segl_messages_total{decision="plain"}': "7x160"},
        {'segl_messages_total{decision="plain"}': "7x20 8x140"},  # quiet since ten hours after that beginning
        "30m",
    ),
    Case(
        "SeglSeesNothing",
        "74h",
        {'segl_messages_total{decision="plain"}': "7x160"},
        {'segl_messages_total{decision="plain"}': "_x20 7x140"},  # begun ten hours after that
        "30m",
    ),
    Case(
        "SeglShadow",
        "26h",
        {'segl_mode{mode="shadow"}': "1x60", 'segl_mode{mode="detect"}': "0x60"},
        {'segl_mode{mode="shadow"}': "0x60", 'segl_mode{mode="detect"}': "1x60"},
        "30m",
    ),
    Case(
        "SeglProtectsNoMore",
        "26h",
        {'segl_mode{mode="shadow"}': "0x30 1x60", 'segl_mode{mode="detect"}': "1x30 0x60"},
        {'segl_mode{mode="shadow"}': "1x60", 'segl_mode{mode="detect"}': "0x60"},
        "30m",
    ),
    Case(
        "SeglCannotRead",
        "15m",
        {"segl_scan_failures_total": "0x5 1x20"},
        {"segl_scan_failures_total": "3x30"},
    ),
    Case(
        "SeglWorkersDie",
        "70m",
        {"segl_worker_deaths_total": "0+1x90"},
        {"segl_worker_deaths_total": "0x30 1x60"},
    ),
    Case(
        "SeglSlow",
        "40m",
        {
            'segl_scan_seconds_bucket{le="10.0"}': "0+1x60",
            'segl_scan_seconds_bucket{le="20.0"}': "0+2x60",
            'segl_scan_seconds_bucket{le="+Inf"}': "0+2x60",
        },
        {'segl_scan_seconds_bucket{le="1.0"}': "0+2x60", 'segl_scan_seconds_bucket{le="+Inf"}': "0+2x60"},
    ),
    Case(
        "SeglManyUnreadable",
        "26h",
        {"segl_messages_total": "0+9x60", 'segl_unreadable_total{cause="encrypted"}': "0+9x60"},
        {"segl_messages_total": "0+9x60", 'segl_unreadable_total{cause="encrypted"}': "0x30 1x30"},
        "30m",
    ),
    Case(
        "SeglDecisionsLost",
        "15m",
        {'segl_decisions_total{result="lost"}': "0x5 7x20"},
        {'segl_decisions_total{result="sent"}': "0+9x30", 'segl_decisions_total{result="late"}': "0x5 7x20"},
    ),
    Case(
        "SeglRefusedSettings",
        "15m",
        {'segl_reloads_total{result="refused"}': "0x5 1x20"},
        {'segl_reloads_total{result="ok"}': "0x5 1x20"},
    ),
    Case(
        "SeglRoutesUndecided",
        "45m",
        {
            'segl_map_requests_total{answer="temp"}': "0+9x60",
            'segl_map_requests_total{answer="ok"}': "0+9x60",
        },
        {
            'segl_map_requests_total{answer="temp"}': "0x20 9x60",
            'segl_map_requests_total{answer="ok"}': "0+9x60",
        },
    ),
    Case(
        "SeglQueueOld",
        "30m",
        {"segl_queue_oldest_seconds": "20000x60"},
        {"segl_queue_oldest_seconds": "600x60"},
    ),
    Case("SeglQueueGrows", "90m", {"segl_queue_messages": "200+2x120"}, {"segl_queue_messages": "900-2x120"}),
    Case(
        "SeglQueueUnseen",
        "40m",
        {'segl_queue_looks_total{result="failed"}': "0+1x60"},
        {'segl_queue_looks_total{result="done"}': "0+3x60"},
    ),
    Case(
        "SeglQueueUnseen",
        "50m",
        {'segl_queue_looks_total{result="done"}': "0+3x10 30x50"},
        {'segl_queue_looks_total{result="done"}': "0 0 3 6 9+3x60"},
    ),
    Case("SeglTlsFailsEverywhere", "20m", {"segl_marked_domains": "30x60"}, {"segl_marked_domains": "3x60"}),
    Case(
        "SeglDeliveriesFail",
        "60m",
        {
            'segl_deliveries_total{way="tunnel",result="deferred"}': "0+2x90",
            'segl_deliveries_total{way="tunnel",result="delivered"}': "0+1x90",
        },
        {
            'segl_deliveries_total{way="tunnel",result="deferred"}': "0+1x90",
            'segl_deliveries_total{way="tunnel",result="delivered"}': "0+2x90",
        },
    ),
    Case(
        "SeglPortalShare",
        "8d",
        {'segl_recipients_total{way="portal"}': "0+1x400", 'segl_recipients_total{way="tls"}': "0+2x400"},
        {'segl_recipients_total{way="portal"}': "0+1x400", 'segl_recipients_total{way="tls"}': "0+9x400"},
        "30m",
    ),
    Case(
        "SeglCodesFail",
        "50m",
        {
            'segl_portal_codes_total{by="sms", result="failed"}': "0+1x60",
            'segl_portal_codes_total{by="sms", result="sent"}': "5x60",
        },
        {
            'segl_portal_codes_total{by="mail", result="failed"}': "0+1x60",
            'segl_portal_codes_total{by="mail", result="sent"}': "0+2x60",
        },
    ),
    Case(
        "SeglCodesWrong",
        "70m",
        {'segl_portal_given_total{answer="wrong"}': "0+1x90"},
        {
            'segl_portal_given_total{answer="wrong"}': "0+1x20 20x70",
            'segl_portal_given_total{answer="opened"}': "0+9x90",
        },
    ),
    Case("SeglReceiptsLate", "50m", {"segl_receipts_due": "3x60"}, {"segl_receipts_due": "3x9 0 3x9 0 3x40"}),
    Case(
        "SeglCertificateEnds",
        "70m",
        {'segl_certificate_end_timestamp_seconds{of="tunnel"}': "900000x90"},
        {'segl_certificate_end_timestamp_seconds{of="portal"}': "9000000x90"},
    ),
    Case(
        "SeglAnswersWait",
        "40m",
        {'segl_portal_answers_total{result="not-sent"}': "0+1x60"},
        {'segl_portal_answers_total{result="sent"}': "0+1x60"},
    ),
    Case(
        "SeglScannerSilent",
        "40m",
        {'segl_portal_scans_total{said="unknown"}': "0+1x60"},
        {'segl_portal_scans_total{said="clean"}': "0+1x60"},
    ),
    Case(
        "SeglCanaryInClear",
        "5m",
        {'segl_canary_results{sink="own", result="clear"}': "0x2 1x10"},
        {'segl_canary_results{sink="own", result="arrived"}': "9x10"},
    ),
    Case(
        "SeglCanaryOverdue",
        "8m",
        {
            'segl_canary_overdue_seconds{sink="own", host="mx1"}': "-240+60x20",
            'segl_canary_overdue_seconds{sink="own", host="mx2"}': "-840x20",
        },
        {'segl_canary_overdue_seconds{sink="own"}': "-840x20"},
    ),
    Case(
        "SeglCanaryMilterMissing",
        "6m",
        {"segl_canary_milter_missing": "1x10"},
        {"segl_canary_milter_missing": "0x10"},
    ),
    Case(
        "SeglCanariesUnknown",
        "9m",
        {"segl_canary_looked_timestamp_seconds": "0x20"},
        {"segl_canary_looked_timestamp_seconds": "0+60x20"},
    ),
    Case("SeglPostfixLeaks", "6m", {"segl_canary_leaks": "1x10"}, {"segl_canary_leaks": "0x10"}),
    Case(
        "SeglManyLowered",
        "200m",
        {'segl_policy_verdicts_total{change="lowered"}': "0x170 0+2x60"},
        {'segl_policy_verdicts_total{change="lowered"}': "0+2x300"},
    ),
    Case(
        "SeglHeldLong",
        "20m",
        {'segl_held_oldest_seconds{host="mx1"}': "180000x40", 'segl_held_oldest_seconds{host="mx2"}': "0x40"},
        {'segl_held_oldest_seconds{host="mx1"}': "80000x40"},
    ),
    Case(
        "SeglHoldUnseen",
        "30m",
        {'segl_held_looked_timestamp_seconds{host="mx1"}': "0x40"},
        {'segl_held_looked_timestamp_seconds{host="mx1"}': "0+60x40"},
    ),
    Case("SeglAuditWentBack", "5m", {"segl_audit_went_back": "1x10"}, {"segl_audit_went_back": "0x10"}),
    Case("SeglSealedMissing", "5m", {"segl_sealed_missing": "2x10"}, {"segl_sealed_missing": "0x10"}),
    Case(
        "SeglStoreLocked",
        "10m",
        {"segl_store_locked_since_seconds": "1800000000x20"},
        {"segl_store_locked_since_seconds": "0x4 1800000000x1 0x20"},
    ),
    Case("SeglOwnKeyEnds", "70m", {"segl_own_key_days": "12x90"}, {"segl_own_key_days": "90x90"}),
    Case(
        "SeglTunnelListOld",
        "70m",
        {'segl_tunnel_list_age_seconds{list="a"}': "300000x90"},
        {'segl_tunnel_list_age_seconds{list="a"}': "3000x90"},
    ),
    Case(
        "SeglTunnelListEnds",
        "70m",
        {'segl_tunnel_list_expires_in_seconds{list="a"}': "-5x90"},
        {'segl_tunnel_list_expires_in_seconds{list="a"}': "900000x90"},
    ),
    Case(
        "SeglTunnelCertificateEnds",
        "7h",
        {'segl_tunnel_list_certificate_days{list="a"}': "3x600"},
        {'segl_tunnel_list_certificate_days{list="a"}': "90x600"},
    ),
]


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "monitoring"


@pytest.fixture(scope="module")
def rules(folder: Path) -> list[dict[str, Any]]:
    loaded = yaml.safe_load((folder / "segl.rules.yml").read_text("utf-8"))
    return [rule for group in loaded["groups"] for rule in group["rules"]]


def promtool(*command: str | Path) -> None:
    """Runs it; it finds nothing wrong."""
    done = subprocess.run([needs.program("promtool"), *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_every_alert_rises_when_it_should_and_stays_when_not(
    rules: list[dict[str, Any]], tmp_path: Path
) -> None:
    assert {rule["alert"] for rule in rules} == {case.alert for case in CASES}, "each alert has a case"
    files = []
    # Each with its own rule alone: promtool tries all of a file at every step.
    for number, case in enumerate(CASES):
        alone = [rule for rule in rules if rule["alert"] == case.alert]
        rule_file = tmp_path / f"{number}.rules.yml"
        rule_file.write_text(yaml.safe_dump({"groups": [{"name": "segl", "rules": alone}]}), "utf-8")
        document = {
            "rule_files": [str(rule_file)],
            "evaluation_interval": case.step,
            "tests": [_test(case, rises) for rises in (True, False)],
        }
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_text(yaml.safe_dump(document), "utf-8")
    promtool("test", "rules", *files)


def _test(case: Case, rises: bool) -> dict[str, Any]:
    series = case.rises if rises else case.stays
    firing = f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"}})'
    return {
        "name": f"{case.alert} {'rises' if rises else 'stays'}",
        "interval": case.step,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": firing, "eval_time": case.at, "exp_samples": [{"value": 1}] if rises else []}
        ],
    }


def names() -> dict[str, set[str]]:
    """Every series that Segl can give out, with its labels."""
    found: dict[str, set[str]] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            for described in metric.describe():
                labels = set(getattr(metric, "_labelnames", ()))
                endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
                for ending in endings[described.type]:
                    found[described.name + ending] = labels | ({"le"} if ending == "_bucket" else set())
    return found


def _expressions(folder: Path, rules: list[dict[str, Any]]) -> list[str]:
    dashboard = json.loads((folder / "dashboard.json").read_text("utf-8"))
    panels = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    assert len(panels) > 20
    return [rule["expr"] for rule in rules] + panels


def test_nothing_is_asked_that_segl_does_not_tell(folder: Path, rules: list[dict[str, Any]]) -> None:
    known = names()
    for expression in _expressions(folder, rules):
        for name, matchers in re.findall(r"(segl_\w+)(?:\{([^}]*)\})?", expression):
            assert name in known, expression
            assert set(re.findall(r"(\w+)=", matchers)) <= known[name] | {"job", "instance"}, expression


def bounds() -> dict[str, list[str]]:
    """Of every histogram the upper bounds of its buckets, as they are given out, the highest last."""
    families = [
        next(iter(metric.describe())) for metric in vars(metrics).values() if isinstance(metric, Histogram)
    ]
    given = {family.name: family for name in PROCESSES for family in metrics.registry_of(name).collect()}
    return {
        family.name: list(
            dict.fromkeys(
                sample.labels["le"] for sample in given[family.name].samples if "le" in sample.labels
            )
        )
        for family in families
    }


def test_an_alert_on_a_quantile_can_rise(rules: list[dict[str, Any]]) -> None:
    """Of what took longer than the last bound of a histogram its quantile says that bound, and never more."""
    asked = [
        (name, float(limit))
        for rule in rules
        for name, limit in re.findall(r"histogram_quantile\(.*?(\w+)_bucket.*\) > ([\d.]+)", rule["expr"])
    ]
    assert asked
    for name, limit in asked:
        assert limit < float(bounds()[name][-2]), name


def test_cases_are_made_of_buckets_that_are_given_out() -> None:
    for case in CASES:
        for series in (*case.rises, *case.stays):
            for name, le in re.findall(r'(\w+)_bucket\{le="([^"]+)"\}', series):
                assert le in bounds()[name], series


def test_prometheus_can_read_every_panel_and_alert(
    folder: Path, rules: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Each as a recording rule: promtool parses what it is given. The alerts as they are shipped, too."""
    recorded = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(_expressions(folder, rules))
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}), "utf-8")
    promtool("check", "rules", file, folder / "segl.rules.yml")


def test_every_number_is_on_the_dashboard_or_in_an_alert(folder: Path, rules: list[dict[str, Any]]) -> None:
    text = " ".join(_expressions(folder, rules))
    bare = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in names()}
    assert {name for name in bare if name not in text} == set()


def test_grafana_takes_the_dashboard(folder: Path) -> None:
    """Read with Grafana's own types; no panel lies over another, and no two share an id."""
    written = json.loads((folder / "dashboard.json").read_text("utf-8"))
    dashboard = Dashboard.from_json(written)
    panels = dashboard.panels or []
    assert len(panels) == len(written["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in written["panels"]:
        box = panel["gridPos"]
        cells = {
            (x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])
        }
        assert not cells & taken, panel["title"]
        assert box["x"] + box["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in written["panels"]}) == len(panels)


def test_the_dashboard_is_what_its_script_writes(repository: Path, tmp_path: Path) -> None:
    import runpy

    made = runpy.run_path(str(repository / "monitoring" / "dashboard.py"))["text"]()
    assert made == (repository / "monitoring" / "dashboard.json").read_text("utf-8")


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
