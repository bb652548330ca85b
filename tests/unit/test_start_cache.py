"""What a start keeps for the next one: for the same source only, and only what is surely ours."""

from __future__ import annotations

import marshal
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sapp_bot.errors import PluginError
from sapp_bot.host.lifecycle.importer import PluginImports
from sapp_bot.i18n import read_catalogue
from sapp_bot.start_cache import LARGEST_BYTES, StartCache, start_cache_path
from sapp_bot.store import KeyRing
from sapp_bot.store.key_ring import make_key

RING = KeyRing([make_key()])
PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n\nmsgid "Yes"\nmsgstr "{}"\n'


def opened(folder: Path, ring: KeyRing = RING) -> StartCache:
    """Make the cache of a start."""
    cache = StartCache(start_cache_path(folder), ring)
    cache.open()
    return cache


def kept(folder: Path, made: bytes = b"made") -> Path:
    """Let a start keep something; gives the file."""
    cache = opened(folder)
    cache.keep("code 1", b"source", made)
    cache.save()
    return start_cache_path(folder)


def test_the_next_start_gets_what_was_made(tmp_path: Path) -> None:
    """It is given for the same kind, source and place, and for nothing else."""
    kept(tmp_path)

    cache = opened(tmp_path)

    assert cache.get("code 1", b"source") == b"made"
    assert cache.get("code 1", b"changed") is None
    assert cache.get("code 2", b"source") is None
    assert cache.get("code 1", b"source", "elsewhere") is None


def test_what_a_start_did_not_use_is_gone_at_the_next(tmp_path: Path) -> None:
    """The file holds what the last start used, so it cannot grow."""
    kept(tmp_path)
    cache = opened(tmp_path)
    cache.keep("code 1", b"other", b"of it")
    cache.save()

    after = opened(tmp_path)

    assert after.get("code 1", b"source") is None
    assert after.get("code 1", b"other") == b"of it"


def test_the_same_again_writes_nothing(tmp_path: Path) -> None:
    """A start that used what the file has leaves it as it is."""
    path = kept(tmp_path)
    before = path.stat().st_ino
    cache = opened(tmp_path)
    cache.get("code 1", b"source")

    cache.save()

    assert path.stat().st_ino == before


def test_nothing_is_kept_after_the_start(tmp_path: Path) -> None:
    """Once saved it holds no memory, and what is loaded later is not gathered."""
    kept(tmp_path)
    cache = opened(tmp_path)
    cache.get("code 1", b"source")
    cache.save()

    cache.keep("code 1", b"later", b"much")
    cache.save()

    assert cache.get("code 1", b"source") is None
    assert cache.get("code 1", b"later") is None
    assert opened(tmp_path).get("code 1", b"later") is None


def test_the_file_is_private(tmp_path: Path) -> None:
    """Nobody else may read or write it, whatever the umask is."""
    before = os.umask(0)
    try:
        path = kept(tmp_path)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _forge(path: Path) -> None:
    signed = path.read_bytes()[32:]
    other = KeyRing([make_key()])
    path.write_bytes(other.sign(signed) + signed)


def _sign_other(path: Path) -> None:
    signed = b"a button" + marshal.dumps({})
    path.write_bytes(RING.sign(signed) + signed)


def _open_to_all(path: Path) -> None:
    path.chmod(0o644)


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


