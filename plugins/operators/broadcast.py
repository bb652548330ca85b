"""/broadcast: news to all people who take them: preview, count, confirm, progress, cancel."""

import re
from hashlib import blake2b

from pydantic import BaseModel

from sapp_bot import Button, Ctx, Item, Rich, Screen, Store, UserError, bold, code, lines
from sapp_bot.services import AuditLog, Broadcasts, BroadcastStatus, KnownPerson, People

from .plugin import HOME, plugin

TICK_S = 3
"""Seconds between two looks at the progress."""

DRAFT_S = 24 * 3600
COMMAND = re.compile(r"/\S+\s*(?:(en|ru)\s+)?", re.IGNORECASE)
LONGEST = 3_500
"""Longest text, in characters: one message, with room for the line below it."""


class Draft(BaseModel):
    """Texts that are to be sent, by language; "" is for all languages without their own."""

    texts: dict[str, Rich] = {}

    @property
    def digest(self) -> str:
        """What tells one draft from another."""
        return blake2b(self.model_dump_json().encode(), digest_size=6).hexdigest()


class SendNews(Button):
    """Button that sends the draft it was shown for."""

    draft: str


class DropNews(Button):
    """Button that throws the draft away."""


class CancelNews(Button):
    """Button that ends the broadcast."""


class Progress(Button):
    """Button, and delayed press, that shows how far the broadcast is."""


@plugin.command(role="admin", private=True)
async def broadcast(ctx: Ctx, drafts: Store[Draft], people: People, news: Broadcasts) -> None:
    """Send news to everybody who takes them."""
    language, text = written(ctx.written)
    draft = await drafts.get(ctx.person.id) or Draft()
    if not text:
        await show_state(ctx, draft, people, news)
        return
    if len(text.plain) > LONGEST:
        raise UserError("That is too long for one message: {n} characters fit.", n=LONGEST)
    # A text without a language begins a new draft: what was left of an old one must not go along.
    kept = draft.texts if language else {}
    draft = Draft(texts={**kept, language: text})
    await drafts.set(ctx.person.id, draft, ttl_s=DRAFT_S)
    await preview(ctx, draft, people)


def written(message: Rich) -> tuple[str, Rich]:
    """Return the language that a message names, "" for none, and its text with its formatting."""
    found = COMMAND.match(message.plain)
    if found is None:
        return "", Rich()
    language = (found[1] or "").lower()
    text = message.after(found.end())
    return language, text if text.plain.strip() else Rich()


async def show_state(ctx: Ctx, draft: Draft, people: People, news: Broadcasts) -> None:
    """Show what is being sent, else the draft, else how one is written."""
    status = news.status
    if status is not None and status.state == "sending":
        await show_progress(ctx, status)
    elif draft.texts:
        await preview(ctx, draft, people)
    else:
        text = lines(
            bold(ctx.t("News to everybody")),
            ctx.t("Write {line} and the text, formatted as you like.", line=code("/broadcast")),
            ctx.t(
                "For a second language add {line} and the text in Russian.",
                line=code("/broadcast ru"),
            ),
            ctx.t("You see it, and to how many people it goes, before anything is sent."),
            ended(ctx, status) if status is not None else None,
        )
        await ctx.show(Screen(text, [[HOME]]), name="broadcast")


async def preview(ctx: Ctx, draft: Draft, people: People) -> None:
    """Show the texts as people will get them, and to how many they go."""
    everybody = [person async for person in people.all()]
    takers = [person for person in everybody if person.wants_news]
    for language, text in draft.texts.items():
        if len(draft.texts) > 1:
            await ctx.say(ctx.t("In {language}:", language=named(ctx, language)))
        await ctx.say(text)
    counts = [
        ctx.t("{language}: {n}", language=named(ctx, language), n=len(group))
        for language, group in groups(draft, takers).items()
    ]
    left_out = len(everybody) - len(takers)
    text = lines(
        bold(ctx.n("It goes to {n} person.", "It goes to {n} people.", len(takers))),
        *(counts if len(counts) > 1 else ()),
        ctx.n("{n} person takes no news.", "{n} people take no news.", left_out)
        if left_out
        else None,
        ctx.t("Groups get nothing. For another language: {line}", line=code("/broadcast ru …")),
    )
    send = SendNews(draft=draft.digest).key("Send to {n}", n=len(takers), style="primary")
    rows: list[list[Item]] = [[send]] if takers else []
    await ctx.show(Screen(text, [*rows, [DropNews().key("Drop it"), HOME]]), name="broadcast")


