"""What a command costs: round trips to Redis, connections to the API."""

from __future__ import annotations

from functools import partial

from sapp_bot.sandbox.redis.proxy import RedisProxy
from sapp_bot.testing import Actor, Stage
from tests.end_to_end.crowd import crowd
from tests.end_to_end.modes import IN_BOTH_MODES
from tests.end_to_end.sides import Mode
from tests.end_to_end.world import World
from tests.plugins.people import PASSWORD, with_client

ROUND_TRIPS = 3
OWN_VALUES = {
    **dict.fromkeys(("settings", "language", "/settings ru", "/settings auto"), 1),
    **dict.fromkeys(("rates", "rate", "convert", "base", "zone", "numbers", "alerts"), 1),
    "notices": 1,
    "about": 2,  # all that plugins keep of the person, read side by side
    **dict.fromkeys(("favourites", "favorites", "fav", "history", "chart"), 3),
}
"""What else some commands read: values that a plugin keeps of the person, and past rates.

They are read together, in one round trip; a chart's are read again when it is drawn.
"""
API_CONNECTIONS = 20
COMMANDS = 300

NUMBERS = (
    ("/start", "My client"),
    ("/client", "Show key"),
    ("/client", "Refresh"),
    ("/settings", "English"),
    ("/me", "‹ Home"),
    ("/me", "Log out"),
)
"""Screens, and a button of each that is a number in user mode."""

LEADS_TO_VALUES = dict.fromkeys(
    [
        *("Settings", "Rates", "English", "Русский", "As in Telegram", "Base currency"),
        *("Favourites", "Time zone", "Numbers", "Notices", "Change password", "Usage"),
    ],
    1,
)
"""Buttons with one read more: of the person's values, see `OWN_VALUES`, or of failed logins."""

FORMS = {
    *("register", "login", "newclient", "password", "deactivate", "alert", "forget"),
    *("other_base", "other_favourite", "other_zone"),
    *("choose_kind", "alert_for", "alert_at_rate", "alert_of_move", "alert_every_day"),
}


@IN_BOTH_MODES
async def test_no_command_takes_more_than_three_round_trips(
    redis_proxy: RedisProxy, mode: Mode
) -> None:
    """Every command outside of forms, under each of its names, logged in or not."""
    async with Stage(redis_url=redis_proxy.url, mode=mode, service_reads=1000) as stage:
        ann, bob = await with_client(stage), stage.person("Bob")
        table = stage.bot.plugins.table.commands
        outside = [name for name, command in table.items() if command.name not in FORMS]
        assert {"start", "help", "me", "client", "settings", "about"} <= {*outside}
        texts = [f"/{name}" for name in sorted(outside, key=lambda name: name == "logout")]
        texts = ["/client show", "/settings ru", "/settings auto", "hello", "/nosuch", *texts]
        for text in ("/rates", "/chart", "/history"):  # what is read once for everybody
            await ann.says(text)
        for person in (ann, bob):  # the first one says hello, in a message of its own
            await person.says("/start")
        for person in (ann, bob):
            for text in texts:
                before = redis_proxy.round_trips
                await person.says(text)
                most = ROUND_TRIPS + OWN_VALUES.get(text, OWN_VALUES.get(text.lstrip("/"), 0))
                assert redis_proxy.round_trips - before <= most, text


async def test_no_button_takes_more_than_three_round_trips(redis_proxy: RedisProxy) -> None:
    """Every button of every screen, the one that presses itself, and one that is out of date."""
    async with Stage(redis_url=redis_proxy.url, service_reads=1000) as stage:
        ann = await with_client(stage)
        await ann.says("/rates")  # read once for everybody
        for text in ("/start", "/client", "/me", "/settings"):
            await ann.says(text)
            for label in ann.labels():
                await ann.says(text)
                await counted(redis_proxy, ann, label)
                if label in {"My client", "Show key"}:
                    await counted(
                        redis_proxy, ann, "Show key" if label == "My client" else "‹ Home"
                    )
        await ann.says("/start")
        assert "Log in" in ann.labels()
        await counted(redis_proxy, ann, "Help")


async def test_no_number_takes_more_than_six_round_trips(redis_proxy: RedisProxy) -> None:
    """In user mode a screen moves: the old one is found, its end noted; a pop-up is a message."""
    async with Stage(redis_url=redis_proxy.url, mode="user") as stage:
        ann = await with_client(stage)
        for text, label in NUMBERS:
            await ann.says(text)
            await counted(redis_proxy, ann, label, 2 * ROUND_TRIPS)


async def counted(proxy: RedisProxy, ann: Actor, label: str, most: int = ROUND_TRIPS) -> None:
    """Press a button, outside of forms, and count."""
    before = proxy.round_trips
    await ann.presses(label)
    assert proxy.round_trips - before <= most + LEADS_TO_VALUES.get(label.removeprefix("✓ "), 0), (
        label
    )
    await ann.says("/cancel")
    if label == "Log out":
        await ann.says("/start")


async def test_many_commands_open_few_connections(redis_anywhere: str) -> None:
    """Commands that each call the API share a few connections, and all are answered.

    `python -m tests.end_to_end.crowd` does the same with 2,000.
    """
    came = await crowd(COMMANDS, redis_anywhere)

    assert (came.calls, came.answers) == (COMMANDS, COMMANDS)
    assert came.connections <= API_CONNECTIONS


async def test_the_process_takes_no_more(world: World) -> None:
    """The bot as a process, with its heartbeat set aside, keeps to the same three."""
    world.api.database.add_user("ann@example.com", PASSWORD)
    ann = await world.person("Ann")
    for text, answer in (
        ("/login ann@example.com", "And the password?"),
        (PASSWORD, "You are logged in as"),
    ):
        await ann.say(text)
        await ann.sees(answer)
    await world.calm()
    texts = ["/start", "/help", "/me", "/client", "/settings", "/about"]
    if world.mode == "bot":  # a userbot has no answer to it
        texts.append("hello")
    for text in texts:
        before, beats = world.redis.round_trips, world.redis.counts["EVALSHA:probe"]
        sent = world.redis.counts["EVALSHA:sent"]
        await ann.say(text)
        await world.until(partial(more_sent, world, sent))
        took = world.redis.round_trips - before
        most = ROUND_TRIPS + OWN_VALUES.get(text.lstrip("/"), 0)
        assert took - (world.redis.counts["EVALSHA:probe"] - beats) <= most, text


def more_sent(world: World, than: int) -> bool:
    """Tell whether more replies were noted as sent."""
    return world.redis.counts["EVALSHA:sent"] > than
