"""How a chat is played: expectations, presses, persons, the end of the bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import pytest

from sapp_bot.sandbox.console.choosing import choose
from sapp_bot.sandbox.console.player import BotEnded, ExpectationFailed, ScriptPlayer
from sapp_bot.sandbox.console.record import ChatRecord, Note, NotedKey
from sapp_bot.sandbox.console.script import read_script
from sapp_bot.sandbox.console.steps import PressStep
from sapp_bot.sandbox.console.transcript import Transcript

CARD = Note(
    "anna",
    "said",
    False,
    9,
    "card",
    "card",
    ((NotedKey("Show key"), NotedKey("Key")), (NotedKey("Off"),)),
)


class FakeSeat:
    """A person whose bot answers `name: text` at once, and `late` one turn of the loop later."""

    def __init__(self, name: str, stage: FakeStage) -> None:
        self.types_words = stage.is_userbot
        self.name = name
        self.stage = stage

    def hear(self, text: str, *, number: int = 2) -> None:
        """Let the bot say something."""
        self.stage.record.add(Note(self.name, "said", False, number, text, text))

    async def say(self, text: str) -> None:
        """Note and answer."""
        self.stage.did.append(f"{self.name} says {text}")
        self.stage.record.add(Note(self.name, "said", True, 1, text, text))
        if text == "late":
            asyncio.get_running_loop().call_soon(self.hear, "late answer")
        elif text == "die":
            self.stage.end.set_result(9)
            await asyncio.Event().wait()
        elif not text.startswith("silence"):
            self.hear(f"{self.name}: {text}")

    async def edit(self, text: str) -> None:
        """Note it."""
        self.stage.did.append(f"{self.name} edits {text}")

    async def photo(self) -> None:
        """Note it."""
        self.stage.did.append(f"{self.name} sends a photo")

    async def sticker(self) -> None:
        """Note it."""
        self.stage.did.append(f"{self.name} sends a sticker")

    async def press(self, message_id: int, number: int) -> None:
        """Note it."""
        self.stage.did.append(f"{self.name} presses {number} of {message_id}")

    async def ask(self, text: str) -> None:
        """Note it, and offer two results."""
        self.stage.did.append(f"{self.name} asks {text}")
        keys = ((NotedKey("one"),), (NotedKey("two"),))
        self.stage.record.add(Note(self.name, "offered", False, -1, "results", "results", keys))

    async def pay(self, number: int) -> None:
        """Note it."""
        self.stage.did.append(f"{self.name} pays {number}")
        self.hear("thanks")

    async def charge_back(self) -> None:
        """Note it."""
        self.stage.did.append(f"{self.name} takes it back")

    async def stars(self, more: int) -> int:
        """Note it, and give a number."""
        self.stage.did.append(f"{self.name} gets {more}")
        return 7 + more

    async def open_file(self) -> None:
        """Note it."""
        self.stage.did.append(f"{self.name} opens the file")


class FakeStage:
    """A stage without anything behind it."""

    bot_name = "test_bot"
    operator = "boss"

    def __init__(self, record: ChatRecord) -> None:
        self.record = record
        self.is_userbot = False
        self.is_done = False
        self.did: list[str] = []
        self.end: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def seat(self, name: str, language: str) -> FakeSeat:
        """Make a seat."""
        self.did.append(f"{name} sits, {language or 'any language'}")
        return FakeSeat(name, self)

    async def member(self, name: str, language: str, group: str) -> FakeSeat:
        """Make a seat in a group."""
        self.did.append(f"{name} sits in {group}, {language or 'any language'}")
        return FakeSeat(name, self)

    def make_admin(self, email: str) -> None:
        """Note it."""
        self.did.append(f"{email} is an administrator")

    async def settle(self, answered: Callable[[], bool]) -> bool:
        """All is done at once, but for what somebody is to be hidden."""
        return self.is_done

    async def fault(self, name: str, *, on: bool) -> None:
        """Note it; only one fault is known."""
        if name != "api-down":
            raise ExpectationFailed(f"there is no fault {name}")
        self.did.append(f"{name} {on}")

    def faults(self) -> list[str]:
        """Tell of the one."""
        return ["api-down off"]

    def move_rate(self, currency: str, value: float) -> None:
        """Note it; only one currency is known."""
        if currency != "EUR":
            raise ExpectationFailed(f"the SAPP API has no rate of {currency} in USD")
        self.did.append(f"a dollar is {value} EUR")

    async def pass_time(self, seconds: float) -> None:
        """Note it; a timer is due then."""
        self.did.append(f"{seconds} s later")
        await FakeSeat("anna", self).say("it is time")

    async def restart(self) -> None:
        """Note it."""
        self.did.append("restart")

    async def ended(self) -> int:
        """Wait for the end."""
        return await asyncio.shield(self.end)


class Theatre:
    """A chat on a fake stage; `lines` is the transcript."""

    def __init__(self, expect_s: float = 5.0, news: Callable[[], Iterable[str]] = tuple) -> None:
        self.lines: list[str] = []
        self.record = ChatRecord()
        self.stage = FakeStage(self.record)
        transcript = Transcript(self.record, self.lines.append, current="anna")
        self.chat = ScriptPlayer(self.stage, self.record, transcript, expect_s=expect_s, news=news)

    async def play(self, *lines: str) -> None:
        """Play a script."""
        await self.chat.play(read_script(lines).lines)


async def test_expectation_waits_for_a_late_answer() -> None:
    """An answer may come after its line was taken for done."""
    theatre = Theatre()
    await theatre.play("late", ":expect late answer", ":never other")

    assert theatre.chat.met == 2
    assert theatre.lines[-1] == "bot: late answer"


async def test_goods_and_money() -> None:
    """Paying begins a new turn; Stars are shown, a file opens, a payment is taken back."""
    theatre = Theatre()
    await theatre.play("buy", ":pay 2", ":expect thanks", ":never anna: buy", ":stars 50")
    await theatre.play(":open", ":chargeback")

    assert theatre.stage.did[1:] == [
        "anna says buy",
        "anna sits, any language",
        "anna pays 2",
        "anna sits, any language",
        "anna gets 50",
        "anna sits, any language",
        "anna opens the file",
        "anna sits, any language",
        "anna takes it back",
    ]
    assert "-- anna has 57 Stars" in theatre.lines


async def test_time_and_rates_move() -> None:
    """What a later hour or a timer brings is a turn of its own; whose turn it is stays."""
    theatre = Theatre(expect_s=0)
    await theatre.play("hi", ":rates EUR 0.8", ":expect anna: hi", ":clock +1h", ":never anna: hi")
    await theatre.play(":expect it is time", ":timer rates.look", ":never time", "bye")

    assert theatre.stage.did == [
        "anna sits, any language",
        "anna says hi",
        "a dollar is 0.8 EUR",
        "3600.0 s later",
        "anna says it is time",
        "boss sits, any language",
        "boss says /plugin run rates.look",
        "anna sits, any language",
        "anna says bye",
    ]
    assert "-- 1 USD is 0.8 EUR from now on" in theatre.lines
    with pytest.raises(ExpectationFailed, match="no rate of XAU"):
        await theatre.play(":rates XAU 1")


async def test_unmet_expectation_says_line_wanted_and_came() -> None:
    """The first unmet expectation ends the script with all one needs to mend it."""
    theatre = Theatre(expect_s=0)
    with pytest.raises(ExpectationFailed) as caught:
        await theatre.play("# greeting", "hello", ":expect goodbye", "never said")

    assert str(caught.value).splitlines() == [
        "line 3: expected 'goodbye' within 0 s; what came: ",
        "  bot: anna: hello",
    ]
    assert "anna says never said" not in theatre.stage.did


async def test_expectations_look_at_the_last_line_only() -> None:
    """What came before the last line said does not count, for better or worse."""
    theatre = Theatre(expect_s=0)
    await theatre.play("one", "two", ":never anna: one", ":expect anna: two")
    with pytest.raises(ExpectationFailed, match="should not have come"):
        await theatre.play(":never two")


async def test_each_person_has_a_chat_of_their_own() -> None:
    """`:as` goes on as somebody else; what the bot told others is not looked at."""
    theatre = Theatre(expect_s=0)
    await theatre.play("hi", ":as bob ru", "привет", ":expect bob: привет", ":never anna")

    assert "bob sits, ru" in theatre.stage.did
    assert theatre.lines == [
        "anna: hi",
        "bot: anna: hi",
        "-- bob (ru)",
        "bob: привет",
        "bot: bob: привет",
    ]


async def test_button_is_pressed_on_the_newest_screen() -> None:
    """A number or a label finds the button; one that is not there is an unmet expectation."""
    theatre = Theatre(expect_s=0)
    theatre.record.add(CARD)
    await theatre.play(":3", ":press Show", ":photo", ":sticker", ":edit x", ":restart")
    assert [d for d in theatre.stage.did if "sits" not in d] == [
        "anna presses 3 of 9",
        "anna presses 1 of 9",
        "anna sends a photo",
        "anna sends a sticker",
        "anna edits x",
        "restart",
    ]

    with pytest.raises(
        ExpectationFailed, match=r"no button 4 to press; there are: \[Show key\], \[Key\], \[Off\]"
    ):
        await theatre.play(":4")


async def test_userbot_is_told_the_word() -> None:
    """Where there are no buttons, a press says the number or the command of its label."""
    theatre = Theatre(expect_s=0)
    theatre.stage.is_userbot = True
    words = (NotedKey("Show", word="1"), NotedKey("Usage", word="2"))
    theatre.record.add(Note("anna", "said", False, 9, "card", choices=words))
    help_ = (NotedKey("Leave", word="/cancel"),)
    theatre.record.add(Note("anna", "said", False, 10, "help", choices=help_))
    await theatre.play(":press usage", ":press Leave", ":7")

    said = [deed for deed in theatre.stage.did if "says" in deed]
    assert said == ["anna says 2", "anna says /cancel", "anna says 7"]


async def test_numbers_hold_on_the_newest_screen() -> None:
    """A label of an older screen would be pressed on the wrong one; its commands still hold."""
    theatre = Theatre(expect_s=0)
    theatre.stage.is_userbot = True
    old = (NotedKey("Show", word="1"), NotedKey("Leave", word="/cancel"))
    theatre.record.add(Note("anna", "said", False, 9, "old", choices=old))
    theatre.record.add(Note("anna", "said", False, 10, "new", choices=(NotedKey("Off", word="1"),)))
    await theatre.play(":press Leave")

    assert "anna says /cancel" in theatre.stage.did
    with pytest.raises(ExpectationFailed, match=r"no button Show to press; there are: \[Off\]"):
        await theatre.play(":press Show")


@pytest.mark.parametrize(
    ("step", "number"),
    [
        (PressStep(number=2), 2),
        (PressStep(number=4), None),
        (PressStep(label="Key"), 2),
        (PressStep(label="show"), 1),
        (PressStep(label="k"), None),
        (PressStep(label="on"), None),
    ],
)
def test_label_names_one_button(step: PressStep, number: int | None) -> None:
    """A whole label wins; a part of one must fit one button alone."""
    found = choose(CARD, step)

    assert (found and found[1]) == number
    assert choose(None, step) is None


async def test_end_of_the_bot_ends_the_chat() -> None:
    """A step is not waited for when nobody is left who could answer; its text stays hidden."""
    theatre = Theatre()
    with pytest.raises(BotEnded, match="exit code 9"):
        await theatre.play("die", "never said")

    assert theatre.lines == ["anna: (no answer; the text is not shown)"]


async def test_a_line_that_the_bot_left_alone_is_shown() -> None:
    """It had the time to delete it; what it may not have seen yet stays hidden."""
    theatre = Theatre()
    theatre.stage.is_done = True
    await theatre.play("silence")
    theatre.stage.is_done = False
    await theatre.play("silence again")

    assert theatre.lines == ["anna: silence", "anna: (no answer; the text is not shown)"]


async def test_news_of_the_log_stand_behind_their_line() -> None:
    """A script's author reads at which line a plugin failed."""
    told = iter([["plugin.failed x"], []])
    theatre = Theatre(news=lambda: next(told))
    await theatre.play("one", "two")

    assert theatre.lines == [
        *("anna: one", "bot: anna: one", "-- plugin.failed x"),
        *("anna: two", "bot: anna: two"),
    ]


