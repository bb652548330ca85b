"""What can come back from the SAPP API instead of an answer.

    SappError                   .call is "METHOD /path", never the query: the key travels there
    ├─ UpstreamUnreachable      no connection, or no answer in time; .sent tells which
    ├─ UpstreamFailed           the API, its database, its source of rates or a proxy is broken
    ├─ BadAnswer                an answer came, and it is not what the API documents
    ├─ OutcomeUnknown           a write that must not be repeated may or may not have happened
    └─ Refused                  the API understood, and says no
        ├─ BadCredentials       wrong e-mail or password
        ├─ EmailTaken           there is an account with this e-mail
        ├─ WrongPassword        the current password, given to change it, is wrong
        ├─ NoClientYet          the account has no client
        ├─ ClientExists         the account has its one client already
        ├─ Forbidden            not an administrator
        ├─ KeyRefused           the API key is not taken
        ├─ NoReadsLeft          the key is right, its reads are used up
        ├─ OriginRefused        the key is right, its domains do not let us use it
        ├─ NotFound             no such row
        ├─ UnknownCurrency      no rate is known for a currency
        └─ InvalidInput         a value the API cannot take (.reason)

An expired or refused login is `SessionExpired`, in the bot's own errors: the host ends it.

No text here holds what the API wrote: its errors are SQL, and proxies echo what they were sent.
"""

from __future__ import annotations

from sapp_bot.errors import NextStep, SappBotError


class SappError(SappBotError):
    """The SAPP API did not do what was asked. `call` is like "GET /users/{id}"."""

    def __init__(
        self, call: str, detail: str = "", *, reply: str | None = None, **values: object
    ) -> None:
        super().__init__(f"{call}: {detail or type(self).__name__}", reply=reply, **values)
        self.call = call
        self.detail = detail

    @property
    def uncertain(self) -> bool:
        """Whether the API may have done the work all the same."""
        return False


class UpstreamUnreachable(SappError):
    """No connection, or no answer in time. `sent`: a connection stood, so it may have arrived."""

    reply = "The SAPP service is not answering just now. Please try again in a minute."
    retry = True

    def __init__(self, call: str, detail: str = "", *, sent: bool) -> None:
        super().__init__(call, detail)
        self.sent = sent

    @property
    def uncertain(self) -> bool:
        """What never left us did not happen."""
        return self.sent


class UpstreamFailed(SappError):
    """The API, its database or a proxy before it reports a failure of its own."""

    reply = "The SAPP service has a problem just now. Please try again in a minute."
    retry = True

    def __init__(
        self, call: str, detail: str = "", *, undone: bool = False, reply: str | None = None
    ) -> None:
        super().__init__(call, detail, reply=reply)
        self.undone = undone

    @property
    def uncertain(self) -> bool:
        """A proxy's 502 says nothing about what the API did; `undone` is where we know."""
        return not self.undone


class BadAnswer(SappError):
    """An answer that is not what the API documents: content type, JSON, fields, size, status."""

    reply = "The SAPP service gave an answer I cannot read. Please try again in a minute."
    retry = True

    @property
    def uncertain(self) -> bool:
        """The work may well have been done."""
        return True


class OutcomeUnknown(SappError):
    """A write that would count twice if repeated may or may not have happened."""

    reply = (
        "The SAPP service did not confirm this, so it may or may not have happened. "
        "Please look at the present value before you do it again."
    )


class Refused(SappError):
    """The API understood what was asked, and says no; repeating the same does not help."""

    reply = "The SAPP service refused this. /help shows what you can do."


class BadCredentials(Refused):
    """No active account has this e-mail and password."""

    reply = "This e-mail and password do not match. Please try /login again, or /register."


class EmailTaken(Refused):
    """There is an account with this e-mail."""

    reply = "There is already an account with this e-mail. If it is yours, /login."


class WrongPassword(Refused):
    """The current password, given to change it, is wrong."""

    reply = "That is not your current password, so nothing was changed. Try /password again."


class NoClientYet(Refused):
    """The account has no client."""

    reply = "You have no API client yet. Make one with /newclient."
    next_steps = (NextStep("newclient", "Create a client"),)


class ClientExists(Refused):
    """The account has its one client already."""

    reply = "You already have an API client, and each account has one. See it with /client."


class Forbidden(Refused):
    """The call is for administrators."""

    reply = "This is for administrators of the SAPP service; your account is not one of them."


class KeyRefused(Refused):
    """The API key is not taken, and it is not known that reads or domains are why."""

    reply = (
        "The SAPP service did not take your API key. "
        "/client shows your current key, its domains and the reads left."
    )


class NoReadsLeft(Refused):
    """The client's reads are used up."""

    reply = "Your API client has no reads left. /client shows the count."
    next_steps = (NextStep("buy", "Buy reads"), NextStep("client", "My client"))


class OriginRefused(Refused):
    """The client's `domains` do not let us use the key."""

    reply = "Your API key may only be used from its own domains. /client shows them."


class NotFound(Refused):
    """There is no such row, or no rate for that time."""

    reply = "The SAPP service found nothing for this. Please check what you asked for."


class UnknownCurrency(Refused):
    """The API knows no rate for one of the two currencies, and does not say which.
    `values["codes"]` is a text with both, as they were asked for: "USD, XYZ".
    """

    reply = "No rate is known for one of these currencies: {codes}. /currencies lists all."


class InvalidInput(Refused):
    """A value that cannot be sent, or that the API did not take; `reason` says so to the person."""

    reply = "The SAPP service cannot take this value. Please check it and try again."

    def __init__(self, call: str, reason: str = "", **values: object) -> None:
        super().__init__(call, reason, reply=reason or None, **values)
        self.reason = self.reply
