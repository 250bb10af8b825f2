"""deploy/ fits the program: its commands, variables and secrets exist, and a stop has the time that it takes."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import load_command
from bot.config import load
from bot.service.service import STOP_SECONDS
from bot.settings import Settings
from tests.docs.tables import metrics_table

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRETS = "/run/secrets/"


def documents(*paths: Path) -> list[Any]:
    return [document for path in paths for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


COMPOSE = documents(DEPLOY / "compose.yaml")[0]
MANIFESTS = documents(*sorted((DEPLOY / "kubernetes").glob("*.yaml")))
PODS = [m["spec"]["template"]["spec"] for m in MANIFESTS if m["kind"] == "Deployment"]
CONFIG_MAPS = {m["metadata"]["name"]: m["data"] for m in MANIFESTS if m["kind"] == "ConfigMap"}


def found(node: Any, key: str) -> Iterator[Any]:
    """Yield the value of every `key` below `node`."""
    if isinstance(node, dict):
        yield from ([node[key]] if key in node else [])
        node = list(node.values())
    for item in node if isinstance(node, list) else []:
        yield from found(item, key)


def words(command: Any) -> list[str]:
    return shlex.split(command) if isinstance(command, str) else [word for word in command if word != "CMD"]


def command_lines() -> list[list[str]]:
    everything = [COMPOSE["services"], *MANIFESTS]
    return [words(line) for key in ("command", "test") for line in found(everything, key)]


class Asked(dict[str, str]):
    """An environment that notes which variables are read."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return default


@pytest.mark.parametrize("line", command_lines(), ids=" ".join)
def test_command_lines_are_understood(line: list[str]) -> None:
    match line:
        case ["digestbot", name, *arguments]:
            assert load_command(name).make_context(name, arguments).params["config"] == Path(
                "/config/reports.yaml"
            )
        case ["python", "-m", module]:
            assert importlib.util.find_spec(module)
        case [program, *_]:
            assert program == "pg_isready"


def test_every_kind_of_process_is_started() -> None:
    assert {line[1] for line in command_lines() if line[0] == "digestbot"} == {"run", "worker"}


def test_variables_are_those_that_the_program_reads() -> None:
    asked = Asked()
    Settings.from_environment(asked)
    Settings.from_environment({n: v for n, v in COMPOSE["x-bot"]["environment"].items() if SECRETS not in v})
    mappings = [COMPOSE["x-bot"]["environment"], CONFIG_MAPS["digestbot-environment"]]
    assert mappings[0] == mappings[1]
    assert set(mappings[0]) <= asked.names


def test_secrets_are_mounted_where_they_are_read() -> None:
    files = {value for name, value in COMPOSE["x-bot"]["environment"].items() if name.endswith("_FILE")}
    assert {SECRETS + name for name in COMPOSE["x-bot"]["secrets"]} == files
    assert set(COMPOSE["secrets"]) == {*COMPOSE["x-bot"]["secrets"], *COMPOSE["services"]["db"]["secrets"]}
    for pod in PODS:
        [mount] = [m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "secrets"]
        assert f"{mount['mountPath']}/" == SECRETS


def test_secrets_stay_out_of_the_image_and_the_repository() -> None:
    root = DEPLOY.parent
    assert "deploy" in (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "deploy/secrets/" in (root / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_a_stop_has_time_for_the_delivery_in_progress() -> None:
    graces = [int(COMPOSE["services"][name]["stop_grace_period"].rstrip("s")) for name in ("run", "worker")]
    graces += [pod["terminationGracePeriodSeconds"] for pod in PODS]
    assert all(grace >= STOP_SECONDS + 10 for grace in graces)


def test_pods_write_only_where_they_may() -> None:
    for pod in PODS:
        [container] = pod["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        empty = {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}
        mounts = {mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] in empty}
        assert mounts == {"/data", "/tmp"}


def test_labels_select_the_pods() -> None:
    budgets = [m["spec"]["selector"] for m in MANIFESTS if m["kind"] == "PodDisruptionBudget"]
    deployments = [m["spec"] for m in MANIFESTS if m["kind"] == "Deployment"]
    assert budgets == [spec["selector"] for spec in deployments]
    for spec in deployments:
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]


def test_the_example_configuration_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "reports.yaml"
    file.write_text(CONFIG_MAPS["digestbot-config"]["reports.yaml"], encoding="utf-8")
    assert [digest.name for digest in load(file).digests] == ["care-weekly"]


def test_the_image_is_the_one_that_the_dockerfile_prepares() -> None:
    dockerfile = (DEPLOY.parent / "Dockerfile").read_text(encoding="utf-8")
    [user] = re.findall(r"--uid (\d+)", dockerfile)
    assert "BOT_DATA_DIR=/data" in dockerfile
    assert {pod["securityContext"]["runAsUser"] for pod in PODS} == {int(user)}


def test_rules_alert_on_metrics_that_exist() -> None:
    [group] = documents(DEPLOY / "alerts.yaml")[0]["groups"]
    used = [re.findall(r"digestbot_\w+", rule["expr"]) for rule in group["rules"]]
    assert all(used)
    assert len(used) == 4
    assert {name for names in used for name in names} <= set(
        re.findall(r"`(digestbot_\w+)`", metrics_table())
    )
    for rule in group["rules"]:
        assert rule["annotations"].keys() == {"summary", "description"}
