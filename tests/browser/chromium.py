"""Drives a Chromium over its DevTools protocol: opens pages, types, clicks, listens.

Source: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
WAIT_S = 45.0
START_S = 90.0
LOCAL = {"127.0.0.1", "localhost"}
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-port=0", "--hide-scrollbars"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_KEYS = {"Enter": (13, "\r"), "ArrowUp": (38, ""), "ArrowDown": (40, ""), "Escape": (27, "")}


def find_browser() -> str | None:
    """Return the path of a Chromium on this machine, None without one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class PageFault(AssertionError):
    """What the page should show did not come."""


class BrowserPage:
    """One page. `complaints` are errors of its console, and requests that left this machine."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._next = 0
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.complaints: list[str] = []
        self.requests: list[str] = []

    async def listen(self) -> None:
        """Take in answers and events until the browser ends."""
        async for message in self._socket:
            event = json.loads(message.data)
            if (number := event.get("id")) is not None:
                answer = self._answers.pop(number)
                if not answer.done():
                    answer.set_result(event)
            else:
                self._note(event["method"], event.get("params", {}))

    def _note(self, method: str, facts: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            url = urlsplit(facts["request"]["url"])
            self.requests.append(url.path)
            if url.scheme not in {"data", "blob"} and url.hostname not in LOCAL:
                self.complaints.append(f"a request to {url.hostname}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(facts["exceptionDetails"])[:500])
        elif method == "Runtime.consoleAPICalled" and facts["type"] in {"error", "warning"}:
            self.complaints.append(json.dumps(facts["args"])[:500])
        elif method == "Log.entryAdded" and facts["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(facts["entry"]["text"])

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol, and return its result."""
        self._next += 1
        answer = self._answers[self._next] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._next, "method": method, "params": parameters})
        async with asyncio.timeout(WAIT_S):
            event = await answer
        if "error" in event:
            raise PageFault(f"{method}: {event['error']}")
        return dict(event["result"])

    async def open(
        self, address: str, *, width: int = 390, height: int = 800, dark: bool = False
    ) -> None:
        """Open an address in a window of this size."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.call(f"{domain}.enable")
        await self.resize(width, height, dark=dark)
        await self.call("Page.navigate", url=address)

    async def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Change the size of the window, and whether the person likes it dark."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self.call("Emulation.setDeviceMetricsOverride", **metrics)
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[feature])

    async def run(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        result = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise PageFault(json.dumps(result["exceptionDetails"])[:800])
        return result["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until an expression is true. Raises `PageFault` if that takes too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                while not await self.run(f"Boolean({script})"):
                    await self.run("new Promise((done) => setTimeout(done, 20))")
                return
        shown = await self.run("document.body.innerText")
        raise PageFault(f"{script} did not come true; the page: {shown}")

    async def sees(self, text: str, where: str = "#log") -> None:
        """Wait until a text is shown."""
        place = f"document.querySelector({json.dumps(where)})?.innerText ?? ''"
        await self.until(f"({place}).replace(/\\s+/g, ' ').includes({json.dumps(text)})")

    async def types(self, text: str) -> None:
        """Type into what has the focus."""
        await self.call("Input.insertText", text=text)

    async def hits(self, key: str) -> None:
        """Press a key of the keyboard."""
        code, text = _KEYS[key]
        facts = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **facts)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    async def says(self, text: str) -> None:
        """Type a message and send it by Enter."""
        await self.run("document.querySelector('#entry').focus()")
        await self.types(text)
        await self.hits("Enter")

    async def taps(self, element: str) -> None:
        """Click in the middle of an element, given as a JavaScript expression."""
        await self.until(element)
        place = await self.run(
            f"(() => {{ const e = {element}; e.scrollIntoView({{ block: 'center' }});"
            " const b = e.getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        facts = {"x": place[0], "y": place[1], "button": "left", "clickCount": 1}
        await self.call("Input.dispatchMouseEvent", type="mousePressed", **facts)
        await self.call("Input.dispatchMouseEvent", type="mouseReleased", **facts)

    async def picture(self, file: Path) -> None:
        """Save a picture of the window."""
        data = (await self.call("Page.captureScreenshot", format="png"))["data"]
        await asyncio.to_thread(file.write_bytes, base64.b64decode(data))


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Callable[[], Any]]:
    """Run a Chromium with a profile of its own; yield a function that awaits a new page."""
    program = find_browser()
    assert program is not None, "no Chromium"
    # Killed, it leaves what it made there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        process = await asyncio.create_subprocess_exec(
            program,
            *_OPTIONS,
            f"--user-data-dir={folder}",
            "about:blank",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "TMPDIR": scratch},
        )
        listening: list[asyncio.Task[None]] = []
        try:
            async with aiohttp.ClientSession() as session:
                port = await asyncio.wait_for(_port(process), START_S)
                reading = asyncio.create_task(_drain(process))

                async def page() -> BrowserPage:
                    async with session.put(
                        f"http://127.0.0.1:{port}/json/new?about:blank"
                    ) as answer:
                        address = (await answer.json())["webSocketDebuggerUrl"]
                    new = BrowserPage(await session.ws_connect(address, max_msg_size=0))
                    listening.append(asyncio.create_task(new.listen()))
                    return new

                yield page
                for task in (*listening, reading):
                    task.cancel()
                await asyncio.gather(*listening, reading, return_exceptions=True)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _port(process: asyncio.subprocess.Process) -> int:
    assert process.stderr is not None
    async for line in process.stderr:
        if b"DevTools listening on" in line:
            return int(urlsplit(line.split()[-1].decode()).port or 0)
    raise PageFault("Chromium ended before it listened")


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    async for _ in process.stderr:
        pass
