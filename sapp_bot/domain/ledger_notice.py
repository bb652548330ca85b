"""What the ledger of payments tells the plugin that sells; its kinds are the ledger's own."""

from __future__ import annotations


class LedgerNotice:
    """Base of the notices that a handler of `@plugin.notice` is called for."""

    __slots__ = ()
