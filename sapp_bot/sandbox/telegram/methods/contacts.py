"""Methods to find accounts by user name, phone number or address book, and to block them."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from sapp_bot.sandbox.telegram.refusal import RpcError
from sapp_bot.sandbox.telegram.state.accounts import digits
from sapp_bot.sandbox.telegram.state.world import RpcCaller

from .registry import Methods

methods = Methods()


@methods.on(functions.contacts.ResolveUsernameRequest)
def resolve_username(caller: RpcCaller, request: Any) -> Any:
    """Return the account with a user name."""
    account = caller.world.accounts.named(request.username)
    if account is None:
        raise RpcError("USERNAME_NOT_OCCUPIED")
    return _resolved(caller, account.id)


@methods.on(functions.contacts.ResolvePhoneRequest, "people")
def resolve_phone(caller: RpcCaller, request: Any) -> Any:
    """Return the account with a phone number; no number is private here."""
    account = caller.world.accounts.by_phone(request.phone)
    if account is None:
        raise RpcError("PHONE_NOT_OCCUPIED")
    return _resolved(caller, account.id)


def _resolved(caller: RpcCaller, number: int) -> Any:
    peer = types.PeerUser(number)
    return types.contacts.ResolvedPeer(peer, chats=[], users=caller.users({number}))


@methods.on(functions.contacts.ImportContactsRequest, "people")
def import_contacts(caller: RpcCaller, request: Any) -> Any:
    """Add people to the address book by phone number; numbers without account are left out."""
    imported = []
    for contact in request.contacts:
        account = caller.world.accounts.by_phone(digits(contact.phone))
        if account is not None:
            caller.account.contacts.add(account.id)
            imported.append(types.ImportedContact(account.id, contact.client_id))
    return types.contacts.ImportedContacts(
        imported,
        popular_invites=[],
        retry_contacts=[],
        users=caller.users({contact.user_id for contact in imported}),
    )


@methods.on(functions.contacts.GetContactsRequest, "people")
def get_contacts(caller: RpcCaller, _: Any) -> Any:
    """Return the address book."""
    numbers = sorted(caller.account.contacts)
    contacts = [types.Contact(number, mutual=False) for number in numbers]
    return types.contacts.Contacts(contacts, len(contacts), caller.users(numbers))


@methods.on(functions.contacts.BlockRequest, "people")
def block(caller: RpcCaller, request: Any) -> bool:
    """Block an account (mostly a bot): it can no longer write to the caller."""
    other = caller.resolve(request.id)
    if other is caller.account:
        raise RpcError("CONTACT_ID_INVALID")
    caller.account.blocked.add(other.id)
    return True


@methods.on(functions.contacts.UnblockRequest, "people")
def unblock(caller: RpcCaller, request: Any) -> bool:
    """Unblock an account."""
    caller.account.blocked.discard(caller.resolve(request.id).id)
    return True
