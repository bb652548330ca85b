"""What the bot talks to: Telegram, the store, the API, the clock, and how each is given to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .billing.config import NO_BILLING, BillingConfig
from .domain.ports import (
    Attempts,
    Clock,
    InboxStore,
    Leases,
    LockStore,
    OutboxStore,
    PluginPeers,
    PluginStorage,
    PluginSwitches,
    SecretRedactor,
    Signer,
    TelegramPort,
)
from .domain.stars import Stars
from .observability.metrics import NO_METRICS, Metrics
from .sapp.client import ApiClient
from .sapp.service_account import NO_SERVICE_LOGIN, ServiceLogin
from .values import dataclass

if TYPE_CHECKING:  # a bot that sells nothing imports no ledger
    from .ledger.ports import LedgerStore


class Stores(Protocol):
    """Repositories of the store, implemented by `store.RedisStore`."""

    @property
    def inbox(self) -> InboxStore:
        """Stores updates, and the state of persons."""

    @property
    def payments(self) -> InboxStore:
        """Stores payments and refunds, beside the updates of `inbox`."""

    @property
    def outbox(self) -> OutboxStore:
        """Stores replies until they are sent."""

    @property
    def attempts(self) -> Attempts:
        """Counts failed logins."""

    @property
    def plugin_storage(self) -> PluginStorage:
        """Stores the plugins' own data."""

    @property
    def switches(self) -> PluginSwitches:
        """Stores which plugins are switched off."""

    @property
    def leases(self) -> Leases:
        """Gives the time slots of timers to one process each."""

    @property
    def locks(self) -> LockStore:
        """What one process does at a time."""

    @property
    def ledger(self) -> LedgerStore:
        """Stores the ledger of payments."""

    @property
    def key_ring(self) -> Signer:
        """Signs the data of buttons, with the keys that also encrypt the store."""


@dataclass(frozen=True, slots=True)
class Adapters:
    """Adapters to what the bot talks to."""

    telegram: TelegramPort
    store: Stores
    api: ApiClient
    clock: Clock
    redactor: SecretRedactor
    stars: Stars
    service_login: ServiceLogin = NO_SERVICE_LOGIN
    billing: BillingConfig = NO_BILLING
    variables: Callable[[], Mapping[str, str]] = dict
    """Reads the environment for plugins' settings; called at each load, as `.env` may change."""
    metrics: Metrics = NO_METRICS
    plugin_peers: PluginPeers | None = None
    """The plugins of the bot's other processes; None where it is one."""
    work_journal: Path | None = None
    """File that tells the next process which plugin was at work; None for none."""
