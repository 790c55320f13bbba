"""Writes dashboard.json, the Grafana dashboard: ``python monitoring/dashboard.py``. The tables below are its panels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import GraphDrawStyle, StackingMode
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DataSourceRef, GridPos

SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${source}")
WIDTH: Final = 24
RANGE: Final = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    """One panel. *series*: expression → legend. A single *number* shows the latest value in large type."""

    title: str
    series: dict[str, str]
    unit: str = "short"
    tells: str = ""
    number: bool = False
    stacked: bool = False
    width: int = 8


def per_minute(name: str, *labels: str) -> str:
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"60 * sum{by} (rate({name}{RANGE}))"


def quantile(q: float, name: str, *labels: str) -> str:
    by = ", ".join(("le", *labels))
    return f"histogram_quantile({q}, sum by ({by}) (rate({name}_bucket{RANGE})))"


ROWS: Final[dict[str, list[Panel]]] = {
    "How it stands": [
        Panel(
            "Workers alive", {"segl_workers": ""}, tells="None: the front answers 451.", number=True, width=4
        ),
        Panel(
            "Secure messages, a day",
            {'sum(increase(segl_messages_total{decision!="plain"}[1d]))': ""},
            number=True,
            width=4,
        ),
        Panel(
            "Portal share, 7 days",
            {
                'sum(increase(segl_recipients_total{way="portal"}[7d])) / sum(increase(segl_recipients_total[7d]))': ""
            },
            "percentunit",
            "Recipients who had to open a sealed message.",
            number=True,
            width=4,
        ),
        Panel("Longest in the queue", {"segl_queue_oldest_seconds": ""}, "s", number=True, width=4),
        Panel("Domains with failing TLS", {"segl_marked_domains": ""}, number=True, width=4),
        Panel("Own key ends in", {"segl_own_key_days": ""}, "d", number=True, width=4),
    ],
    "What is sent": [
        Panel(
            "Messages by verdict, a minute",
            {per_minute("segl_messages_total", "decision", "mode"): "{{decision}} ({{mode}})"},
            stacked=True,
        ),
        Panel("Categories, a minute", {per_minute("segl_labels_total", "label"): "{{label}}"}, stacked=True),
        Panel(
            "Not certain, asked for, taken out, a minute",
            {
                per_minute("segl_doubts_total", "doubt"): "doubt: {{doubt}}",
                per_minute("segl_requested_total"): "asked for by the sender",
                per_minute("segl_answers_sealed_total"): "answers to what came from the portal",
                per_minute("segl_vetoes_total"): "taken out by a rule",
                per_minute("segl_policy_verdicts_total", "change"): "{{change}} by a policy",
                per_minute("segl_forged_headers_total"): "forged fields",
            },
        ),
        Panel(
            "Unreadable parts by cause, a minute",
            {per_minute("segl_unreadable_total", "cause"): "{{cause}}"},
            stacked=True,
        ),
        Panel(
            "Records of decisions, feedback, an hour",
            {
                "sum by (result) (increase(segl_decisions_total[1h]))": "record: {{result}}",
                "sum by (says) (increase(segl_feedback_total[1h]))": "senders say: {{says}}",
            },
        ),
        Panel(
            "Time to a verdict",
            {quantile(q, "segl_scan_seconds"): f"{100 * q:g} %" for q in (0.5, 0.9, 0.99)},
            "s",
        ),
        Panel(
            "Time by stage, mean",
            {
                f"sum by (stage) (rate(segl_stage_seconds_sum{RANGE}))"
                f" / sum by (stage) (rate(segl_stage_seconds_count{RANGE}))": "{{stage}}"
            },
            "s",
            stacked=True,
        ),
        Panel(
            "Faults of segl-milter, an hour",
            {
                "sum(increase(segl_scan_failures_total[1h]))": "answered 451",
                "sum(increase(segl_worker_deaths_total[1h]))": "workers that died",
                "sum(increase(segl_accept_failures_total[1h]))": "connections not taken",
                "sum by (result) (increase(segl_reloads_total[1h]))": "reload: {{result}}",
            },
        ),
    ],
    "Which way": [
        Panel(
            "Recipients by way, a minute",
            {per_minute("segl_recipients_total", "way"): "{{way}}"},
            stacked=True,
        ),
        Panel(
            "What TLS proved, a minute",
            {per_minute("segl_tls_proofs_total", "proof"): "{{proof}}"},
            stacked=True,
        ),
        Panel(
            "Answers of segl-map, a minute",
            {
                per_minute("segl_map_requests_total", "map", "answer"): "{{map}}: {{answer}}",
                per_minute("segl_routes_total", "way"): "way: {{way}}",
                per_minute("segl_map_memory_total", "result"): "memory: {{result}}",
            },
        ),
        Panel(
            "Time to an answer",
            {quantile(q, "segl_map_seconds"): f"{100 * q:g} %" for q in (0.5, 0.99)},
            "s",
        ),
        Panel(
            "Looked up, a minute",
            {
                per_minute("segl_probes_total", "result"): "mail host: {{result}}",
                per_minute("segl_dns_answers_total", "result"): "DNS: {{result}}",
                per_minute("segl_proofs_total", "proof", "answer"): "{{proof}}: {{answer}}",
                per_minute("segl_sts_fetches_total", "result"): "MTA-STS: {{result}}",
                per_minute("segl_certificate_searches_total", "result"): "certificate: {{result}}",
                per_minute("segl_announced_total", "result"): "told ahead: {{result}}",
            },
        ),
        Panel(
            "Forced TLS that failed",
            {
                "sum by (failure) (increase(segl_fallbacks_total[1h]))": "{{failure}}, an hour",
                quantile(0.9, "segl_fallback_minutes"): "minutes waited (90 %)",
            },
        ),
    ],
    "Canaries": [
        Panel(
            "Canaries of the last day",
            {
                "sum by (sink, result) (max by (sink, host, result) (segl_canary_results))": "{{sink}}: {{result}}"
            },
            tells="Messages that Segl sends to itself, to see that what must go securely does.",
            stacked=True,
        ),
        Panel(
            "Time a canary takes",
            {
                "max by (sink, host) (segl_canary_seconds)": "{{sink}} {{host}}",
                "max by (sink, host) (clamp_min(segl_canary_overdue_seconds, 0))": "{{sink}} {{host}}: overdue",
            },
            "s",
        ),
        Panel(
            "Hosts whose front leaves the milter out", {"max(segl_canary_milter_missing)": ""}, number=True
        ),
        Panel(
            "Messages on hold",
            {"sum(max by (host) (segl_held_messages))": "messages"},
            tells="They wait for a person's decision, and lie in clear in Postfix's queue.",
            number=True,
        ),
        Panel("Hosts whose settings let mail out", {"max(segl_canary_leaks)": ""}, number=True),
    ],
    "Receipts": [
        Panel("Receipts, a minute", {per_minute("segl_receipts_total", "kind"): "{{kind}}"}, stacked=True),
        Panel("Delivery reports, a minute", {per_minute("segl_reports_total", "result"): "{{result}}"}),
        Panel(
            "From the last result to the receipt",
            {
                quantile(0.5, "segl_receipt_seconds"): "50 %",
                quantile(0.99, "segl_receipt_seconds"): "99 %",
                "segl_receipts_due": "due and not sent",
            },
            "s",
        ),
    ],
    "Delivery": [
        Panel(
            "Taken on, a minute",
            {per_minute("segl_deliveries_total", "way", "result"): "{{way}}: {{result}}"},
        ),
        Panel("Time of a delivery, 99 %", {quantile(0.99, "segl_delivery_seconds", "way"): "{{way}}"}, "s"),
        Panel(
            "The secure queue",
            {
                "segl_queue_messages": "messages",
                "sum by (result) (increase(segl_queue_looks_total[1h]))": "looks, an hour: {{result}}",
            },
        ),
        Panel(
            "Encrypted or signed mail in, a minute",
            {per_minute("segl_inbound_total", "encryption", "signature"): "{{encryption}}, {{signature}}"},
        ),
        Panel("Sealed, bytes a second", {f"rate(segl_sealed_bytes_total{RANGE})": ""}, "Bps"),
        Panel(
            "Tunnel lists",
            {
                "segl_tunnel_list_age_seconds / 86400": "{{list}}: days since confirmed",
                "segl_tunnel_list_expires_in_seconds / 86400": "{{list}}: ends in days",
                "segl_tunnel_list_certificate_days": "{{list}}: first certificate ends in days",
                "segl_tunnel_list_domains": "{{list}}: domains",
                "(segl_certificate_end_timestamp_seconds - time()) / 86400": "certificate ({{of}}) ends in days",
            },
        ),
        Panel("Audit trail: entries lost (1: yes)", {"max(segl_audit_went_back)": "went back"}),
    ],
    "Portal": [
        Panel(
            "Pages, a second",
            {f"sum by (page, answer) (rate(segl_portal_requests_total{RANGE}))": "{{page}}: {{answer}}"},
            stacked=True,
        ),
        Panel("Time of a page, 99 %", {quantile(0.99, "segl_portal_seconds", "page"): "{{page}}"}, "s"),
        Panel(
            "Codes asked for and given, a minute",
            {
                per_minute("segl_portal_asked_total", "answer"): "asked: {{answer}}",
                per_minute("segl_portal_given_total", "answer"): "given: {{answer}}",
            },
        ),
        Panel(
            "Codes sent, a minute",
            {per_minute("segl_portal_codes_total", "by", "result"): "{{by}}: {{result}}"},
        ),
        Panel(
            "Answers, an hour",
            {
                "sum by (result) (increase(segl_portal_answers_total[1h]))": "{{result}}",
                "sum by (said) (increase(segl_portal_scans_total[1h]))": "virus scanner: {{said}}",
                "sum(increase(segl_answers_sealed_total[1h]))": "answered on, secure by itself",
            },
        ),
        Panel(
            "Mails about sealed messages, an hour",
            {"sum by (kind, result) (increase(segl_sealed_news_total[1h]))": "{{kind}}: {{result}}"},
        ),
    ],
}


@dataclass
class Grid:
    """Puts panels side by side, and below when a line is full."""

    x: int = 0
    y: int = 0
    height: int = field(default=0)

    def place(self, width: int, height: int) -> GridPos:
        if self.x + width > WIDTH:
            self.feed()
        box = GridPos(h=height, w=width, x=self.x, y=self.y)
        self.x += width
        self.height = max(self.height, height)
        return box

    def feed(self) -> None:
        self.x, self.y, self.height = 0, self.y + self.height, 0


def text() -> str:
    """The dashboard as Grafana imports it."""
    board = (
        dashboard.Dashboard("Segl")
        .uid("segl")
        .tags(["mail"])
        .refresh("1m")
        .time("now-24h", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )
    grid, number = Grid(), 0
    for title, panels in ROWS.items():
        grid.feed()
        board = board.with_row(dashboard.Row(title).id(number := number + 1).grid_pos(grid.place(WIDTH, 1)))
        for panel in panels:
            built = _panel(panel).id(number := number + 1).datasource(SOURCE)
            board = board.with_panel(built.grid_pos(grid.place(panel.width, 4 if panel.number else 8)))
    return JSONEncoder(sort_keys=True, indent=1).encode(board.build()) + "\n"


def _panel(panel: Panel) -> stat.Panel | timeseries.Panel:
    built = stat.Panel() if panel.number else timeseries.Panel()
    built = built.title(panel.title).unit(panel.unit).description(panel.tells)
    if isinstance(built, timeseries.Panel):
        built = built.draw_style(GraphDrawStyle.LINE).fill_opacity(30 if panel.stacked else 5).min(0)
        if panel.stacked:
            built = built.stacking(StackingConfig().mode(StackingMode.NORMAL))
    for name, (expression, legend) in zip("ABCDEFGH", panel.series.items(), strict=False):
        query = prometheus.Dataquery().ref_id(name).expr(expression).legend_format(legend)
        built = built.with_target(query.datasource(SOURCE))
    return built


if __name__ == "__main__":
    Path(__file__).with_name("dashboard.json").write_text(text(), "utf-8")
