"""Settings: what is read from where, what is refused, and with which words."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from sapp_bot.errors import ConfigError
from sapp_bot.paths import shipped_plugins
from sapp_bot.settings.parsers import Address
from sapp_bot.settings.requirements import check_run
from sapp_bot.settings.settings import Settings, load_settings, variable_names

KEY = "a" * 43 + "="
OLD_KEY = "b" * 43 + "="
TOKEN = "1234567890:AAabcdefghijklmnopqrstuvwxyz0123456"
PEM = "-----BEGIN RSA PUBLIC KEY-----\nMIIB\n-----END RSA PUBLIC KEY-----\n"
CANARY = "canary-7Zq"

WRONG = {
    **dict.fromkeys(("TELEGRAM_API_ID", "TELEGRAM_API_HASH", "TELEGRAM_BOT_TOKEN"), CANARY),
    "OTEL_EXPORTER_OTLP_HEADERS": CANARY,
    "OTEL_EXPORTER_OTLP_ENDPOINT": f"https://{CANARY}@collector.example.com",
    "TELEGRAM_SERVER": f"{CANARY}:0",
    "SAPP_MONITORING": f"{CANARY}:0",
    "TELEGRAM_PROXY": f"{CANARY}:0",
    "TELEGRAM_SERVER_KEY": CANARY,
    "SAPP_API_URL": f"https://{CANARY}@api.example.com",
    "SAPP_API_PUBLIC_URL": f"https://{CANARY}@api.example.com",
    "SAPP_REDIS_URL": f"redis://:{CANARY}/@redis:6379",
    "SAPP_SECRET_KEYS": CANARY,
    "SAPP_ADMINS": f"1,{CANARY}",
    **dict.fromkeys(("SAPP_MODE", "SAPP_ROLE"), CANARY),
    "SAPP_USERBOT_ALLOW": f"-100{CANARY}",
    "SAPP_KEY_SHOWN_S": f"1{CANARY}",
    "SAPP_HANDLER_LIMIT_S": CANARY,
    "SAPP_LOOP_LIMIT_S": CANARY,
    "SAPP_MESSAGES_PER_MINUTE": CANARY,
    "SAPP_SENT_PER_S": CANARY,
    "SAPP_DRAIN_S": CANARY,
    "SAPP_LOG_FORMAT": CANARY,
    "SAPP_LOG_LEVEL": CANARY,
    "SAPP_SUPPORT": CANARY * 30,
    "SAPP_DOCS_URL": f"ftp://{CANARY}",
    **dict.fromkeys(("SAPP_BILLING", "SAPP_REDIS_DURABLE"), CANARY),
    "SAPP_BILLING_PACKS": f"1000:50,{CANARY}",
    "SAPP_PAYMENTS_URL": f"https://pay.example.com/{CANARY}",
    "SAPP_BILLING_BOT": f"@{CANARY}!",
    "SAPP_TERMS": CANARY * 200,
    "SAPP_TERMS_URL": f"ftp://{CANARY}",
}
TAKES_ANYTHING = {
    *("SAPP_REDIS_PASSWORD", "SAPP_PLUGINS", "SAPP_DATA"),
    *("SAPP_SERVICE_EMAIL", "SAPP_SERVICE_PASSWORD", "SAPP_ADMIN_EMAIL", "SAPP_ADMIN_PASSWORD"),
}


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with none of our variables set."""
    for name in variable_names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> Settings:
    """Load with these variables set."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def refusal(monkeypatch: pytest.MonkeyPatch, values: Mapping[str, str]) -> str:
    """Load with these variables set, and give the refusal's text."""
    with pytest.raises(ConfigError) as caught:
        load(monkeypatch, values)
    return str(caught.value)


def complete(folder: Path) -> dict[str, str]:
    """List all that `run` needs."""
    (folder / "plugins").mkdir()
    return {
        "TELEGRAM_API_ID": "1234567",
        "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "SAPP_API_URL": "https://api.example.com",
        "SAPP_SECRET_KEYS": KEY,
    }


