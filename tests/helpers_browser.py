"""A real Chromium, driven through its debugging pipe with the standard library alone."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed: the report is not opened in a browser"
)
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-pipe",
)
PATIENCE_S = 60
ON_3_AND_4 = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3]]
for number, fd in zip((3, 4), ours):
    os.dup2(fd, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads its pipe on file descriptor 3 and writes on 4, whatever numbers ours have."""


class Page:
    """One open page: call the DevTools protocol, evaluate JavaScript, look at what happened."""

    def __init__(self, to_browser: int, from_browser: int):
        self._to, self._from = to_browser, from_browser
        self._buffer = b""
        self._number = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a DevTools method and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], PATIENCE_S)
            assert ready, f"Chromium said nothing for {PATIENCE_S} s"
            got = os.read(self._from, 1 << 20)
            assert got, "Chromium closed its pipe"
            self._buffer += got
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def open(self, path: Path, width: int = 1280, height: int = 900, **media: str) -> None:
        """Load a local file in a window of that width; ``media`` are media features, such as dark colours."""
        self.events.clear()
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.call("Emulation.setEmulatedMedia", features=features)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def screenshot(self, target: Path, *, whole: bool = False) -> None:
        """Save what is in the window, or the whole page, as PNG."""
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        target.write_bytes(base64.b64decode(found["data"]))

    def happened(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of every event of that name since the page was opened."""
        return [event["params"] for event in self.events if event.get("method") == method]


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """Start Chromium with an empty profile and end it afterwards."""
    assert CHROMIUM is not None
    read_theirs, write_ours = os.pipe()
    read_ours, write_theirs = os.pipe()
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", ON_3_AND_4, str(read_theirs), str(write_theirs)),
            *(CHROMIUM, *ARGUMENTS, f"--user-data-dir={profile}"),
        ],
        pass_fds=(read_theirs, write_theirs),
        stderr=subprocess.DEVNULL,
    )
    os.close(read_theirs)
    os.close(write_theirs)
    try:
        yield Page(write_ours, read_ours)
    finally:
        os.close(write_ours)
        os.close(read_ours)
        process.terminate()
        process.wait(timeout=20)
