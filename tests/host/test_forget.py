"""`/forget`: what is kept of a person goes, all of it, in two taps."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapp_bot.domain.state import PersonState, Profile
from sapp_bot.testing import Stage
from tests.plugins.people import PASSWORD, key_of, with_client

WALL = """
from pydantic import BaseModel

from sapp_bot import Ctx, Plugin, Store

plugin = Plugin(version="1.0")


class Post(BaseModel):
    author: int


class Visit(BaseModel):
    count: int


@plugin.command
async def post(ctx: Ctx, posts: Store[Post], visits: Store[Visit]) -> None:
    \"\"\"Post.\"\"\"
    await posts.set(ctx.key, Post(author=ctx.person.id))
    await visits.set(ctx.person.id, Visit(count=1))


@plugin.command
async def count(ctx: Ctx, posts: Store[Post], visits: Store[Visit]) -> None:
    \"\"\"Count.\"\"\"
    n = len([1 async for _ in posts.all()]) + len([1 async for _ in visits.all()])
    await ctx.say("{n} are kept", n=n)
"""

HOOK = """

@plugin.forget
async def forget(ctx: Ctx, posts: Store[Post], visits: Store[Visit]) -> str:
    \"\"\"Delete the visits; posts stay.\"\"\"
    await visits.delete(ctx.person.id)
    return "your posts, as the law wants them"
"""


def with_wall(folder: Path, hook: str) -> Path:
    """Write a folder with /forget and a plugin that keeps posts under keys of its own."""
    for file in ("auth.py", "forget.py", "start.py"):
        (folder / file).write_bytes(Path("plugins", file).read_bytes())
    (folder / "wall.py").write_text(WALL + hook, "utf-8")
    return folder


@pytest.mark.parametrize("mode", ["bot", "user"])
async def test_nothing_of_a_person_is_left_in_redis(mode: str) -> None:
    """Login, profile, forms, timers, screens, favourites and alerts: all keys are gone."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        bob = stage.person("Bob", id=7_777_000_111, language="ru")
        for text in ("/register bob@example.com", PASSWORD, PASSWORD, "yes"):
            await bob.says(text)
        for text in ("/newclient shop", "*", "yes", "/settings ru", "/settings en", "/base EUR"):
            await bob.says(text)
        await bob.says("/client show")
        key = key_of(bob)
        await bob.says("/forget")
        await bob.presses("Yes, forget me")

        assert bob.last.startswith("I have forgotten you")
        assert not bob.can_read(key)
        assert not bob.can_read("You are logged in as bob@example.com.")
        left = await stage.store.inbox.person_state(bob.person.id)
        if mode == "bot":
            assert left == PersonState()
            assert await stage.at_rest(str(bob.person.id)) == []
        else:  # what the numbers below the last answer mean is known for ten minutes
            assert left == PersonState(profile=Profile(choices=left.profile.choices))
        assert ann.can_read("Your client is ready.")


async def test_the_api_is_told_too() -> None:
    """The login ends there as well: the token that was kept is of no use to anybody."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/forget yes")

        assert stage.api.count("GET /auth/logout") == 1


async def test_a_no_keeps_everything() -> None:
    """One tap too many is no loss."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/forget")
        await ann.presses("No, keep it")
        assert ann.last == "Nothing was deleted."
        await ann.says("/me")

        assert ann.sees("Account ann@example.com")


async def test_it_can_be_reached_by_presses_alone() -> None:
    """Start, help, about: the button stands where one reads what is kept."""
    async with Stage() as stage:
        ann = stage.person()
        await ann.says("/about")
        await ann.presses("Forget me")
        await ann.presses("Yes, forget me")

        assert ann.last.startswith("I have forgotten you")


async def test_somebody_forgotten_begins_anew() -> None:
    """The next message is that of a new person, and the account still opens."""
    async with Stage() as stage:
        ann = await with_client(stage)
        await ann.says("/forget yes")
        await ann.says("/start")
        assert ann.sees("/register makes an account")
        await ann.says("/login ann@example.com")
        await ann.says(PASSWORD)

        assert ann.can_read("Welcome back, ann@example.com.")


@pytest.mark.parametrize(("hook", "left", "said"), [("", 1, ""), (HOOK, 1, "your posts, as")])
async def test_what_plugins_keep_goes(tmp_path: Path, hook: str, left: int, said: str) -> None:
    """By itself what stands under the person's id; with a hook, what the hook says."""
    async with Stage(with_wall(tmp_path, hook)) as stage:
        ann, bob = stage.person("Ann"), stage.person("Bob")
        await ann.says("/post")
        await ann.says("/forget yes")
        assert said in ann.last
        await bob.says("/count")

        assert bob.last == f"{left} are kept"


