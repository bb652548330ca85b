"""The office that most dialogues of operators take place in."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.plugins.operators.office import Office, office_stage, opened


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """Open the office, in English."""
    async with office_stage() as stage:
        yield await opened(stage)
