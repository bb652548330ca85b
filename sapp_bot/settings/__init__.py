"""The environment variables: their types, units, defaults and meaning."""
