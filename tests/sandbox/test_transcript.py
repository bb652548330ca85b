"""What the transcript prints, and above all what it does not."""

from __future__ import annotations

import pytest

from sapp_bot.sandbox.console.record import ChatRecord, Note, NotedKey, finds
from sapp_bot.sandbox.console.transcript import Transcript, render

ROWS = ((NotedKey("Show"), NotedKey("Docs", "https://example.org")), (NotedKey("Back"),))


class Page:
    """A record and what its transcript has printed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.record = ChatRecord()
        self.transcript = Transcript(self.record, self.lines.append, current="anna")

    def own(self, text: str, message_id: int = 1) -> None:
        """Let anna say something."""
        self.record.add(Note("anna", "said", True, message_id, text, text))

    def bot(
        self, text: str, message_id: int = 2, *, to: str = "anna", edited: bool = False
    ) -> None:
        """Let the bot say something."""
        kind = "edited" if edited else "said"
        self.record.add(Note(to, kind, False, message_id, text, text))  # type: ignore[arg-type]  # two of the kinds


def test_turn_is_printed_with_numbered_buttons() -> None:
    """Buttons are numbered over all rows; further lines of a text are set in."""
    page = Page()
    page.own("/start")
    page.record.add(Note("anna", "said", False, 2, "Hello\nthere", "Hello\nthere", ROWS))
    page.transcript.flush()

    assert page.lines == [
        "anna: /start",
        "bot: Hello",
        "     there",
        "     [1] Show   [2] Docs -> https://example.org",
        "     [3] Back",
    ]


def test_deleted_line_is_printed_without_its_text() -> None:
    """A password that the bot takes out of the chat never stands in the transcript."""
    page = Page()
    page.own("hunter2")
    page.record.delete("anna", 1)
    page.bot("Thanks.")
    page.transcript.flush()

    assert page.lines == ["anna: (deleted)", "bot: Thanks."]


def test_deletion_that_comes_before_the_line_counts() -> None:
    """The news of the deletion may overtake the answer to the sending."""
    page = Page()
    page.record.delete("anna", 1)
    page.own("hunter2")
    page.transcript.flush()

    assert page.lines == ["anna: (deleted)"]


def test_unanswered_line_stays_hidden() -> None:
    """A bot that died could not delete the password any more."""
    page = Page()
    page.own("hunter2")
    page.transcript.flush(answered=False)

    assert page.lines == ["anna: (no answer; the text is not shown)"]


def test_a_group_is_printed_once() -> None:
    """Each member's app gets the bot's words; the person whose chat is on has read them."""
    page = Page()
    page.record.members["Family"] = {"anna", "bob"}
    for person in ("bob", "anna"):
        page.record.add(Note(person, "said", False, 2, "hello", "hello", group="Family"))
    page.record.add(Note("bob", "said", False, 3, "for you", "for you"))
    page.transcript.flush()

    assert page.lines == ["bot: hello", "bot to bob: for you"]


def test_edited_and_deleted_line_is_printed_once() -> None:
    """Neither the first nor the edited text of a deleted line is shown."""
    page = Page()
    page.own("hunter2")
    page.record.add(Note("anna", "edited", True, 1, "hunter3", "hunter3"))
    page.record.delete("anna", 1)
    page.record.delete("anna", 1)
    page.transcript.flush()

    assert page.lines == ["anna: (deleted)"]


def test_later_deletion_is_told_once() -> None:
    """A message that was printed and goes later gives one more line, without text."""
    page = Page()
    page.bot("card")
    page.transcript.flush()
    page.record.delete("anna", 2)
    page.transcript.flush()

    assert page.lines == ["bot: card", "bot: (deleted)"]


def test_words_to_another_person_name_that_person() -> None:
    """The transcript follows one chat; what happens in others is not mistaken for it."""
    page = Page()
    page.bot("to you", to="bob")
    page.bot("changed", edited=True)
    page.record.add(Note("anna", "popup", False, text="Done", marked="Done"))
    page.record.add(Note("anna", "pressed", True, text="Show"))
    page.transcript.flush()

    assert page.lines == [
        "bot to bob: to you",
        "bot (edits): changed",
        "bot (pops up): Done",
        "anna presses [Show]",
    ]


def test_text_cannot_drive_the_terminal() -> None:
    """Escape sequences and overrides of direction in a text are printed as marks."""
    page = Page()
    page.bot("a\x1b[2Jb\u202ec\ud800")
    page.transcript.flush()

    assert page.lines == ["bot: a\ufffd[2Jb\ufffdc\ufffd"]


def test_screen_is_the_message_with_buttons_that_was_shown_last() -> None:
    """An edited message counts from its edit; one without buttons, or gone, is no screen."""
    record = ChatRecord()
    first, second = (Note("anna", "said", False, n, "card", "card", ROWS) for n in (1, 2))
    record.add(first)
    record.add(second)
    assert record.screen("anna") is second

    edited = Note("anna", "edited", False, 1, "card", "card", ROWS)
    record.add(edited)
    assert record.screen("anna") is edited

    record.add(Note("anna", "edited", False, 1, "no more", "no more"))
    record.delete("anna", 2)
    assert record.screen("anna") is None
    assert record.screen("bob") is None


def test_text_is_found_in_what_the_person_sees() -> None:
    """Texts over several lines, spoilers with or without marks, labels and deletions."""
    card = Note("anna", "said", False, 2, "key:\n abc", "key:\n ||abc||", ROWS, media="photo")
    gone = Note("anna", "deleted", True, 1, "hunter2", "hunter2")

    assert all(finds(t, [card]) for t in ("key: abc", "||abc||", "Docs", "[Show]", "(photo)"))
    assert finds("(deleted)", [gone])
    assert not finds("hunter2", [gone])


@pytest.mark.parametrize(
    ("media", "shown"), [("photo 1000x600", "[photo 1000x600]"), ("sticker", "(sticker)")]
)
def test_what_is_attached_stands_before_the_text(media: str, shown: str) -> None:
    """A photo is printed with its size, as nobody sees it; its caption follows."""
    note = Note("anna", "said", own=False, message_id=1, text="rates", marked="rates", media=media)

    assert list(render(note, "anna")) == [f"bot: {shown} rates"]
    assert finds(shown, [note])
