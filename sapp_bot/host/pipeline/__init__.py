"""One update, from its arrival to the delivered reply.

In this order: `inbox_worker`, `dispatcher`, `router` (and `form_flow`), `invoke`, `outbox_worker`.
"""
