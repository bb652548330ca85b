"""Two persons in a group with the bot, by the command that its script names."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.scripts import HERE, play


async def test_a_group_is_answered_what_is_meant_for_the_bot(tmp_path: Path) -> None:
    """Commands and mentions, in each person's language, also after a restart; nothing fails."""
    done = await play(HERE / "groups.txt", tmp_path)

    assert done.code == 0, done.transcript + done.complaints
    assert '"level":"error"' not in done.log
