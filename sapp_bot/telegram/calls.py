"""Makes the bot's calls to Telegram: replies, deletions, pop-ups, "typing", menus.

Each call is made once and ends with a value or one of `errors.TelegramError`. Nothing is repeated
here: the outbox does that.
"""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Mapping
from typing import assert_never

from sapp_bot.domain.answers import Answer
from sapp_bot.domain.replies import CloseScreens, Edit, Invoice, Remove, Reply, Send
from sapp_bot.errors import TelegramAway, TelegramError, Undeliverable

from . import outgoing
from .account import TelegramAccount
from .payments.requests import invoice_request
from .seam import TL, functions, types
from .session_runner import SessionRunner

UNSURE = 3
"""How many times a message with a screen is repeated after "random id duplicate". Telegram gives
the id once it has finished the first send; without an id the screen could not be edited later."""


class TelegramCalls:
    """Makes the calls of `ports.TelegramPort`. All but `typing` raise the `TelegramError` family.

    Args:
        session: The session whose client is used.
        account: Decides which chats may be used, and the mark of texts.
        call_s: Limit of each call in seconds, including the wait for a connection.

    """

    def __init__(self, session: SessionRunner, account: TelegramAccount, call_s: float) -> None:
        self._session = session
        self._account = account
        self._call_s = call_s
        self._is_mark_checked = False
        self._unsure: Counter[int] = Counter()

    async def deliver(
        self, reply: Reply, random_id: int, content: bytes | None = None
    ) -> int | None:
        """Carry out one reply: send, edit or delete.

        Args:
            reply: What to do; a text too long for one message becomes several.
            random_id: Number by which Telegram recognises a repeat (64 bits, signed).
            content: Bytes of the reply's picture (PNG or JPEG) or file.

        Returns:
            Id of the last message that was sent, or of the edited one. None for a deletion, for
            an edit whose message is gone, and where Telegram only says that the message has
            arrived before.

        Raises:
            ChatPaused: flood wait; `wait_s` says how long.
            TelegramAway: no connection or no answer; repeat with the same `random_id`.
            Undeliverable: Telegram refuses, or the account must not use this chat.

        """
        peer = self._peer(reply.chat_id)
        match reply:
            case Send():
                return await self._send(peer, reply, random_id, content)
            case Edit():
                return await self._edit(peer, reply, random_id, content)
            case Invoice():
                return await self._invoice(peer, reply, random_id)
            case Remove():
                for request in outgoing.delete_requests(peer, reply.message_ids):
                    await self._call(request)
                return None
            case CloseScreens():
                for message_id in reply.message_ids:
                    await self._close(peer, reply, message_id)
                return None
            case _:
                assert_never(reply)

    async def remove(self, chat_id: int, message_id: int) -> bool:
        """Delete one message for both sides.

        Returns:
            Whether the message is gone, also if it was gone before; False if Telegram refuses.

        Raises:
            ChatPaused, TelegramAway, Undeliverable: as for `deliver`.

        """
        (request,) = outgoing.delete_requests(self._peer(chat_id), (message_id,))
        try:
            await self._call(request, *outgoing.KEPT)
        except outgoing.KEPT:
            return False
        return True

    async def answer(self, query_id: int, answer: Answer) -> None:
        """Answer a press or another query; an answer that comes too late is no error.

        Args:
            query_id: `query_id` of the press, inline query or pre-checkout query.
            answer: Pop-up, results, or whether the person may pay.

        Raises:
            ChatPaused, TelegramAway, Undeliverable: as for `deliver`.

        """
        request = outgoing.answer_request(query_id, answer)
        with contextlib.suppress(outgoing.LATE):
            await self._call(request, outgoing.LATE)

    async def typing(self, chat_id: int) -> None:
        """Show "typing" in a chat for some seconds; never raises a TelegramError."""
        action = types.SendMessageTypingAction()
        with contextlib.suppress(TelegramError):
            peer = self._peer(chat_id)
            await self._call(functions.messages.SetTypingRequest(peer, action))

    async def set_menu(self, commands: Mapping[str, str], *, language: str, person: int) -> None:
        """Set the command menu, or take it back.

        Args:
            commands: Command name, without slash -> description; none takes the menu back.
            language: ISO 639-1 code, "" for languages without a menu of their own.
            person: Telegram user id, 0 for all private chats.

        Raises:
            ChatPaused, TelegramAway, Undeliverable: as for `deliver`.

        """
        peer = self._session.client.peer(person) if person else None
        await self._call(outgoing.menu_request(commands, language=language, peer=peer))

    def _peer(self, chat_id: int) -> TL:
        client = self._session.client
        # In user mode, the last guard against a plugin that writes to one of the owner's chats.
        if not self._account.may_enter(chat_id):
            raise Undeliverable("not a chat of ours")
        return client.peer(chat_id)

    async def _invoice(self, peer: TL, reply: Invoice, random_id: int) -> int | None:
        if not self._account.sells:
            raise Undeliverable("only a bot's account sends invoices")
        try:
            result = await self._call(invoice_request(peer, reply, random_id), outgoing.REPEATED)
        except outgoing.REPEATED:
            return None
        return outgoing.made_message(result, random_id)

    async def _send(
        self, peer: TL, reply: Send, random_id: int, content: bytes | None
    ) -> int | None:
        made: int | None = None
        mark = self._account.mark(reply.chat_id)
        if content is None:
            requests = outgoing.send_requests(peer, reply, random_id, mark)
        else:
            media = await self._upload(content, reply.file.filename if reply.file else "")
            requests = [outgoing.media_request(peer, reply, random_id, media, mark)]
        for request in requests:
            try:
                result = await self._call(request, outgoing.REPEATED)
            except outgoing.REPEATED:
                made = None
                self._repeat_for_id(reply, random_id)
            else:
                del self._unsure[random_id]
                made = outgoing.made_message(result, request.random_id)
        if mark and made is not None and not self._is_mark_checked:
            await self._check_mark(made, mark)
        return made

    def _repeat_for_id(self, reply: Send, random_id: int) -> None:
        """Raise TelegramAway, so that the outbox repeats a message whose id is needed.

        Telegram shows the message once, however often it is sent with the same random id.
        """
        if reply.screen and self._unsure[random_id] < UNSURE:
            self._unsure[random_id] += 1
            raise TelegramAway("it has the message, and does not say which")
        del self._unsure[random_id]

    async def _check_mark(self, message_id: int, mark: str) -> None:
        """Check once that Telegram keeps the mark, and end the client if it does not.

        Without the mark, the bot's own texts in Saved Messages would be read as commands.
        """
        request = functions.messages.GetMessagesRequest([types.InputMessageID(message_id)])
        try:
            (found,) = (await self._call(request)).messages
        except TelegramError:
            return  # the message has arrived; the next one is checked instead
        text = getattr(found, "message", None)  # None: the message is deleted already
        if text is not None and not text.startswith(mark):
            self._session.client.give_up(
                "Telegram takes our mark off messages, so user mode is not safe"
            )
        self._is_mark_checked = text is not None

    async def _upload(self, content: bytes, filename: str = "") -> TL:
        """Upload a file, or a photo if there is no name, and return its input media."""
        # Not Telethon's `upload_file`: it repeats and sleeps by itself, without a limit.
        file_id = secrets.randbits(63)
        for request in outgoing.part_requests(file_id, content):
            await self._call(request)
        if filename:
            return outgoing.uploaded_file(file_id, content, filename)
        return outgoing.uploaded_photo(file_id, content)

    async def _edit(self, peer: TL, reply: Edit, random_id: int, image: bytes | None) -> int | None:
        photo = await self._upload(image) if image is not None else None
        request = outgoing.edit_request(peer, reply, self._account.mark(reply.chat_id), photo)
        try:
            await self._call(request, outgoing.UNCHANGED, outgoing.GONE, *outgoing.FIXED)
        except outgoing.UNCHANGED:
            pass
        except (outgoing.GONE, *outgoing.FIXED) as error:
            # The old message cannot be edited, but may show what the edit was to hide (a typed
            # secret, buttons that are used up): delete it.
            if isinstance(error, outgoing.FIXED):
                await self.remove(reply.chat_id, reply.message_id)
            if not reply.revive:
                return None
            return await self._send(peer, reply.anew(), random_id, image)
        return reply.message_id

    async def _close(self, peer: TL, reply: CloseScreens, message_id: int) -> None:
        """Take the buttons off one message; one that is gone or too old to change has none to lose.

        A message that was to lose its text, too, and cannot be changed, is deleted.
        """
        request = outgoing.close_request(peer, reply, message_id, self._account.mark(reply.chat_id))
        try:
            await self._call(request, outgoing.UNCHANGED, outgoing.GONE, *outgoing.FIXED)
        except (outgoing.UNCHANGED, outgoing.GONE):
            pass
        except outgoing.FIXED:
            if reply.text is not None:
                await self.remove(reply.chat_id, message_id)

    async def _call(self, request: TL, *expected: type[Exception]) -> TL:
        """Make one call; raise the `expected` refusals unchanged, all others as our errors."""
        try:
            return await self._session.client.call(request, timeout_s=self._call_s)
        except expected:
            raise
        except outgoing.REFUSALS as error:
            raise outgoing.translated(error) from error
