"""Connections from a file: where both services are, who we are there, and how the jobs behave.

```toml
[store]
url = "sqlite:///sync.db"

[getresponse]
key = { env = "GETRESPONSE_KEY" }

[dynamics]
url = "https://contoso.crm4.dynamics.com"
authority = "https://login.microsoftonline.com/contoso.onmicrosoft.com"
client_id = "00000000-0000-0000-0000-000000000000"
client_secret = { file = "dynamics.secret" }

[sync]
overlap = "2h"
```

Secrets never stand in the file: it says which environment variable or which other file has them.
Relative paths count from the folder of the file. All mistakes of a file are told at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from attrs import frozen

from ..core.observe import Hook
from ..dynamics.aio import AsyncDynamicsClient
from ..dynamics.blocking import DynamicsClient
from ..errors import ConfigError
from ..getresponse.aio import AsyncGetResponseClient
from ..getresponse.blocking import GetResponseClient
from ..integrations.getresponse_dynamics.aio import AsyncGetResponseDynamics
from ..integrations.getresponse_dynamics.blocking import GetResponseDynamics
from ..integrations.getresponse_dynamics.settings import Settings
from ..runtime.http import AsyncTransport, Transport
from ..runtime.tokens import FileTokenCache
from ..stores import SqlStore
from .reading import read
from .tables import DynamicsTable, GetResponseTable, Secret, StoreTable

__all__ = ["Connections", "DynamicsTable", "GetResponseTable", "Secret", "StoreTable", "load"]

T = TypeVar("T")


@frozen(kw_only=True)
class Connections:
    """What a connections file says, ready to be used. Made by `load`; shows no secret.

    Attributes:
        path: the file.
        getresponse, dynamics, store: its tables; None where it has none.
        settings: of the jobs.
    """

    path: Path
    store: StoreTable | None
    getresponse: GetResponseTable | None
    dynamics: DynamicsTable | None
    settings: Settings

    def getresponse_client(
        self, *, transport: Transport | None = None, hooks: Sequence[Hook] = ()
    ) -> GetResponseClient:
        """A blocking client of the account; close it after use."""
        table = self._table(self.getresponse, "getresponse")
        return GetResponseClient(
            table.credential(),
            host=table.host,
            domain=table.domain,
            token_cache=_cache(table.token_cache),
            transport=transport,
            hooks=hooks,
        )

    def dynamics_client(
        self, *, transport: Transport | None = None, hooks: Sequence[Hook] = ()
    ) -> DynamicsClient:
        """A blocking client of the environment; close it after use."""
        table = self._table(self.dynamics, "dynamics")
        return DynamicsClient(
            table.url,
            table.credential(),
            version=table.version,
            deployment=table.deployment,
            token_cache=_cache(table.token_cache),
            transport=transport,
            hooks=hooks,
        )

    def open_store(self) -> SqlStore:
        """The sync store; close it after use."""
        url = self._table(self.store, "store").url
        return SqlStore(url if isinstance(url, str) else url.value)

    @contextmanager
    def sync(
        self, *, transport: Transport | None = None, hooks: Sequence[Hook] = ()
    ) -> Iterator[GetResponseDynamics]:
        """The integration with its clients and its store, which are closed at the end.

        Args:
            transport: of both clients; the sandbox's, in a test.
            hooks: of both clients.

        Raises:
            ConfigError: a table is missing, or what it says cannot work.
            StoreError: the store cannot be used.
        """
        connection = self._table(self.store, "store").connection
        with (
            self.getresponse_client(transport=transport, hooks=hooks) as getresponse,
            self.dynamics_client(transport=transport, hooks=hooks) as dynamics,
        ):
            store = self.open_store()
            try:
                yield GetResponseDynamics(
                    getresponse,
                    dynamics,
                    store=store,
                    settings=self.settings,
                    connection=connection,
                )
            finally:
                store.close()

    @asynccontextmanager
    async def async_sync(
        self, *, transport: AsyncTransport | None = None, hooks: Sequence[Hook] = ()
    ) -> AsyncIterator[AsyncGetResponseDynamics]:
        """The same for async hosts."""
        account = self._table(self.getresponse, "getresponse")
        environment = self._table(self.dynamics, "dynamics")
        connection = self._table(self.store, "store").connection
        async with (
            AsyncGetResponseClient(
                account.credential(),
                host=account.host,
                domain=account.domain,
                token_cache=_cache(account.token_cache),
                transport=transport,
                hooks=hooks,
            ) as getresponse,
            AsyncDynamicsClient(
                environment.url,
                environment.credential(),
                version=environment.version,
                deployment=environment.deployment,
                token_cache=_cache(environment.token_cache),
                transport=transport,
                hooks=hooks,
            ) as dynamics,
        ):
            store = self.open_store()
            try:
                yield AsyncGetResponseDynamics(
                    getresponse,
                    dynamics,
                    store=store,
                    settings=self.settings,
                    connection=connection,
                )
            finally:
                store.close()

    def _table(self, table: T | None, name: str) -> T:
        if table is None:
            raise ConfigError(f"{self.path}: the table [{name}] is missing")
        return table


def load(path: str | Path = "connections.toml") -> Connections:
    """Read a connections file and the secrets it names.

    Raises:
        ConfigError: no such file, or mistakes in it: all of them, each with its place and what
            would be right.

    ```python
    from pathlib import Path
    from connectors import Sandbox
    from connectors.connections import load

    box = Sandbox(seed=1)
    Path("getresponse.key").write_text(box.getresponse.key)
    Path("getresponse.key").chmod(0o600)
    Path("connections.toml").write_text('[getresponse]\\nkey = { file = "getresponse.key" }')

    connections = load("connections.toml")
    with connections.getresponse_client(transport=box.transport) as client:
        print(client.accounts.get().account_id)
    ```
    """
    path = Path(path)
    file = read(path)
    return Connections(
        path=path,
        store=file.store,
        getresponse=file.getresponse,
        dynamics=file.dynamics,
        settings=file.sync,
    )


def _cache(path: Path | None) -> FileTokenCache | None:
    return None if path is None else FileTokenCache(path)
