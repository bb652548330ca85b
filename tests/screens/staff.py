"""The way of an operator who is an administrator of the API."""

from __future__ import annotations

from .walk import EMAIL, PASSWORD, shot

_ADMIN = """
(async () => {
  document.querySelector('#make-admin').click();
  await new Promise((done) => setTimeout(done, 200));
  const person = `operator_${document.documentElement.lang}`;
  document.querySelector('#dialog [name=email]').value = `${person}@example.com`;
  document.querySelector('#dialog-yes').click();
})()
"""

ARRIVAL = (
    # A press tells the bot of the person's language, a plain text does not.
    shot("operator settings", "/start", taps="Settings"),
    shot("operator start", "/start"),
)
"""Before the others come: the bot can write to whom it knows."""

_DESK = (
    shot("wish for a refund", "/billing"),
    shot("no to a wish", taps="Say no"),
    shot("no to a wish said", "The pack is used."),
    shot("no to which wish", "/refuse_refund"),
    shot("no to no wish", "zzz", "The pack is used."),
    shot("operator help", "/help"),
    shot("operator needs a login", "/users"),
    shot("operator account", "/register", EMAIL, PASSWORD, PASSWORD, taps="Create"),
    shot("operator is refused", "/users", "/billing grant 2 100"),
    shot("administrator", does="admin", script=_ADMIN),
    shot("plugins", "/plugins"),
    shot("plugins refreshed", taps="Refresh"),
    shot("plugin", "/plugin reload notices"),
    shot("plugin unknown", "/plugin reload nothing"),
    shot("timer", "/plugin run notices.look"),
)

_API = (
    shot("users", "/users", does="crowd"),
    shot("users next page", taps="Next"),
    shot("user", taps="#"),
    shot("users none", "/users nothinglikethis"),
    shot("users too long", "/users " + "x" * 200),
    shot("clients", "/clients"),
    shot("clients next page", taps="Next"),
    shot("client of somebody", taps="#"),
    shot("client by number", "/clients 2"),
    shot("clients none", "/clients nothinglikethis"),
    shot("new key", "/clients 2", taps="New key"),
    shot("new key made", taps="Replace the key"),
    shot("report", "/report"),
    shot("report next page", taps="Next"),
    shot("report by its button", "/report", taps="As a file"),
    shot("report as a file", "/report csv"),
    shot("topup", "/topup 2 100"),
    shot("topup by its button", "/clients 2", taps="+"),
    shot("topup done", taps="Yes, give"),
    shot("topup too much", "/topup 2 9007199254740992"),
    shot("topup misspelt", "/topup shop"),
)

_MONEY = (
    shot("billing", "/billing"),
    shot("billing payments", "/billing tx 2"),
    shot("billing refund", taps="Refund 1"),
    shot("billing refund not done", taps="Cancel"),
    shot("billing refund begun", "/billing tx 2", taps="Refund 1|Yes, do it"),
    shot("no to what goes back", taps="Say no"),
    shot("billing payments of nobody", "/billing tx 999"),
    shot("billing payment unknown", "/billing tx zzz"),
    shot("billing misspelt", "/billing grant"),
    shot("billing of no client", "/billing fix shop"),
    shot("billing grant", "/billing grant 2 100"),
    shot("billing grant done", taps="Yes, do it"),
    shot("billing fix", "/billing fix 2"),
    shot("billing lacking", "/billing lacking"),
    shot("billing reconcile", "/billing reconcile"),
    shot("billing audit", "/billing audit"),
    shot("billing adopt", "/billing adopt"),
    shot("billing pause", "/billing pause"),
    shot("billing paused", taps="Yes, do it"),
    shot("billing resumed", "/billing resume", taps="Yes, do it"),
    shot("billing done already", "/billing pause", taps="Cancel"),
)

_HOUSE = (
    shot("maintenance", "/maintenance"),
    shot("maintenance on", taps="Close it to people"),
    shot("maintenance off", taps="Open it again"),
    shot("broadcast", "/broadcast"),
    shot("broadcast draft", "/broadcast We are back."),
    shot("broadcast in two languages", "/broadcast ru Мы снова работаем."),
    shot("broadcast dropped", taps="Drop it"),
    shot("broadcast too long", "/broadcast " + "news " * 800),
    shot("broadcast sent", "/broadcast We are back.", taps="Send to|Refresh"),
    shot("broadcast cancelled", "/broadcast And again.", taps="Send to|Cancel"),
    shot("audit", "/audit"),
    shot("audit older", taps="Older"),
    shot("operator forgets", "/forget", "no"),
    shot("operator logged out", "/logout"),
)

STAFF = (*_DESK, *_API, *_MONEY, *_HOUSE)
