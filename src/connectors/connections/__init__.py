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

[docusign]
client_id = "00000000-0000-0000-0000-000000000000"
user_id = "00000000-0000-0000-0000-000000000000"
private_key = { file = "docusign.pem" }

[activecampaign]
url = "https://contoso.api-us1.com"
key = { env = "ACTIVECAMPAIGN_KEY" }

[bridge]
url = "https://contoso.example/docusign"
signing_keys = [{ env = "DOCUSIGN_SIGNING_KEY" }]
```

`[sync]` is how GetResponse and Dynamics are synchronised, `[bridge]` how DocuSign feeds ActiveCampaign.
Secrets never stand in the file: it says which environment variable or which other file has them.
Relative paths count from the folder of the file. All mistakes of a file are told at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from attrs import field, frozen

from ..activecampaign.aio import AsyncActiveCampaignClient
from ..activecampaign.blocking import ActiveCampaignClient
from ..core.observe import Hook
from ..docusign.aio import AsyncDocuSignClient
from ..docusign.blocking import DocuSignClient
from ..domain.places import suggestion
from ..domain.triggers import Callback
from ..dynamics.aio import AsyncDynamicsClient
from ..dynamics.blocking import DynamicsClient
from ..errors import ConfigError
from ..getresponse.aio import AsyncGetResponseClient
from ..getresponse.blocking import GetResponseClient
from ..integrations.docusign_activecampaign.aio import AsyncDocuSignActiveCampaign
from ..integrations.docusign_activecampaign.blocking import DocuSignActiveCampaign
from ..integrations.docusign_activecampaign.firing import Firing
from ..integrations.docusign_activecampaign.receiving import SigningKeys
from ..integrations.docusign_activecampaign.settings import BridgeSettings
from ..integrations.getresponse_dynamics.aio import AsyncGetResponseDynamics
from ..integrations.getresponse_dynamics.blocking import GetResponseDynamics
from ..integrations.getresponse_dynamics.settings import Settings
from ..runtime.http import AsyncTransport, Transport
from ..runtime.tokens import FileTokenCache
from ..stores import SqlStore
from .reading import read
from .tables import (
    ActiveCampaignTable,
    BridgeTable,
    DocuSignTable,
    DynamicsTable,
    GetResponseTable,
    PrivateKey,
    Secret,
    StoreTable,
)

__all__ = [
    "ActiveCampaignTable",
    "BridgeTable",
    "Connections",
    "DocuSignTable",
    "DynamicsTable",
    "GetResponseTable",
    "PrivateKey",
    "Secret",
    "StoreTable",
    "load",
]

T = TypeVar("T")


@frozen(kw_only=True)
class Connections:
    """What a connections file says, ready to be used. Made by `load`; shows no secret.

    Attributes:
        path: the file.
        getresponse, dynamics, activecampaign, store: its tables; None where it has none.
        docusign: its DocuSign connections by name; one without a name is called "main".
        settings: of the jobs between GetResponse and Dynamics.
        bridge_settings: of the jobs between DocuSign and ActiveCampaign.
        webhook_url: the address of the webhook endpoint, for `setup.plan`; empty where it has none.
        signing_keys: the HMAC keys of DocuSign Connect.
    """

    path: Path
    store: StoreTable | None
    getresponse: GetResponseTable | None
    dynamics: DynamicsTable | None
    settings: Settings
    docusign: Mapping[str, DocuSignTable] = field(factory=dict)
    activecampaign: ActiveCampaignTable | None = None
    bridge_settings: BridgeSettings = field(factory=BridgeSettings)
    webhook_url: str = ""
    signing_keys: SigningKeys = field(default=(), repr=False)

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

    def docusign_client(
        self,
        name: str | None = None,
        *,
        transport: Transport | None = None,
        hooks: Sequence[Hook] = (),
    ) -> DocuSignClient:
        """A blocking client; close it after use.

        Args:
            name: of the connection, where there are several. Its other accounts are the client's
                `for_account(…)`.
            transport, hooks: of the client.
        """
        table = self._docusign_table(name)
        return DocuSignClient(
            table.credential(),
            account=table.members[0],
            environment=table.environment,
            base_uri=table.base_uri,
            token_cache=_cache(table.token_cache),
            transport=transport,
            hooks=hooks,
        )

    def activecampaign_client(
        self, *, transport: Transport | None = None, hooks: Sequence[Hook] = ()
    ) -> ActiveCampaignClient:
        """A blocking client of the account; close it after use."""
        table = self._table(self.activecampaign, "activecampaign")
        return ActiveCampaignClient(table.url, table.key.value, transport=transport, hooks=hooks)

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

    @contextmanager
    def bridge(
        self,
        *,
        callbacks: Mapping[str, Callable[[Firing], object]] | None = None,
        transport: Transport | None = None,
        hooks: Sequence[Hook] = (),
    ) -> Iterator[DocuSignActiveCampaign]:
        """DocuSign into ActiveCampaign, with its clients and its store, which are closed at the end.

        Args:
            callbacks: the functions that automations of the file call, by their names there.
            transport: of all clients; the sandbox's, in a test.
            hooks: of all clients.

        Raises:
            ConfigError: a table is missing, or what it says cannot work.
            AutomationRefused: an automation calls a function that is not among `callbacks`.
            StoreError: the store cannot be used.
        """
        connection = self._table(self.store, "store").connection
        tables = self._docusign()
        with ExitStack() as stack:
            docusign = []
            for name, table in tables.items():
                first = self.docusign_client(name, transport=transport, hooks=hooks)
                docusign.append(stack.enter_context(first))
                docusign += [first.for_account(str(other)) for other in table.members[1:]]
            activecampaign = self.activecampaign_client(transport=transport, hooks=hooks)
            stack.enter_context(activecampaign)
            store = self.open_store()
            stack.callback(store.close)
            yield DocuSignActiveCampaign(
                docusign,
                activecampaign,
                store=store,
                signing_keys=self.signing_keys,
                settings=self.bridge_settings,
                callbacks=callbacks,
                connection=connection,
            )

    @asynccontextmanager
    async def async_bridge(
        self,
        *,
        callbacks: Mapping[str, Callable[[Firing], object]] | None = None,
        transport: AsyncTransport | None = None,
        hooks: Sequence[Hook] = (),
    ) -> AsyncIterator[AsyncDocuSignActiveCampaign]:
        """The same for async hosts."""
        connection = self._table(self.store, "store").connection
        tables = self._docusign()
        account = self._table(self.activecampaign, "activecampaign")
        async with AsyncExitStack() as stack:
            docusign = []
            for table in tables.values():
                first = AsyncDocuSignClient(
                    table.credential(),
                    account=table.members[0],
                    environment=table.environment,
                    base_uri=table.base_uri,
                    token_cache=_cache(table.token_cache),
                    transport=transport,
                    hooks=hooks,
                )
                docusign.append(await stack.enter_async_context(first))
                docusign += [first.for_account(str(other)) for other in table.members[1:]]
            activecampaign = AsyncActiveCampaignClient(
                account.url, account.key.value, transport=transport, hooks=hooks
            )
            await stack.enter_async_context(activecampaign)
            store = self.open_store()
            stack.callback(store.close)
            yield AsyncDocuSignActiveCampaign(
                docusign,
                activecampaign,
                store=store,
                signing_keys=self.signing_keys,
                settings=self.bridge_settings,
                callbacks=callbacks,
                connection=connection,
            )

    @property
    def callback_names(self) -> tuple[str, ...]:
        """The functions of the host that automations of the file call, each once."""
        steps = [step for one in self.bridge_settings.automations for step in one.then]
        return tuple(dict.fromkeys(step.name for step in steps if isinstance(step, Callback)))

    def _docusign(self) -> Mapping[str, DocuSignTable]:
        return self._table(self.docusign or None, "docusign")

    def _docusign_table(self, name: str | None) -> DocuSignTable:
        tables = self._docusign()
        if name is None:
            if len(tables) > 1:
                raise ConfigError(f"name one of the DocuSign connections: {', '.join(tables)}")
            return next(iter(tables.values()))
        if name not in tables:
            near = suggestion(name, tables)
            raise ConfigError(f"{self.path}: there is no table [docusign.{name}]; {near}")
        return tables[name]

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
        docusign=file.docusign,
        activecampaign=file.activecampaign,
        bridge_settings=file.bridge.settings(),
        webhook_url=file.bridge.url or "",
        signing_keys=file.bridge.keys(),
    )


def _cache(path: Path | None) -> FileTokenCache | None:
    return None if path is None else FileTokenCache(path)
