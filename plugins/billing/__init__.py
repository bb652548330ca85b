"""Billing: buy reads for Telegram Stars, receipts, refunds, and the operators' side of it."""

from . import buying, checkout, desk, notices, receipts, terms
from .plugin import plugin

__all__ = ["buying", "checkout", "desk", "notices", "plugin", "receipts", "terms"]
