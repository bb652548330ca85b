"""The dashboard and the alerts of deploy/: each can be read, and asks for what is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from sapp_bot.host.lifecycle.record import PluginState
from sapp_bot.monitoring.catalogue import CATALOGUE, PREFIX
from sapp_bot.monitoring.prometheus import PrometheusMetrics
from tests.pages import ROOT

DEPLOY = ROOT / "deploy"
OF_PROMETHEUS = {"up"}
"""What Prometheus adds by itself."""

OF_TARGETS = {"job", "role", "instance"}
"""Labels of every metric: Prometheus' own, and what deploy/prometheus.yml makes of the target."""

LABELS: Mapping[str, set[str]] = {f"{PREFIX}{m.name}": set(m.labels) for m in CATALOGUE}


def dashboard() -> dict[str, Any]:
    """Read the dashboard."""
    found: dict[str, Any] = json.loads((DEPLOY / "grafana/dashboards/sapp_bot.json").read_text())
    return found


def rules() -> list[dict[str, Any]]:
    """Read the alerts."""
    (group,) = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    """Give the panels that ask for something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    """Give all that is asked, as Prometheus gets it."""
    asked = [target["expr"] for panel in panels() for target in panel["targets"]]
    shown = [query.replace("$__rate_interval", "1m") for query in asked]
    return [*shown, *(rule["expr"] for rule in rules())]


def samples() -> set[str]:
    """Scrape a bot at which everything has happened once; give the names of all samples."""
    metrics = PrometheusMetrics()
    for m in CATALOGUE:
        labels = dict.fromkeys(m.labels, "x")
        match m.method:
            case "count":
                metrics.count(m.name, **labels)  # type: ignore[arg-type]  # mypy sees `amount`
            case "observe":
                metrics.observe(m.name, 1.0, **labels)
            case "gauge":
                metrics.gauge(m.name, 1.0, **labels)
    text, _ = metrics.exposition()
    families = text_string_to_metric_families(text.decode())
    return {sample.name for family in families for sample in family.samples}


def selectors(query: str) -> Iterator[Any]:
    """Give the parts of a query that name a metric."""
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(query), found.append)
    yield from (node for node in found if isinstance(node, promql_parser.VectorSelector))


@pytest.mark.parametrize("query", queries())
def test_each_query_asks_for_what_a_scrape_has(query: str) -> None:
    """Prometheus' grammar takes it, and each metric and label that it names is measured."""
    there = samples() | OF_PROMETHEUS
    asked = list(selectors(query))

    assert asked
    for selector in asked:
        assert selector.name in there
        base = re.sub(r"_(total|bucket|count|sum)$", "", selector.name)
        named = {matcher.name for matcher in selector.matchers.matchers}
        assert named <= LABELS.get(base, set()) | OF_TARGETS


@pytest.mark.parametrize("query", queries())
def test_each_query_groups_by_labels_that_are_there(query: str) -> None:
    """What is summed up by a label that no metric has would be one line without a name."""
    bases = [re.sub(r"_(total|bucket|count|sum)$", "", s.name) for s in selectors(query)]
    there = {label for base in bases for label in LABELS.get(base, set())}
    grouped = {w.strip() for by in re.findall(r"\bby \(([^)]*)\)", query) for w in by.split(",")}

    assert grouped <= there | OF_TARGETS | {"le"}


def test_all_that_is_measured_is_on_the_dashboard() -> None:
    """A metric that nobody looks at is not worth counting."""
    shown = " ".join(target["expr"] for panel in panels() for target in panel["targets"])

    assert [m.name for m in CATALOGUE if f"{PREFIX}{m.name}" not in shown] == []


def test_states_that_alarm_are_states() -> None:
    """A state that was renamed would never alarm again."""
    (states,) = re.findall(r'state=~"([^"]*)"', " ".join(rule["expr"] for rule in rules()))

    assert set(states.split("|")) < {state.value for state in PluginState}


def test_each_alert_says_what_it_is_and_what_to_do() -> None:
    """In words, with how bad it is; each name stands once."""
    names = [rule["alert"] for rule in rules()]

    assert len(names) == len(set(names)) >= 10
    for rule in rules():
        assert rule["labels"].keys() == {"severity"}
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"].keys() == {"summary", "description"}
        assert set(re.findall(r"\$labels\.(\w+)", str(rule))) <= {
            *("plugin", "state", "reason"),
            *OF_TARGETS,
        }


def test_the_dashboard_is_whole() -> None:
    """Each panel has an id, a title and a place of its own, within the 24 columns of Grafana."""
    places: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        taken = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not taken & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= taken

    ids = [panel["id"] for panel in dashboard()["panels"]]
    titles = [panel["title"] for panel in dashboard()["panels"]]
    assert len(ids) == len(set(ids)) == len(set(titles))


def test_prometheus_asks_every_process_of_the_compose_file() -> None:
    """By the names that Docker has for them, at the port that the page names, with their roles."""
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ours = {
        name: s["environment"]["SAPP_ROLE"] for name, s in services.items() if "SAPP_ROLE" in str(s)
    }

    assert config["rule_files"] == ["alerts.yml"]
    assert job["job_name"] == "sapp_bot"
    assert (found["type"], found["port"]) == ("A", 9464)
    assert {name: relabelled(job, name) for name in found["names"]} == ours
    assert all({"inside"} <= {*services[name]["networks"]} for name in ours)
    assert "SAPP_MONITORING=0.0.0.0:9464" in (ROOT / "docs/operations.md").read_text("utf-8")


def relabelled(job: dict[str, Any], name: str) -> str:
    """Return the label `role` that a target of this DNS name gets, as Prometheus relabels it."""
    labels = {"__meta_dns_name": name}
    for rule in job["relabel_configs"]:
        (source,) = rule["source_labels"]
        matched = re.fullmatch(rule.get("regex", "(.*)"), labels.get(source, ""))
        if matched:
            to = rule.get("replacement", "$1")
            labels[rule["target_label"]] = to.replace("$1", matched[1]) if "$1" in to else to
    return labels["role"]


def test_grafana_finds_its_source_and_its_dashboard() -> None:
    """Where the compose file puts them."""
    provisioning = DEPLOY / "grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    (provider,) = yaml.safe_load((provisioning / "dashboards/sapp_bot.yml").read_text())[
        "providers"
    ]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    assert source["url"] == "http://prometheus:9090"
    folder = provider["options"]["path"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in compose["grafana"]["volumes"]