async def test_a_plugin_that_fails_is_named(tmp_path: Path) -> None:
    """The rest goes all the same."""
    async with Stage(with_wall(tmp_path, HOOK.replace("return", "1 / 0  #"))) as stage:
        ann = stage.person("Ann")
        await ann.says("/settings ru")
        await ann.says("/settings en")
        await ann.says("/forget yes")

        assert ann.sees("“wall” could not delete its part.")
        assert await stage.store.inbox.person_state(ann.person.id) == PersonState()


SAYS = """

@plugin.keeps()
async def keeps_visits(ctx: Ctx, visits: Store[Visit]) -> str | None:
    \"\"\"Say that visits are counted.\"\"\"
    return "how often you came" if await visits.get(ctx.person.id) else None


@plugin.keeps(stays=True)
async def keeps_posts(ctx: Ctx, posts: Store[Post]) -> str | None:
    \"\"\"Say whose posts stay.\"\"\"
    mine = [1 async for _, post in posts.all() if post.author == ctx.person.id]
    return "your posts, as the law wants them" if mine else None


@plugin.forget
async def forget(ctx: Ctx, visits: Store[Visit]) -> None:
    \"\"\"Delete the visits.\"\"\"
    await visits.delete(ctx.person.id)
"""


async def test_what_goes_and_what_stays_is_said_before_and_after(tmp_path: Path) -> None:
    """To whom something stays, and to nobody else."""
    async with Stage(with_wall(tmp_path, SAYS)) as stage:
        ann, bob = stage.person("Ann"), stage.person("Bob")
        await ann.says("/post")
        await ann.says("/forget")
        assert ann.can_read("400 days\n• how often you came")
        assert ann.can_read("This stays:\n• your posts, as the law wants them")
        await ann.presses("Yes, forget me")
        assert ann.last == "I have forgotten you.\nThis stays:\n• your posts, as the law wants them"
        await bob.says("/forget")
        assert not bob.can_read("This stays:")
        assert not bob.can_read("how often")
        await bob.presses("Yes, forget me")
        assert bob.last == "I have forgotten you: nothing of yours is left here."


@pytest.mark.parametrize("mode", ["bot", "user"])
async def test_about_lists_what_is_kept_of_this_very_person(mode: str) -> None:
    """Login, choices and alerts once they are there; of a newcomer the day alone."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        for text in ("/favourites EUR", "/notices off", "/news off"):
            await ann.says(text)
        await ann.says("/about")
        for what in (
            "your login as ann@example.com",
            "your base currency, favourites",
            "that you want no notices",
            "that you want no news",
            "on which day you last wrote",
        ):
            assert ann.sees(f"• {what}")
        bob = stage.person("Bob")
        await bob.says("/about")
        assert bob.last.count("• ") == 1


@pytest.mark.parametrize("mode", ["bot", "user"])
async def test_a_wrong_password_stays_counted(mode: str) -> None:
    """Else who forgets could guess on; so it is said."""
    async with Stage(mode=mode) as stage:
        ann = await with_client(stage)
        await ann.says("/logout")
        await ann.says("/login ann@example.com")
        await ann.says("not that password")
        await ann.says("/cancel")
        await ann.says("/forget yes")

        assert ann.sees("This stays:\n• how often you gave a wrong password")


async def test_a_group_reads_nothing_of_what_is_kept() -> None:
    """An address is no matter of the others there."""
    async with Stage() as stage:
        ann = await with_client(stage)
        group = ann.within(-100)
        await group.says("/about")

        assert group.sees("What I keep of you I say in our private chat")
        assert not group.can_read("ann@example.com")


async def test_a_plugin_that_says_nothing_is_named(tmp_path: Path) -> None:
    """By its heading, where a value stands under the person's id."""
    async with Stage(with_wall(tmp_path, "")) as stage:
        ann = stage.person("Ann")
        await ann.says("/about")
        assert not ann.can_read("Wall")
        await ann.says("/post")
        await ann.says("/about")
        assert ann.sees("• what “Wall” keeps for you")


async def test_a_plugin_that_cannot_say_it_is_named(tmp_path: Path) -> None:
    """What the others keep is said all the same."""
    broken = SAYS.replace('return "how often', '1 / 0\n    return "how often')
    async with Stage(with_wall(tmp_path, broken)) as stage:
        ann = stage.person("Ann")
        await ann.says("/about")

        assert ann.sees("What “Wall” keeps I cannot see just now.")
        assert ann.sees("• on which day you last wrote to me")
