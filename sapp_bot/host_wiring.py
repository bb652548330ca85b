"""Makes of the settings what a process that runs plugins is put together from."""

from __future__ import annotations

from pathlib import Path

from .adapters import Adapters, Stores
from .billing.config import BillingConfig, Pack
from .domain.account import Me
from .domain.ports import Clock, SecretRedactor, TelegramPort
from .domain.stars import Stars
from .host.lifecycle.importer import PluginImports
from .host.runtime.work_journal import journal_path
from .host.settings import HostSettings
from .observability.metrics import Metrics
from .sapp.client import ApiClient
from .sapp.service_account import ServiceLogin
from .settings.settings import Settings, read_environment
from .start_cache import StartCache, start_cache_path
from .store import KeyRing


def adapters_for(
    settings: Settings,
    *,
    telegram: TelegramPort,
    stars: Stars,
    store: Stores,
    api: ApiClient,
    clock: Clock,
    redactor: SecretRedactor,
    metrics: Metrics,
    folder: Path,
) -> Adapters:
    """Return the adapters with what the settings say beside; `folder` is the process's own."""
    return Adapters(
        telegram=telegram,
        stars=stars,
        store=store,
        api=api,
        clock=clock,
        redactor=redactor,
        service_login=ServiceLogin(settings.sapp_service_email, settings.sapp_service_password),
        billing=billing_config(settings),
        variables=read_environment,
        metrics=metrics,
        work_journal=journal_path(folder),
    )


def plugin_imports(folder: Path, key_ring: KeyRing) -> PluginImports:
    """Return the importer of plugins, with what the last start in a folder has kept for this."""
    cache = StartCache(start_cache_path(folder), key_ring)
    cache.open()
    return PluginImports(cache)


def billing_config(settings: Settings) -> BillingConfig:
    """Pick what is set about payments."""
    return BillingConfig(
        wanted=settings.sapp_billing,
        packs=tuple(Pack(reads, stars) for reads, stars in settings.sapp_billing_packs),
        payments_url=settings.sapp_payments_url,
        seller=settings.sapp_billing_bot,
        terms=settings.sapp_terms,
        terms_url=settings.sapp_terms_url,
        admin_email=settings.sapp_admin_email,
        admin_password=settings.sapp_admin_password,
    )


def host_settings(settings: Settings, me: Me) -> HostSettings:
    """Pick what the host may know; whose account it is in user mode, operates it."""
    owner = {me.id} if settings.sapp_mode == "user" else set()
    return HostSettings(
        account=me.id,
        bot_name=me.username,
        other_names=me.other_names,
        mode=settings.sapp_mode,
        admins=settings.sapp_admins | owner,
        docs_url=settings.sapp_docs_url,
        api_url=settings.sapp_api_public_url or settings.sapp_api_url,
        support=settings.sapp_support,
        key_shown_s=settings.sapp_key_shown_s,
        handler_limit_s=settings.sapp_handler_limit_s,
        sent_per_s=settings.sapp_sent_per_s,
        loop_limit_s=settings.sapp_loop_limit_s,
        messages_per_minute=settings.sapp_messages_per_minute,
    )
