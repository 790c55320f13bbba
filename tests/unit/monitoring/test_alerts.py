"""Each alert rises when it should and not otherwise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Histogram

from segl import metrics
from world.alerts import CASES, Case, promtool

PROCESSES = ("segl-milter", "segl-map", "segl-deliver", "segl-portal")


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


def test_each_alert_stands_where_somebody_looks_it_up(rules: list[dict[str, Any]], repository: Path) -> None:
    """By its name, among those that are as urgent."""
    page = (repository / "docs/alerts.md").read_text("utf-8")
    told: dict[str, str] = {}
    for section in page.split("\n## ")[1:]:
        severity = section.partition(":")[0].lower()
        for row in re.findall(r"^\| (`Segl.*?) \|", section, re.MULTILINE):
            told |= dict.fromkeys(re.findall(r"`(Segl\w+)`", row), severity)
    assert told == {rule["alert"]: rule["labels"]["severity"] for rule in rules}


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
    given, asked = bounds(), 0
    for case in CASES:
        for series in (*case.rises, *case.stays):
            for name, le in re.findall(r'(\w+)_bucket\{le="([^"]+)"\}', series):
                assert le in given[name], series
                asked += 1
    assert asked
