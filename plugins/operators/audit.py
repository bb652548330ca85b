"""/audit: what operators did, newest first."""

from sapp_bot import Button, Ctx, Item, Rich, Screen, Store, bold, code, isolate, join, lines
from sapp_bot.services import AuditLine, AuditLog

from .broadcast import Draft
from .plugin import HOME, plugin

ROWS = 10
OUTCOMES = {
    "begun": "begun, and not known how it ended",
    "done": "done",
    "refused": "refused",
    "failed": "failed",
}


class AuditPageButton(Button):
    """Button that turns to a page of the audit log."""

    page: int


@plugin.command(role="admin", private=True)
async def audit(ctx: Ctx, log: AuditLog, page: int = 1) -> None:
    """Show what operators did."""
    await show(ctx, log, max(0, page - 1))


@plugin.keeps()
async def keeps_draft(ctx: Ctx, drafts: Store[Draft]) -> str | None:
    """Say that news wait to be sent."""
    return "the news that you have not sent yet" if await drafts.get(ctx.person.id) else None


@plugin.keeps(stays=True)
async def keeps_acts(ctx: Ctx, log: AuditLog) -> str | None:
    """Say that an operator's acts stay noted, also of somebody who no longer is one."""
    return (
        "what you did as an operator, for 400 days"
        if await log.has_acts_of(ctx.person.id)
        else None
    )


@plugin.forget
async def forget(ctx: Ctx, drafts: Store[Draft]) -> None:
    """Delete an operator's draft; what operators did stays noted."""
    await drafts.delete(ctx.person.id)


@plugin.button(role="admin", typed_as="/audit {page}")
async def turn_audit(ctx: Ctx, pressed: AuditPageButton, log: AuditLog) -> None:
    """Show another page."""
    await show(ctx, log, max(0, pressed.page - 1))


async def show(ctx: Ctx, log: AuditLog, page: int) -> None:
    """Show a page of the lines, the newest first."""
    found = await log.page(skip=page * ROWS, count=ROWS)
    turns: list[Item] = []
    if page > 0:
        turns.append(AuditPageButton(page=page).key("‹ Newer"))
    if found.has_more:
        turns.append(AuditPageButton(page=page + 2).key("Older ›"))
    text = lines(
        bold(ctx.t("What operators did")),
        *(described(ctx, line) for line in found.lines),
        None if found.lines else ctx.t("Nothing yet."),
    )
    await ctx.show(Screen(text, [turns, [HOME]]), name="audit")


def described(ctx: Ctx, line: AuditLine) -> Rich:
    """Return one line: when, who, what, to whom, and what came of it."""
    number = str(line.operator)
    what = " · ".join(part for part in (line.act, line.subject, line.detail) if part)
    return ctx.t(
        "{at}, {who}: {what}: {outcome}",
        at=line.at,
        who=join([isolate(line.name), " (", code(number), ")"]) if line.name else code(number),
        what=what,
        outcome=ctx.t(OUTCOMES.get(line.outcome, "failed")),
    )
