"""How fast a server lets us ask: its rate-limit headers, and waiting after its errors."""

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
    """When the next request may be sent; shared by all threads of a download.

    Parameters
    ----------
    clock, sleep
        Seconds since any moment, and waiting for seconds; tests bring their own. By default
        `stop` ends every wait.
    seed
        Seed of the jitter by which threads do not all come back at once.
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
        self._jitter = random.Random(seed)  # noqa: S311  no secret
        self._lock = Lock()
        self._not_before = 0.0

    @property
    def stopped(self) -> bool:
        """Whether the download is being given up."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End all waiting, for good."""
        self._stopped.set()

    def wait(self) -> None:
        """Wait until the server wants to be asked again."""
        while not self.stopped and (left := self._not_before - self._clock()) > 0:
            self._sleep(left)

    def note(self, status: int, headers: Mapping[str, str]) -> None:
        """Heed what an answer says about when to ask again; for every answer."""
        asked = seconds_to_wait(headers)
        if asked is not None and (status == TOO_MANY or status >= 500 or spent(headers)):
            self.hold(asked)

    def hold(self, seconds: float) -> None:
        """Let nobody ask for some seconds."""
        with self._lock:
            until = self._clock() + min(seconds, LONGEST_HOLD)
            self._not_before = max(self._not_before, until)

    def back_off(self, failures: int) -> None:
        """Wait longer after every failure in a row, and at least as long as the server said."""
        with self._lock:
            jitter = 0.5 + self._jitter.random() / 2
        self._sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) * jitter)
        self.wait()


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Read how long to wait from ``RateLimit``, ``Retry-After`` or ``X-RateLimit-Reset``.

    Parameters
    ----------
    headers
        Names in any case, as HTTP libraries give them.

    Returns
    -------
    float or None
        Seconds, or None where no header says anything that can be understood.
    """
    named = {name.lower(): value for name, value in headers.items()}
    found = []
    # Draft "RateLimit header fields": ``"api";r=0;t=55``, r requests left, t seconds to reset.
    reset = re.search(r";\s*t\s*=\s*(\d+)", named.get("ratelimit", ""))
    if reset:
        found.append(float(reset[1]))
    found += [
        seconds
        for name in ("retry-after", "x-ratelimit-reset", "ratelimit-reset")
        if (seconds := _seconds(named.get(name, ""))) is not None
    ]
    return max(found) if found else None


def spent(headers: Mapping[str, str]) -> bool:
    """Tell whether the answer says that no request is left in the current window."""
    named = {name.lower(): value for name, value in headers.items()}
    left = re.search(r";\s*r\s*=\s*(\d+)", named.get("ratelimit", ""))
    plain = named.get("x-ratelimit-remaining", named.get("ratelimit-remaining", "")).strip()
    return (left is not None and int(left[1]) == 0) or plain == "0"


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
    # No rate-limit window is decades long, so such a number is a moment.
    return max(0.0, value - now if value > 1e9 else value)
