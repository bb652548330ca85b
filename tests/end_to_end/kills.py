"""Killing the bot at a chosen point of a chosen step, and what must be true afterwards.

A story is a form as a person fills it in. It is played undisturbed once; then again, each time
with an account of its own, with the bot killed at one point of one step and started anew.
Everything the person sees must be the same as if nothing had happened, word for word and once.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sapp_bot.sandbox.client.person import SimulatedUser
from sapp_bot.sandbox.client.seen import Saw, SawEdit
from sapp_bot.sandbox.faults import Fault, Hold, When
from sapp_bot.sandbox.idle import IdleMeter
from sapp_bot.sandbox.sapp_api.rows import UserRow
from tests.end_to_end.world import CALM_S, WAIT_S, World

OLD, NEW = "canary-old-password", "canary-new-password"
NAME, SITE = "Books & <b>Sons</b>", "https://shop.example.com"

_VARYING = re.compile(r"\d{1,2} \w{3} \d{4}, \d\d:\d\d UTC|[0-9a-f]{4}…[0-9a-f]{4}")
"""Times and masked keys differ from one play to the next."""


@dataclass(frozen=True, slots=True)
class Point:
    """A moment at which the bot is killed: a call of it is held, before or after its work.

    `late`: a held call does its work only after the restarted bot has answered, as one that lay
    on the way; otherwise before the bot starts again.
    """

    name: str
    at: Literal["telegram", "api", "redis"]
    call: str
    when: When
    nth: int = 1
    late: bool = False

    def plan(self, world: World) -> Fault:
        """Have the call held."""
        if self.at == "telegram":
            plan, call = world.telegram.faults, world.by_bot(self.call)
        else:
            plan, call = (world.api if self.at == "api" else world.redis).faults, self.call
        return plan.add(call, Hold(self.when), nth=self.nth)


STILL = "Still working on it…"
"""What a person may see in addition, when a call is held for long."""

WRITE = "P[OAU]*"
"""POST, PATCH and PUT: the calls that change something at the API."""

SEND, DELETE = "messages.sendMessage", "messages.deleteMessages"

POINTS = (
    Point("arrived", "redis", "EVALSHA:accept", "before"),
    Point("stored", "redis", "EVALSHA:accept", "after"),
    Point("to be deleted", "telegram", DELETE, "before"),
    Point("deleted", "telegram", DELETE, "after"),
    Point("API sent", "api", WRITE, "before"),
    Point("API sent, late", "api", WRITE, "before", late=True),
    Point("API done", "api", WRITE, "after"),
    Point("handled", "redis", "EVALSHA:commit", "before"),
    Point("committed", "redis", "EVALSHA:commit", "after"),
    Point("reply leaves", "telegram", SEND, "before"),
    Point("reply leaves, late", "telegram", SEND, "before", late=True),
    Point("reply sent", "telegram", SEND, "after"),
    Point("reply noted", "redis", "EVALSHA:sent", "after"),
    Point("2nd reply leaves", "telegram", SEND, "before", nth=2),
    Point("2nd reply sent", "telegram", SEND, "after", nth=2),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What the person says, and words of the last reply to it. `{email}` is the play's.

    `secret`: it is deleted. `writes`: the API is told. `replies`: how many messages answer it.
    """

    text: str
    answer: str
    secret: bool = False
    writes: bool = False
    replies: int = 1

    def passes(self, point: Point) -> bool:
        """Tell whether the bot comes by this point when it handles the step."""
        if point.call == DELETE:
            return self.secret
        return self.replies >= point.nth and (self.writes or point.at != "api")


@dataclass(frozen=True, slots=True)
class Story:
    """A form. `before` leads there, `after` looks what became of it, undisturbed both.

    `has_account`: the API knows the person, with the password `OLD`. `check` looks at the API.
    """

    name: str
    steps: tuple[Step, ...]
    after: Step
    check: Callable[[World, UserRow], None]
    has_account: bool = True
    before: tuple[Step, ...] = ()


LOGIN = (
    Step("/login", "address of your account"),
    Step("{email}", "And the password"),
    Step(OLD, "You are logged in as {email}", secret=True, writes=True, replies=2),
)
LOGGED_IN = Step("/me", "Account {email}")
LOGOUT = Step("/logout", "logged ")
"""Also where nobody is logged in."""


def opened_by(password: str) -> Callable[[World, UserRow], None]:
    """Make a check: the account is opened by this password."""

    def check(world: World, user: UserRow) -> None:
        assert world.api.database.log_in(user.email, password).id == user.id

    return check


def has_one_client(world: World, user: UserRow) -> None:
    """Check that there is one client, with each value in its place."""
    clients = [client for client in world.api.database.clients.all() if client.user_id == user.id]
    assert [(client.name, client.domains) for client in clients] == [(NAME, SITE)]


