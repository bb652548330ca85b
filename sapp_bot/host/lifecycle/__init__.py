"""Lifecycle of plugin files: discovery, validation, activation, hot reload, retirement."""