def test_defaults_stand_without_any_variable() -> None:
    """Nothing is needed to load; every setting has a default, and none counts as set."""
    settings = load_settings()

    assert settings.model_fields_set == set()
    assert settings.sapp_key_shown_s == 60
    assert settings.sapp_plugins == shipped_plugins()


def test_every_setting_is_documented() -> None:
    """Each setting has a description and an example."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.examples, name


def test_every_example_is_accepted(monkeypatch: pytest.MonkeyPatch, empty_place: Path) -> None:
    """What an error message or the documentation gives as an example is itself right."""
    (empty_place / "secret_keys").write_text(KEY)
    (empty_place / "server_key.pem").write_text(PEM)

    for name, field in Settings.model_fields.items():
        assert field.examples
        monkeypatch.setenv(name.upper(), field.examples[0])

    assert load_settings().model_fields_set == set(Settings.model_fields)


def test_every_wrong_value_has_a_case() -> None:
    """A new setting is not forgotten here: it has a wrong value above, or takes any text."""
    assert set(variable_names()) == WRONG.keys() | TAKES_ANYTHING


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_and_never_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names the variable and an example, and holds the value nowhere."""
    monkeypatch.setenv(name, WRONG[name])

    with pytest.raises(ConfigError) as caught:
        load_settings()
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert f"{name} " in told
    assert f"Example: {name}=" in told
    assert CANARY not in told
    assert caught.value.__context__ is None


def test_all_wrong_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person mends all settings in one go."""
    text = refusal(monkeypatch, WRONG)

    assert [name for name in WRONG if f"  {name} " not in text] == []


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, empty_place: Path
) -> None:
    """`.env` is read from the working directory; the environment wins."""
    (empty_place / ".env").write_text("SAPP_MODE=user\nSAPP_KEY_SHOWN_S=5\nFOREIGN=1\n")

    settings = load(monkeypatch, {"SAPP_KEY_SHOWN_S": "7"})

    assert settings.sapp_mode == "user"
    assert settings.sapp_key_shown_s == 7


def test_an_unreadable_file_is_named(empty_place: Path) -> None:
    """A `.env` that is no text is refused, not ignored."""
    (empty_place / ".env").write_bytes(b"SAPP_SUPPORT=\xff\xfe")

    with pytest.raises(ConfigError, match=r"\.env: cannot be read as UTF-8"):
        load_settings()


def test_empty_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty or blank variable means the default, as in a copied `.env.example`."""
    settings = load(monkeypatch, dict.fromkeys(variable_names(), " "))

    assert settings == Settings()
    assert settings.model_fields_set == set()


def test_an_empty_variable_hides_the_file(
    monkeypatch: pytest.MonkeyPatch, empty_place: Path
) -> None:
    """A variable set empty takes back what `.env` says, so that the default counts."""
    (empty_place / ".env").write_text("SAPP_ADMINS=1\n")

    assert load(monkeypatch, {"SAPP_ADMINS": ""}).model_fields_set == set()


def test_lists_of_ids_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are separated by commas; spaces and a last comma do not matter."""
    assert load(monkeypatch, {"SAPP_ADMINS": " 12, 34,"}).sapp_admins == {12, 34}


@pytest.mark.parametrize("text", ["-5", "0", "1_0", "@ann", "٣"])
def test_what_is_no_id_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a positive number in ASCII digits is a person's id."""
    assert "number 2, that is no Telegram user id" in refusal(
        monkeypatch, {"SAPP_USERBOT_ALLOW": f"1,{text}"}
    )


def test_secret_keys_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first key is the newest."""
    keys = load(monkeypatch, {"SAPP_SECRET_KEYS": f"{KEY}, {OLD_KEY}"}).sapp_secret_keys

    assert [key.get_secret_value() for key in keys] == [KEY, OLD_KEY]


def test_secret_keys_are_read_from_a_file(
    monkeypatch: pytest.MonkeyPatch, empty_place: Path
) -> None:
    """A path stands for the file's keys, one a line or separated by commas."""
    (empty_place / "keys").write_text(f"{KEY}\n{OLD_KEY}\n")

    keys = load(monkeypatch, {"SAPP_SECRET_KEYS": "./keys"}).sapp_secret_keys

    assert [key.get_secret_value() for key in keys] == [KEY, OLD_KEY]


