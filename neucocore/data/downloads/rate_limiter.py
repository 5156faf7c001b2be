"""How fast a server allows requests: its rate-limit headers, and waiting after its errors."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from threading import Event, Lock

FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0
LONGEST_HOLD = 900.0
TOO_MANY = 429


class RateLimiter:
    """Decides when the next request may be sent; shared by all threads of a download.

    Parameters
    ----------
    clock, sleep
        Return the time, and wait, in seconds; replaced by tests. By default `stop` ends every
        wait.
    seed
        Seed of the jitter, which keeps the threads from retrying all at once.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
        seed: int = 0,
    ) -> None:
        self._stopped = Event()
        self._clock = clock
        self._sleep = sleep or self._stopped.wait
        self._jitter = random.Random(seed)  # noqa: S311  not used for security
        self._lock = Lock()
        self._not_before = 0.0

    @property
    def stopped(self) -> bool:
        """Whether the download was stopped."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Stop the download: end all waiting, now and in future."""
        self._stopped.set()

    def wait(self) -> None:
        """Wait until the server allows the next request."""
        while not self.stopped and (remaining := self._not_before - self._clock()) > 0:
            self._sleep(remaining)

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Note what an answer states about the next request; to be called for every answer."""
        seconds = seconds_to_wait(headers)
        if seconds is not None and (
            status == TOO_MANY or status >= 500 or quota_is_used_up(headers)
        ):
            self.hold(seconds)

    def hold(self, seconds: float) -> None:
        """Hold back all requests for some seconds."""
        with self._lock:
            until = self._clock() + min(seconds, LONGEST_HOLD)
            self._not_before = max(self._not_before, until)

    def back_off(self, failures: int) -> None:
        """Wait longer after every successive failure, and at least as long as the server asks."""
        with self._lock:
            jitter = 0.5 + self._jitter.random() / 2
        self._sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) * jitter)
        self.wait()


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Read the time to wait from ``RateLimit``, ``Retry-After`` or ``X-RateLimit-Reset``.

    Parameters
    ----------
    headers
        Header names in any case, and their values.

    Returns
    -------
    float or None
        Seconds; None if no header states a time in a known form.
    """
    named = {name.lower(): value for name, value in headers.items()}
    waits = []
    # Draft "RateLimit header fields": ``"api";r=0;t=55``, r requests left, t seconds to reset.
    reset = re.search(r";\s*t\s*=\s*(\d+)", named.get("ratelimit", ""))
    if reset:
        waits.append(float(reset[1]))
    waits += [
        seconds
        for name in ("retry-after", "x-ratelimit-reset", "ratelimit-reset")
        if (seconds := _seconds(named.get(name, ""))) is not None
    ]
    return max(waits) if waits else None


def quota_is_used_up(headers: Mapping[str, str]) -> bool:
    """Whether the answer states that no request is left in the current time window."""
    named = {name.lower(): value for name, value in headers.items()}
    remaining = re.search(r";\s*r\s*=\s*(\d+)", named.get("ratelimit", ""))
    plain = named.get("x-ratelimit-remaining", named.get("ratelimit-remaining", "")).strip()
    return (remaining is not None and int(remaining[1]) == 0) or plain == "0"


def _seconds(text: str) -> float | None:
    """Read seconds, a Unix time or an HTTP date as seconds from now."""
    try:
        value = float(text)
    except ValueError:
        try:
            value = parsedate_to_datetime(text).timestamp()
        except (ValueError, TypeError, IndexError):
            return None
    now = datetime.now(UTC).timestamp()
    # No rate-limit window lasts decades, so such a large number is a Unix time.
    return max(0.0, value - now if value > 1e9 else value)
