"""Rate budgets shared by all clients of one account in this process."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from ..core.policy import Budget, Window
from .http import Clock

_lock = threading.Lock()
_budgets: WeakKeyDictionary[Clock, dict[str, Budget]] = WeakKeyDictionary()


def shared_budget(
    clock: Clock, account: tuple[object, ...], windows: Iterable[Window]
) -> Callable[[str], float]:
    """A function from operation to the seconds to wait before it may be sent.

    Clients of the same account that live in the same time draw on the same budget. The account is
    kept as a hash only: it may hold a key.
    """
    digest = hashlib.sha256("\0".join(_identity(a) for a in account).encode()).hexdigest()
    with _lock:
        budget = _budgets.setdefault(clock, {}).setdefault(digest, Budget(windows))

    def reserve(operation: str) -> float:
        with _lock:
            return budget.reserve(operation, clock.monotonic())

    return reserve


def _identity(part: object) -> str:
    return part if isinstance(part, str) else f"object {id(part)}"
