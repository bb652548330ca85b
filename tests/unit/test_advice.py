"""What looks like a mistake in the environment is named, and never with a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.errors import ConfigError
from sapp_bot.settings.advice import exposed, is_private, misspelt, quoted
from sapp_bot.settings.proxies import proxy_for
from sapp_bot.settings.secret_files import read_secret_files
from sapp_bot.settings.settings import SECRETS, Settings, advice, load_settings, variable_names

KEY = "u0Yx1vZcGq0nJm3Jr0wC7o8sA2d4F6h8K0l2M4n6P8Q="


def test_a_misspelt_name_is_told_with_the_nearest() -> None:
    """A plugin's own settings and everybody else's are left alone."""
    given = ["SAPP_ADMIN", "TELEGRAM_BOT_TOKN", "SAPP_PETS_FOOD", "SAPP_WHAT_EVER", "PATH"]

    assert list(misspelt(given, variable_names(), ["pets"])) == [
        "SAPP_ADMIN is read by nothing; did you mean SAPP_ADMINS?",
        "SAPP_WHAT_EVER is read by nothing; no setting and no plugin has that name",
        "TELEGRAM_BOT_TOKN is read by nothing; did you mean TELEGRAM_BOT_TOKEN?",
    ]


def test_kept_quotes_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As advice where the value passes, and beside the refusal where it does not."""
    given = {"SAPP_SUPPORT": '"@example"', "SAPP_MODE": "user", "SAPP_DATA": "'"}
    assert [text.split()[0] for text in quoted(given, given)] == ["SAPP_SUPPORT"]

    monkeypatch.setenv("TELEGRAM_API_HASH", f'"{"0" * 32}"')
    with pytest.raises(ConfigError, match="quotes around its value") as caught:
        load_settings()
    assert "0" * 32 not in str(caught.value)


@pytest.mark.parametrize(
    ("api", "redis", "names"),
    [
        ("https://api.example.com", "rediss://redis.example.com", []),
        ("http://127.0.0.1:80", "redis://10.1.2.3/0", []),
        ("http://api", "redis://redis:6379/0", []),
        ("http://[::1]:80", "unix:///run/redis.sock", []),
        ("http://api.example.com", "redis://:pw@redis.example.com", ["SAPP_API", "SAPP_REDIS"]),
        ("", "rediss://r.example.com/0?ssl_cert_reqs=none", ["SAPP_REDIS"]),
        ("", "rediss://10.0.0.1/0?ssl_cert_reqs=none", []),
    ],
)
def test_open_connections_are_named(api: str, redis: str, names: list[str]) -> None:
    """Only to places of one's own nothing is said; a password is never shown."""
    found = list(exposed(api, redis))

    assert [text.partition("_URL")[0] for text in found] == names
    assert "pw" not in " ".join(found).replace("password", "")


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        *(("localhost", True), ("172.16.0.9", True), ("fd00::1", True), ("8.8.8.8", False)),
        *(("redis.internal", True), ("redis.example.com", False), (None, True)),
    ],
)
def test_private_places(host: str | None, *, is_own: bool) -> None:
    """Loopback, private addresses, and names without a dot."""
    assert is_private(host) is is_own


def test_no_secret_setting_is_left_out() -> None:
    """A new secret is not forgotten among those that a file may hold."""
    secret = {
        name.upper()
        for name, field in Settings.model_fields.items()
        if "SecretStr" in str(field.annotation)
    }

    assert set(SECRETS) == secret


def test_every_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """The file's text counts, without the line end."""
    variables = {}
    for name in SECRETS:
        path = tmp_path / name
        path.write_text(f"secret of {name}\n")
        variables[f"{name}_FILE"] = str(path)

    found, wrong = read_secret_files(variables, SECRETS)

    assert found == {name: f"secret of {name}" for name in SECRETS}
    assert wrong == []


def test_a_secret_file_that_is_no_use_is_refused(tmp_path: Path) -> None:
    """Missing, empty, or beside the variable itself; the path is named."""
    (tmp_path / "empty").touch()
    variables = {
        "SAPP_REDIS_URL_FILE": str(tmp_path / "missing"),
        "SAPP_SECRET_KEYS_FILE": str(tmp_path / "empty"),
        "TELEGRAM_BOT_TOKEN_FILE": "x",
        "TELEGRAM_BOT_TOKEN": "y",
    }
    _, wrong = read_secret_files(variables, SECRETS)

    assert [text.split()[0] for text in wrong] == [
        "TELEGRAM_BOT_TOKEN",
        "SAPP_REDIS_URL_FILE",
        "SAPP_SECRET_KEYS_FILE",
    ]
    assert str(tmp_path / "missing") in wrong[1]


def test_settings_take_secrets_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the variable held the text: checked, hidden, and named when it is wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").write_text(f"{KEY}\n")
    monkeypatch.setenv("SAPP_SECRET_KEYS_FILE", str(tmp_path / "keys"))
    monkeypatch.delenv("SAPP_TEST_REDIS_URL", raising=False)  # the tests' own, no setting
    settings = load_settings()
    assert KEY in settings.secret_values()
    assert list(advice(settings, [])) == []

    monkeypatch.setenv("TELEGRAM_BOT_TOKEN_FILE", str(tmp_path / "keys"))
    with pytest.raises(ConfigError, match="TELEGRAM_BOT_TOKEN is not a bot token"):
        load_settings()


@pytest.mark.parametrize(
    "text",
    ["socks5://127.0.0.1:1080", "http://u:p@proxy:3128", f"mtproxy://dd{'0' * 32}@1.2.3.4:443"],
)
def test_proxies_that_lead_to_telegram(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind is taken, and nothing of it is shown."""
    monkeypatch.setenv("TELEGRAM_PROXY", text)
    settings = load_settings()

    assert settings.telegram_proxy.get_secret_value() == text
    assert text in settings.secret_values()
    assert text not in repr(settings)


@pytest.mark.parametrize(
    "text", ["127.0.0.1:1080", "socks5://h", "https://h:1", "mtproxy://ee00@h:443", "mtproxy://h:1"]
)
def test_what_is_no_proxy_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to write instead."""
    monkeypatch.setenv("TELEGRAM_PROXY", text)
    with pytest.raises(ConfigError, match="TELEGRAM_PROXY is "):
        load_settings()


def test_a_unix_socket_takes_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis on the same machine needs no port; a path that is none is refused."""
    monkeypatch.setenv("SAPP_REDIS_URL", "unix:///run/redis.sock?db=1")
    monkeypatch.setenv("SAPP_REDIS_PASSWORD", "p@ss")
    settings = load_settings()
    url = settings.sapp_redis_url.get_secret_value()
    assert url == "unix:///run/redis.sock?db=1&password=p%40ss"
    assert "p@ss" in settings.secret_values()

    monkeypatch.setenv("SAPP_REDIS_URL", "unix://run/redis.sock")
    with pytest.raises(ConfigError, match="three slashes"):
        load_settings()


def test_the_api_has_the_proxy_of_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variables that all programs read; hosts in NO_PROXY are called directly."""
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "inside.example.com")

    assert proxy_for("https://api.example.com") == "http://proxy:3128"
    assert proxy_for("https://inside.example.com") is None
    assert proxy_for("http://api.example.com") is None
    assert Settings.model_fields["sapp_api_url"]