def groups(draft: Draft, takers: list[KnownPerson]) -> dict[str, list[KnownPerson]]:
    """Return who gets which text: people by the language of the text."""
    found: dict[str, list[KnownPerson]] = {language: [] for language in draft.texts}
    first = next(iter(draft.texts))
    for person in takers:
        own = person.language or "en"
        found[own if own in found else "" if "" in found else first].append(person)
    return found


def named(ctx: Ctx, language: str) -> Rich:
    """Return the name of a text's language."""
    names = {"en": ctx.t("English"), "ru": ctx.t("Russian")}
    return names.get(language, ctx.t("every other language"))


@plugin.button(role="admin", typed_as="/broadcast")
async def send_news(
    ctx: Ctx,
    pressed: SendNews,
    *,
    drafts: Store[Draft],
    people: People,
    news: Broadcasts,
    audit: AuditLog,
) -> None:
    """Begin to send the draft that was shown; a second press begins nothing."""
    draft = await drafts.get(ctx.person.id) or Draft()
    if draft.digest != pressed.draft:
        await show_state(ctx, draft, people, news)
        await ctx.toast("That text is no longer to be sent.", alert=True)
        return
    takers = [person async for person in people.all() if person.wants_news]
    texts = {"": next(iter(draft.texts.values())), **draft.texts}
    about = f"{len(takers)} people, {len(draft.texts)} texts"
    async with audit.act("broadcast", detail=about):
        status = await news.begin(
            ctx.key, ctx.person.id, texts, [(taker.id, taker.language) for taker in takers]
        )
    await drafts.delete(ctx.person.id)
    await show_progress(ctx, status)


@plugin.button(role="admin", typed_as="/broadcast")
async def drop_news(ctx: Ctx, _pressed: DropNews, drafts: Store[Draft]) -> None:
    """Throw the draft away."""
    await drafts.delete(ctx.person.id)
    await ctx.show(Screen(ctx.t("Dropped, nothing was sent."), [[HOME]]), name="broadcast")


@plugin.button(role="admin", typed_as="/broadcast")
async def cancel_news(ctx: Ctx, _pressed: CancelNews, news: Broadcasts, audit: AuditLog) -> None:
    """End the broadcast; what has arrived stays."""
    async with audit.act("broadcast cancel") as entry:
        status = await news.cancel()
        if status is not None:
            entry.tell(f"{status.sent} of {status.total} sent")
    if status is not None:
        await show_progress(ctx, status)


@plugin.button(role="admin", typed_as="/broadcast")
async def progress(ctx: Ctx, _pressed: Progress, news: Broadcasts) -> None:
    """Show how far the broadcast is."""
    status = news.status
    if status is not None:
        await show_progress(ctx, status)


async def show_progress(ctx: Ctx, status: BroadcastStatus) -> None:
    """Show how far a broadcast is, and look again while it goes on."""
    if status.state == "sending":
        text = lines(
            bold(ctx.t("Sending: {done} of {total}", done=done(status), total=status.total)),
            unreached(ctx, status),
        )
        keys: list[Item] = [CancelNews().key("Cancel"), Progress().key("Refresh")]
        await ctx.show(Screen(text, [keys, [HOME]]), name="broadcast")
        await ctx.later(TICK_S, Progress())
        return
    await ctx.show(Screen(ended(ctx, status), [[HOME]]), name="broadcast")


def done(status: BroadcastStatus) -> int:
    """Return how many people are done with, whatever came of their copy."""
    return status.total - status.left


def ended(ctx: Ctx, status: BroadcastStatus) -> Rich:
    """Return how a broadcast ended."""
    head = (
        ctx.n(
            "Sent to {n} person of {total}.",
            "Sent to {n} people of {total}.",
            status.sent,
            total=status.total,
        )
        if status.state == "done"
        else ctx.n(
            "Cancelled: it had reached {n} person of {total}.",
            "Cancelled: it had reached {n} people of {total}.",
            status.sent,
            total=status.total,
        )
    )
    return lines(bold(head), unreached(ctx, status))


def unreached(ctx: Ctx, status: BroadcastStatus) -> Rich | None:
    """Return how many could not be reached; None if all could."""
    if not status.unreachable and not status.refused:
        return None
    return lines(
        ctx.n(
            "{n} person has blocked me or left Telegram.",
            "{n} people have blocked me or left Telegram.",
            status.unreachable,
        )
        if status.unreachable
        else None,
        ctx.n("{n} copy was refused.", "{n} copies were refused.", status.refused)
        if status.refused
        else None,
    )
