"""/report: the clients by use, as a screen with pages and as a CSV file."""

import csv
from io import StringIO
from typing import Literal

from sapp_bot import Button, Ctx, File, Screen, UserError, bold, isolate, lines
from sapp_bot.services import Admin, Logins, Session, Usage

from .plugin import HOME, page_line, page_of, page_turns, plugin

ROWS = 10
COLUMNS = (
    *("client_id", "name", "user_id", "email", "active"),
    *("reads_used", "reads_available", "reads_left", "created_at"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for a formula at the beginning of a cell.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""


class ReportPage(Button):
    """Button that turns to a page of the report."""

    page: int


class SendReport(Button):
    """Button that sends the report as a file."""


class ReportFile(File):
    """The report, as the API gives it to this operator when it is sent."""

    operator: int


@plugin.command(role="admin", private=True)
async def report(ctx: Ctx, me: Session, admin: Admin, form: Literal["csv"] | None = None) -> None:
    """Show who uses how many reads; with “csv” as a file."""
    if form is not None:
        await send_file(ctx)
        return
    await ctx.show(listed(ctx, await admin.usage(me), 0), name="report")


@plugin.button(role="admin", typed_as="/report")
async def turn_report(ctx: Ctx, pressed: ReportPage, me: Session, admin: Admin) -> None:
    """Show another page."""
    await ctx.show(listed(ctx, await admin.usage(me), pressed.page), name="report")


@plugin.button(role="admin", typed_as="/report csv")
async def send_report(ctx: Ctx, _pressed: SendReport, me: Session) -> None:  # noqa: ARG001  # the login is asked for
    """Send the file."""
    await send_file(ctx)


async def send_file(ctx: Ctx) -> None:
    """Send the report as a file, made when it is sent."""
    name = f"report-{ctx.now:%Y-%m-%d}.csv"
    await ctx.say(
        "The report as of {now}.",
        now=ctx.now,
        file=ReportFile(filename=name, operator=ctx.person.id),
        rows=[[ReportPage(page=0).key("Show it here"), HOME]],
    )


@plugin.file
async def report_file(spec: ReportFile, logins: Logins, admin: Admin) -> bytes:
    """Write the report with the login of the operator who asked.

    Raises:
        UserError: they have logged out meanwhile.

    """
    me = await logins.of(spec.operator)
    if me is None:
        raise UserError("Please /login first, and ask again.")
    return as_csv(by_use(await admin.usage(me)))


def by_use(rows: list[Usage]) -> list[Usage]:
    """Return the rows by their used reads, the most first."""
    return sorted(rows, key=lambda row: (-row.reads_used, row.client_id))


def listed(ctx: Ctx, rows: list[Usage], page: int) -> Screen:
    """Return a page of the report."""
    found = by_use(rows)
    at, pages, shown = page_of(found, page, ROWS)
    text = lines(
        bold(ctx.n("{n} client by use", "{n} clients by use", len(found))),
        page_line(ctx, at, pages),
        *(
            ctx.t(
                "{used} of {total}: {name}, {email}",
                used=row.reads_used,
                total=row.reads_available,
                name=isolate(row.name),
                email=isolate(row.email),
            )
            for row in shown
        ),
        ctx.t("Deleted clients are among them: the API does not say which."),
    )
    turns = page_turns(at, pages, lambda to: ReportPage(page=to))
    return Screen(text, [turns, [SendReport().key("As a file"), HOME]])


def as_csv(rows: list[Usage]) -> bytes:
    """Return the rows as CSV in UTF-8 with a mark, as spreadsheets open it; no key is in it."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        left = max(0, row.reads_available - row.reads_used)
        values = {**row.model_dump(), "reads_left": left, "created_at": row.created_at.isoformat()}
        writer.writerow([cell(values[name]) for name in COLUMNS])
    return out.getvalue().encode("utf-8-sig", "replace")


def cell(value: object) -> object:
    """Return what stands in a cell: a text that would be a formula has an apostrophe before it."""
    if not isinstance(value, str):
        return value
    return (
        f"'{value}" if value.lstrip(" \u00a0").startswith(FORMULA) or value[:1].isspace() else value
    )