@pytest.mark.parametrize(
    "harm",
    [_damage, _cut, _empty, _forge, _sign_other, _open_to_all, _link, _pipe, _folder],
)
def test_a_file_that_is_not_surely_ours_is_ignored(
    tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    """Damaged, signed by another or open to others: nothing of it is given, and nothing fails."""
    harm(kept(tmp_path))

    cache = opened(tmp_path)

    assert cache.get("code 1", b"source") is None
    cache.keep("code 1", b"source", b"made anew")
    cache.save()


@pytest.mark.parametrize(
    ("harm", "level"), [(_open_to_all, "warning"), (_damage, "info"), (_forge, "info")]
)
def test_who_can_mend_it_hears_of_a_file_that_is_ignored(
    tmp_path: Path, harm: Callable[[Path], None], level: str
) -> None:
    """Others who may write what the bot runs are worth a warning."""
    harm(kept(tmp_path))

    with capture_logs() as logs:
        opened(tmp_path)

    assert [(e["event"], e["log_level"]) for e in logs] == [("start_cache.unused", level)]


def test_a_start_in_safe_mode_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    """It uses a part of it only; the rest is for the next start."""
    kept(tmp_path)
    cache = opened(tmp_path)
    cache.keep("code 1", b"other", b"of it")
    cache.save(whole=False)

    assert cache.get("code 1", b"source") is None  # the memory is free
    assert opened(tmp_path).get("code 1", b"source") == b"made"


def test_what_is_written_is_not_too_large_to_be_read(tmp_path: Path) -> None:
    """The limit is one of the file, its signature included."""
    spare = LARGEST_BYTES - kept(tmp_path).stat().st_size + len(b"made")
    for too_much, stays in ((1, True), (0, False)):
        made, cache = bytes(spare + too_much), opened(tmp_path)
        cache.keep("code 1", b"other", made)
        cache.save()

        after = opened(tmp_path)
        assert (after.get("code 1", b"source") == b"made") is stays
        assert (after.get("code 1", b"other") == made) is not stays


def test_another_key_makes_it_worthless(tmp_path: Path) -> None:
    """Who has not the bot's keys makes no code that it runs; an older key of the ring is fine."""
    old, new = make_key(), make_key()
    cache = opened(tmp_path, KeyRing([old]))
    cache.keep("code 1", b"source", b"made")
    cache.save()

    assert opened(tmp_path, KeyRing([new])).get("code 1", b"source") is None
    assert opened(tmp_path, KeyRing([new, old])).get("code 1", b"source") == b"made"


def test_a_folder_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    """Where nothing can be read or written, a start makes all anew."""
    cache = opened(tmp_path / "none")
    cache.keep("code 1", b"source", b"made")

    cache.save()

    assert not (tmp_path / "none").exists()


def test_a_plugin_is_run_from_what_the_last_start_made(tmp_path: Path) -> None:
    """Its code and that of its submodules comes from the cache, while the files are the same."""
    plugin = tmp_path / "plugins" / "greet" / "__init__.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("from .words import HELLO\n")
    plugin.with_name("words.py").write_text("HELLO = 'hello'\n")
    words = plugin.with_name("words.py")
    cache = opened(tmp_path)
    told_apart = compile("HELLO = 'from the cache'", str(words), "exec")
    cache.keep("code 1", words.read_bytes(), marshal.dumps(told_apart), str(words))
    cache.save()

    assert PluginImports(opened(tmp_path)).run("greet", plugin).HELLO == "from the cache"
    words.write_text("HELLO = 'world'\n")  # as long, and perhaps within the same second
    assert PluginImports(opened(tmp_path)).run("greet", plugin).HELLO == "world"


def test_what_was_compiled_is_kept(tmp_path: Path) -> None:
    """Each file of a plugin that was imported is there for the next start."""
    plugin = tmp_path / "hello.py"
    plugin.write_text("x = 1\n")
    cache = opened(tmp_path)

    PluginImports(cache).run("hello", plugin)
    cache.save()

    assert opened(tmp_path).get("code 1", plugin.read_bytes(), str(plugin))


def test_a_mistake_names_its_line_whether_kept_or_not(tmp_path: Path) -> None:
    """A plugin whose code was kept fails with file and line, as one that is compiled."""
    plugin = tmp_path / "broken.py"
    plugin.write_text("x = 1\nraise ValueError('no')\n")
    cache = opened(tmp_path)
    with pytest.raises(PluginError, match=r"broken\.py:2"):
        PluginImports(cache).run("broken", plugin)
    cache.save()

    with pytest.raises(PluginError, match=r"broken\.py:2"):
        PluginImports(opened(tmp_path)).run("broken", plugin)


def test_a_catalogue_is_the_same_from_the_cache(tmp_path: Path) -> None:
    """Kept or read, it has the same words, and its entries are checked each time."""
    path = tmp_path / "ru.po"
    path.write_text(PO.format("Да"), "utf-8")
    seen: list[tuple[object, object]] = []
    for _ in range(2):
        cache = opened(tmp_path)
        catalogue = read_catalogue(path, seen.extend, cache)
        assert catalogue.gettext("Yes") == "Да"
        cache.save()
    path.write_text(PO.format("Ага"), "utf-8")

    assert read_catalogue(path, cache=opened(tmp_path)).gettext("Yes") == "Ага"
    assert seen == [(("Yes",), ("Да",))] * 2
