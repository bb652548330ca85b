"""What the server of `forked.py` does once for all the bots that it forks."""

from __future__ import annotations

import gc
from importlib import import_module

from sapp_bot.host.lifecycle.importer import compiled
from sapp_bot.host.lifecycle.loader import LOCALES, find_plugins
from sapp_bot.host.lifecycle.translations import read_locales
from sapp_bot.i18n import core_languages
from sapp_bot.paths import shipped_plugins

for _name in ("sapp_bot.app", "sapp_bot.cli.login", "sapp_bot.cli.main"):
    import_module(_name)
core_languages()
for _folder in (shipped_plugins(), *(path.parent for path in find_plugins(shipped_plugins()))):
    read_locales(_folder / LOCALES)
for _path in shipped_plugins().rglob("*.py"):
    compiled(_path.read_bytes(), str(_path))
gc.freeze()  # memory that no collector writes to stays shared
