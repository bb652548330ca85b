"""The steps of a chat or a script, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SayStep:
    """Send `text` to the bot."""

    text: str


@dataclass(frozen=True, slots=True)
class PressStep:
    """Press a button of the newest screen: by its number from 1 on, else by its label."""

    number: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class InlineStep:
    """Type `text` behind the bot's name, and see what it offers to send."""

    text: str


@dataclass(frozen=True, slots=True)
class Become:
    """Continue as another person; `language` is "" if none was given."""

    name: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class MakeAdmin:
    """Make an account of the local API an administrator, by its e-mail."""

    email: str


@dataclass(frozen=True, slots=True)
class GoToGroup:
    """Continue in the group with this title."""

    title: str


@dataclass(frozen=True, slots=True)
class GoPrivate:
    """Continue in the private chats."""


@dataclass(frozen=True, slots=True)
class Expect:
    """Expect `text` in what came since the last line sent."""

    text: str


@dataclass(frozen=True, slots=True)
class Never:
    """Expect that `text` is not in what came since the last line sent."""

    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for some time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Restart:
    """Kill the bot and start it again."""


@dataclass(frozen=True, slots=True)
class PhotoStep:
    """Send a photo."""


@dataclass(frozen=True, slots=True)
class Sticker:
    """Send a sticker."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """Show the newest file of the chat."""


@dataclass(frozen=True, slots=True)
class PayStep:
    """Pay an invoice: the one with this number from 1 on, or the newest for 0."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class StarsStep:
    """Give the person so many Stars (0 for none), and show how many there are."""

    amount: int = 0


@dataclass(frozen=True, slots=True)
class Chargeback:
    """Take the newest payment of the person back."""


@dataclass(frozen=True, slots=True)
class EditStep:
    """Edit the person's last message."""

    text: str


@dataclass(frozen=True, slots=True)
class FaultStep:
    """Switch a fault of the servers on or off."""

    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class MoveRate:
    """Have so many units of a currency make a USD at the local API, from now on."""

    currency: str
    value: float


@dataclass(frozen=True, slots=True)
class PassTime:
    """Start the bot again with its clock, and the local API's, so many seconds further on."""

    seconds: float


@dataclass(frozen=True, slots=True)
class TimerStep:
    """Have the bot's operator run a timer of a plugin now, by its name: `rates.look`."""

    name: str


@dataclass(frozen=True, slots=True)
class ShowFaults:
    """Show the faults that can be switched."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Set an environment variable of the bot before it starts."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Help:
    """Show the possible lines."""


@dataclass(frozen=True, slots=True)
class ShowLog:
    """Show the end of the bot's log."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the chat."""


Step = (
    SayStep
    | PressStep
    | InlineStep
    | Become
    | MakeAdmin
    | GoToGroup
    | GoPrivate
    | Expect
    | Never
    | Wait
    | Restart
    | PhotoStep
    | Sticker
    | OpenFile
    | PayStep
    | StarsStep
    | Chargeback
    | EditStep
    | FaultStep
    | MoveRate
    | PassTime
    | TimerStep
    | ShowFaults
    | Setting
    | Help
    | ShowLog
    | Quit
)
