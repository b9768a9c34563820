"""What an account may call: five a second, and so many imports a minute."""

from __future__ import annotations

from collections import deque

from ..kernel import Clock


class Rolling:
    """At most `limit` calls in any span of `seconds`."""

    def __init__(self, clock: Clock, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._clock = clock
        self._at: deque[float] = deque()

    @property
    def left(self) -> int:
        # A caller that slept exactly long enough must not be late by a rounding of the clock.
        oldest = self._clock.monotonic() - self.seconds + 1e-6
        while self._at and self._at[0] <= oldest:
            self._at.popleft()
        return self.limit - len(self._at)

    def take(self) -> bool:
        """Count a call; False where it is one too many, which is not counted."""
        if self.left <= 0:
            return False
        self._at.append(self._clock.monotonic())
        return True


class Quota:
    """Bulk imports a minute: those of one contact, and those of several."""

    def __init__(self, clock: Clock) -> None:
        self.single = Rolling(clock, 20, 60)
        self.several = Rolling(clock, 100, 60)

    def take(self, contacts: int) -> bool:
        return (self.single if contacts == 1 else self.several).take()
