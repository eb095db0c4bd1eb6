"""The chart, as Helm lints and renders it, and as Kubernetes reads what comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml

CHART = str(Path(__file__).resolve().parents[2] / "deploy" / "helm")
KUBERNETES = ("1.27", "1.31")
OTHER: dict[str, Any] = {
    "images": {"bot": {"digest": "sha256:" + "0" * 64}, "pullSecrets": ["registry"]},
    "data": {"existingClaim": "directory"},
    "ingress": {"enabled": False},
    "networkPolicy": {"enabled": False, "monitoringNamespace": "monitoring"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "assistant", "operator": "Exists"}],
}


def _render(values: dict[str, Any]) -> list[dict[str, Any]]:
    with helm.Chart.load(CHART) as chart:
        texts = [text for name, text in chart.render(values, name="demo", namespace="assistant").items() if name.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def test_helm_finds_no_fault() -> None:
    found = helm.lint(CHART)
    assert not found["errors"]
    assert [message["error"] for message in found["messages"]] == ["icon is recommended"]


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("values", [{}, OTHER], ids=["defaults", "others"])
def test_kubernetes_takes_what_it_renders(values: dict[str, Any], version: str) -> None:
    documents = _render(values)
    assert len(documents) > 10
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)


def test_each_deployment_finds_its_service_and_is_closed() -> None:
    documents = _render({})
    deployments = {one["metadata"]["name"]: one["spec"]["template"] for one in documents if one["kind"] == "Deployment"}
    assert {name.rpartition("-")[2] for name in deployments} == {"bot", "deliver", "actions", "rasa"}
    for service in (one for one in documents if one["kind"] == "Service"):
        pods = [one for one in deployments.values() if service["spec"]["selector"].items() <= one["metadata"]["labels"].items()]
        assert len(pods) == 1
        port = service["spec"]["ports"][0]["port"]
        assert port == pods[0]["spec"]["containers"][0]["ports"][0]["containerPort"]
    for pod in deployments.values():
        container = pod["spec"]["containers"][0]
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()


@pytest.mark.parametrize(
    "wrong",
    [
        {"settings": {"SECRET": "x" * 40}},
        {"settings": {"PUBLIC_URL": "http://assistant.example"}},
        {"settings": {"SMTP_PORT": 587}},
        {"bot": {"replicas": 0}},
        {"bots": {"replicas": 2}},
        {"images": {"bot": {"digest": "latest"}}},
        {"data": {"existingClaim": ""}},
        {"settings": {"TRUSTED_PROXIES": "10.0.0.0/8"}},
        {"settings": {"TRUSTED_PROXIES": "10.0.0.1, 10.1.0.0/16"}},
        {"settings": {"TRUSTED_PROXIES": "fd00::/8"}},
    ],
    ids=[
        *("a secret among the settings", "no TLS", "a number", "no bot", "an unknown value", "no digest"),
        *("nowhere for the directory", "a wide network", "a wide one beside an address", "a wide one of IPv6"),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any]) -> None:
    with helm.Chart.load(CHART) as chart:
        merged = chart.merge_values(wrong)
        with pytest.raises(helm.HelmError):
            chart.validate_schema(merged)


@pytest.mark.parametrize("networks", ["", "10.0.0.7", "10.0.7.0/24, 10.0.8.1/32", "fd00:1::/64,127.0.0.1"])
def test_proxies_at_few_addresses_need_no_token(networks: str) -> None:
    with helm.Chart.load(CHART) as chart:
        chart.validate_schema(chart.merge_values({"settings": {"TRUSTED_PROXIES": networks}}))


def test_proxies_in_a_wide_network_need_a_token() -> None:
    with helm.Chart.load(CHART) as chart:
        values = chart.merge_values({"settings": {"TRUSTED_PROXIES": "10.0.0.0/8"}})
        values["secret"]["bot"].append("TRUSTED_PROXY_TOKEN")
        chart.validate_schema(values)


@pytest.mark.parametrize("namespace", ["", "monitoring"])
def test_prometheus_reaches_action_servers_where_its_namespace_is_named(namespace: str) -> None:
    policies = {
        one["metadata"]["name"].rpartition("-")[2]: one["spec"]["ingress"][0]["from"]
        for one in _render({"networkPolicy": {"monitoringNamespace": namespace}})
        if one["kind"] == "NetworkPolicy"
    }
    wanted = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}] if namespace else []
    assert policies["actions"][1:] == wanted
    assert len(policies["rasa"]) == 1
