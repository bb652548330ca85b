"""The typed line of the sandbox's terminal: completion, history, Ctrl-C, and who keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from sapp_bot.sandbox.console.line_editor import FAREWELL, WORDS, LineEditor, SandboxWords
from sapp_bot.sandbox.console.script import ScriptError, read_step

UP, CTRL_C, CTRL_D = "\x1b[A", "\x03", "\x04"


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """Give a keyboard."""
    with create_pipe_input() as keys:
        yield keys


@pytest.mark.parametrize(
    ("typed", "offered"),
    [(":pr", {":press", ":private"}), (":press x", set()), ("/pr", set()), ("", set())],
)
def test_only_the_first_word_is_completed(typed: str, offered: set[str]) -> None:
    """What is said to the bot is not the sandbox's to guess."""
    found = SandboxWords().get_completions(Document(typed), CompleteEvent())
    assert {completion.text for completion in found} == offered


def test_every_word_that_completes_is_known() -> None:
    """None of them is answered with "there is no ...", and the help's are all there."""
    assert {":press", ":as", ":fault", ":faults", ":sticker", ":quit"} <= set(WORDS)
    with pytest.raises(ScriptError, match="there is no :dance"):
        read_step(":dance")
    for word in WORDS:
        with suppress(ScriptError):  # its own argument is missing
            assert read_step(word)


async def test_a_line_that_was_kept_comes_back(keys: PipeInput) -> None:
    """One that was a secret is not kept: the arrow goes past it."""
    editor = LineEditor(print, keys, DummyOutput())
    keys.send_text("/login\n")
    await editor.line("anna> ")
    editor.history.keep()
    keys.send_text("hunter2\n")
    await editor.line("anna> ")
    keys.send_text(f"{UP}\n")
    assert await editor.line("anna> ") == "/login"
    assert "hunter2" not in editor.history.get_strings()


async def test_ctrl_c_asks_first(keys: PipeInput) -> None:
    """Once it drops the line and tells how to end, twice it ends; a line in between counts anew."""
    said: list[str] = []
    editor = LineEditor(said.append, keys, DummyOutput())
    keys.send_text(f"half a li{CTRL_C}hello\n")
    assert await editor.line("anna> ") == "hello"
    keys.send_text(CTRL_C + CTRL_C)
    assert await editor.line("anna> ") is None
    assert said == [FAREWELL, FAREWELL]


async def test_ctrl_d_ends(keys: PipeInput) -> None:
    """On an empty line, as in a shell."""
    editor = LineEditor(print, keys, DummyOutput())
    keys.send_text(CTRL_D)
    assert await editor.line("anna> ") is None
