"""A plugin's settings: found under their names, checked, and never told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretBytes, SecretStr, field_validator

from sapp_bot import Config
from sapp_bot.errors import PluginError
from sapp_bot.host.authoring.plugin_settings import ConfigProvider, read_config, variables_of
from sapp_bot.observability.redaction import Redactor

CANARY = "hunter2"


class Settings(Config):
    """One field of each kind."""

    below: int = Field(100, ge=1, le=1000)
    token: SecretStr = Field(SecretStr(""), min_length=0, examples=["abc-123"])
    cities: list[str] = Field([], examples=['["Paris","Rome"]'])
    limits: dict[str, int] = Field({})
    word: str = "none"

    @field_validator("word")
    @classmethod
    def _short(cls, word: str) -> str:
        if len(word) > 6:
            raise ValueError("is longer than 6 letters")
        return word


class Needed(Config):
    """A field that must be set."""

    token: SecretStr = Field(min_length=8)


def read(kind: type[Config], **variables: str) -> Any:
    """Read settings of the plugin `quota`."""
    return read_config("quota", kind, variables, frozenset({"SAPP_QUOTA_URL"}))


def test_fields_come_from_their_variables() -> None:
    """SAPP_, the plugin, the field; text becomes the field's type, lists and dicts are JSON."""
    found = read(
        Settings,
        SAPP_QUOTA_BELOW=" 50 ",
        SAPP_QUOTA_TOKEN=CANARY,
        SAPP_QUOTA_CITIES='["Paris"]',
        SAPP_QUOTA_LIMITS='{"a": 1}',
        SAPP_OTHER_WORD="no",
        WORD="no",
    )

    assert (found.below, found.cities, found.limits, found.word) == (
        50,
        ["Paris"],
        {"a": 1},
        "none",
    )
    assert found.token.get_secret_value() == CANARY
    assert CANARY not in repr(found)


def test_absent_and_empty_is_the_default() -> None:
    """A variable that is set to nothing counts as not set."""
    assert read(Settings, SAPP_QUOTA_BELOW="", SAPP_QUOTA_CITIES=" ") == Settings()


def test_by_hand_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test can make settings without the environment having a say."""
    monkeypatch.setenv("BELOW", "7")
    monkeypatch.setenv("SAPP_QUOTA_BELOW", "7")

    assert (Settings().below, Settings(below=3).below) == (100, 3)


@pytest.mark.parametrize(
    ("kind", "variables", "words"),
    [
        (Needed, {}, "SAPP_QUOTA_TOKEN is not set. Example of a value: secret"),
        (Needed, {"SAPP_QUOTA_TOKEN": CANARY}, "SAPP_QUOTA_TOKEN should have at least 8"),
        (Settings, {"SAPP_QUOTA_BELOW": CANARY}, "SAPP_QUOTA_BELOW is no whole number"),
        (Settings, {"SAPP_QUOTA_BELOW": "0"}, "SAPP_QUOTA_BELOW is not 1 or more"),
        (Settings, {"SAPP_QUOTA_BELOW": "0"}, "Example: SAPP_QUOTA_BELOW=10"),
        (Settings, {"SAPP_QUOTA_CITIES": CANARY}, "SAPP_QUOTA_CITIES should be JSON. Example: "),
        (Settings, {"SAPP_QUOTA_CITIES": CANARY}, 'SAPP_QUOTA_CITIES=["Paris","Rome"]'),
        (
            Settings,
            {"SAPP_QUOTA_LIMITS": '{"a": "hunter2"}'},
            "SAPP_QUOTA_LIMITS[a] is no whole number",
        ),
        (Settings, {"SAPP_QUOTA_WORD": "hunter2!"}, "SAPP_QUOTA_WORD is longer than 6 letters"),
    ],
)
def test_what_is_wrong_is_named(
    kind: type[Config], variables: Mapping[str, str], words: str
) -> None:
    """Variable, what is wrong and an example are told; the value is nowhere, not even behind."""
    with pytest.raises(PluginError) as caught:
        read(kind, **variables)

    assert words in str(caught.value)
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Nobody has to start the bot once for each mistake."""
    with pytest.raises(PluginError) as caught:
        read(Settings, SAPP_QUOTA_BELOW="x", SAPP_QUOTA_WORD="too long")

    assert "SAPP_QUOTA_BELOW" in str(caught.value)
    assert "SAPP_QUOTA_WORD" in str(caught.value)


