"""The chat at a keyboard: what is shown, and what leaves the screen."""

from __future__ import annotations

import os

from sapp_bot.sandbox.console.record import ChatRecord, Note
from sapp_bot.sandbox.console.terminal import Keyboard, TerminalChat

PASSWORD = Note("anna", "said", True, 1, "hunter2", "hunter2")
ANSWER = Note("anna", "said", False, 2, "Thanks.", "Thanks.")


def type_password(*, fancy: bool, late: bool = False) -> str:
    """Type a password, let the bot delete it and answer; gives what was written."""
    written: list[str] = []
    record = ChatRecord()
    terminal = TerminalChat(record, written.append, current="anna", fancy=fancy)
    terminal.prompt()
    terminal.typed("hunter2")
    record.add(PASSWORD)
    if late:
        record.add(ANSWER)
    record.delete("anna", 1)
    if not late:
        record.add(ANSWER)
    return "".join(written)


def test_deleted_line_leaves_the_screen() -> None:
    """The line just typed is taken back where it stands: one line up, and cleared."""
    assert type_password(fancy=True) == "anna> \x1b[1A\x1b[Janna: (deleted)\nbot: Thanks.\n"


def test_line_is_not_taken_back_from_under_others() -> None:
    """Once something stands below, going up would clear the wrong line."""
    assert type_password(fancy=True, late=True) == "anna> bot: Thanks.\nanna: (deleted)\n"


def test_no_escape_is_written_to_what_is_no_terminal() -> None:
    """Neither prompt nor escape sequence ends up in a file."""
    assert type_password(fancy=False) == "anna: (deleted)\nbot: Thanks.\n"


def test_message_in_between_gives_the_prompt_back() -> None:
    """What comes while one types stands above a fresh prompt."""
    written: list[str] = []
    record = ChatRecord()
    terminal = TerminalChat(record, written.append, current="anna", fancy=True)
    terminal.prompt()
    record.add(ANSWER)

    assert "".join(written) == "anna> \r\x1b[Kbot: Thanks.\nanna> "


async def test_keyboard_gives_whole_lines() -> None:
    """Lines come whole however they were written; a last one without its end counts."""
    reading, writing = os.pipe()
    keyboard = Keyboard(reading)
    whole = "привет\nsecond\nthird".encode()
    os.write(writing, whole[:3])
    os.write(writing, whole[3:])
    os.close(writing)
    lines = [await keyboard.line() for _ in range(4)]
    os.close(reading)

    assert lines == ["привет", "second", "third", None]
