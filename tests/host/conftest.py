"""A stage with the host's test plugin."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.testing import Actor, Stage

PETS = Path(__file__).with_name("pets.py")


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    """Give a plugin folder with the test plugin in it."""
    shutil.copy(PETS, tmp_path / "pets.py")
    return tmp_path


@pytest.fixture
async def stage(plugin_folder: Path) -> AsyncIterator[Stage]:
    """Run the bot with the test plugin alone; person 7 is its operator."""
    async with Stage(plugin_folder, admins=frozenset({7})) as stage:
        yield stage


@pytest.fixture
def ann(stage: Stage) -> Actor:
    """Give a person."""
    return stage.person("Ann")