def test_the_bots_own_variables_are_not_a_plugins() -> None:
    """A field whose variable is a setting of the bot is refused, set or not."""

    class Clash(Config):
        url: str = ""

    with pytest.raises(PluginError, match="Clash: SAPP_QUOTA_URL is a setting of the bot"):
        read(Clash)


def test_the_log_is_told_what_to_hide() -> None:
    """Every secret in a plugin's settings is known to the log, however deep, and nothing else."""

    class Account(BaseModel):
        name: str
        password: SecretStr

    class Shop(Config):
        token: SecretStr
        raw: SecretBytes
        accounts: list[Account]
        by_name: dict[str, tuple[SecretStr, ...]]

    hidden: list[str] = []
    variables = {
        "SAPP_QUOTA_TOKEN": "one",
        "SAPP_QUOTA_RAW": "two",
        "SAPP_QUOTA_ACCOUNTS": '[{"name": "ann", "password": "three"}]',
        "SAPP_QUOTA_BY_NAME": '{"ann": ["four", "five"]}',
    }

    ConfigProvider(lambda: variables, hide=hidden.extend).bind("quota", Shop)

    assert hidden == ["one", "two", "three", "four", "five"]


def test_settings_are_read_at_each_load() -> None:
    """Who mends a variable and reloads the plugin has it answer."""
    variables = {"SAPP_QUOTA_BELOW": "none"}
    configs = ConfigProvider(lambda: variables)
    with pytest.raises(PluginError, match="SAPP_QUOTA_BELOW"):
        configs.bind("quota", Settings)
    variables["SAPP_QUOTA_BELOW"] = "7"
    mended: Any = configs.bind("quota", Settings)(None)

    assert mended.below == 7


def test_the_base_has_nothing_to_give() -> None:
    """`Config` itself as a parameter is a slip, and named."""
    with pytest.raises(PluginError, match="write a class below it"):
        ConfigProvider(dict).bind("quota", Config)


def test_a_name_that_nothing_reads_is_told_with_the_nearest() -> None:
    """Without a near one with what there is; another plugin of a longer name has its own."""
    given = dict.fromkeys(
        ("SAPP_QUOTA_BELOV", "SAPP_QUOTA_XYZ", "SAPP_QUOTA_WARN_KEY", "SAPP_QUOTA_PACKS", "PATH"),
        "hunter2",
    )
    configs = ConfigProvider(lambda: given, frozenset({"SAPP_QUOTA_PACKS"}))
    read = frozenset(variables_of("quota", Settings))

    told = list(configs.unread("quota", read, ["quota_warn", "pets"]))
    assert told == [
        "SAPP_QUOTA_BELOV is read by nothing; did you mean SAPP_QUOTA_BELOW?",
        "SAPP_QUOTA_XYZ is read by nothing; the plugin quota has only " + ", ".join(sorted(read)),
    ]
    assert list(configs.unread("pets", (), ["quota"])) == []


def test_the_exact_name_of_a_variable_counts() -> None:
    """pydantic-settings reads an alias as it stands."""

    class Named(Config):
        url: str = Field("", validation_alias="sapp_quota_address")

    assert list(variables_of("quota", Named)) == ["SAPP_QUOTA_ADDRESS"]


def test_the_example_of_a_secret_can_be_read_in_the_log() -> None:
    """The log hides what stands behind the name of a secret, so the example stands elsewhere."""
    with pytest.raises(PluginError) as caught:
        read(Needed)

    assert "[hidden]" not in Redactor((), person_key=b"test").scrub(str(caught.value))
