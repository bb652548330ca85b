"""The way through all screens: what a person says and taps, and what each picture is called."""

from __future__ import annotations

from dataclasses import dataclass

GUEST = "ann"
OPERATOR = "operator"
EMAIL = "{person}@example.com"
PASSWORD = "correct horse 7"  # an account of a stand-in


@dataclass(frozen=True, slots=True)
class Photograph:
    """One picture: its name, and what leads to it.

    `says` are texts, one after another; `taps` the number of a button of the newest message that
    has some (-1 for the last), pressed after them; `script` is run in the page after that.
    """

    name: str
    says: tuple[str, ...] = ()
    taps: int | None = None
    script: str = ""


def _shot(name: str, *says: str, taps: int | None = None, script: str = "") -> Photograph:
    return Photograph(name, says, taps, script)


_OPEN_MENU = "document.querySelector('#menu').click()"
_OPEN_PANEL = "document.querySelector('#open-panel').click()"
_CLOSE_PANEL = "document.querySelector('#close-panel').click()"
_PAY = "[...document.querySelectorAll('#log .keys button, #log button')].at(-1).click()"
_YES = "document.querySelector('#dialog-yes').click()"

_ADMIN = """
(async () => {
  document.querySelector('#make-admin').click();
  await new Promise((done) => setTimeout(done, 200));
  const person = `operator_${document.documentElement.lang}`;
  document.querySelector('#dialog [name=email]').value = `${person}@example.com`;
  document.querySelector('#dialog-yes').click();
})()
"""

CUSTOMER = (
    _shot("empty chat"),
    _shot("start", "/start"),
    _shot("command menu", script=_OPEN_MENU),
    _shot("help", "/help"),
    _shot("help of a command", "/help rate"),
    _shot("about", "/about"),
    _shot("docs", "/docs"),
    _shot("settings", "/settings"),
    _shot("zone", "/zone"),
    _shot("other zone", "/other_zone"),
    _shot("cancel", "/cancel"),
    _shot("numbers", "/numbers"),
    _shot("needs a login", "/me"),
    _shot("login refused", "/login", "nobody@example.com", "wrong pass 1"),
    _shot("register", "/cancel", "/register"),
    _shot("register password", EMAIL),
    _shot("back", "/back"),
    _shot("register summary", EMAIL, PASSWORD, PASSWORD),
    _shot("registered", taps=0),
    _shot("me", "/me"),
    _shot("balance without a client", "/balance"),
    _shot("client without a client", "/client"),
    _shot("new client", "/newclient"),
    _shot("new client domains", "My shop"),
    _shot("new client summary", "*"),
    _shot("client is ready", taps=0),
    _shot("client", "/client"),
    _shot("client with its key", "/client show"),
    _shot("balance", "/balance"),
    _shot("buy", "/buy"),
    _shot("invoice", taps=0),
    _shot("invoice to pay", script=_PAY),
    _shot("paid", script=_YES),
    _shot("payments", "/payments"),
    _shot("paysupport", "/paysupport"),
    _shot("terms", "/terms"),
    _shot("rates", "/rates"),
    _shot("rate", "/rate EUR"),
    _shot("rate of a day", "/rate EUR yesterday"),
    _shot("rate asked for", "/rate"),
    _shot("currencies", "/cancel", "/currencies dollar"),
    _shot("history", "/history EUR 7d"),
    _shot("chart", "/chart EUR 90d"),
    _shot("base", "/base"),
    _shot("base chosen", "/base EUR"),
    _shot("other base", "/other_base"),
    _shot("favourites", "/cancel", "/favourites"),
    _shot("favourite chosen", "/favourites EUR GBP"),
    _shot("other favourite", "/other_favourite"),
    _shot("conversion", "/cancel", "100 usd to eur"),
    _shot("conversion by command", "/convert 1.5k usd to eur, gbp, jpy"),
    _shot("conversion refused", "100 usdd to eur"),
    _shot("alert", "/alert EUR"),
    _shot("alerts empty", "/cancel", "/alerts"),
    _shot("alert set", "/alert EUR/USD above 2"),
    _shot("alerts", "/alerts"),
    _shot("notices", "/notices"),
    _shot("news", "/news"),
    _shot("password", "/password"),
    _shot("new password", PASSWORD),
    _shot("new password by command", "/cancel", "/new_password"),
    _shot("retry without a form", "/cancel", "/retry"),
    _shot("skip without a form", "/skip"),
    _shot("unknown command", "/regster"),
    _shot("unknown text", "qwerty"),
    _shot("long word", "W" * 300),
    _shot("deactivate", "/deactivate"),
    _shot("forget", "/forget"),
    _shot("logout", "/logout"),
    _shot("panel", script=_OPEN_PANEL),
    _shot("chat again", script=_CLOSE_PANEL),
)

STAFF = (
    # A press tells the bot of the person's language, a plain text does not.
    _shot("operator settings", "/start", taps=-1),
    _shot("operator start", "/start"),
    _shot("operator help", "/help"),
    _shot("operator account", "/register", "{person}@example.com", PASSWORD, PASSWORD, taps=0),
    _shot("administrator", script=_ADMIN),
    _shot("plugins", "/plugins"),
    _shot("plugin", "/plugin reload rates"),
    _shot("users", "/users"),
    _shot("clients", "/clients"),
    _shot("clients none", "/clients nothinglikethis"),
    _shot("report", "/report"),
    _shot("report as a file", "/report csv"),
    _shot("topup", "/topup 2 100"),
    _shot("billing", "/billing"),
    _shot("maintenance", "/maintenance"),
    _shot("broadcast", "/broadcast"),
    _shot("audit", "/cancel", "/audit"),
    _shot("operator logged out", "/logout"),
)


def commands() -> set[str]:
    """Return the commands that the way leads through, without their slashes."""
    says = [text for shot in (*CUSTOMER, *STAFF) for text in shot.says]
    return {text[1:].split()[0] for text in says if text.startswith("/")}
