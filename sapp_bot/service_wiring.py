"""Offers everything that handlers can ask for by type: the only place that does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .adapters import Adapters, Stores
from .billing.compose import make_billing
from .billing.grants import ReadsGrants
from .billing.service import Billing
from .domain.ports import Clock
from .domain.stars import Stars
from .errors import PluginError
from .host.authoring.locks import LockProvider, Locks
from .host.authoring.logins import Logins
from .host.authoring.plugin_settings import Config, ConfigProvider
from .host.authoring.providers import ServiceRegistry
from .host.authoring.storage import Store as PluginStore
from .host.authoring.storage import StoreProvider
from .host.lifecycle.loader import LoadReport, load_plugins
from .host.lifecycle.manager import PluginManager
from .host.lifecycle.plugin_admin import Plugins
from .host.operators.audit_log import AuditLog, AuditLogProvider
from .host.operators.broadcasts import Broadcasts
from .host.operators.maintenance import Maintenance
from .host.operators.people import People
from .host.operators.plugin_metrics import MetricsProvider
from .host.pipeline.invoke import Invoker
from .host.pipeline.login_throttle import LoginThrottle
from .host.pipeline.person_services import provide_person_services
from .host.pipeline.personal.forgetting import Forgetting
from .host.settings import HostSettings
from .observability.metrics import NO_METRICS, Metrics
from .sapp.admin import Admin
from .sapp.service_account import ServiceAccount
from .sapp.services import Auth, Clients, Rates
from .settings.settings import known_names, read_environment
from .values import dataclass, replace

if TYPE_CHECKING:  # a bot that sells nothing imports no ledger
    from .ledger.ledger import Ledger
    from .ledger.ports import NoticeListener

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RunningParts:
    """Parts of the running bot that are services themselves; there are none in a check."""

    plugins: Callable[[], PluginManager]
    maintenance: Maintenance
    broadcasts: Broadcasts
    billing: Billing


def billing_for(
    adapters: Adapters,
    settings: HostSettings,
    listener: NoticeListener,
    kind: Callable[..., Ledger] | None = None,
) -> Billing:
    """Return the service of payments; `listener` makes words of what its ledger has to say.

    `kind` is as of `make_billing`.
    """
    return make_billing(
        adapters.billing,
        api=adapters.api,
        store=adapters.store.ledger,
        stars=adapters.stars,
        signer=adapters.store.key_ring,
        clock=adapters.clock,
        listener=listener,
        metrics=adapters.metrics,
        is_bot=settings.mode == "bot",
        kind=kind,
    )


def with_sales(settings: HostSettings, adapters: Adapters) -> HostSettings:
    """Return the settings of the host, with whether reads can be bought."""
    mode = adapters.billing.mode(is_bot=settings.mode == "bot")
    return replace(settings, sells=mode != "off")


def offer_services(
    adapters: Adapters | None, running: RunningParts | None
) -> ServiceRegistry[Invoker]:
    """Return all services that handlers can ask for by type; the only place that registers any.

    Without adapters, as in a check, types and settings can be read, but no service be made.
    """
    services: ServiceRegistry[Invoker] = ServiceRegistry()
    provide_person_services(services)
    services.provide(Auth, lambda: Auth(_required(adapters).api))
    services.provide(Clients, lambda: Clients(_required(adapters).api))
    services.provide(Rates, lambda: Rates(_required(adapters).api))
    services.provide(ServiceAccount, lambda: make_service_account(_required(adapters)))
    services.provide(Clock, lambda: _required(adapters).clock)  # type: ignore[type-abstract]  # a protocol is asked for by its name
    services.provide(Stars, lambda: _required(adapters).stars)  # type: ignore[type-abstract]  # as above
    services.provide(Admin, lambda: Admin(_required(adapters).api))
    services.provide(Billing, lambda: _required(running).billing)
    services.provide(
        ReadsGrants,
        lambda _: ReadsGrants(_required(running).billing, Admin(_required(adapters).api)),
        personal=True,
        operators=True,
    )
    services.provide(Logins, lambda: _logins(_required(adapters)))
    services.provide(
        LoginThrottle,
        lambda call: LoginThrottle(
            call.turn, _required(adapters).store.attempts, call.translator()
        ),
        personal=True,
    )
    services.provide(
        Forgetting,
        lambda call: _forgetting(call, _required(adapters).store),
        personal=True,
    )
    _offer_for_operators(services, adapters, running)
    _offer_by_model(services, adapters)
    return services


def _offer_by_model(services: ServiceRegistry[Invoker], adapters: Adapters | None) -> None:
    """Register what is asked for by a model or a name of the plugin's own."""
    taken = frozenset(known_names())
    if adapters is None:
        services.provide_below(Config, ConfigProvider(read_environment, taken))
        services.provide_below(PluginStore, StoreProvider(None, None))
        services.provide_below(Locks, LockProvider(None))
        services.provide_below(AuditLog, AuditLogProvider(None, None, str))
        services.provide_below(Metrics, MetricsProvider(NO_METRICS))
    else:
        hide, storage = adapters.redactor.hide, adapters.store.plugin_storage
        services.provide_below(Config, ConfigProvider(adapters.variables, taken, hide))
        services.provide_below(PluginStore, StoreProvider(storage, adapters.clock))
        services.provide_below(Locks, LockProvider(adapters.store.locks))
        audit = AuditLogProvider(storage, adapters.clock, adapters.redactor.for_people)
        services.provide_below(AuditLog, audit)
        services.provide_below(Metrics, MetricsProvider(adapters.metrics))


def _offer_for_operators(
    services: ServiceRegistry[Invoker], adapters: Adapters | None, running: RunningParts | None
) -> None:
    """Register what operators rule the running bot with, and what it tells others of that."""
    services.provide(
        Plugins,
        lambda call: Plugins(
            _required(running).plugins(), call.turn.plugin, _required(adapters).plugin_peers
        ),
        personal=True,
        operators=True,
    )
    services.provide(
        Broadcasts,
        lambda _: _required(running).broadcasts,
        personal=True,
        operators=True,
    )
    services.provide(Maintenance, lambda: _required(running).maintenance)
    services.provide(People, lambda: People(_required(adapters).store.plugin_storage))


def _logins(adapters: Adapters) -> Logins:
    return Logins(adapters.store.plugin_storage, adapters.store.inbox)


def _forgetting(call: Invoker, store: Stores) -> Forgetting:
    return Forgetting(call, store.inbox, store.outbox, store.plugin_storage)


def make_service_account(adapters: Adapters) -> ServiceAccount:
    """Return a new service of the account that pays for what people share."""
    api = adapters.api
    return ServiceAccount(
        Auth(api), Clients(api), adapters.clock, adapters.service_login, adapters.metrics
    )


def _required(dependency: T | None) -> T:
    """Return a dependency of a service.

    Raises:
        PluginError: the dependency is missing, as in a check, which is connected to nothing.

    """
    if dependency is None:
        raise PluginError("a check is connected to nothing, so no service can be used")
    return dependency


def offered_services() -> ServiceRegistry[Invoker]:
    """Return the services that handlers can ask for, to be listed; none of them can be made."""
    return offer_services(None, None)


def check(folder: Path) -> LoadReport:
    """Load a plugin folder with the same services as `Bot.run`, and connect to nothing.

    Raises:
        PluginError: the plugin folder cannot be read.

    """
    return load_plugins(folder, offered_services())
