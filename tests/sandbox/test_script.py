"""What a line of a script means."""

from __future__ import annotations

import pytest

from sapp_bot.sandbox.console.script import (
    Script,
    ScriptError,
    ScriptLine,
    read_script,
    read_step,
)
from sapp_bot.sandbox.console.steps import (
    Become,
    Chargeback,
    EditStep,
    Expect,
    Help,
    MakeAdmin,
    MoveRate,
    Never,
    OpenFile,
    PassTime,
    PayStep,
    PhotoStep,
    PressStep,
    Quit,
    Restart,
    SayStep,
    Setting,
    StarsStep,
    Step,
    Sticker,
    TimerStep,
    Wait,
)


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("/start now", SayStep("/start now")),
        ("  spaces around  \n", SayStep("spaces around")),
        ("", None),
        ("  \n", None),
        ("::2", SayStep(":2")),
        (":2", PressStep(number=2)),
        (":press Show key", PressStep(label="Show key")),
        (":press 2", PressStep(label="2")),
        (":as bob", Become("bob")),
        (":as боб ru", Become("боб", "ru")),
        (":as bob pt-BR", Become("bob", "pt-BR")),
        (":expect  two words ", Expect("two words")),
        (":never x", Never("x")),
        (":wait 2.5", Wait(2.5)),
        (":restart", Restart()),
        (":photo", PhotoStep()),
        (":sticker", Sticker()),
        (":open", OpenFile()),
        (":pay", PayStep()),
        (":pay 2", PayStep(2)),
        (":stars", StarsStep()),
        (":stars 50", StarsStep(50)),
        (":chargeback", Chargeback()),
        (":rates EUR 0.8", MoveRate("EUR", 0.8)),
        (":rates BTC 0.000012", MoveRate("BTC", 0.000012)),
        (":clock +1h", PassTime(3600.0)),
        (":clock 2d", PassTime(172_800.0)),
        (":clock 365d", PassTime(31_536_000.0)),
        (":timer rates.look", TimerStep("rates.look")),
        (":admin ann@example.org", MakeAdmin("ann@example.org")),
        (":edit :2", EditStep(":2")),
        (":set SAPP_KEY_SHOWN_S 2", Setting("SAPP_KEY_SHOWN_S", "2")),
        (":set SAPP_SUPPORT", Setting("SAPP_SUPPORT", "")),
        (":help", Help()),
        (":quit", Quit()),
    ],
)
def test_line_is_read(text: str, step: Step | None) -> None:
    """Each form of a line means one step; an empty one means none."""
    assert read_step(text) == step


@pytest.mark.parametrize(
    "text",
    [
        ":",
        ": a",
        ":0",
        ":2 and more",
        ":-1",
        ":press",
        ":expect",
        ":never",
        ":edit",
        ":as",
        ":as bob english",
        ":as two words here",
        ":wait",
        ":wait soon",
        ":wait -1",
        ":wait nan",
        ":wait 1e9",
        ":restart now",
        ":set TELEGRAM_BOT_TOKEN x",
        ":set",
        ":dance",
        *(
            ":rates",
            ":rates EUR",
            ":rates eur 1",
            ":rates EUR 0",
            ":rates EUR -1",
            ":rates EUR nan",
        ),
        *(
            ":clock",
            ":clock now",
            ":clock 1",
            ":clock -1h",
            ":clock 0s",
            ":clock 366d",
            ":clock ²h",
        ),
        *(":timer", ":timer look", ":timer rates.look now", ":timer /start"),
    ],
)
def test_line_that_means_nothing_is_refused(text: str) -> None:
    """A line with a colon that is no step is never said to the bot by mistake."""
    with pytest.raises(ScriptError):
        read_step(text)


def test_script_skips_comments_and_empty_lines() -> None:
    """The numbers of lines count everything, as an editor does."""
    script = read_script(["# first", "", ":set SAPP_SUPPORT @me", "/start", " # x", ":expect hi"])

    assert script == Script(
        (Setting("SAPP_SUPPORT", "@me"),),
        (ScriptLine(4, SayStep("/start")), ScriptLine(6, Expect("hi"))),
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["/start", "", ":dance"], "line 3: there is no :dance"),
        (["/start", ":set SAPP_SUPPORT x"], "line 2: :set comes before"),
    ],
)
def test_script_names_the_line_it_cannot_read(lines: list[str], message: str) -> None:
    """Whoever wrote the script is told where to look."""
    with pytest.raises(ScriptError, match=message):
        read_script(lines)
