"""Tokens between two calls: what is held, what is kept in a cache, and one refresh at a time."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from attrs import field, frozen

from ..core.auth import Token
from ..errors import ConfigError
from .slots import Slots

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class MemoryTokenCache:
    """Tokens of this process: clients that share one sign in once."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """What was kept under this key last, or None."""
        return self._kept.get(key)

    def set(self, key: str, value: str) -> None:
        """Keep this under the key."""
        self._kept[key] = value

    def __repr__(self) -> str:
        return f"MemoryTokenCache({len(self._kept)} tokens)"


class FileTokenCache:
    """Tokens in a file that only its owner can read (mode 0600); threads and processes may share it.

    Args:
        path: the file, an SQLite database; it is made when there is none. Its folder must exist.

    Raises:
        ConfigError: the folder is missing, others may read the file, or it is something else.

    ```python
    import tempfile
    from pathlib import Path
    from connectors import FileTokenCache

    cache = FileTokenCache(Path(tempfile.mkdtemp()) / "tokens.db")
    ```
    """

    def __init__(self, path: str | Path) -> None:
        # Wherever the program goes later.
        self.path: Path = Path(path).absolute()
        if not self.path.parent.is_dir():
            raise ConfigError(f"the folder of the token cache is missing: {self.path.parent}")
        try:
            with contextlib.suppress(FileExistsError):
                # SQLite gives its journal the mode of the file.
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            mode = self.path.stat().st_mode
        except OSError as error:
            raise ConfigError(
                f"the token cache {self.path} cannot be used: {error.strerror}"
            ) from None
        if os.name == "posix" and mode & 0o077:
            raise ConfigError(f"others may read the token cache: chmod 600 {self.path}")
        self._do("CREATE TABLE IF NOT EXISTS token (key TEXT PRIMARY KEY, value TEXT NOT NULL)")

    def get(self, key: str) -> str | None:
        """What was kept under this key last, by any process, or None."""
        rows = self._do("SELECT value FROM token WHERE key = ?", key)
        return rows[0][0] if rows else None

    def set(self, key: str, value: str) -> None:
        """Keep this under the key, on the disk when this returns."""
        self._do("INSERT OR REPLACE INTO token VALUES (?, ?)", key, value)

    def _do(self, statement: str, *values: str) -> list[tuple[str]]:
        import sqlite3

        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=30.0)) as file, file:
                return file.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise ConfigError(f"the token cache {self.path} cannot be used: {error}") from None

    def __repr__(self) -> str:
        return f"FileTokenCache({str(self.path)!r})"


@frozen(kw_only=True)
class HeldToken:
    """A token with the moment from which on it counts as old."""

    token: Token
    until: datetime
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, token: Token, now: datetime) -> HeldToken:
        """A token that was given just now."""
        early = min(_EARLY, token.expires_in / 10)
        return cls._make(token, now + timedelta(seconds=token.expires_in - early))

    @classmethod
    def _make(cls, token: Token, until: datetime) -> HeldToken:
        return cls(token=token, until=until, headers={"Authorization": f"Bearer {token.value}"})

    def dump(self) -> str:
        """As a cache keeps it."""
        return json.dumps(
            {
                "access_token": self.token.value,
                "refresh_token": self.token.refresh_token,
                "until": self.until.isoformat(),
            }
        )

    @classmethod
    def load(cls, text: str | None) -> HeldToken | None:
        """From a cache; None where it holds nothing of use."""
        try:
            kept = json.loads(text or "")
            token = Token(
                value=kept["access_token"], expires_in=0.0, refresh_token=kept["refresh_token"]
            )
            return cls._make(token, datetime.fromisoformat(kept["until"]))
        except (ValueError, TypeError, KeyError):
            return None


_EARLY = 300.0
"""Seconds before its end at which a token counts as expired, or a tenth of a short life: it must
survive the call's journey, and two clocks that differ."""

_turns: WeakValueDictionary[str, Slots] = WeakValueDictionary()
_lock = threading.Lock()


def turn(identity: str) -> Slots:
    """Who holds its one place may refresh the tokens of this identity: one at a time in a process,
    whatever client, thread or event loop finds them old."""
    with _lock:
        return _turns.setdefault(identity, Slots(1))


_unbroken: set[asyncio.Task[Any]] = set()


async def unbroken_async(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of `work`, which goes on to its end when the caller is cancelled meanwhile."""
    import asyncio

    task = asyncio.ensure_future(work)
    # An event loop alone does not keep its tasks.
    _unbroken.add(task)
    task.add_done_callback(_unbroken.discard)
    return await asyncio.shield(task)


def unbroken(outcome: T) -> T:
    """The same for the blocking world, where nobody is cancelled."""
    return outcome
