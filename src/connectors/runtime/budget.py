"""Rate budgets shared by all clients of one account in this process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from weakref import WeakKeyDictionary

from ..core.policy import Budget, Window
from .http import Clock

_lock = threading.Lock()
_budgets: WeakKeyDictionary[Clock, dict[str, Budget]] = WeakKeyDictionary()


class SharedBudget:
    """A budget in the time of a clock; threads may share it."""

    def __init__(self, budget: Budget, clock: Clock) -> None:
        self._budget = budget
        self._clock = clock

    def reserve(self, operation: str) -> float:
        """Take a place; the answer is in how many seconds it is."""
        with _lock:
            return self._budget.reserve(operation, self._clock.monotonic())

    def hold(self, seconds: float) -> None:
        """Let nobody of this account send for so long."""
        with _lock:
            self._budget.hold(self._clock.monotonic() + seconds)


def shared_budget(
    clock: Clock, account: tuple[object, ...], windows: Iterable[Window]
) -> SharedBudget:
    """The budget of an account.

    Clients of the same account that live in the same time draw on the same budget. The account is
    kept as a hash only: it may hold a key.
    """
    digest = hashlib.sha256("\0".join(_identity(a) for a in account).encode()).hexdigest()
    with _lock:
        budget = _budgets.setdefault(clock, {}).setdefault(digest, Budget(windows))
    return SharedBudget(budget, clock)


def _identity(part: object) -> str:
    return part if isinstance(part, str) else f"object {id(part)}"
