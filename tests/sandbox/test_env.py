"""Which environment the bot's process gets in the sandbox."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet

from sapp_bot.sandbox.env import PROJECT, environment_for, make_key
from sapp_bot.sandbox.idle import IdleMeter


def test_real_telegram_is_never_handed_on() -> None:
    """The developer's own token must not reach a bot that is being tried out."""
    given = {"TELEGRAM_BOT_TOKEN": "real", "TELEGRAM_PHONE": "real", "PATH": "/bin"}
    told = environment_for(given, {"TELEGRAM_BOT_TOKEN": "own"})

    assert told["TELEGRAM_BOT_TOKEN"] == "own"
    assert "real" not in told.values()
    assert told["PATH"] == "/bin"


def test_five_settings_replace_the_sandboxs_own() -> None:
    """Of what the sandbox sets itself, only these give way, and only when they are set."""
    own = {"SAPP_API_URL": "own", "SAPP_ADMINS": "own", "SAPP_DATA": "own", "SAPP_REDIS_URL": "own"}
    given = {
        "SAPP_API_URL": "given",
        "SAPP_ADMINS": "",
        "SAPP_DATA": "given",
        "SAPP_SUPPORT": "@me",
    }
    told = environment_for(given, own)

    assert (told["SAPP_API_URL"], told["SAPP_ADMINS"], told["SAPP_DATA"]) == ("given", "own", "own")
    assert told["SAPP_SUPPORT"] == "@me"


def test_password_goes_only_to_the_redis_it_is_for() -> None:
    """The embedded Redis has no password."""
    password = {"SAPP_REDIS_PASSWORD": "secret"}

    assert "SAPP_REDIS_PASSWORD" not in environment_for(password, {})
    assert "SAPP_REDIS_PASSWORD" in environment_for({**password, "SAPP_REDIS_URL": "redis://r"}, {})


def test_plugins_are_found_from_another_folder() -> None:
    """The bot runs elsewhere: relative paths mean what they mean here."""
    assert environment_for({}, {})["SAPP_PLUGINS"] == str(PROJECT / "plugins")
    assert environment_for({"SAPP_PLUGINS": "mine"}, {})["SAPP_PLUGINS"] == str(
        Path("mine").absolute()
    )
    assert environment_for({"PYTHONPATH": "x"}, {})["PYTHONPATH"].split(":") == [str(PROJECT), "x"]


def test_secret_key_is_one_that_seals() -> None:
    """The key is what the bot's vault takes."""
    Fernet(make_key())


def test_calm_begins_anew_with_every_call() -> None:
    """A call that began and ended between two looks is seen by its number."""
    now, readings = 0.0, [(0, 0)]
    calm = IdleMeter([lambda: readings[0]], lambda: now)
    now = 1.0
    assert calm.lasted_s() == 1.0

    readings[0] = (0, 1)
    assert calm.lasted_s() == 0.0

    readings[0], now = (1, 1), 5.0
    assert calm.lasted_s() == 0.0
    readings[0], now = (0, 1), 6.0
    calm.lasted_s()
    now = 7.0
    assert calm.lasted_s() == 1.0
