"""Each act of an operator is one line, which outlives errors and crashes and is sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sapp_bot.errors import PluginError, StoreAway
from sapp_bot.host.operators.audit_log import AuditLine, AuditLog
from sapp_bot.testing import Stage

ACTING = '''"""Acts."""
from sapp_bot import Ctx, Plugin, UserError
from sapp_bot.services import AuditLog

plugin = Plugin(version="1.0")


@plugin.command(role="admin")
async def act(ctx: Ctx, audit: AuditLog, how: str) -> None:
    """Act."""
    async with audit.act("act", "client 5", how) as entry:
        if how == "refused":
            raise UserError("No.")
        if how == "failed":
            raise ValueError("postgres://secret")
        entry.tell("now 500")
    await ctx.say("Done.")
'''


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Run a plugin that acts; person 7 is the operator."""
    (tmp_path / "acting.py").write_text(ACTING)
    async with Stage(tmp_path, admins=frozenset({7})) as stage:
        yield stage


def audit_of(stage: Stage) -> AuditLog:
    """Return the audit log, as a timer has it."""
    return AuditLog(stage.store.plugin_storage, stage.clock, str, None)


async def lines(stage: Stage) -> list[AuditLine]:
    """Return all lines, newest first."""
    return list((await audit_of(stage).page(count=100)).lines)


async def test_each_act_is_a_line_with_its_outcome(stage: Stage) -> None:
    """Done, refused and failed acts are told apart, and no error text gets in."""
    stage.may_fail = True
    boss = stage.person("Boss", id=7)
    for how in ("done", "refused", "failed"):
        await boss.says(f"/act {how}")
        await stage.passes(1)

    assert [(a.operator, a.subject, a.outcome, a.detail) for a in await lines(stage)] == [
        (7, "client 5", "failed", "failed, ValueError"),
        (7, "client 5", "refused", "refused, UserError"),
        (7, "client 5", "done", "done, now 500"),
    ]
    assert await stage.at_rest("client 5") == []


async def test_lines_outlive_a_restart_and_come_in_pages(stage: Stage) -> None:
    """Pages go back over months, and a line ends after its time."""
    boss = stage.person("Boss", id=7)
    for number in range(5):
        await boss.says(f"/act n{number}")
        await stage.passes(40 * 24 * 3600)
    await stage.restart()

    newest = await audit_of(stage).page(count=2)
    older = await audit_of(stage).page(skip=4, count=2)
    assert ([a.detail[:2] for a in newest.lines], newest.has_more) == (["n4", "n3"], True)
    assert ([a.detail[:2] for a in older.lines], older.has_more) == (["n0"], False)


async def test_an_act_that_is_not_over_is_a_line_already(stage: Stage) -> None:
    """Should the process die in the act, the line says that it was begun."""
    async with audit_of(stage).act("topup", "client 5", operator=7):
        (line,) = await lines(stage)
        assert line.outcome == "begun"
    (line,) = await lines(stage)
    assert line.outcome == "done"


async def test_nobody_acts_without_a_name(stage: Stage) -> None:
    """A timer has to say whose act it carries out."""
    with pytest.raises(PluginError, match="operator=id"):
        async with audit_of(stage).act("topup"):
            pytest.fail("it was done")


class Away:
    """A storage that cannot be reached."""

    async def write(self, _writes: object) -> None:
        """Refuse."""
        raise StoreAway


async def test_what_cannot_be_noted_is_not_done(stage: Stage) -> None:
    """Without its line an act does not begin."""
    audit = AuditLog(Away(), stage.clock, str, None)  # type: ignore[arg-type]  # writes only
    with pytest.raises(StoreAway):
        async with audit.act("topup", operator=7):
            pytest.fail("it was done")
