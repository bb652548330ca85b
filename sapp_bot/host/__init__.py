"""The plugin host: declare, inject, table, load, dispatch, forms, buttons, schedule."""
