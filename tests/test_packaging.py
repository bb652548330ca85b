"""The project's own files agree with each other and with what they promise."""

from __future__ import annotations

import itertools
import re
import tomllib
from typing import Any

import pytest
import yaml

from sapp_bot.settings.settings import variable_names
from tests.pages import PAGES, ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?: ;.*)? \\$", re.MULTILINE)
DIRECT = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[\w,]+\])?==([\w.]+)$")
REGENERATE = (
    "uv pip compile --universal --generate-hashes --python-version 3.11{extra} pyproject.toml -o "
)


def read(name: str) -> str:
    """Read one of the project's files."""
    return (ROOT / name).read_text("utf-8")


def project() -> dict[str, Any]:
    """Read the project table of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    return table


def direct(*groups: list[str]) -> dict[str, str]:
    """Read pins of direct dependencies; a dependency that is not pinned fails."""
    found = {}
    for line in itertools.chain(*groups):
        pin = DIRECT.match(line)
        assert pin, f"not pinned: {line}"
        found[pin[1].lower()] = pin[2]
    return found


def compose() -> dict[str, Any]:
    """Read docker-compose.yml."""
    file: dict[str, Any] = yaml.safe_load(read("docker-compose.yml"))
    return file


def test_requirements_are_the_direct_pins() -> None:
    """What is installed to run is what pyproject.toml pins, and what those need."""
    locked = dict(PIN.findall(read("requirements.txt")))

    assert direct(project()["dependencies"]).items() <= locked.items()
    assert not locked.keys() & {"pytest", "ruff", "mypy", "uv"}


def test_development_requirements_are_whole() -> None:
    """requirements-dev.txt holds the development tools and all of requirements.txt."""
    locked = dict(PIN.findall(read("requirements-dev.txt")))
    tools = direct(project()["dependencies"], project()["optional-dependencies"]["dev"])

    assert tools.items() <= locked.items()
    assert dict(PIN.findall(read("requirements.txt"))).items() <= locked.items()
    assert "uv" not in locked


def test_requirements_of_the_extra_are_those_to_run_and_its_own() -> None:
    """requirements-otel.txt adds what traces need, and changes nothing else; dev has it, too."""
    locked, extras = dict(PIN.findall(read("requirements-otel.txt"))), project()
    own = direct(extras["optional-dependencies"]["otel"])

    assert dict(PIN.findall(read("requirements.txt"))).items() <= locked.items()
    assert own.items() <= locked.items()
    assert own.items() <= direct(extras["optional-dependencies"]["dev"]).items()


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("requirements.txt", ""),
        ("requirements-dev.txt", " --extra dev"),
        ("requirements-otel.txt", " --extra otel"),
    ],
)
def test_requirements_are_hashed_and_say_how_they_are_made(name: str, extra: str) -> None:
    """Every pin has hashes, and the header is the command that makes the file."""
    text = read(name)
    blocks = re.split(r"\n(?=[A-Za-z])", text)

    assert REGENERATE.format(extra=extra) + name in blocks[0]
    assert [b for b in blocks[1:] if "--hash=sha256:" not in b] == []
    assert "index-url" not in text


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_true(name: str) -> None:
    """What is written about the settings is made from them (`python -m tests.pages`)."""
    assert read(name) == PAGES[name]()


def test_the_example_names_every_setting() -> None:
    """The keys of .env.example are the settings, in their order."""
    keys = re.findall(r"^#?([A-Z_]+)=", read(".env.example"), re.MULTILINE)

    assert tuple(keys) == variable_names()


@pytest.mark.parametrize("name", ["bot", "gateway", "worker", "redis", "prometheus", "grafana"])
def test_containers_may_do_little(name: str) -> None:
    """Each container is read-only, without capabilities, and comes back after a crash."""
    service = compose()["services"][name]

    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp:size=16m,mode=1777"]  # noqa: S108  # in a container
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    is_ours = name in {"bot", "gateway", "worker"}
    assert service["restart"] == ("on-failure:10" if is_ours else "unless-stopped")
    assert service["stop_grace_period"] == "30s"
    assert service["healthcheck"]["test"]


def test_each_image_is_fixed_by_its_digest() -> None:
    """All that is built on or run is named by a variable, with the same digest everywhere."""
    services, dockerfile = compose()["services"], read("Dockerfile")
    usual = dict(re.findall(r"\$\{([A-Z]+_IMAGE):-([^}]+)\}", read("docker-compose.yml")))

    assert set(usual) == {"PYTHON_IMAGE", "REDIS_IMAGE", "PROMETHEUS_IMAGE", "GRAFANA_IMAGE"}
    for name in ("prometheus", "grafana"):
        assert services[name]["image"].startswith(f"${{{name.upper()}_IMAGE:-")
    assert services["redis"]["image"].startswith("${REDIS_IMAGE:-")
    assert services["bot"]["build"]["args"]["PYTHON_IMAGE"].startswith("${PYTHON_IMAGE:-")
    assert f"ARG PYTHON_IMAGE={usual['PYTHON_IMAGE']}\n" in dockerfile
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert set(bases) == {"${PYTHON_IMAGE}"}
    assert len(bases) == 2
    for image in usual.values():
        tag, _, digest = image.partition("@")
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
        assert f" {tag}" in read("docs/operations.md")


@pytest.mark.parametrize("name", ["bot", "gateway", "worker", "redis", "prometheus"])
def test_no_port_is_published(name: str) -> None:
    """Nothing outside reaches a container, and Redis reaches nothing outside."""
    file = compose()

    assert "ports" not in file["services"][name]
    assert file["services"]["redis"]["networks"] == ["inside"]
    assert file["networks"]["inside"] == {"internal": True}


def test_only_the_dashboard_is_published() -> None:
    """On this machine, by who wants the profile; what it and Prometheus read is in the folder."""
    services = compose()["services"]

    assert {name for name, s in services.items() if s.get("profiles") == ["metrics"]} == {
        "prometheus",
        "grafana",
    }
    assert {name for name, s in services.items() if "ports" in s} == {"grafana"}
    assert services["grafana"]["ports"] == ["127.0.0.1:3000:3000"]
    assert services["prometheus"]["networks"] == ["inside"]
    for name in ("prometheus", "grafana"):
        mounted = [v for v in services[name]["volumes"] if v.startswith("./")]
        assert mounted
        for volume in mounted:
            assert (ROOT / volume.partition(":")[0]).exists()
            assert volume.endswith(":ro")


def test_redis_keeps_what_it_is_given() -> None:
    """Redis writes an append-only file to a volume, evicts nothing and wants a password."""
    redis = compose()["services"]["redis"]
    options = dict(zip(redis["command"][1::2], redis["command"][2::2], strict=True))

    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "everysec"
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--requirepass"].startswith("${SAPP_REDIS_PASSWORD:?")
    assert redis["volumes"] == ["redis:/data"]


def test_the_bot_waits_for_redis_and_keeps_its_session() -> None:
    """The bot starts when Redis is well; its session file is on a volume."""
    bot = compose()["services"]["bot"]

    assert bot["depends_on"] == {"redis": {"condition": "service_healthy"}}
    assert "data:/data" in bot["volumes"]
    assert bot["environment"]["SAPP_DATA"] == "/data"
    assert bot["healthcheck"]["test"] == ["CMD", "python", "-m", "sapp_bot", "health"]
    assert compose()["volumes"].keys() == {"data", "redis", "prometheus", "grafana"}


def test_a_bot_in_several_processes_is_a_profile() -> None:
    """A gateway with the session file, two workers with folders of their own; `up` has neither."""
    services = compose()["services"]
    roles = [services[n]["environment"]["SAPP_ROLE"] for n in ("bot", "gateway", "worker")]

    assert roles == ["all", "gateway", "worker"]
    scaled = {name for name, s in services.items() if s.get("profiles") == ["scaled"]}
    assert scaled == {"gateway", "worker"}
    assert services["gateway"]["volumes"] == ["data:/data"]
    assert services["worker"]["volumes"] == ["/data", "./plugins:/app/plugins:ro"]
    assert services["worker"]["deploy"] == {"replicas": 2}


def test_the_bot_gets_its_keys_as_a_file() -> None:
    """They are mounted, not told by the environment, which every child process gets."""
    file = compose()

    assert file["services"]["bot"]["secrets"] == ["secret_keys"]
    environment = file["services"]["bot"]["environment"]
    assert environment["SAPP_SECRET_KEYS_FILE"] == "/run/secrets/secret_keys"
    assert environment["SAPP_SECRET_KEYS"] == ""
    assert file["secrets"].keys() == {"secret_keys"}


def test_the_image_runs_without_root() -> None:
    """The last stage adds a user, installs no system package and can tell whether it is well."""
    build, final = re.split(r"^FROM .*$", read("Dockerfile"), flags=re.MULTILINE)[1:]

    assert "--require-hashes" in build
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["10001:10001"]
    assert not re.search(r"\bapt\b|apt-get|pip install", final)
    assert "\nVOLUME /data\n" in final
    assert "\nSTOPSIGNAL SIGTERM\n" in final
    assert 'CMD ["python", "-m", "sapp_bot", "health"]' in final


def test_the_image_gets_nothing_secret() -> None:
    """Only what the Dockerfile copies is sent to the build."""
    lines = read(".dockerignore").splitlines()
    copied = {
        f"!{path}" for path in re.findall(r"^COPY (?!--)(\S+)", read("Dockerfile"), re.MULTILINE)
    }

    assert lines[1] == "*"
    assert {line for line in lines if line.startswith("!")} == copied


def test_the_readme_sets_all_up_in_two_commands() -> None:
    """A newcomer needs one command to talk to the bot, and one to test it."""
    text = read("README.md")
    venv = "python3 -m venv .venv && .venv/bin/pip install -r "

    assert f"{venv}requirements.txt && .venv/bin/python -m sapp_bot sandbox --web\n" in text
    assert f"{venv}requirements-dev.txt && .venv/bin/python -m pytest\n" in text


def test_the_gate_ends_with_the_readmes_tests() -> None:
    """`.ci/run` stops at the first failure, and pytest's summary is its last word."""
    text = read(".ci/run")

    assert "set -euo pipefail\n" in text
    assert text.splitlines()[-4:] == [
        "ruff check .",
        "ruff format --check .",
        "mypy",
        "python -m pytest",
    ]
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def workflow() -> dict[Any, Any]:
    """Read the workflow of the public host."""
    file: dict[Any, Any] = yaml.safe_load(read(".github/workflows/ci.yml"))
    return file


