"""`python -m tests.screens [FOLDER]`: photographs every screen, in both languages and themes.

Writes the pictures and a contact sheet, `index.html`, into the folder (`screens` if not given).
Checks accessibility by axe-core, which npm installs, pinned, into `.independent/`.
Exit code 1: a picture is missing, a text is wider than its place, or a rule of axe is broken.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path

from tests.browser.chromium import browser, find_browser

from .accessibility import AXE, PINS, violations
from .camera import Camera
from .walk import CUSTOMER, GUEST, OPERATOR, STAFF

PROJECT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "sapp_bot", "sandbox", "--web")
LANGUAGES = ("en", "ru")

_SHEET = """<!doctype html><meta charset="utf-8"><title>All screens</title>
<style>
body {{ font: 14px sans-serif; background: #888 }}
section {{ display: inline-block; margin: 6px; vertical-align: top; width: {width}px }}
img {{ width: 100%; display: block }}
h2 {{ font-size: 14px }}
</style><h1>{count} pictures</h1>{body}
"""


def install_axe() -> None:
    """Install axe-core, unless it is there."""
    if AXE.exists() or not shutil.which("npm"):
        return
    AXE.parents[2].mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, AXE.parents[2])
    command = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    subprocess.run((*command, "--prefix", str(AXE.parents[2])), check=True)  # noqa: S603  # ours


async def photograph(folder: Path, languages: tuple[str, ...] = LANGUAGES) -> Camera:
    """Take all pictures; return the camera with what it took and what is wrong."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if "DISPLAY" not in name},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().split()[-1]
        with tempfile.TemporaryDirectory() as profile:
            async with browser(Path(profile)) as new_page:
                camera = Camera(await new_page(), folder)
                await camera.open(address)
                for language in languages:
                    person = f"{GUEST}_{language}"
                    await camera.meet(person, language)
                    await camera.walk(CUSTOMER, person)
                    await camera.meet(OPERATOR, language)
                    await camera.walk(STAFF, f"{OPERATOR}_{language}")
                camera.faults += await violations(camera.page)
                camera.faults += camera.page.complaints
        process.terminate()
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
    return camera


def write_sheet(folder: Path, camera: Camera) -> None:
    """Write the page that shows all pictures side by side."""
    parts = [
        f"<section><h2>{escape(' · '.join(key))}</h2><img src='{escape(file)}'></section>"
        for key, file in camera.taken.items()
    ]
    sheet = _SHEET.format(width=300, count=len(parts), body="".join(parts))
    (folder / "index.html").write_text(sheet)


def main() -> int:
    """Take the pictures and say what is wrong; return the exit code."""
    if find_browser() is None:
        sys.stderr.write("No Chromium found; install it (Debian: chromium).\n")
        return 1
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screens").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    install_axe()
    camera = asyncio.run(photograph(folder))
    write_sheet(folder, camera)
    for fault in camera.faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(f"{len(camera.taken)} pictures: {folder / 'index.html'}\n")
    return 1 if camera.faults else 0


if __name__ == "__main__":
    sys.exit(main())
