"""`new` writes a plugin that is in order, and harms nothing that is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sapp_bot.cli.main import main
from sapp_bot.cli.new import NotWritten, write_plugin
from tests.pages import ROOT


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a Python module in a folder, this project on its path."""
    return subprocess.run(  # noqa: S603  # our own commands
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_test_passes_in_any_folder(tmp_path: Path) -> None:
    """Outside of this repository, with no settings of pytest, plain `pytest` runs and passes it."""
    write_plugin("my_thing", tmp_path / "mine")
    tested = run("pytest", "-q", folder=tmp_path)

    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed" in tested.stdout
    assert "warning" not in tested.stdout


@pytest.mark.long
def test_what_is_written_passes_its_own_test(tmp_path: Path) -> None:
    """As a new author: `new`, then the commands that it names, all end well."""
    made = run("sapp_bot", "new", "my_thing", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "python -m pytest tests/plugins/test_my_thing.py" in made.stdout

    tested = run("pytest", "tests/plugins/test_my_thing.py", folder=tmp_path)
    assert tested.returncode == 0, tested.stdout
    checked = run("sapp_bot", "check", "plugins/my_thing.py", folder=tmp_path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (
        *(0, "my_thing: nothing wrong, 2 examples hold\n", ""),
    )


@pytest.mark.long
def test_what_is_written_is_clean(tmp_path: Path) -> None:
    """Neither ruff, under this project's rules, nor mypy --strict finds anything.

    Two rules are off in `plugins/` and `tests/` of this project, and so they are here.
    """
    files = [str(path) for path in write_plugin("my_thing", tmp_path / "plugins")]
    config = str(ROOT / "pyproject.toml")
    for command in (
        ["ruff", "check", "--no-cache", "--config", config, "--ignore=INP001,S101", *files],
        ["ruff", "format", "--check", "--no-cache", "--config", config, *files],
        ["mypy", "--config-file", config, "--cache-dir", str(ROOT / ".mypy_cache"), *files],
    ):
        found = run(*command, folder=ROOT)
        assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    "name", ["", "Hello", "9lives", "with-dash", "a b", "../up", "class", "locales", "x" * 33, "é"]
)
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    """A name that cannot be a command's leaves nothing behind."""
    with pytest.raises(NotWritten, match="cannot be a plugin's name"):
        write_plugin(name, tmp_path / "plugins")

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "there", ["plugins/mine.py", "plugins/mine/x", "tests/plugins/test_mine.py"]
)
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    """A plugin, a package or a test of that name stays as it is, and nothing is put beside it."""
    path = tmp_path / there
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(NotWritten, match="is there already"):
        write_plugin("mine", tmp_path / "plugins")

    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_another_folder_is_named_in_the_line_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sandbox would look elsewhere; the test lies beside the folder of the plugin."""
    folder = tmp_path / "mine"
    assert main(["new", "hello", "--folder", str(folder)]) == 0

    said = capsys.readouterr().out
    assert f"  SAPP_PLUGINS={folder} python -m sapp_bot sandbox\n" in said
    test = tmp_path / "tests" / "mine" / "test_hello.py"
    assert f"  python -m pytest {test} -n0\n" in said
    assert f'  cp -R "$(python -m sapp_bot plugins)/." {folder}\n' in said
    assert test.is_file()


def test_it_says_how_to_get_pytest_where_it_is_not(tmp_path: Path) -> None:
    """With the packages of README's first command alone, the next line needs one more."""
    bare = "import sys; sys.modules['pytest'] = None; from sapp_bot.cli.main import main; "
    made = subprocess.run(  # noqa: S603  # this program
        [sys.executable, "-c", f"{bare}sys.exit(main(['new', 'hello']))"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    lines = made.stdout.splitlines()
    assert made.returncode == 0, made.stderr
    assert lines[1] == f"  python -m pip install -r {ROOT / 'requirements-dev.txt'}"
    assert lines[2].startswith("  python -m pytest ")


def test_a_refusal_is_said_and_gives_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line says why, without a traceback."""
    assert main(["new", "Bad Name", "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("'Bad Name' cannot be a plugin's name")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """What stands in the way is told with its path."""
    (tmp_path / "plugins").write_text("a file")
    with pytest.raises(NotWritten, match="plugins"):
        write_plugin("mine", tmp_path / "plugins")
