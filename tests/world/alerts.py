"""For each alert, series by which it rises and others by which it does not."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from world import needs


@dataclass(frozen=True)
class Case:
    """Series as promtool(1) writes them, and when to look. A value each minute; for what takes days, each half hour."""

    alert: str
    at: str
    rises: dict[str, str]
    stays: dict[str, str]
    step: str = "1m"


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
    Case(
        "SeglVisitorsUnnamed",
        "70m",
        {
            'segl_portal_visitors_total{address="known"}': "0x90",
            'segl_portal_visitors_total{address="missing"}': "0+1x90",
        },
        {
            'segl_portal_visitors_total{address="known"}': "0+9x90",
            'segl_portal_visitors_total{address="missing"}': "0+1x90",
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


def promtool(*command: str | Path) -> None:
    """Runs it; it finds nothing wrong."""
    done = subprocess.run([needs.program("promtool"), *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
