"""What the bot asks of Telegram: replies, deletions, pop-ups, "typing", menus.

Each call is made once and comes back as a value or as one of `errors.TelegramError`; whoever asks
repeats it.
"""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import assert_never

from sapp_bot.domain.answers import Answer
from sapp_bot.domain.replies import Edit, Remove, Reply, Send
from sapp_bot.errors import TelegramAway, TelegramError, Undeliverable

from . import outgoing
from .account import TelegramAccount
from .seam import TL, functions, types
from .session_runner import SessionRunner

UNSURE = 3
"""So often a message with a screen is repeated that Telegram says it has: it tells the id once it
is done with it, and without the id the screen could not be changed."""


class TelegramCalls:
    """Makes the calls of `ports.TelegramPort` on a session; `call_s` bounds each, in seconds."""

    def __init__(self, session: SessionRunner, account: TelegramAccount, call_s: float) -> None:
        self._session = session
        self._account = account
        self._call_s = call_s
        self._mark_is_kept = False
        self._unsure: Counter[int] = Counter()

    async def deliver(self, reply: Reply, random_id: int, image: bytes | None = None) -> int | None:
        """Carry out one reply; see `ports.Telegram`.

        A text too long for one message becomes several; the id is the last one's. It is None
        where Telegram only says that the message has arrived before.
        """
        peer = self._peer(reply.chat_id)
        match reply:
            case Send():
                return await self._send(peer, reply, random_id, image)
            case Edit():
                return await self._edit(peer, reply, random_id, image)
            case Remove():
                for request in outgoing.delete_requests(peer, reply.message_ids):
                    await self._call(request)
                return None
            case _:
                assert_never(reply)

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete one message; False when Telegram refuses. Gone before counts as gone."""
        (request,) = outgoing.delete_requests(self._peer(chat_id), (message_id,))
        try:
            await self._call(request, *outgoing.KEPT)
        except outgoing.KEPT:
            return False
        return True

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Answer a query, as that of a pressed button; too late is no error."""
        request = outgoing.answer_request(query_id, answer)
        with contextlib.suppress(outgoing.LATE):
            await self._call(request, outgoing.LATE)

    async def typing(self, chat_id: int) -> None:
        """Show "typing"; nothing depends on it, so it never fails."""
        action = types.SendMessageTypingAction()
        with contextlib.suppress(TelegramError):
            peer = self._peer(chat_id)
            await self._call(functions.messages.SetTypingRequest(peer, action))

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command list for a language ("" is any) and a person (0 is everybody)."""
        peer = self._session.client.peer(person) if person else None
        await self._call(outgoing.menu_request(commands, language=language, peer=peer))

    def _peer(self, chat_id: int) -> TL:
        """Find a chat that we may enter."""
        client = self._session.client
        if not self._account.may_enter(chat_id):
            raise Undeliverable("not a chat of ours")
        return client.peer(chat_id)

    async def _send(self, peer: TL, reply: Send, random_id: int, image: bytes | None) -> int | None:
        made: int | None = None
        mark = self._account.mark(reply.chat_id)
        if image is None:
            requests = outgoing.send_requests(peer, reply, random_id, mark)
        else:
            photo = await self._upload(image)
            requests = [outgoing.photo_request(peer, reply, random_id, photo, mark)]
        for request in requests:
            try:
                result = await self._call(request, outgoing.REPEATED)
            except outgoing.REPEATED:
                made = None
                self._repeat(reply, random_id)
            else:
                del self._unsure[random_id]
                made = outgoing.made_message(result, request.random_id)
        if mark and made is not None and not self._mark_is_kept:
            await self._check_mark(made, mark)
        return made

    def _repeat(self, reply: Send, random_id: int) -> None:
        """See that a message whose id is needed is sent once more; Telegram shows it once.

        Raises:
            TelegramAway: repeat it.

        """
        if reply.screen and self._unsure[random_id] < UNSURE:
            self._unsure[random_id] += 1
            raise TelegramAway("it has the message, and does not say which")
        del self._unsure[random_id]

    async def _check_mark(self, message_id: int, mark: str) -> None:
        """See once that Telegram keeps the mark: without it our words would come back as orders.

        If it does not, receiving ends with an error.
        """
        request = functions.messages.GetMessagesRequest([types.InputMessageID(message_id)])
        try:
            (found,) = (await self._call(request)).messages
        except TelegramError:
            return  # the message has arrived; the next one is looked at instead
        text = getattr(found, "message", None)  # it may be deleted already
        if text is not None and not text.startswith(mark):
            self._session.client.give_up(
                "Telegram takes our mark off messages, so user mode is not safe"
            )
        self._mark_is_kept = text is not None

    async def _upload(self, image: bytes) -> TL:
        """Upload an image and return it as media.

        Telethon's `upload_file` repeats and sleeps by itself, however long that takes.
        """
        file_id = secrets.randbits(63)
        for request in outgoing.part_requests(file_id, image):
            await self._call(request)
        return outgoing.uploaded_photo(file_id, image)

    async def _edit(self, peer: TL, reply: Edit, random_id: int, image: bytes | None) -> int | None:
        photo = await self._upload(image) if image is not None else None
        request = outgoing.edit_request(peer, reply, self._account.mark(reply.chat_id), photo)
        try:
            await self._call(request, outgoing.UNCHANGED, outgoing.GONE, *outgoing.FIXED)
        except outgoing.UNCHANGED:
            pass
        except (outgoing.GONE, *outgoing.FIXED) as error:
            if isinstance(error, outgoing.FIXED):  # what it shows may be meant to vanish
                await self.remove(reply.chat_id, reply.message_id)
            if not reply.revive:
                return None
            return await self._send(peer, reply.anew(), random_id, image)
        return reply.message_id

    async def _call(self, request: TL, *expected: type[Exception]) -> TL:
        """Make one call; what is `expected` comes as it is, all else as our errors."""
        try:
            return await self._session.client.call(request, timeout_s=self._call_s)
        except expected:
            raise
        except outgoing.REFUSALS as error:
            raise outgoing.translated(error) from error
