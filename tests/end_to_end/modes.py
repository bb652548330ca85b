"""In which modes a test is played, where that is not as `conftest.py` has it."""

from __future__ import annotations

import pytest

IN_BOTH_MODES = pytest.mark.parametrize("mode", ["bot", "user"])
"""The suite plays it in user mode, too."""

IN_USER_MODE = pytest.mark.parametrize("mode", ["user"])
"""It is about user mode alone."""
