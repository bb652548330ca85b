"""What a page may ask for, as typed and bounded messages. Carries none of it out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

LONGEST_MESSAGE = 256 * 1024
"""Bytes of one message from a page; a longer one ends its connection."""

_LONGEST_TEXT = 32_768
_MOST_STARS = 1_000_000

PersonName = Annotated[str, Field(pattern=r"^\w{1,32}$")]
GroupTitle = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
Language = Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Za-z]{2,4})?)?$")]
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT)]
TelegramId = Annotated[int, Field(ge=1, le=2**31 - 1)]


class BadRequest(ValueError):
    """A page's message means nothing; the text says where, and repeats nothing of it."""


class _Frozen(BaseModel):
    # Deferred: built when the page has sent something, while the bot is still starting.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class ChatKey(_Frozen):
    """Which chat: a person's private one with the bot, or with `group` that group."""

    person: PersonName
    group: GroupTitle = ""


class _Request(_Frozen):
    """`n` is the page's own number of the request; the answer repeats it."""

    n: Annotated[int, Field(ge=0, le=2**31 - 1)]


class _InChat(_Request):
    chat: ChatKey


class OpenChat(_InChat):
    """Open a chat; a new person, and a new group, is made. `language` "" leaves it as it is."""

    do: Literal["open"]
    language: Language = ""


class Say(_InChat):
    """Send a text."""

    do: Literal["say"]
    text: Text


class EditOwn(_InChat):
    """Edit one of the person's messages."""

    do: Literal["edit"]
    id: TelegramId
    text: Text


class DeleteMessage(_InChat):
    """Delete a message for both sides."""

    do: Literal["delete"]
    id: TelegramId


class PressKey(_InChat):
    """Press a button of a message; `key` counts all its buttons from 0."""

    do: Literal["press"]
    id: TelegramId
    key: Annotated[int, Field(ge=0, le=99)]


class PayInvoice(_InChat):
    """Pay an invoice in Telegram Stars."""

    do: Literal["pay"]
    id: TelegramId


class Attach(_InChat):
    """Send a small picture or a sticker."""

    do: Literal["attach"]
    what: Literal["photo", "sticker"]


class AskInline(_InChat):
    """Make an inline query of the bot."""

    do: Literal["ask"]
    text: Annotated[str, Field(max_length=256)]


class ChooseInline(_InChat):
    """Send a result of the chat's newest inline query, counted from 0."""

    do: Literal["choose"]
    result: Annotated[int, Field(ge=0, le=49)]


class ReadMenu(_InChat):
    """Read the bot's command menu as this person's app shows it."""

    do: Literal["menu"]


class GiveStars(_InChat):
    """Give the person so many Stars (0 for none), and say how many there are."""

    do: Literal["stars"]
    more: Annotated[int, Field(ge=0, le=_MOST_STARS)] = 0


class ChargeBack(_InChat):
    """Take the person's newest payment back from the bot, as a bank does."""

    do: Literal["chargeback"]


class RestartBot(_Request):
    """Kill the bot and start it again."""

    do: Literal["restart"]


class TurnSwitch(_Request):
    """Switch a fault of the stand-ins on or off."""

    do: Literal["switch"]
    name: Annotated[str, Field(pattern=r"^[a-z-]{1,32}$")]
    on: bool


class AppointAdmin(_Request):
    """Make an account of the local API an administrator."""

    do: Literal["admin"]
    email: Annotated[str, Field(min_length=3, max_length=254)]


class RunTimer(_Request):
    """Let the bot's operator run a timer of a plugin now."""

    do: Literal["timer"]
    name: Annotated[str, Field(pattern=r"^\w{1,64}\.\w{1,64}$")]


ChatRequest = (
    OpenChat
    | Say
    | EditOwn
    | DeleteMessage
    | PressKey
    | PayInvoice
    | Attach
    | AskInline
    | ChooseInline
    | ReadMenu
    | GiveStars
    | ChargeBack
)
PageRequest = ChatRequest | RestartBot | TurnSwitch | RunTimer | AppointAdmin

_READER: TypeAdapter[PageRequest] = TypeAdapter(
    Annotated[PageRequest, Field(discriminator="do")], config=ConfigDict(defer_build=True)
)


def read_request(text: str) -> PageRequest:
    """Return the request in a page's message, which is JSON.

    Raises:
        BadRequest: it is none.

    """
    try:
        return _READER.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise BadRequest(f"the page sent nonsense: {first['type']}") from None
    except (RecursionError, UnicodeError):
        raise BadRequest("the page sent nonsense: it is no JSON") from None
