"""Rate budgets shared by all clients of one account in this process."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from ..core.policy import Budget, Standing, Window
from .http import Clock
from .slots import Slots

# A call that nobody awaits any more ends its question when it is collected, and that may be in any
# thread, within any of the lines below.
_lock = threading.RLock()
_accounts: WeakKeyDictionary[Clock, dict[tuple[object, ...], tuple[Budget, Slots]]] = (
    WeakKeyDictionary()
)


class SharedBudget:
    """A budget in the time of a clock; threads may share it.

    `slots` are for the calls under way: at most `in_flight` of the account at a time.
    """

    def __init__(self, budget: Budget, clock: Clock, slots: Slots) -> None:
        self._budget = budget
        self._clock = clock
        self.slots = slots

    def reserve(self, operation: str, patience: float = math.inf) -> float:
        """Take a place; the answer is in how many seconds it is. None is taken beyond `patience`."""
        with _lock:
            return self._budget.reserve(operation, self._clock.monotonic(), patience)

    def ask(self, about: str, whole: str, pause: float) -> float:
        """Begin a question about one thing, a part of `whole`; not where the answer is above 0, the
        seconds until it may be asked."""
        with _lock:
            return self._budget.ask(about, whole, pause, self._clock.monotonic())

    def asked(self, about: str) -> None:
        """End a question that was answered."""
        with _lock:
            self._budget.asked(about, self._clock.monotonic())

    def unask(self, about: str) -> None:
        """End a question that got no answer."""
        with _lock:
            self._budget.unask(about)

    def bar(self, whole: str, seconds: float) -> None:
        """Let nobody of this account ask about any part of this for so long."""
        with _lock:
            now = self._clock.monotonic()
            self._budget.bar(whole, now + seconds, now)

    def hold(self, seconds: float) -> None:
        """Let nobody of this account send for so long."""
        with _lock:
            self._budget.hold(self._clock.monotonic() + seconds)

    def learn(self, standing: Standing) -> None:
        """Take over what the service says of its limits; never more at a time than at first."""
        if standing.in_flight is not None:
            self.slots.limit = max(1, min(standing.in_flight, self.slots.most))
        if standing.limit is not None:
            with _lock:
                self._budget.learn(standing, self._clock.monotonic())


def shared_budget(
    clock: Clock, account: tuple[object, ...], windows: Iterable[Window], in_flight: int
) -> SharedBudget:
    """The budget of an account: `windows`, and at most `in_flight` calls at a time.

    Clients of the same account that live in the same time draw on the same budget. Texts in
    `account` are kept as hashes only: one may be a key.
    """
    identity = tuple(
        hashlib.sha256(part.encode()).hexdigest() if isinstance(part, str) else part
        for part in account
    )
    with _lock:
        accounts = _accounts.setdefault(clock, {})
        budget, slots = accounts.setdefault(identity, (Budget(windows), Slots(in_flight)))
    return SharedBudget(budget, clock, slots)
