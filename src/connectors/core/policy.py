"""How often, how long, how fast: retries and rate budgets. Pure: time is an argument."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from typing import Protocol

from attrs import field, frozen

from ..errors import CallError, ConfigError, StatusError, Throttled


@frozen(kw_only=True)
class Retries:
    """How a call that may be repeated is repeated.

    Args:
        attempts: sends in all, the first included (1 to 20).
        deadline: seconds from the first send after which no new one starts.
        first: seconds before the second attempt; doubled each time, with jitter.
        longest: the longest pause in seconds that the library chooses itself. A pause the service
            asks for is obeyed in full, or the call fails when it would pass the deadline.
        patience: seconds that a send may wait for its turn within the account's limits; one that
            would wait longer fails at once as `Throttled`, and nothing was sent.

    Raises:
        ConfigError: a number that cannot be right.
    """

    attempts: int = 5
    deadline: float = 300.0
    first: float = 0.5
    longest: float = 60.0
    patience: float = 3600.0
    jitter: Callable[[], float] = field(default=random.random, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.attempts <= 20:
            raise ConfigError(f"Retries(attempts=…) must be 1 to 20, got {self.attempts}")
        for name in ("deadline", "first", "longest", "patience"):
            if getattr(self, name) < 0:
                raise ConfigError(f"Retries({name}=…) must be seconds from 0 on")

    def pause(self, error: CallError, attempts: int, elapsed: float) -> float | None:
        """Seconds until the next attempt, or None to give up."""
        # Imported here: most calls succeed, and tenacity costs more to load than to ask.
        import tenacity

        def backoff(state: tenacity.RetryCallState) -> float:
            own = min(self.longest, self.first * 2.0 ** (state.attempt_number - 1))
            asked = error.retry_after if isinstance(error, StatusError) else None
            return max(own, asked or 0.0) + self.jitter() * min(1.0, own)

        def over(state: tenacity.RetryCallState) -> bool:
            late = elapsed + state.upcoming_sleep > self.deadline
            return late or state.attempt_number >= self.attempts

        retrying = tenacity.Retrying(
            wait=backoff,
            stop=over,
            retry=tenacity.retry_always,
            retry_error_callback=lambda _: None,
        )
        retrying.begin()
        state = tenacity.RetryCallState(retrying, fn=None, args=(), kwargs={})
        state.attempt_number = attempts
        state.set_exception((type(error), error, error.__traceback__))
        decision = retrying.iter(state)
        return float(decision) if isinstance(decision, tenacity.DoSleep) else None


def retries_of(chosen: Retries | int | None) -> Retries:
    """What a host chose: a policy, how many sends may follow the first, or nothing."""
    if chosen is None:
        return Retries()
    if isinstance(chosen, int):
        if not 0 <= chosen <= 19:
            raise ConfigError(f"retries must be 0 to 19, or a Retries(…), got {chosen}")
        return Retries(attempts=chosen + 1)
    if not isinstance(chosen, Retries):
        raise ConfigError(f"retries must be 0 to 19, or a Retries(…), got {type(chosen).__name__}")
    return chosen


def timeout_of(chosen: float) -> float:
    """Seconds for one send, checked."""
    if isinstance(chosen, bool) or not isinstance(chosen, int | float) or not chosen > 0:
        raise ConfigError(f"timeout must be seconds above 0, got {chosen!r}")
    return float(chosen)


@frozen
class Window:
    """At most `calls` in any `seconds`; `operation` narrows it to one endpoint."""

    calls: int
    seconds: float
    operation: str = ""


@frozen(kw_only=True)
class Standing:
    """What an answer says of the account's limits; what it does not say is None.

    Attributes:
        limit: the window that the next two speak of, by its number of calls.
        remaining: calls left in it, for all programs that use the account.
        reset: seconds until it is empty again.
        in_flight: calls that may be under way at a time.
    """

    limit: int | None = None
    remaining: int = 0
    reset: float = 0.0
    in_flight: int | None = None


@frozen(kw_only=True)
class Polling:
    """How seldom the state of one thing may be asked for (`Call.asks_about`).

    Attributes:
        pause: seconds between two questions; at 0 none is refused, but they count for the account's
            other clients.
        whole: what a thing is a part of: where the service itself says that one was asked for too
            often, it means all parts of the whole.
        refused: the error of a question that comes so many seconds too soon.
    """

    pause: float
    whole: Callable[[str], str]
    refused: Callable[[float], Throttled]


class Rate(Protocol):
    """The rate budget of one account, as a call sees it."""

    def ask(self, about: str, whole: str, pause: float) -> float:
        """In how many seconds there may be a question about one thing, a part of `whole`.

        Where that is now, the question is under way until `asked` or `unask`: nobody else has it.
        """

    def asked(self, about: str) -> None:
        """The question was answered: the next one comes a pause from now."""

    def unask(self, about: str) -> None:
        """The question got no answer, so it was none."""

    def bar(self, whole: str, seconds: float) -> None:
        """The service said so: nobody asks about any part of this for so long."""

    def reserve(self, operation: str, patience: float) -> float:
        """Take a place; the answer is in how many seconds it is. None is taken beyond `patience`."""

    def hold(self, seconds: float) -> None:
        """The service said so: nobody of this account sends for so long."""

    def learn(self, standing: Standing) -> None:
        """Take over what the service says of its limits."""


LONGEST_HOLD = 3600.0
"""Seconds for which a service can stop an account; a longer wish is asked again after that."""


def hold_back(rate: Rate, error: Throttled) -> None:
    """Let nobody of the account send for as long as the service asked, within reason."""
    if error.of_account:
        rate.hold(min(error.retry_after or 0.0, LONGEST_HOLD))


_LOST = 7200.0
"""Seconds after which nobody waits any more for a question to end: a forked process never ends those of
its parent's threads."""