def test_a_file_of_keys_may_have_comments(
    monkeypatch: pytest.MonkeyPatch, empty_place: Path
) -> None:
    """A "#" begins a comment, on a line of its own or behind a key."""
    (empty_place / "keys").write_text(f"# newest first\n{KEY}\n\n{OLD_KEY}  # before May\n")

    keys = load(monkeypatch, {"SAPP_SECRET_KEYS": "./keys"}).sapp_secret_keys

    assert [key.get_secret_value() for key in keys] == [KEY, OLD_KEY]


@pytest.mark.parametrize("text", [f"{KEY}\n{CANARY}", "", "\n", "# nothing but words\n"])
def test_a_file_without_sound_keys_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, empty_place: Path
) -> None:
    """A file with something else, or nothing, in it is refused without showing it."""
    (empty_place / "keys").write_text(text)

    told = refusal(monkeypatch, {"SAPP_SECRET_KEYS": "keys"})

    assert "SAPP_SECRET_KEYS" in told
    assert CANARY not in told


def test_a_very_long_wrong_key_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text too long for a file name is refused like any other."""
    assert "neither keys" in refusal(monkeypatch, {"SAPP_SECRET_KEYS": "x" * 5000})


def test_a_server_key_is_text_or_a_file(monkeypatch: pytest.MonkeyPatch, empty_place: Path) -> None:
    """The PEM may be given whole, with its line ends written as escapes, or as a path."""
    (empty_place / "key.pem").write_text(PEM)
    server = {"TELEGRAM_SERVER": "127.0.0.1:8443"}

    for given in (PEM, PEM.replace("\n", "\\n"), "key.pem"):
        settings = load(monkeypatch, server | {"TELEGRAM_SERVER_KEY": given})
        assert settings.telegram_server_key.strip() == PEM.strip()


def test_the_other_kind_of_pem_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telethon takes PKCS#1 only, so the refusal says how to convert."""
    other = PEM.replace("RSA PUBLIC", "PUBLIC")

    assert "-RSAPublicKey_out" in refusal(monkeypatch, {"TELEGRAM_SERVER_KEY": other})


