"""The chat in a terminal: reads typed lines, prints the bot's messages as they arrive."""

from __future__ import annotations

import asyncio
import codecs
import os
import shutil
import threading
import unicodedata
from collections.abc import Callable
from contextlib import suppress

from .record import ChatRecord, Note
from .transcript import render

_CHUNK = 65_536


class TerminalChat:
    """Prints a record for the person at the keyboard.

    What is typed stands on the screen already, so own messages are not shown again. When the bot
    deletes the line just typed, as it does with a password, the line leaves the screen as well.
    On anything but a terminal (`fancy` False) there is no prompt and nothing is taken back. With
    `edited` a `LineEditor` shows the prompt, and puts what is written meanwhile above it.
    """

    def __init__(
        self,
        record: ChatRecord,
        write: Callable[[str], None],
        *,
        current: str,
        fancy: bool,
        edited: bool = False,
    ) -> None:
        record.heard = self._heard
        self._record = record
        self._write = write
        self._fancy = fancy
        self._edited = edited
        self.is_taken_back = False
        self._prompted = False
        self._typed_rows = 0
        self.current = current

    def prompt(self) -> None:
        """Print the prompt."""
        self._prompted = True
        if self._fancy and not self._edited:
            self._write(self.words)

    @property
    def words(self) -> str:
        """The prompt: whose line it is."""
        return f"{self.current}> "

    def typed(self, line: str) -> None:
        """Store the line that was typed at the prompt."""
        self._prompted = self.is_taken_back = False
        columns = shutil.get_terminal_size().columns
        width = _columns(f"{self.words}{line}")
        self._typed_rows = max(1, -(-width // columns))

    def close(self) -> None:
        """End the line of an open prompt, so that later output starts on a new one."""
        if self._prompted and self._fancy and not self._edited:
            self._write("\n")
        self._prompted = False

    def flush(self, *, answered: bool = True, is_done: bool = False) -> None:  # noqa: ARG002  # typed lines stand there
        """Print that nothing came, if so; everything else was printed when it came."""
        if not answered:
            self.remark("no answer")

    def remark(self, text: str) -> None:
        """Print a line of the sandbox itself."""
        self._show(f"-- {text}")

    def _heard(self, note: Note) -> None:
        if note.own and note.kind == "deleted":
            self.is_taken_back = True
            if self._fancy and self._typed_rows and not self._prompted:
                self._write(f"\x1b[{self._typed_rows}A\x1b[J")
            self._show(f"{note.person}: (deleted)")
        elif not note.own and not self._record.sees_it_too(self.current, note):
            for line in render(note, self.current):
                self._show(line)

    def _show(self, line: str) -> None:
        """Print a line, and an open prompt again after it."""
        self._typed_rows = 0
        over_prompt = self._fancy and self._prompted and not self._edited
        self._write(f"\r\x1b[K{line}\n" if over_prompt else f"{line}\n")
        if self._prompted:
            self.prompt()


def _columns(text: str) -> int:
    """Return the columns that a text takes. Source: Unicode Standard Annex 11."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


class Keyboard:
    """Reads lines from a file descriptor in a thread, so that the event loop is not blocked.

    The thread reads the descriptor itself: one that waits within `sys.stdin` would hold its lock
    when the interpreter ends. It ends with the process.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._again: list[str | None] = []
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="keyboard", daemon=True).start()

    async def line(self) -> str | None:
        """Return the next line, None at the end."""
        return self._again.pop() if self._again else await self._lines.get()

    def put_back(self, line: str | None) -> None:
        """Have a line be the next one."""
        self._again.append(line)

    def _read(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        rest = ""
        while chunk := self._chunk():
            *lines, rest = (rest + decoder.decode(chunk)).split("\n")
            for line in lines:
                self._give(line)
        if rest:
            self._give(rest)
        self._give(None)

    def _chunk(self) -> bytes:
        try:
            return os.read(self._descriptor, _CHUNK)
        except OSError:  # a terminal that went away gives EIO
            return b""

    def _give(self, line: str | None) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits for lines any more
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
