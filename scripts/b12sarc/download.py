"""Bring one file here from http(s):// or file://, with retries, a time-out and a progress bar."""

from __future__ import annotations

import logging
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from b12sarc.errors import B12SarcError, NotThereError

if TYPE_CHECKING:
    import requests
    from tqdm import tqdm

WAYS_ON = (
    "set a mirror (NHANES_BASE_URL=... or base_url in the configuration), "
    "or run the demonstration, which needs no network (make demo)"
)
_CHUNK_BYTES = 1 << 16
_RETRY_STATUS = frozenset({408, 429, 500, 502, 503, 504})
# Needle in the library's message -> what it means, in the order to look for them.
_REASONS = {
    "NameResolutionError": "the host's name is not known (is there a network?)",
    "Connection refused": "connection refused",
    "timed out": "no answer within the time-out of {timeout_s:g} s",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Download:
    """How to download.

    Attributes:
        timeout_s: seconds without an answer, or without another byte, after which an attempt fails.
        retries: further attempts after the first.
        backoff_s: seconds to wait before the second attempt; doubled each time.
        progress: show a progress bar; ``None``: only if the process was started on a terminal (the bar goes
            there even where stderr has been turned into a log).
    """

    timeout_s: float = 30.0
    retries: int = 3
    backoff_s: float = 1.0
    progress: bool | None = None


def download(url: str, path: Path, how: Download) -> str | None:
    """Write what ``url`` holds to ``path``; return the server's Last-Modified, if it gives one.

    A time-out, a broken connection and a server in trouble (408, 429, 5xx) are tried again; nothing else is.

    Raises:
        NotThereError: the server does not have the file.
        B12SarcError: one problem, naming the URL, why it failed, and the ways on.
    """
    scheme = url.partition(":")[0]
    if scheme == "file":
        _copy(url, path)
        return None
    if scheme not in ("http", "https"):
        raise B12SarcError.at(
            url, "not a URL that can be fetched", "begin the base URL with https://, http:// or file://"
        )
    import requests  # 0.1 s: a run whose files are all in data/raw does without

    attempt = 0
    while True:
        try:
            return _get(url, path, how)
        except requests.RequestException as error:
            reason = _reason(error, how)
            if error.response is not None and error.response.status_code in (404, 410):
                raise NotThereError.at(url, f"cannot be fetched: {reason}", WAYS_ON) from None
            if attempt == how.retries or not _may_pass(error):
                raise B12SarcError.at(url, f"cannot be fetched: {reason}", WAYS_ON) from None
        wait_s = how.backoff_s * 2**attempt
        attempt += 1
        _log.warning("%s: %s; trying again in %g s (%d of %d)", url, reason, wait_s, attempt, how.retries)
        time.sleep(wait_s)


def _copy(url: str, path: Path) -> None:
    try:
        shutil.copyfile(unquote(urlsplit(url).path), path)
    except FileNotFoundError as error:
        raise NotThereError.at(url, f"cannot be copied: {error.strerror}", WAYS_ON) from None
    except OSError as error:
        raise B12SarcError.at(url, f"cannot be copied: {error.strerror}", WAYS_ON) from None


def _get(url: str, path: Path, how: Download) -> str | None:
    import pooch

    responses: list[requests.Response] = []
    bar = _progress_bar(url, how)
    fetch = pooch.HTTPDownloader(
        progressbar=bar or False,
        chunk_size=_CHUNK_BYTES,
        timeout=how.timeout_s,
        hooks={"response": lambda response, *_, **__: responses.append(response)},
    )
    try:
        fetch(url, str(path), None)
    finally:
        for response in responses:  # pooch leaves the connection of a failed request open
            response.close()
        if bar is not None:
            bar.close()
    return responses[-1].headers.get("Last-Modified")


def _progress_bar(url: str, how: Download) -> tqdm | None:
    stream = sys.__stderr__ if how.progress is None else sys.stderr
    if stream is None or not (stream.isatty() if how.progress is None else how.progress):
        return None
    from tqdm import tqdm

    # pooch asks a bar for its truth value, which is its total: it sets the real one when it knows it.
    return tqdm(total=1, desc=url.rsplit("/", 1)[-1], unit="B", unit_scale=True, ncols=79, file=stream)


def _may_pass(error: requests.RequestException) -> bool:
    import requests

    if isinstance(error, requests.HTTPError):
        return error.response.status_code in _RETRY_STATUS
    passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, passing)


def _reason(error: requests.RequestException, how: Download) -> str:
    if error.response is not None:
        status = error.response.status_code
        return "not there (HTTP 404)" if status == 404 else f"HTTP {status} {error.response.reason}"
    message = str(error)
    if broken := re.search(r"IncompleteRead\((\d+) bytes read, (\d+) more expected", message):
        got, more = int(broken[1]), int(broken[2])
        return f"truncated: {got} of {got + more} bytes came"
    words = next((words for needle, words in _REASONS.items() if needle in message), type(error).__name__)
    return words.format(timeout_s=how.timeout_s)