def test_a_key_without_its_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A foreign key is never added beside Telegram's own servers."""
    assert "set without TELEGRAM_SERVER" in refusal(monkeypatch, {"TELEGRAM_SERVER_KEY": PEM})


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[::1]:443", "::1", 443),
        ("dc.example:1", "dc.example", 1),
    ],
)
def test_a_server_is_host_and_port(
    text: str, host: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port follows the last colon; brackets of an IPv6 host are taken off."""
    assert load(monkeypatch, {"TELEGRAM_SERVER": text}).telegram_server == Address(host, port)


@pytest.mark.parametrize("text", ["host", ":80", "host:", "host:65536", "host:0", "host:x"])
def test_half_an_address_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Host and port are both needed, and the port must exist."""
    assert "is not host:port" in refusal(monkeypatch, {"TELEGRAM_SERVER": text})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("api.example.com", "begins with http"),
        ("https://[::1", "begins with http"),
        ("https://host:x", "begins with http"),
        ("https://api.example.com/api/v1/", "the bot adds that itself"),
        ("https://api.example.com/?a=1", "behind ? or #"),
    ],
)
def test_an_api_address_takes_paths_behind_it(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is http(s), without query and without the path that the bot adds."""
    assert said in refusal(monkeypatch, {"SAPP_API_URL": text})


def test_an_api_address_loses_its_last_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without a slash it is the same address."""
    settings = load(monkeypatch, {"SAPP_API_URL": "http://localhost:8080/x/"})

    assert settings.sapp_api_url == "http://localhost:8080/x"


def test_a_redis_password_is_put_into_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any password works, whatever signs it holds; a user name in the address stays."""
    settings = load(
        monkeypatch,
        {"SAPP_REDIS_URL": "rediss://bot@redis:6379/1", "SAPP_REDIS_PASSWORD": "p@/: #%"},
    )

    address = settings.sapp_redis_url.get_secret_value()
    assert address == "rediss://bot:p%40%2F%3A%20%23%25@redis:6379/1"


def test_a_redis_password_reaches_the_default_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default address takes the password too; memory:// needs none."""
    settings = load(monkeypatch, {"SAPP_REDIS_PASSWORD": "pw"})
    in_memory = load(monkeypatch, {"SAPP_REDIS_URL": "memory://"})

    assert settings.sapp_redis_url.get_secret_value() == "redis://:pw@127.0.0.1:6379/0"
    assert in_memory.sapp_redis_url.get_secret_value() == "memory://"


@pytest.mark.parametrize("text", ["http://redis", "redis://", "redis://h:99999", "redis://h/zero"])
def test_what_is_no_redis_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only redis, rediss and memory addresses are taken."""
    assert "is not redis://" in refusal(monkeypatch, {"SAPP_REDIS_URL": text})


def test_two_redis_passwords_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never left open which of two passwords counts."""
    given = {"SAPP_REDIS_URL": "redis://:a@redis", "SAPP_REDIS_PASSWORD": "b"}

    assert "keep one" in refusal(monkeypatch, given)


def test_secrets_stay_out_of_the_repr(monkeypatch: pytest.MonkeyPatch, empty_place: Path) -> None:
    """Printing the settings shows no secret, and `secret_values` knows each of them."""
    values = complete(empty_place) | {"SAPP_REDIS_PASSWORD": "p@ss"}
    settings = load(monkeypatch, values)

    hidden = {values["TELEGRAM_API_HASH"], TOKEN, KEY, "p@ss", "p%40ss"}
    assert settings.secret_values() == hidden
    assert not any(secret in repr(settings) + str(settings) for secret in hidden)


def test_settings_never_change() -> None:
    """A running process has one set of settings."""
    settings = load_settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.sapp_mode = "user"  # type: ignore[misc]  # it is the point that this fails


def test_run_names_all_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """`run` lists what it lacks, with the place or the command that gives it."""
    monkeypatch.setenv("SAPP_PLUGINS", "nowhere")
    with pytest.raises(ConfigError) as caught:
        check_run(load_settings())
    text = str(caught.value)
    names = ("TELEGRAM_API_ID", "TELEGRAM_API_HASH", "SAPP_API_URL", "SAPP_PLUGINS")
    hints = {"@BotFather", "python -m sapp_bot key", *(f"  {name} is not" for name in names)}
    assert {hint for hint in hints if hint not in text} == set()


def test_run_is_content_with_all_it_needs(
    monkeypatch: pytest.MonkeyPatch, empty_place: Path
) -> None:
    """A complete configuration passes, and one without a token does for a userbot."""
    values = complete(empty_place)

    check_run(load(monkeypatch, values))
    check_run(load(monkeypatch, values | {"TELEGRAM_BOT_TOKEN": "", "SAPP_MODE": "USER"}))


def test_run_forgets_only_when_told_to(monkeypatch: pytest.MonkeyPatch, empty_place: Path) -> None:
    """memory:// needs --ephemeral beside it."""
    settings = load(monkeypatch, complete(empty_place) | {"SAPP_REDIS_URL": "memory://"})

    check_run(settings, ephemeral=True)
    with pytest.raises(ConfigError, match="--ephemeral"):
        check_run(settings)


def test_settings_can_be_made_in_code() -> None:
    """A composition root or a test gives values by name."""
    settings = Settings(sapp_mode="user", sapp_secret_keys=(SecretStr(KEY),))

    assert settings.model_fields_set == {"sapp_mode", "sapp_secret_keys"}
