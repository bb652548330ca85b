"""The rates over two real bot processes, on a real Redis, as in a rolling restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.api_process import PASSWORD
from tests.benchmarks.field import Field

PEOPLE = 50
API_MS = 300
"""How long a call of the API takes: long enough for the first process to be told to end in it."""


@pytest.mark.long
@pytest.mark.usefixtures("redis_process")  # skips where there is no redis-server
def test_fifty_at_once_over_two_processes_are_one_read(tmp_path: Path) -> None:
    """Half of them ask the first process, which is told to end while it reads; half the second."""
    account = {"SAPP_SERVICE_EMAIL": "person0@example.com", "SAPP_SERVICE_PASSWORD": PASSWORD}
    with Field(tmp_path) as play:
        first = play.add_persons(PEOPLE + 1) + 1  # the very first one is the service account
        people = range(first, first + PEOPLE)
        play.start("bot", **account)
        play.api.ask("delay", ms=API_MS)
        for person in people[::2]:
            play.telegram.ask("post", role="bot", person=person, text="100 usd to eur")
        play.api.ask("reading", within_s=30)
        play.bots["bot"].stop()
        for person in people[1::2]:
            play.telegram.ask("post", role="bot", person=person, text="100 usd to eur")
        play.start("bot", **account)
        said = [play.heard(person)[1] for person in people]

        assert {text.partition(" = ")[0] for text in said} == {"100.00 USD"}
        assert play.api.ask("counts")["reads"] == 1
