"""Process one update, from its arrival to the delivered reply.

An update passes `inbox_worker`, `dispatcher`, `router` (and `forms.form_flow`), `invoke` and
`outbox_worker`, in this order.
"""