_REMEMBERED = 900.0
"""Seconds for which a question is remembered at least: the next client may keep a longer pause."""


class Budget:
    """Several windows at once. `reserve` takes the next free place and says how far off it is."""

    def __init__(self, windows: Iterable[Window]) -> None:
        # With each window the starts it has granted, ascending; some of them lie ahead.
        self._windows = [(w, list[float]()) for w in windows]
        self._blocked_until = 0.0
        # Questions under way, and since when; a client without a pause asks what another asks now.
        self._asking: dict[str, list[float]] = {}
        # What was asked about, and when; the last question stands last.
        self._asked: dict[str, float] = {}
        self._longest_pause = _REMEMBERED
        self._barred: dict[str, float] = {}

    def ask(self, about: str, whole: str, pause: float, now: float) -> float:
        """Seconds from `now` until there may be a question about this; where it is 0, it begins."""
        self._longest_pause = max(self._longest_pause, pause)
        if pause > 0:
            began = self._asking.get(about)
            if began and now < began[-1] + pause + _LOST:
                return pause
            free = self._barred.get(whole, now)
            if about in self._asked:
                free = max(free, self._asked[about] + pause)
            if free > now:
                return free - now
        self._asking.setdefault(about, []).append(now)
        return 0.0

    def asked(self, about: str, now: float) -> None:
        """End a question and note it."""
        self._end(about)
        self._asked.pop(about, None)
        self._asked[about] = now
        while next(iter(self._asked.values())) + self._longest_pause <= now:
            del self._asked[next(iter(self._asked))]

    def unask(self, about: str) -> None:
        """End a question that was none."""
        self._end(about)

    def _end(self, about: str) -> None:
        began = self._asking.pop(about, [])[1:]
        if began:
            self._asking[about] = began

    def bar(self, whole: str, until: float, now: float) -> None:
        """Let nobody ask about this, or a part of it, before `until`."""
        self._barred = {key: end for key, end in self._barred.items() if end > now}
        self._barred[whole] = max(self._barred.get(whole, now), until)

    def reserve(self, operation: str, now: float, patience: float = math.inf) -> float:
        """Seconds from `now` until this operation may start; the place is taken.

        Not where that is longer than `patience`.
        """
        start = max(now, self._blocked_until)
        mine = [(w, q) for w, q in self._windows if w.operation in ("", operation)]
        while (free := max((_free(w, q, start) for w, q in mine), default=start)) > start:
            start = free
        if start - now > patience:
            return start - now
        for window, taken in mine:
            insort(taken, start)
            if len(taken) > 2 * window.calls:
                del taken[: bisect_right(taken, now - window.seconds)]
        return start - now

    def hold(self, until: float) -> None:
        """Hold everything back until `until`."""
        self._blocked_until = max(self._blocked_until, until)

    def learn(self, standing: Standing, now: float) -> None:
        """Count the calls of other programs too, until their window is over.

        Only the window that the answer names: what is left of one second says nothing of ten
        minutes.
        """
        for window, taken in self._windows:
            if window.calls != standing.limit or window.operation or standing.reset <= 0:
                continue
            # Places ahead of time are not used yet: the service cannot have counted them.
            known = bisect_right(taken, now) - bisect_right(taken, now - window.seconds)
            strangers = window.calls - standing.remaining - known
            if strangers > 0:
                over = now - window.seconds + min(standing.reset, window.seconds)
                at = bisect_right(taken, over)
                taken[at:at] = [over] * strangers


def _free(window: Window, taken: list[float], start: float) -> float:
    """`start` where the window has a place then, else the first moment that may have one."""
    low = bisect_right(taken, start - window.seconds)
    high = bisect_left(taken, start + window.seconds)
    # A place that was taken ahead of time may stand on the other side of `start`.
    for index in range(high - window.calls, low - 1, -1):
        first, last = taken[index], taken[index + window.calls - 1]
        if max(last, start) - min(first, start) < window.seconds:
            return first + window.seconds
    return start
