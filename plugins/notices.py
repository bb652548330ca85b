"""Notices that nobody asked for: reads that run out, and a login that ends soon.

What they cost: a look at a person's client is one call of the API, which takes no read. A person
who is logged in is looked at every two hours, and more often, up to every 15 minutes, where the
reads would at their pace be at the next level before that: 12 to 96 calls a day. One run makes 300
calls at most. Who has turned notices off costs nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import BaseModel

from sapp_bot import (
    Button,
    CommandButton,
    Ctx,
    Item,
    Plugin,
    Rich,
    Screen,
    Store,
    bold,
    isolate,
    lines,
)
from sapp_bot.services import (
    Client,
    Clients,
    Clock,
    Logins,
    NoClientYet,
    NotSignedIn,
    Preferences,
    SappError,
    Session,
    SettingRow,
    UpstreamFailed,
    UpstreamUnreachable,
)

plugin = Plugin(version="1.0", sapp=">=1")

LEVELS = (75, 90, 100)
"""Per cent of the reads since the last refill, each told once."""

OFTEN = timedelta(minutes=15)
SELDOM = timedelta(hours=2)
MOST_CALLS = 300
"""Of one run; who is left out comes first in the next one."""

DAY = timedelta(days=1)
FORGOTTEN_S = timedelta(days=60).total_seconds()
"""What was told is forgotten so long after the last look: a login lasts two days and a half."""

DAYS = 30
"""Days whose reads are kept, for /balance."""

COUNTING = (
    "How many go in a day I can say from tomorrow on: the SAPP service keeps no history of reads."
)
BAR_CELLS = 20
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
HOME = CommandButton(command="start").key("‹ Home")
OnOff = Literal["on", "off"]


class Watched(BaseModel):
    """What was seen of a person's client, and what they were told.

    `since` are the reads that were used when those there are now came, `told` is the highest level
    told since then, and `login` the number of the login whose end was told. `looked_at` and
    `look_at` are the times (UTC) of the last look and of the next one.
    """

    schema_version: ClassVar[int] = 1

    available: int = 0
    since: int = 0
    used: int = 0
    told: int = 0
    login: int = 0
    looked_at: datetime = LONG_AGO
    look_at: datetime = LONG_AGO
    days: dict[int, int] = {}
    """Reads used by the last look of each of the last days, by the day's ordinal number."""

    def seen(self, client: Client, now: datetime) -> Watched:
        """Return it with the numbers of a client; more reads than before are a refill."""
        refilled = client.reads_available > self.available > 0
        today = now.date().toordinal()
        days = {day: used for day, used in self.days.items() if today - DAYS <= day < today}
        return self.model_copy(
            update={
                "available": client.reads_available,
                "since": min(self.used, client.reads_used) if refilled else self.since,
                "told": 0 if refilled else self.told,
                "used": client.reads_used,
                "days": {**days, today: client.reads_used},
                "looked_at": now,
            }
        )

    @property
    def percent(self) -> int:
        """How many per cent of the reads since the refill are used, 0 to 100."""
        whole = self.available - self.since
        if self.used >= self.available:
            return 100
        return max(0, (self.used - self.since) * 100 // whole) if whole > 0 else 0

    @property
    def level(self) -> int:
        """The highest level that is reached, 0 for none."""
        return max((level for level in LEVELS if self.percent >= level), default=0)

    def lasts(self, before: Watched) -> timedelta | None:
        """Return how long the reads last at the pace since a look before; None if none went."""
        spent = self.used - before.used
        if before.looked_at == LONG_AGO or spent <= 0 or self.looked_at <= before.looked_at:
            return None
        return (self.looked_at - before.looked_at) * (max(0, self.available - self.used) / spent)

    def until_next_level(self, before: Watched) -> timedelta:
        """Return when to look again: half of the time to the next level, within the bounds."""
        lasts = self.lasts(before)
        left, level = self.available - self.used, next((n for n in LEVELS if n > self.told), None)
        if lasts is None or left <= 0 or level is None:
            return SELDOM
        whole = self.available - self.since
        gap = self.since + whole * level / 100 - self.used
        return min(SELDOM, max(OFTEN, lasts * max(0.0, gap / left) / 2))


class Silence(BaseModel):
    """Somebody has turned notices off."""

    schema_version: ClassVar[int] = 1


class SetNotices(Button):
    """Turns notices on or off."""

    state: OnOff


@plugin.command(private=True, words=["Notices"], examples={"/notices": "Notices"})
async def notices(ctx: Ctx, silent: Store[Silence], state: OnOff | None = None) -> None:
    """Turn notices about your reads and your login on or off."""
    await show_choice(ctx, silent, state)


@plugin.button(typed_as="/notices {state}")
async def choose(ctx: Ctx, pressed: SetNotices, silent: Store[Silence]) -> None:
    """Turn notices on or off."""
    await show_choice(ctx, silent, pressed.state)


async def show_choice(ctx: Ctx, silent: Store[Silence], state: str | None) -> None:
    """Keep a choice, if there is one, and show what holds."""
    if state == "off":
        await silent.set(ctx.person.id, Silence())
    elif state == "on":
        await silent.delete(ctx.person.id)
    is_on = await silent.get(ctx.person.id) is None
    text = lines(
        bold(ctx.t("Notices are on.") if is_on else ctx.t("Notices are off.")),
        ctx.t(
            "I tell you when {levels} % of your client's reads are used, and the day before your "
            "login ends.",
            levels=", ".join(map(str, LEVELS)),
        ),
    )
    change = SetNotices(state="off") if is_on else SetNotices(state="on")
    label = "Turn notices off" if is_on else "Turn notices on"
    settings = CommandButton(command="settings").key("‹ Settings")
    await ctx.show(Screen(text, [[change.key(label)], [settings, HOME]]), name="notices")


@plugin.keeps()
async def keeps_silence(ctx: Ctx, silent: Store[Silence]) -> str | None:
    """Say that notices are off."""
    return "that you want no notices" if await silent.get(ctx.person.id) else None


@plugin.keeps()
async def keeps_reads(ctx: Ctx, watched: Store[Watched]) -> str | None:
    """Say that the reads used are kept by day: they tell how long the rest lasts."""
    known = await watched.get(ctx.person.id)
    return "how many reads your client used in the last days" if known else None


@plugin.setting
async def notices_row(ctx: Ctx, silent: Store[Silence]) -> SettingRow:
    """Show whether notices are on."""
    is_on = await silent.get(ctx.person.id) is None
    value = ctx.t("on").plain if is_on else ctx.t("off").plain
    return SettingRow(ctx.t("Notices").plain, value, "notices")


class SetNews(Button):
    """Button that turns news of the operators on or off."""

    state: OnOff


@plugin.command(private=True, words=["News"])
async def news(ctx: Ctx, preferences: Preferences, state: OnOff | None = None) -> None:
    """Turn news of this bot's operators on or off."""
    await choose_news(ctx, preferences, state)


@plugin.button(typed_as="/news {state}")
async def set_news(ctx: Ctx, pressed: SetNews, preferences: Preferences) -> None:
    """Turn news on or off."""
    await choose_news(ctx, preferences, pressed.state)


async def choose_news(ctx: Ctx, preferences: Preferences, state: OnOff | None) -> None:
    """Keep a choice, if there is one, and show what holds."""
    if state is not None:
        preferences.set_news(takes=state == "on")
    is_on = preferences.takes_news
    text = lines(
        bold(ctx.t("News is on.") if is_on else ctx.t("News is off.")),
        ctx.t("Now and then the operators of this bot write to everybody who uses it.")
        if is_on
        else ctx.t("What the operators of this bot write to everybody does not come to you."),
    )
    change = SetNews(state="off") if is_on else SetNews(state="on")
    label = "Turn news off" if is_on else "Turn news on"
    settings = CommandButton(command="settings").key("‹ Settings")
    await ctx.show(Screen(text, [[change.key(label)], [settings, HOME]]), name="news")


@plugin.setting
async def news_row(ctx: Ctx, preferences: Preferences) -> SettingRow:
    """Show whether news are on."""
    value = ctx.t("on").plain if preferences.takes_news else ctx.t("off").plain
    return SettingRow(ctx.t("News").plain, value, "news")


@plugin.command(private=True, words=["Usage"])
async def balance(
    ctx: Ctx, me: Session, clients: Clients, clock: Clock, watched: Store[Watched]
) -> None:
    """Show the reads that are used and left, and how long they last."""
    client = await clients.mine(me)
    seen = (await watched.get(ctx.person.id) or Watched()).seen(client, clock.now())
    days = sorted(seen.days.items())
    spent = days[-1][1] - days[0][1]
    span = days[-1][0] - days[0][0]
    per_day = spent / span if span else 0
    left, total = client.reads_left, client.reads_available
    # As on the client's card: what is left, with a full cell while anything is.
    percent = min(100, max(1, left * 100 // total)) if left > 0 and total > 0 else 0
    cells = -(-percent * BAR_CELLS // 100)
    lasts = client.reads_left / per_day if per_day > 0 else 0
    text = lines(
        bold(ctx.n("{n} read left", "{n} reads left", client.reads_left)),
        ctx.t(
            "{bar} {percent}% left; used: {used} of {total}",
            percent=percent,
            bar="▓" * cells + "░" * (BAR_CELLS - cells),
            used=client.reads_used,
            total=total,
        ),
        ctx.t("A day: {n}", n=round(per_day)) if span else ctx.t(COUNTING),
        ctx.t("At this pace that lasts {span}.", span=ctx.span(lasts * DAY.total_seconds()))
        if lasts
        else None,
        ctx.t("{line} the last {n} days", line=sparkline(seen.days), n=span) if span else None,
    )
    row: list[Item] = [CommandButton(command="client").key("My client"), HOME]
    if ctx.settings.sells:
        row.insert(0, CommandButton(command="buy").key("Buy reads"))
    await ctx.show(Screen(text, [row]), name="balance")


def sparkline(days: dict[int, int]) -> str:
    """Return the reads of each day as bars; a day that nobody looked at has those before it."""
    used, spent = days[min(days)], []
    for day in range(min(days) + 1, max(days) + 1):
        spent.append(max(0, days.get(day, used) - used))
        used = days.get(day, used)
    most = max([1, *spent])
    return "".join("▁▂▃▄▅▆▇█"[7 * n // most] for n in spent)


@plugin.every(OFTEN.total_seconds())
async def look(
    ctx: Ctx,
    *,
    clock: Clock,
    logins: Logins,
    clients: Clients,
    watched: Store[Watched],
    silent: Store[Silence],
) -> None:
    """Look at those whose time has come; what is said and what is kept is committed together."""
    now = clock.now()
    quiet = {person async for person, _ in silent.all()}
    known = {person: kept async for person, kept in watched.all()}
    everybody = [person async for person in logins.people() if person not in quiet]
    due = [p for p in everybody if known.get(p, Watched()).look_at <= now]
    due.sort(key=lambda person: known.get(person, Watched()).look_at)
    for person in due[:MOST_CALLS]:
        before = known.get(person, Watched())
        me = await logins.of(person)
        if me is None:
            continue
        try:
            after = await look_at_client(ctx, clients, me, before, now)
        except (UpstreamUnreachable, UpstreamFailed):
            return  # the API is away, for everybody: the next run goes on from here
        after = await look_at_login(ctx, me, after, now)
        await watched.set(person, after, ttl_s=FORGOTTEN_S)


async def look_at_client(
    ctx: Ctx, clients: Clients, me: Session, before: Watched, now: datetime
) -> Watched:
    """Tell somebody when their reads have reached a level; return what was seen.

    Raises:
        UpstreamUnreachable, UpstreamFailed: the API does not answer.

    """
    later = before.model_copy(update={"look_at": now + SELDOM})
    try:
        client = await clients.mine(me)
    except (NoClientYet, NotSignedIn):
        return later  # a login that was refused is told when they next come
    except (UpstreamUnreachable, UpstreamFailed):
        raise
    except SappError:
        return later
    after = before.seen(client, now)
    if after.level > after.told:
        await tell_reads(await ctx.to(me.telegram_id), client, after, after.lasts(before))
        after = after.model_copy(update={"told": after.level})
    return after.model_copy(update={"look_at": now + after.until_next_level(before)})


async def tell_reads(there: Ctx, client: Client, seen: Watched, lasts: timedelta | None) -> None:
    """Tell somebody how far their reads are used, and how long the rest lasts."""
    name = isolate(client.name)
    if seen.level == LEVELS[-1]:
        fact = there.t("All reads of client “{name}” are used.", name=name)
        then: Rich | None = there.t("The SAPP service refuses its key until reads are added.")
    else:
        fact = there.n(
            "{percent} % of the reads are used: {n} is left for client “{name}”.",
            "{percent} % of the reads are used: {n} are left for client “{name}”.",
            client.reads_left,
            percent=seen.level,
            name=name,
        )
        then = None
        if lasts is not None:
            span = there.span(lasts.total_seconds())
            then = there.t("As they went lately, that lasts {span}.", span=span)
    support = "" if there.settings.sells else there.settings.support
    more = there.t("More reads: {support}", support=support) if support else None
    card: list[Item] = [CommandButton(command="client").key("My client")]
    if there.settings.sells:
        card.insert(0, CommandButton(command="buy").key("Buy reads", style="primary"))
    await there.say(lines(bold(fact), then, more), rows=[card, off_row()])


async def look_at_login(ctx: Ctx, me: Session, seen: Watched, now: datetime) -> Watched:
    """Tell somebody, once, that their login ends within a day; return what is told by now."""
    if me.generation == seen.login:
        return seen
    eve = me.expires_at - DAY
    if now < eve:
        return seen.model_copy(update={"look_at": min(seen.look_at, eve)})
    there = await ctx.to(me.telegram_id)
    text = lines(
        bold(
            there.t(
                "Your login as {email} ends {when}.",
                email=isolate(me.email),
                when=there.ahead((me.expires_at - now).total_seconds()),
            )
        ),
        there.t("Log in again and it goes on: your client, its key and all else stay as they are."),
    )
    login = CommandButton(command="login").key("Log in")
    await there.say(text, rows=[[login], off_row()])
    return seen.model_copy(update={"login": me.generation})


def off_row() -> list[Item]:
    """Return the buttons under each notice: the way to have no more of them, and home."""
    return [CommandButton(command="notices").key("Notices"), HOME]
