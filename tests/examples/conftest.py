"""Where the sample plugins are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import ROOT


@pytest.fixture
def samples() -> Path:
    """Give the folder of sample plugins."""
    return ROOT / "docs" / "examples"
