"""Parses the lines of a chat or a script into steps. Carries none of them out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .steps import (
    Become,
    Chargeback,
    EditStep,
    Expect,
    FaultStep,
    GoPrivate,
    GoToGroup,
    Help,
    InlineStep,
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
    ShowFaults,
    ShowLog,
    StarsStep,
    Step,
    Sticker,
    TimerStep,
    Wait,
)

HELP = """\
A line is said to the bot. Lines that begin with a colon are for the sandbox:
  :2               press button 2 of the newest screen; say 2 to a userbot, which has no buttons
  :press LABEL     press the button with this label; say its word to a userbot
  :inline TEXT     type TEXT behind the bot's name; :1 sends the first result to this chat
                   (in a private chat @BOTNAME TEXT is the same)
  :as bob ru       go on as another person; the language (of the account) is optional
  :as operator     go on as the bot's operator, who has /plugins
  :admin EMAIL     make this account of the local SAPP API an administrator
  :group TITLE     go on in a group with the bot, made at its first use; who speaks joins it
  :private         go on in the private chats
  :expect TEXT     wait up to 30 s until TEXT came since the last line said
  :never TEXT      fail if TEXT came since the last line said
  :wait SECONDS    wait
  :restart         kill the bot (SIGKILL), start it again, go on when it is ready
  :photo, :sticker send one
  :open            show what is in the newest file of the chat
  :pay [NUMBER]    pay the newest invoice in Telegram Stars; NUMBER counts all from 1
  :stars [AMOUNT]  show the person's Stars, 1000 at first; give them AMOUNT more
  :chargeback      take the person's newest payment back from the bot, as a bank does
  :fault NAME on   switch a fault on, or off; :faults shows them all
  :rates EUR 0.8   from now on a USD is 0.8 EUR at the SAPP API; the bot asks for rates once an hour
  :clock +1h       start the bot an hour later (s, m, h or d); the SAPP API's time goes along
  :timer NAME      have the operator run a timer of a plugin now: :timer rates.look
  :edit TEXT       edit what was said last
  :set NAME VALUE  a SAPP_ setting of the bot; in a script, before the first line said
  :log             the end of the bot's log, and where it is
  :help, :quit     this help; the end
  ::text           say ":text"
In a script, empty lines and lines that begin with # are skipped."""


