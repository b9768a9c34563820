"""Rate limits and the headers that tell of them."""

from __future__ import annotations

import math
from typing import Literal

from ..kernel import Clock
from .wire import Refusal

HeaderStyle = Literal["nearest", "window", "second"]


class Window:
    """So many calls in so many seconds, counted from the first call of each window."""

    def __init__(self, clock: Clock, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.used = 0
        self._clock = clock
        self._began = 0.0

    def roll(self) -> None:
        """Open a new window once the old one is over."""
        if self._clock.monotonic() >= self._began + self.seconds:
            self.used = 0

    def take(self) -> None:
        if self.used == 0:
            self._began = self._clock.monotonic()
        self.used += 1

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def reset(self) -> int:
        """Whole seconds until the window is over."""
        if self.used == 0:
            return math.ceil(self.seconds)
        return max(1, math.ceil(self._began + self.seconds - self._clock.monotonic()))


class Limits:
    """What one user may call: 80 a second and 30 000 in ten minutes; some calls also their own.

    `by_operation` holds the windows of single endpoints: batches 1 a second and 80 in ten minutes,
    new newsletters 256 a day. A test can add others, such as those of imports, whose numbers the
    vendor does not print.
    """

    def __init__(self, clock: Clock) -> None:
        self.second = Window(clock, 80, 1)
        self.window = Window(clock, 30_000, 600)
        self.batch_second = Window(clock, 1, 1)
        self.batch_window = Window(clock, 80, 600)
        self.newsletters_day = Window(clock, 256, 86_400)
        self.by_operation: dict[str, list[Window]] = {
            "contacts.batch": [self.batch_second, self.batch_window],
            "newsletters.create": [self.newsletters_day],
        }
        self.style: HeaderStyle = "nearest"
        self.reset_in_words = True
        """Whether `context.timeToReset` reads `"100 seconds"`; when False it is a number."""

    def take(self, operation: str, *, retry_after: bool) -> None:
        """Count a call, or refuse it with 429; a refused one is not counted."""
        windows = [self.second, self.window, *self.by_operation.get(operation, ())]
        for each in windows:
            each.roll()
        full = [each for each in windows if each.left == 0]
        if full:
            worst = max(full, key=lambda each: each.reset)
            headers = rate_headers(worst)
            if retry_after:
                headers["Retry-After"] = str(worst.reset)
            reset = f"{worst.reset} seconds" if self.reset_in_words else worst.reset
            context = {"currentLimit": worst.limit, "timeToReset": reset}
            raise Refusal(1015, "Quota reached", context, headers)
        for each in windows:
            each.take()

    def headers(self) -> dict[str, str]:
        """The pair of whichever limit is nearer."""
        self.second.roll()
        self.window.roll()
        if self.style == "window":
            return rate_headers(self.window)
        if self.style == "second":
            return rate_headers(self.second)
        nearer = min(self.window, self.second, key=lambda each: each.left / each.limit)
        return rate_headers(nearer)


def rate_headers(window: Window) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.left),
        "X-RateLimit-Reset": f"{window.reset} seconds",
    }
