"""Admin: see how the plugins are, read them anew, switch them off and on. For operators."""

from __future__ import annotations

from typing import Literal

from sapp_bot import Button, CommandButton, Ctx, Plugin, Rich, Screen, bold, lines
from sapp_bot.services import AuditLog, PluginElsewhere, Plugins, PluginStatus

plugin = Plugin(version="1.0", sapp=">=1", title="Plugins")

HOME = CommandButton(command="start").key("‹ Home")

UNKNOWN = "not read yet"
STATES = {
    "loading": "being read",
    "ready": "ready",
    "not ready": "not ready, tried again by itself",
    "failed": "failed",
    "quarantined": "taken off, as it failed again and again",
    "disabled": "switched off",
}
SIGNS = {"ready": "🟢", "disabled": "⚪"}
TROUBLE = "🔴"
REASON_CHARACTERS = 250
COMMANDS_SHOWN = 12
TRIES_SHOWN = 5


class Look(Button):
    """Button that refreshes the list of plugins."""


class Try(Button):
    """Button that reloads one plugin.

    Attributes:
        name: The plugin's name.

    """

    name: str


@plugin.command(
    role="admin", private=True, words=["Plugins"], examples={"/plugins": "start 1.0: ready"}
)
async def plugins(ctx: Ctx, plugins: Plugins) -> None:
    """Show the plugins, and how they are."""
    await ctx.show(await overview(ctx, plugins), name="plugins")


@plugin.button(role="admin", typed_as="/plugins")
async def look(ctx: Ctx, _pressed: Look, plugins: Plugins) -> None:
    """Show the plugins as they are now."""
    await ctx.show(await overview(ctx, plugins), name="plugins")
    await ctx.toast("Up to date: {now}", now=ctx.now)


@plugin.command(
    name="plugin",
    role="admin",
    private=True,
    examples={"/plugin reload start": "start 1.0: ready"},
)
async def rule(
    ctx: Ctx,
    plugins: Plugins,
    audit: AuditLog,
    action: Literal["reload", "enable", "disable", "run"],
    name: str,
) -> None:
    """Read a plugin anew, switch it on or off, or run a timer of it now."""
    acts = {
        "reload": plugins.reload,
        "enable": plugins.enable,
        "disable": plugins.disable,
        "run": plugins.run,
    }
    async with audit.act(f"plugin {action}", name) as entry:
        status = await acts[action](name)
        entry.tell(status.state)
    await ctx.say(
        describe(ctx, status), rows=[[CommandButton(command="plugins").key("Plugins"), HOME]]
    )


@plugin.button(role="admin", typed_as="/plugin reload {name}")
async def try_again(ctx: Ctx, pressed: Try, plugins: Plugins, audit: AuditLog) -> None:
    """Read one plugin anew, and show all."""
    async with audit.act("plugin reload", pressed.name) as entry:
        status = await plugins.reload(pressed.name)
        entry.tell(status.state)
    await ctx.show(await overview(ctx, plugins), name="plugins")
    state = ctx.t(STATES.get(status.state, UNKNOWN))
    await ctx.toast("{name}: {state}", name=status.name, state=state, alert=bool(status.reason))


async def overview(ctx: Ctx, plugins: Plugins) -> Screen:
    """Return a screen with all plugins, and a reload button for each one with a failure.

    Where the bot is several processes, it says in which they are not alike.
    """
    found, others = plugins.all(), await plugins.differing()
    ready = sum(status.state == "ready" for status in found)
    text = bold(ctx.t("Plugins: {ready} of {total} ready", ready=ready, total=len(found)))
    for status in found:
        text = lines(text, "", describe(ctx, status), *differences(ctx, status.name, others))
    here = {status.name for status in found}
    for name in sorted({other.name for other in others} - here):
        lacking = ctx.t("{sign} {name}: not in this process", sign=TROUBLE, name=bold(name))
        text = lines(text, "", lacking, *differences(ctx, name, others))
    hint = ctx.t("/plugin reload, enable or disable, and a name; /plugin run, and a timer.")
    wrong = {s.name for s in found if s.reason} | {o.name for o in others if o.reason}
    tries = [[Try(name=name).key("Reload {name}", name=name)] for name in sorted(wrong & here)]
    return Screen(lines(text, "", hint), [*tries[:TRIES_SHOWN], [Look().key("Refresh"), HOME]])


def differences(ctx: Ctx, name: str, others: list[PluginElsewhere]) -> list[Rich]:
    """Return the lines about a plugin that is otherwise in other processes than in this one."""
    return [difference(ctx, other) for other in others if other.name == name]


def difference(ctx: Ctx, other: PluginElsewhere) -> Rich:
    """Return how a plugin is in another process."""
    if not other.state:
        return ctx.t("⚠ Another process does not have it.")
    state, version = ctx.t(STATES.get(other.state, UNKNOWN)), other.version
    reason = other.reason[:REASON_CHARACTERS]
    text = (
        ctx.t("⚠ Another process has {version}: {state}.", version=version, state=state)
        if version
        else ctx.t("⚠ In another process: {state}.", state=state)
    )
    return lines(text, ctx.t("Why: {reason}", reason=reason)) if reason else text


def describe(ctx: Ctx, status: PluginStatus) -> Rich:
    """Return the lines about one plugin: name and state, commands, then what is wrong."""
    sign = SIGNS.get(status.state, TROUBLE) if not status.reason else TROUBLE
    name = f"{status.name} {status.version}".strip()
    state = ctx.t(STATES.get(status.state, UNKNOWN))
    known = " ".join(f"/{command}" for command in status.commands[:COMMANDS_SHOWN])
    more = "…" if len(status.commands) > COMMANDS_SHOWN else ""
    load_ms = round(status.load_s * 1000)
    return lines(
        ctx.t("{sign} {name}: {state}", sign=sign, name=bold(name), state=state),
        f"{known}{more}" or None,
        ctx.t("Read in {n} ms, errors since: {errors}", n=load_ms, errors=status.errors)
        if status.version
        else None,
        trouble(ctx, status),
        ctx.t("It held everybody up: {place}", place=status.blocked) if status.blocked else None,
    )


def trouble(ctx: Ctx, status: PluginStatus) -> Rich | None:
    """Return why a plugin does not run, or why not its newest version; None if nothing is wrong."""
    if not status.reason:
        return None
    reason = status.reason[:REASON_CHARACTERS]
    if status.state == "ready":
        return ctx.t("It answers as it was before: {reason}", reason=reason)
    return ctx.t("Why: {reason}", reason=reason)
