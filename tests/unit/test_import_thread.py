"""Plugins are read in one thread, and none has to wait for one whose import hangs."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from sapp_bot.errors import PluginError
from sapp_bot.host.lifecycle.loader import IMPORT_S, ImportThread
from sapp_bot.testing import ManualClock


class Seen(PluginError):
    """Carries what a read has seen: the thread that it ran in."""


def read() -> NoReturn:
    """Say which thread reads."""
    raise Seen(threading.current_thread().name + str(threading.get_ident()))


async def thread_of(imports: ImportThread) -> str:
    """Read a plugin; return the thread that did."""
    with pytest.raises(Seen) as said:
        await imports.load(Path("sound.py"), read)
    return str(said.value)


async def test_all_are_read_in_one_thread() -> None:
    """No thread is started for each."""
    imports = ImportThread(ManualClock())

    assert await thread_of(imports) == await thread_of(imports)


async def test_who_hangs_holds_nobody_up() -> None:
    """The thread is left to it after a while, and the next plugin is read in another."""
    clock, begun, freed = ManualClock(), threading.Event(), threading.Event()
    imports = ImportThread(clock)
    before = await thread_of(imports)

    def hang() -> NoReturn:
        begun.set()
        freed.wait()
        read()

    loading = asyncio.create_task(imports.load(Path("hangs.py"), hang))
    await asyncio.to_thread(begun.wait)
    await clock.advance(IMPORT_S + 10)
    with pytest.raises(PluginError, match=r"hangs\.py: its import did not end within 30 s"):
        await loading

    assert await thread_of(imports) != before
    freed.set()
