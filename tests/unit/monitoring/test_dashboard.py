"""Alerts and dashboard ask what Segl tells, all of it, in words that Prometheus and Grafana take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.metrics import MetricWrapperBase

from segl import metrics
from world.alerts import promtool


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
