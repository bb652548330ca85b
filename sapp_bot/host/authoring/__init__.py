"""The API for plugin authors; `sapp_bot` re-exports its public names."""
