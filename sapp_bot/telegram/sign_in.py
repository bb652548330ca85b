"""Signs in a person: phone number, code, and password where two-step verification is on.

What is typed goes to Telegram only, never into a log or an error. Telethon's errors hold their
request with phone and code, so each is replaced by an error of ours `from None`.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from sapp_bot.errors import ConfigError, SappBotError

from .client import BotClient
from .seam import errors

TRIES = 3
"""How often a code or a password is asked for."""


class LoginFailed(SappBotError):
    """A person could not be signed in; the text says why and what to do."""


class Asker(Protocol):
    """Asks the person who signs in, usually at a terminal."""

    def __call__(self, question: str, *, secret: bool = False) -> Awaitable[str]:
        """Return the answer to a question.

        Args:
            question: Text of the prompt.
            secret: Whether to hide what is typed.

        Raises:
            LoginFailed: nobody answers, as at the end of the input.

        """


async def sign_in_person(client: BotClient, asker: Asker) -> None:
    """Sign in the person who answers `asker`.

    Args:
        client: A connected client that is not signed in.
        asker: Asks for phone, code and password, each at most `TRIES` times.

    Raises:
        LoginFailed: a wrong answer `TRIES` times, or Telegram refuses the number.
        ConfigError: Telegram does not know the API id and hash.

    """
    try:
        phone = await _phone(client, asker)
        if not await _code(client, phone, asker):
            await _password(client, asker)
    except errors.FloodWaitError as error:
        raise LoginFailed(_wait(error.seconds)) from None
    except errors.ApiIdInvalidError:
        raise ConfigError("Telegram does not know TELEGRAM_API_ID and its hash") from None
    except errors.PhoneNumberBannedError:
        raise LoginFailed("Telegram has banned this phone number.") from None
    except errors.PhoneNumberUnoccupiedError:
        raise LoginFailed("This number has no Telegram account; make one in an app.") from None
    except (errors.PhonePasswordFloodError, errors.PhoneNumberFloodError):
        raise LoginFailed("Too many tries with this number. Please wait a day.") from None
    except errors.RPCError as error:
        raise LoginFailed(f"Telegram refuses to sign in: {type(error).__name__}.") from None


async def _phone(client: BotClient, asker: Asker) -> str:
    question = "Phone number, with + and country code: "
    for _ in range(TRIES):
        phone = "".join(filter(str.isdecimal, await asker(question)))
        try:
            # For "" Telethon would take the number of an earlier try; "0" is refused as invalid.
            await client.send_code_request(phone or "0")
        except errors.PhoneNumberInvalidError:
            question = "That is not a phone number. It looks like +391234567890: "
        else:
            return phone
    raise LoginFailed("No phone number was given.")


async def _code(client: BotClient, phone: str, asker: Asker) -> bool:
    """Sign in with the code; return False if Telegram also wants the password."""
    question = "Code that Telegram sent to your other devices: "
    for _ in range(TRIES):
        code = "".join(filter(str.isalnum, await asker(question)))
        try:
            await client.sign_in(phone, code or "0")
        except errors.SessionPasswordNeededError:
            return False
        except (errors.PhoneCodeInvalidError, errors.PhoneCodeEmptyError):
            question = "That is not the code. Please send it again: "
        except errors.PhoneCodeExpiredError:
            await client.send_code_request(phone)
            question = "That code has run out. Telegram has sent a new one: "
        else:
            return True
    raise LoginFailed("The code was wrong three times. Please start again in some minutes.")


async def _password(client: BotClient, asker: Asker) -> None:
    question = "Password of your two-step verification: "
    for _ in range(TRIES):
        password = await asker(question, secret=True)
        try:
            await client.sign_in(password=password or " ")
        except errors.PasswordHashInvalidError:
            question = "That is not the password. Please send it again: "
        else:
            return
    raise LoginFailed("The password was wrong three times. Please start again in some minutes.")


def _wait(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"Telegram lets nobody sign in here for {minutes} min. Please try again then."
