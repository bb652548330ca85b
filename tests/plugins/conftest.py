"""Dialogues are played with a bot and with a userbot: `mode` runs a test in both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.warm_charts import WarmLoop


def pytest_asyncio_loop_factories(
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Let all draw by a process that is warm, but those that are about the process."""
    is_about_it = item.path.name == "test_charts.py"
    return {"loop": asyncio.SelectorEventLoop if is_about_it else WarmLoop}


@pytest.fixture(params=["bot", "user"])
def mode(request: pytest.FixtureRequest) -> str:
    """Name the mode: a test that does not ask for it is about buttons, so about bots."""
    return str(request.param)
