"""The way of somebody whom everything goes wrong for: the API fails in each of its manners."""

from __future__ import annotations

from .walk import EMAIL, PASSWORD, shot

TROUBLES = (
    shot("trouble: with a client", "/login", EMAIL, PASSWORD),
    shot("trouble: the API is down", "/client", does="api down"),
    shot("trouble: still down", "/newclient"),
    shot("trouble: a form is kept", "/password", PASSWORD),
    shot("trouble: the form tried again", does="api up", taps="Retry"),
    shot("trouble: the database is away", "/cancel", "/me", does="database away"),
    shot("trouble: a broken answer", "/me", does="failures"),
    shot("trouble: a login by a broken API", "/balance"),
    shot("trouble: well again", "/me", does="api well"),
    shot("trouble: too many tries", "/login", EMAIL, *(f"wrong pass {n}" for n in range(6))),
    shot("trouble: the login has ended", "/me", does="logins ended"),
    shot("trouble: over", "/start", does="time put back"),
)
