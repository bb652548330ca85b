"""A line of the /settings page, which any plugin can add."""

from __future__ import annotations

from sapp_bot.values import dataclass


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One choice of the person, as the page shows it. Texts are in the person's language.

    Args:
        label: What is chosen: "Base currency".
        value: What is chosen now: "EUR".
        command: The command that changes it, without a slash; it gets a button.

    """

    label: str
    value: str
    command: str