STORIES = {
    story.name: story
    for story in (
        Story(
            "register",
            (
                Step("/register", "Which e-mail address"),
                Step("{email}", "Choose a password"),
                Step(OLD, "once more", secret=True),
                Step(OLD, "cannot be changed later", secret=True),
                Step("yes", "You are logged in as {email}", writes=True, replies=2),
            ),
            LOGGED_IN,
            opened_by(OLD),
            has_account=False,
        ),
        Story("login", LOGIN, LOGGED_IN, opened_by(OLD)),
        Story(
            "password",
            (
                Step("/password", "your current password"),
                Step(OLD, "Choose a new password", secret=True),
                Step(NEW, "once more", secret=True),
                Step(NEW, "is changed", secret=True, writes=True),
            ),
            LOGGED_IN,
            opened_by(NEW),
            before=LOGIN,
        ),
        Story(
            "add_client",
            (
                Step("/add_client", "be called"),
                Step(NAME, "From which websites"),
                Step(SITE, "nor its websites can be changed later"),
                Step("yes", "As of ", writes=True, replies=2),
            ),
            Step("/client", f"Client “{NAME}”"),
            has_one_client,
            before=LOGIN,
        ),
        Story(
            "deactivate",
            (
                Step("/deactivate", "Shall I do that?"),
                Step("yes", "This login is ended", writes=True),
            ),
            Step("/me", "/login first"),
            opened_by(OLD),
            before=LOGIN,
        ),
    )
}


_numbers = itertools.count(1)


class Play:
    """One person's way through a story: `begin`, `hold` at a point of a step, `finish`.

    Without a point nothing is held. At the end the person logs out and leaves, so that the same
    chat can be played in again.
    """

    def __init__(
        self,
        world: World,
        story: Story,
        person: SimulatedUser,
        step: int = 0,
        point: Point | None = None,
    ) -> None:
        self._world = world
        self._story = story
        self._person = person
        self._step = step
        self._point = point
        self._fault: Fault | None = None
        self._email = f"{story.name}-{next(_numbers)}@example.org"

    def __str__(self) -> str:
        """Say what is played."""
        name = self._point.name if self._point else "undisturbed"
        return f"{self._story.name}, {self._story.steps[self._step].text!r}, {name}"

    @property
    def is_late(self) -> bool:
        """Tell whether the held call goes on after the restart only."""
        return self._point is not None and self._point.late

    async def begin(self) -> None:
        """Come to the step."""
        if self._story.has_account:
            self._world.api.database.add_user(self._email, OLD)
        for step in (*self._story.before, *self._story.steps[: self._step]):
            await self._say(step)

    async def hold(self) -> None:
        """Say what the step says; returns when the bot's call is held."""
        if self._point is None:
            await self._person.say(self._own(self._story.steps[self._step].text))
            return
        if self._point.at == "redis":
            await noted(self._world)
        self._fault = self._point.plan(self._world)
        await self._person.say(self._own(self._story.steps[self._step].text))
        async with asyncio.timeout(WAIT_S):
            await self._fault.held.wait()

    async def answered(self) -> None:
        """See the step answered."""
        await self._answered(self._story.steps[self._step])

    def release(self) -> None:
        """Let the held call go on."""
        if self._fault is not None:
            self._fault.release()

    async def finish(self) -> list[str]:
        """See the step answered and go through the others; gives all that the person saw.

        What differs between any two persons is left out.
        """
        await self.answered()
        for step in (*self._story.steps[self._step + 1 :], self._story.after):
            await self._say(step)
        await self._world.calm()
        self._check()
        seen = [self._plain(e.text) for e in self._person.events if isinstance(e, Saw | SawEdit)]
        await self._say(LOGOUT)
        await self._person.leave()
        return [text for text in seen if text != STILL]

    async def _say(self, step: Step) -> None:
        await self._person.say(self._own(step.text))
        await self._answered(step)

    async def _answered(self, step: Step) -> None:
        await self._person.sees(self._own(step.answer), WAIT_S)

    def _check(self) -> None:
        """See that no secret stayed in the chat, and that the API has what was said, once."""
        world, person = self._world, self._person
        chat = world.telegram.texts(person.account, person.bot)
        assert not [text for text in chat if OLD in text or NEW in text]
        users = [user for user in world.api.database.users.all() if user.email == self._email]
        assert len(users) == 1
        self._story.check(world, users[0])

    def _own(self, text: str) -> str:
        return text.replace("{email}", self._email)

    def _plain(self, text: str) -> str:
        return _VARYING.sub("*", text.replace(self._email, "{email}"))


async def noted(world: World) -> None:
    """Wait until the bot has nothing more to tell Redis: calls may be held elsewhere."""
    quiet = IdleMeter([lambda: (0, world.redis.commands)])
    await world.until(lambda: quiet.lasted_s() >= CALM_S)


async def undisturbed(world: World, story: Story, person: SimulatedUser) -> list[str]:
    """Play a story as it should be; gives what the person sees."""
    play = Play(world, story, person)
    await play.begin()
    await play.hold()
    return await play.finish()


async def kill(world: World, plays: Sequence[Play]) -> None:
    """Bring all plays to their points, kill the bot once, start it anew, and see them answered.

    The bot has one connection to Redis, so of all plays only the last may be held there.
    """
    await asyncio.gather(*(play.begin() for play in plays))
    for play in plays:
        await play.hold()
    await world.bot.kill()
    await world.until(lambda: not world.redis.in_flight)
    late = [play for play in plays if play.is_late]
    for play in plays:
        if play not in late:
            play.release()
    await world.until(lambda: world.telegram.in_flight + world.api.in_flight == len(late))
    await world.start()
    for play in plays:
        await play.answered()
    for play in late:
        play.release()
