"""Calls between a gateway and its workers, and what is said when nobody answers."""

from __future__ import annotations

import asyncio

import pytest

from sapp_bot.domain.answers import DeclinePayment, InlineAnswer, PressAnswer
from sapp_bot.domain.replies import PictureSource
from sapp_bot.domain.role_calls import (
    AnswerPress,
    CountStars,
    GatewayCall,
    Letter,
    RemoveMessage,
    Value,
    WorkerCall,
)
from sapp_bot.domain.updates import InlineQuery, Person, PreCheckoutQuery
from sapp_bot.errors import ChatPaused, StoreAway, TelegramAway, TelegramError, Undeliverable
from sapp_bot.i18n import core_languages
from sapp_bot.roles.gateway.remote_plugins import RemotePlugins
from sapp_bot.roles.peer import Peer
from sapp_bot.testing import ManualClock

ANN = Person(7, "Ann", "ru")


class Post:
    """Takes letters to where they are for, at once."""

    def __init__(self) -> None:
        self.peers: dict[str, Peer] = {}
        self.errors: list[Exception] = []
        self.value: Value = True

    async def post(self, process: str, letter: Letter) -> None:
        """Take a letter."""
        self.peers[process].take(letter, self._handle)

    async def to_gateway(self, letter: Letter) -> None:
        """Take a letter to the gateway."""
        await self.post("gateway", letter)

    async def _handle(self, _call: GatewayCall | WorkerCall) -> Value:
        if self.errors:
            raise self.errors.pop()
        return self.value


@pytest.fixture
def post() -> Post:
    """Give a post between a gateway and a worker."""
    post = Post()
    post.peers = {name: Peer(name, post) for name in ("gateway", "worker")}
    return post


async def test_a_call_returns_what_the_other_process_returns(post: Post) -> None:
    """Whatever that is."""
    worker = post.peers["worker"]
    assert await worker.ask(post.to_gateway, RemoveMessage(7, 1), within_s=5) is True
    post.value = 300
    assert await worker.ask(post.to_gateway, CountStars(), within_s=5) == 300


@pytest.mark.parametrize(
    "error", [ChatPaused(7.5), Undeliverable("blocked", for_its_form=True), TelegramAway("off")]
)
async def test_an_error_of_telegram_is_raised_as_it_was(post: Post, error: TelegramError) -> None:
    """With all that says what to do."""
    post.errors.append(error)
    with pytest.raises(type(error)) as raised:
        await post.peers["worker"].ask(post.to_gateway, RemoveMessage(7, 1), within_s=5)

    assert str(raised.value) == str(error)
    assert vars(raised.value) == vars(error)


async def test_any_other_error_is_one_of_telegram_without_its_text(post: Post) -> None:
    """It may hold a secret."""
    post.errors.append(ValueError("hunter2"))
    with pytest.raises(TelegramError, match=r"^ValueError$"):
        await post.peers["worker"].ask(post.to_gateway, RemoveMessage(7, 1), within_s=5)


async def nowhere(_letter: Letter) -> None:
    """Take a letter to nobody."""


async def test_a_gateway_that_is_away_is_a_telegram_that_is_away(post: Post) -> None:
    """Nobody answers, or Redis does not take the call."""

    async def away(_letter: Letter) -> None:
        raise StoreAway("frozen")

    for way in (nowhere, away):
        with pytest.raises(TelegramAway):
            await post.peers["worker"].ask(way, AnswerPress(1, PressAnswer()), within_s=0.01)


async def test_an_answer_that_comes_too_late_is_nobodys(post: Post) -> None:
    """It is dropped."""
    kept: list[Letter] = []

    async def keep(letter: Letter) -> None:
        kept.append(letter)

    with pytest.raises(TelegramAway):
        await post.peers["worker"].ask(keep, CountStars(), within_s=0.01)
    await post.to_gateway(kept[0])
    await post.peers["gateway"].idle()


async def test_without_a_worker_queries_get_a_no_in_the_persons_language(post: Post) -> None:
    """Nothing is charged, and nothing found; the words are those of one process."""
    gateway, clock = post.peers["gateway"], ManualClock()

    async def refused(letter: Letter) -> None:
        raise StoreAway(letter.id)

    plugins = RemotePlugins(gateway, refused, core_languages(), clock)
    inline = plugins.kinds[InlineQuery]
    checkout = plugins.kinds[PreCheckoutQuery]
    assert inline.handle is not None
    assert checkout.handle is not None

    found = await inline.handle(InlineQuery(ANN, 1, "100 usd"))
    assert isinstance(found, InlineAnswer)
    assert found.switch is not None
    assert (found.results, found.switch.text) == ((), "Открыть чат со мной")
    declined = await checkout.handle(PreCheckoutQuery(ANN, 1, b"", 5))
    assert isinstance(declined, DeclinePayment)
    assert "ничего не списано" in str(declined.reason)


async def test_a_picture_is_asked_for_again_then_left_out(post: Post) -> None:
    """A reply must not hold up its chat for ever."""
    gateway, clock, asked = post.peers["gateway"], ManualClock(), [0]

    async def refused(_letter: Letter) -> None:
        asked[0] += 1
        raise StoreAway("nobody")

    plugins = RemotePlugins(gateway, refused, core_languages(), clock)
    drawing = asyncio.create_task(plugins.draw(PictureSource("probe.dot", "{}")))
    while not drawing.done():
        await clock.advance(5)

    assert await drawing is None
    assert asked == [6]