def test_the_workflow_runs_the_same_gate() -> None:
    """The public host runs `.ci/run` with the Python it was told, and checks nothing by itself."""
    (job,) = workflow()["jobs"].values()
    (gate,) = [step for step in job["steps"] if ".ci/run" in step.get("run", "")]

    assert gate["run"] == "bash .ci/run"
    assert gate["env"] == {"PYTHON": "${{ steps.python.outputs.python-path }}"}
    assert not [s for s in job["steps"] if re.search(r"pytest|ruff|mypy", s.get("run", ""))]


def test_the_workflow_tries_each_python_that_is_promised() -> None:
    """Its matrix are the classifiers of pyproject.toml, the oldest of which is required."""
    (job,) = workflow()["jobs"].values()
    promised = re.findall(r"Python :: (3\.\d+)", " ".join(project()["classifiers"]))

    assert job["strategy"]["matrix"]["python"] == promised
    assert project()["requires-python"] == f">={promised[0]}"


def test_the_workflow_may_do_little() -> None:
    """It reads the repository and no more; what it uses of others is pinned to a version."""
    (job,) = workflow()["jobs"].values()
    used = [step["uses"] for step in job["steps"] if "uses" in step]

    assert workflow()["permissions"] == {"contents": "read"}
    assert "permissions" not in job
    assert [name for name in used if not re.fullmatch(r"actions/[\w-]+@v\d+", name)] == []


def test_the_readme_leads_on() -> None:
    """Who wants to help, or to report a fault, finds from README.md how."""
    assert {"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} <= set(
        re.findall(r"\]\(([^)#]+)\)", read("README.md"))
    )


def test_types_are_promised() -> None:
    """Checkers take the annotations of sapp_bot seriously: `py.typed` (PEP 561) is there."""
    assert (ROOT / "sapp_bot" / "py.typed").is_file()
    assert "Typing :: Typed" in project()["classifiers"]


def test_secrets_are_kept_out_of_the_repository() -> None:
    """Git leaves out the settings, the data folder and session files."""
    assert {".env", "data/", "*.session*", "secret_keys"} <= set(read(".gitignore").splitlines())