class ScriptError(ValueError):
    """A line cannot be parsed; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One step of a script, and the number of its line, counted from 1."""

    number: int
    step: Step


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script: settings of the bot, then the steps."""

    settings: tuple[Setting, ...]
    lines: tuple[ScriptLine, ...]


_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_NAME = re.compile(r"\w{1,32}")
_SETTING = re.compile(r"SAPP_[A-Z0-9_]+")
_LONGEST_WAIT_S = 3600.0
_CODE = re.compile(r"[A-Z]{3}")
_RATE = re.compile(r"\d{1,9}(\.\d{1,12})?", re.ASCII)
_TIMER = re.compile(r"\w{1,64}\.\w{1,64}", re.ASCII)
_SPAN = re.compile(r"\+?(\d{1,9})([smhd])", re.ASCII)
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_JUMP_S = 365 * 86_400


def read_step(text: str) -> Step | None:
    """Return the step of a line, None for an empty one.

    Raises:
        ScriptError: the line begins with a colon and means nothing.

    """
    text = text.strip()
    if not text:
        return None
    if not text.startswith(":"):
        return SayStep(text)
    if text.startswith("::"):
        return SayStep(text[1:])
    word, _, rest = text[1:].partition(" ")
    rest = rest.strip()
    if word.isdecimal():
        return _press_number(word, rest)
    return _named(word, rest)


def _named(word: str, rest: str) -> Step:
    if word in _WITH_TEXT:
        if not rest:
            raise ScriptError(f":{word} wants something behind it")
        return _WITH_TEXT[word](rest)
    if word in _WITH_NUMBER:
        return _WITH_NUMBER[word](_whole_number(word, rest))
    if word in _BARE:
        if rest:
            raise ScriptError(f":{word} takes nothing behind it")
        return _BARE[word]()
    raise ScriptError(f"there is no :{word}; :help tells what there is, :: says a colon")


def read_script(lines: Iterable[str]) -> Script:
    """Parse a whole script.

    Raises:
        ScriptError: the first line that means nothing, with its number in front; also a `:set`
            behind a line that needs the bot.

    """
    settings: list[Setting] = []
    played: list[ScriptLine] = []
    for number, text in enumerate(lines, start=1):
        if text.lstrip().startswith("#"):
            continue
        try:
            step = read_step(text)
        except ScriptError as error:
            raise ScriptError(f"line {number}: {error}") from None
        if isinstance(step, Setting):
            if played:
                raise ScriptError(f"line {number}: :set comes before the first line said")
            settings.append(step)
        elif step is not None:
            played.append(ScriptLine(number, step))
    return Script(tuple(settings), tuple(played))


def _press_number(word: str, rest: str) -> PressStep:
    if rest or not int(word):
        raise ScriptError("a button's number stands alone, and counts from 1: :1")
    return PressStep(number=int(word))


def _whole_number(word: str, rest: str) -> int:
    if not rest:
        return 0
    if not rest.isdecimal() or not int(rest):
        raise ScriptError(f":{word} wants a whole number from 1 on, or nothing: :{word} 2")
    return int(rest)


def _become(rest: str) -> Become:
    name, _, language = rest.partition(" ")
    if not _NAME.fullmatch(name) or (language and not _LANGUAGE.fullmatch(language)):
        raise ScriptError(":as wants a name and perhaps a language: :as bob ru")
    return Become(name, language)


def _wait(rest: str) -> Wait:
    try:
        seconds = float(rest)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_WAIT_S:
        raise ScriptError(f":wait wants seconds, at most {_LONGEST_WAIT_S:.0f}: :wait 2.5")
    return Wait(seconds)


def _fault(rest: str) -> FaultStep:
    name, _, state = rest.partition(" ")
    if state.strip() not in {"on", "off"}:
        raise ScriptError(":fault wants a name and on or off: :fault api-down on")
    return FaultStep(name, state.strip() == "on")


def _move_rate(rest: str) -> MoveRate:
    currency, _, number = rest.partition(" ")
    value = float(number) if _RATE.fullmatch(number.strip()) else 0.0
    if not _CODE.fullmatch(currency) or not value:
        raise ScriptError(":rates wants a code and how many of it make a USD: :rates EUR 0.8")
    return MoveRate(currency, value)


def _pass_time(rest: str) -> PassTime:
    found = _SPAN.fullmatch(rest)
    seconds = int(found[1]) * _UNITS_S[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST_JUMP_S:
        raise ScriptError(":clock wants s, m, h or d, a year at most: :clock +1h")
    return PassTime(float(seconds))


def _timer(rest: str) -> TimerStep:
    if not _TIMER.fullmatch(rest):
        raise ScriptError(":timer wants the name of one, as /plugins has it: :timer rates.look")
    return TimerStep(rest)


def _setting(rest: str) -> Setting:
    name, _, value = rest.partition(" ")
    if not _SETTING.fullmatch(name):
        raise ScriptError(":set wants one of the bot's settings: :set SAPP_KEY_SHOWN_S 2")
    return Setting(name, value.strip())


_WITH_TEXT: dict[str, Callable[[str], Step]] = {
    "press": lambda rest: PressStep(label=rest),
    "inline": InlineStep,
    "as": _become,
    "admin": MakeAdmin,
    "group": GoToGroup,
    "expect": Expect,
    "never": Never,
    "wait": _wait,
    "edit": EditStep,
    "fault": _fault,
    "rates": _move_rate,
    "clock": _pass_time,
    "timer": _timer,
    "set": _setting,
}
_WITH_NUMBER: dict[str, Callable[[int], Step]] = {"pay": PayStep, "stars": StarsStep}
_BARE: dict[str, Callable[[], Step]] = {
    "private": GoPrivate,
    "restart": Restart,
    "photo": PhotoStep,
    "sticker": Sticker,
    "open": OpenFile,
    "chargeback": Chargeback,
    "faults": ShowFaults,
    "help": Help,
    "log": ShowLog,
    "quit": Quit,
}