async def test_quit_leaves_the_rest_out() -> None:
    """Nothing behind `:quit` is played."""
    theatre = Theatre()
    await theatre.play(":quit", "never said")

    assert theatre.stage.did == []


async def test_lines_go_to_the_group_until_private() -> None:
    """`:group` moves every person that speaks there, `:private` moves them back."""
    theatre = Theatre()
    await theatre.play(":group Friends", "hello", ":as bob", "hello", ":private", "hello")

    sat = [line for line in theatre.stage.did if " sits" in line]
    assert [line.partition(",")[0] for line in sat if not line.startswith("bob sits,")] == [
        "anna sits in Friends",
        "bob sits in Friends",
    ]
    assert sat[-1] == "bob sits, any language"


async def test_what_is_typed_behind_the_bots_name() -> None:
    """In private it is an inline query, whose results are pressed; in a group the bot is told."""
    theatre = Theatre()
    lines = ("@Test_Bot 100 usd", ":expect [two]", ":2", ":group Friends", "@test_bot hi")
    await theatre.play(*lines, ":inline 5 eur", ":1")

    assert [did for did in theatre.stage.did if "sits" not in did] == [
        *("anna asks 100 usd", "anna presses 2 of -1", "anna says @test_bot hi"),
        *("anna asks 5 eur", "anna presses 1 of -1"),
    ]


async def test_faults_are_switched_and_shown() -> None:
    """`:fault` switches one, `:faults` shows all, and an unknown one is refused."""
    theatre = Theatre()

    await theatre.play(":faults", ":fault api-down on", ":fault api-down off")

    assert theatre.stage.did == ["api-down True", "api-down False"]
    told = ["-- api-down off", "-- api-down is on", "-- api-down is off"]
    assert theatre.lines == told
    with pytest.raises(ExpectationFailed, match="no fault tea"):
        await theatre.play(":fault tea on")
