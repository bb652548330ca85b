"""The rooms of sapp_bot, and what each may import: the walls that `tests.architecture` checks."""

from __future__ import annotations

from collections.abc import Mapping

DOMAIN = frozenset({"values", "errors", "domain"})

RUNTIME = DOMAIN | {"host.runtime"}
AUTHORING = RUNTIME | {"host.authoring", "host.settings", "i18n", "zones"}
ROUTING = AUTHORING | {"host.routing"}
OPERATORS = AUTHORING | {"host.operators", "host.pacing", "observability", "retry"}
PIPELINE = ROUTING | OPERATORS | {"host.pipeline"}
HOST = PIPELINE | {"host.lifecycle", "host.built_in", "host", "start_cache"}

MTPROTO = frozenset({"sandbox.telegram.mtproto"})

MAY_IMPORT: Mapping[str, frozenset[str]] = {
    # values and protocols
    "values": frozenset(),
    "errors": frozenset({"values"}),
    "domain": frozenset({"values"}),
    # one thing each, on top of the values
    "clock": DOMAIN,
    "start_cache": DOMAIN,
    "i18n": DOMAIN | {"start_cache", "zones"},
    "zones": frozenset(),
    "retry": DOMAIN,
    "observability": DOMAIN,
    "paths": frozenset(),
    "settings": frozenset({"errors", "paths", "values"}),
    # what machines that watch the bot ask; imported when that is wanted
    "monitoring": DOMAIN | {"observability"},
    # traces, for a collector; imported when that is wanted
    "tracing": DOMAIN | {"observability"},
    # the three outsides and the inside; none knows another
    "telegram": DOMAIN | {"observability", "retry"},
    "store": DOMAIN | {"observability", "retry", "store.server"},
    "store.server": DOMAIN,
    # what a bot in several processes has in Redis beside that; only `roles` opens it
    "store.roles": DOMAIN | {"observability", "retry", "store", "store.server"},
    "sapp": DOMAIN | {"observability", "retry"},
    # payments, on ports of its own; it knows none of the outsides
    "ledger": DOMAIN | {"observability", "retry"},
    # what sells reads: the ledger with the API's side of it
    "billing": DOMAIN | {"ledger", "observability", "sapp"},
    # the plugin host, in the order in which its rooms may import each other
    "host": frozenset(),
    "host.settings": DOMAIN,
    "host.built_in": RUNTIME | {"paths"},
    "host.runtime": DOMAIN,
    "host.authoring": AUTHORING,
    "host.routing": ROUTING,
    "host.pacing": DOMAIN | {"host.pacing"},
    "host.operators": OPERATORS,
    "host.pipeline": PIPELINE,
    "host.lifecycle": HOST,
    # what plugins see
    "services": HOST | {"billing", "ledger", "observability", "sapp"},
    "": HOST,
    # what knows them all
    "adapters": DOMAIN | {"billing", "ledger", "observability", "sapp"},
    "service_wiring": HOST | {"adapters", "billing", "ledger", "observability", "sapp", "settings"},
    "start_ahead": HOST | {"billing"},
    "bot": HOST | {"adapters", "billing", "service_wiring"} | {"sapp", "services", "settings", ""},
    "host_wiring": HOST | {"adapters", "billing", "observability", "sapp", "settings", "store"},
    # a bot in several processes: what a gateway and its workers are put together from
    "roles.edge": frozenset({"settings", "telegram"}),
    "roles": DOMAIN | {"host.runtime", "monitoring", "observability", "settings", "tracing", ""},
    "roles.gateway": PIPELINE
    | {"clock", "roles", "settings", "store", "store.roles"}
    | {"monitoring", "roles.edge", "telegram"},
    "roles.worker": HOST
    | {"adapters", "billing", "bot", "clock", "host_wiring", "ledger", "monitoring", "roles"}
    | {"sapp"}
    | {"service_wiring", "settings", "start_ahead", "store", "store.roles"},
    "app": HOST
    | {"adapters", "bot", "clock", "monitoring", "roles", "sapp", "services", "settings", "store"}
    | {"host_wiring", "service_wiring", "start_ahead", "roles.edge", "telegram", ""},
    "testing": HOST
    | {"adapters", "app", "billing", "bot", "clock", "sapp", "services", "telegram", ""}
    | {"store", "store.server"}
    | {"sandbox", "sandbox.console", "sandbox.client", "sandbox.sapp_api", "sandbox.telegram"}
    | {"sandbox.telegram.state"},
    "cli": HOST
    | {
        "paths",
        "adapters",
        "host_wiring",
        "roles.gateway",
        "roles.worker",
        "service_wiring",
        "roles.edge",
        "app",
        "bot",
        "clock",
        "billing",
        "sandbox",
        "sapp",
        "settings",
        "store",
        "store.server",
        "telegram",
        "testing",
        "zones",
        "",
    },
    "__main__": frozenset({"cli", "sandbox"}),
    # the sandbox meets the bot through settings only, so that no wrong model is mirrored
    "sandbox": frozenset(
        {"paths", "sandbox.console", "sandbox.redis", "sandbox.sapp_api"}
        | {"sandbox.telegram", "sandbox.telegram.state", "sandbox.web"}
    ),
    "sandbox.console": frozenset(
        {"sandbox", "sandbox.client", "sandbox.sapp_api"}
        | {"sandbox.telegram", "sandbox.telegram.state"}
    ),
    "sandbox.web": frozenset(
        {"sandbox", "sandbox.client", "sandbox.console", "sandbox.telegram.state"}
    ),
    "sandbox.client": frozenset({"sandbox.telegram", "sandbox.telegram.state"}),
    "sandbox.redis": frozenset({"sandbox"}),
    "sandbox.sapp_api": frozenset({"sandbox"}),
    "sandbox.telegram": MTPROTO | {"sandbox", "sandbox.telegram.state", "sandbox.telegram.methods"},
    "sandbox.telegram.mtproto": frozenset({"sandbox", "sandbox.telegram"}),
    "sandbox.telegram.state": MTPROTO | {"sandbox", "sandbox.telegram"},
    "sandbox.telegram.methods": MTPROTO | {"sandbox", "sandbox.telegram", "sandbox.telegram.state"},
}
"""The walls: what each room of sapp_bot (a module or a package; "" is `__init__`) may import.

A room may always import itself. What no room of its own is named for belongs to the one around it.
"""
