"""The line that is typed at a terminal: editing, history, completion, by prompt_toolkit.

What is printed meanwhile comes above the line, which stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout

from .script import HELP

WORDS = tuple(sorted(set(re.findall(r"(?<=[ ,])(:[a-z]+)", HELP))))
"""The sandbox's own commands, as the help names them."""

FAREWELL = "Ctrl-C once more ends the sandbox; so do Ctrl-D and :quit"


class History(InMemoryHistory):
    """Lines of this session, never on a disk; one is kept when it turned out to be no secret."""

    def __init__(self) -> None:
        super().__init__()
        self._pending = ""

    def append_string(self, string: str) -> None:
        """Hold a line back until `keep`."""
        self._pending = string

    def keep(self) -> None:
        """Keep the line that was typed last."""
        line, self._pending = self._pending, ""
        if line and self.get_strings()[-1:] != [line]:
            super().append_string(line)


class SandboxWords(Completer):
    """Completes the sandbox's own commands."""

    def get_completions(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002  # the library's signature
    ) -> Iterable[Completion]:
        """Yield the commands that begin with what stands before the cursor."""
        typed = document.text_before_cursor
        if typed.startswith(":") and " " not in typed:
            yield from (Completion(w, -len(typed)) for w in WORDS if w.startswith(typed))


class LineEditor:
    """Reads lines at a terminal.

    Args:
        remark: Prints a line of the sandbox itself.
        typing: Where keys come from; None for the terminal.
        screen: Where the line is shown; None for the terminal.

    """

    def __init__(
        self,
        remark: Callable[[str], None],
        typing: Input | None = None,
        screen: Output | None = None,
    ) -> None:
        self._remark = remark
        self.history = History()
        self._session: PromptSession[str] = PromptSession(
            history=self.history,
            completer=SandboxWords(),
            complete_while_typing=False,
            input=typing,
            output=screen,
        )
        self._was_asked = False

    async def line(self, prompt: str) -> str | None:
        """Return the next line, None at the end: Ctrl-D, or Ctrl-C twice.

        A first Ctrl-C drops the line and says `FAREWELL`.
        """
        while True:
            with patch_stdout(raw=True):
                try:
                    # Signals from outside stay with the sandbox, which cleans up.
                    line = await self._session.prompt_async(prompt, handle_sigint=False)
                except EOFError:
                    return None
                except KeyboardInterrupt:
                    if self._was_asked:
                        return None
                    self._was_asked = True
                    self._remark(FAREWELL)
                    continue
            self._was_asked = False
            return line
