# Generated from its twin in aio by scripts/blocking.py; edit that.
"""The blocking Dynamics 365 client."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ...core.auth import (
    ClientCredentials,
    Credential,
    PasswordCredentials,
    TokenCache,
    TokenProvider,
)
from ...core.call import Call, Json, Reply, WriteClass, is_loopback
from ...core.flow import Port
from ...core.observe import Hook, Observer, observers
from ...core.policy import Retries, retries_of, timeout_of
from ...errors import ConfigError
from ...runtime.blocking import Client, Session
from ...runtime.budget import shared_budget
from ...runtime.http import Transport, Wire
from .. import calls, wire
from ..batch import BatchResult, ChangeSet
from ..capabilities import Capabilities, Deployment, capabilities
from ..models import CONTACTS, Authority, Organization, Table, WhoAmI
from .link import Link
from .lists import MarketingLists
from .rows import Contacts, Rows

if TYPE_CHECKING:
    from .metadata import Metadata
    from .users import Users

T = TypeVar("T")
C = TypeVar("C", bound="DynamicsClient")

_HEADERS = {
    "Accept": "application/json",
    "OData-Version": "4.0",
    "OData-MaxVersion": "4.0",
    "User-Agent": "connectors-python",
}

_LOGIC = ("CustomSync", "CustomAsync")


class DynamicsClient(Client):
    """Dynamics 365 (Dataverse) Web API: typed tables, tracked changes, bulk writes, lists.

    Args:
        url: the environment, such as `https://contoso.crm4.dynamics.com`, or on premises
            `https://crm.contoso.com/contoso`. On this machine also
            `http://127.0.0.1:8025/dynamics`, as `connectors serve` shows it.
        credential: `ClientCredentials` (the application needs an application user with a security
            role in the environment), `PasswordCredentials` (on premises with AD FS), or a
            `TokenProvider`.
        version: "8.2", "9.0", "9.1" or "9.2" (online only).
        deployment: "online" or "on-premises".
        timeout: seconds for one send.
        retries: how calls that may be repeated are repeated, or how often.
        token_cache: where OAuth tokens are kept between clients and runs; see `FileTokenCache`.
        hooks: are told of every send; see `connectors.core.observe`.
        transport: the host's own way to send; see `connectors.runtime.http`.

    Raises:
        ConfigError: a URL, version or deployment that cannot be right.

    ```python
    from connectors import DynamicsClient, ClientCredentials, Sandbox

    box = Sandbox(seed=1, contacts=10)
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    def main() -> None:
        with DynamicsClient(crm.url, credential, transport=box.transport) as client:
            for contact in client.contacts.list(filter="statecode eq 0"):
                print(contact.contact_id, contact.modified_on)

    main()
    ```
    """

    service = "dynamics"

    def __init__(
        self,
        url: str,
        credential: ClientCredentials | PasswordCredentials | TokenProvider | Credential,
        *,
        version: str = "9.2",
        deployment: Deployment | str = Deployment.ONLINE,
        timeout: float = 120.0,
        retries: Retries | int | None = None,
        token_cache: TokenCache | None = None,
        hooks: Sequence[Hook] = (),
        transport: Transport | None = None,
    ) -> None:
        self.capabilities: Capabilities = capabilities(version, deployment)
        environment = _environment(url, self.capabilities.deployment)
        secret: Credential
        account: tuple[object, ...] = (environment, credential)
        if isinstance(credential, ClientCredentials):
            secret = credential.grant(environment)
            account = (environment, credential.client_id)
        elif isinstance(credential, PasswordCredentials):
            secret = credential.grant(environment)
            account = (environment, credential.username)
        elif hasattr(credential, "static_headers"):
            secret = credential
        else:
            raise ConfigError(
                "the Dynamics credential must be ClientCredentials, PasswordCredentials or a "
                f"TokenProvider; got {type(credential).__name__}"
            )
        connection = Wire(transport)
        protected = self.capabilities.service_protection
        rate = shared_budget(
            connection.clock,
            account,
            wire.WINDOWS if protected else (),
            wire.IN_FLIGHT if protected else wire.IN_FLIGHT_UNPROTECTED,
        )
        port = Port(
            service="dynamics",
            base_url=f"{environment}/api/data/v{version}",
            hosts=frozenset({"/".join(environment.split("/")[:3])}),
            headers=_HEADERS,
            classify=wire.classify,
            rate=rate,
            now=connection.clock.monotonic,
            retries=retries_of(retries),
            observer=Observer("dynamics", observers(hooks)),
            standing=wire.standing,
            timeout=timeout_of(timeout),
        )
        self._known: dict[tuple[str, str], bool] = {}
        super().__init__(Session(port, connection, secret, slots=rate.slots, cache=token_cache))

    def _furnish(self) -> None:
        self._link = Link(self._session, self.capabilities, self._known)
        self.contacts: Contacts = Contacts(self._link, CONTACTS)
        self.marketing_lists: MarketingLists = MarketingLists(self._link)

    def table(self, table: Table[T]) -> Rows[T]:
        """The operations on one table."""
        return Rows(self._link, table)

    def send(self, call: Call[T]) -> T:
        """Perform a call that was made as a value; a read with a very long URL goes in a batch."""
        return super().send(self._link.fitted(call))

    def reply(self, call: Call[T]) -> Reply[T]:
        """Perform a call and return the value with status, headers and raw body.

        They are those of the batch around it where the URL of a read was too long to be sent.
        """
        return super().reply(self._link.fitted(call))

    # What few hosts need is loaded when it is first asked for.

    @property
    def users(self) -> Users:
        """Users and roles."""
        from .users import Users

        return Users(self._link)

    @property
    def metadata(self) -> Metadata:
        """What the environment says of its tables."""
        from .metadata import Metadata

        return Metadata(self._link)

    # --- copies that act otherwise ---

    def acting_as(self: C, *, user_id: str | None = None, object_id: str | None = None) -> C:
        """A copy that acts as another user; what both users may do is what it may do.

        Args:
            user_id: the user's id in the environment (`systemuserid`).
            object_id: the user's id in Entra instead; online, v9.0 and later.

        Raises:
            ConfigError: not exactly one of both, no GUID, or a server without the second.
        """
        if (user_id is None) == (object_id is None):
            raise ConfigError("acting_as takes either user_id or object_id")
        if user_id is not None:
            return self._with_headers({"MSCRMCallerID": wire.guid(user_id, "user_id")})
        self.capabilities.require("caller_object_id", "acting as a user by object_id")
        return self._with_headers({"CallerObjectId": wire.guid(object_id or "", "object_id")})

    def with_behavior(
        self: C,
        *,
        bypass_custom_logic: Collection[str] = (),
        bypass_plugins: bool = False,
        suppress_flows: bool = False,
        suppress_duplicate_detection: bool | None = None,
        consistency_strong: bool = False,
    ) -> C:
        """A copy whose calls leave out some of what the environment does with them.

        Args:
            bypass_custom_logic: "CustomSync", "CustomAsync" or both: plug-ins and workflows that
                the environment's owners added; needs `prvBypassCustomBusinessLogic`.
            bypass_plugins: the older form of the first, which needs `prvBypassCustomPlugins`.
            suppress_flows: start no Power Automate flows.
            suppress_duplicate_detection: False lets the rules that find duplicates refuse a write
                (0x80040333); by default writes through the API pass them by.
            consistency_strong: read what was changed in the last seconds, past the caches.

        Raises:
            ConfigError: something this server has no header for, or another kind of logic.
        """
        headers: dict[str, str] = {}
        if odd := sorted(set(bypass_custom_logic) - set(_LOGIC)):
            raise ConfigError(f"custom logic is {' or '.join(_LOGIC)}, not {', '.join(odd)}")
        if bypass_custom_logic or bypass_plugins or suppress_flows:
            self.capabilities.require("bypass_headers", "leaving out the environment's own logic")
        if bypass_custom_logic:
            chosen = ",".join(kind for kind in _LOGIC if kind in bypass_custom_logic)
            headers["MSCRM.BypassBusinessLogicExecution"] = chosen
        if bypass_plugins:
            headers["MSCRM.BypassCustomPluginExecution"] = "true"
        if suppress_flows:
            headers["MSCRM.SuppressCallbackRegistrationExpanderJob"] = "true"
        if suppress_duplicate_detection is not None:
            self.capabilities.require("duplicate_detection", "choosing duplicate detection")
            headers["MSCRM.SuppressDuplicateDetection"] = str(suppress_duplicate_detection).lower()
        if consistency_strong:
            self.capabilities.require("strong_consistency", "strong consistency")
            headers["Consistency"] = "Strong"
        return self._with_headers(headers)

    def _with_headers(self: C, headers: Mapping[str, str]) -> C:
        twin = copy.copy(self)
        twin._session = self._link.with_headers(headers)
        twin._furnish()
        return twin

    # --- the environment ---

    def who_am_i(self) -> WhoAmI:
        """Who the credential is here: the check of a connection.

        Raises:
            AuthError: the authority gives no token.
            Unauthenticated: Dynamics does not accept the token.
            Forbidden: there is no application user for the client id, or it has no role.
        """
        return self._session.send(calls.who_am_i())

    def version(self) -> str:
        """The server's own version, such as `9.2.24083.00191`."""
        return self._session.send(calls.retrieve_version())

    def organization(self) -> Organization:
        """The environment's names, id and version."""
        return self._session.send(calls.current_organization())

    def languages(self) -> tuple[int, ...]:
        """The languages of the environment; 1033 is English."""
        return self._session.send(calls.provisioned_languages())

    def discover_authority(self) -> Authority:
        """Where this environment wants to be signed in to; asked without signing in.

        Raises:
            StatusError, DecodeError: it does not tell, as servers on premises were seen not to.
        """
        return self._session.send(calls.discover_authority(self.base_url))

    def total_record_counts(self, logicals: Sequence[str]) -> Mapping[str, int]:
        """How many rows whole tables have, by logical name: a snapshot of the last 24 hours.

        Raises:
            ConfigError: the server is older than v9.1.
        """
        self.capabilities.require("total_record_count", "RetrieveTotalRecordCount")
        return self._session.send(calls.total_record_counts(logicals))

    # --- operations ---

    def call_function(
        self,
        name: str,
        parameters: Mapping[str, calls.Parameter] | None = None,
        *,
        bound_to: str = "",
    ) -> Json:
        """Call any function; the answer is its JSON.

        Args:
            parameters: a GUID as a `UUID`, an enumeration as `calls.Member`, a row as `calls.Ref`.
            bound_to: the row or set it hangs on, as `USERS.path(user_id)`.
        """
        return self._link.send(calls.call_function(name, parameters, bound_to=bound_to))

    def call_action(
        self,
        name: str,
        parameters: Mapping[str, object] | None = None,
        *,
        bound_to: str = "",
        write_class: WriteClass = WriteClass.UNSAFE,
    ) -> Json:
        """Call any action; the answer is its JSON, None where it says nothing.

        Args:
            parameters: a row as `calls.entity(CONTACTS, contact_id)`.
            write_class: how it may be repeated when its answer was lost; by default never.
        """
        call = calls.call_action(name, parameters, bound_to=bound_to, write_class=write_class)
        return self._session.send(call)

    def merge(
        self,
        target_id: str,
        subordinate_id: str,
        *,
        values: Mapping[str, object] | None = None,
        table: Table[T] | None = None,
        check_parents: bool = False,
    ) -> None:
        """Merge a contact into another, or rows of `table`: it becomes inactive, its `master_id` is
        the other's, and what hangs on it moves there.

        Args:
            values: columns of the target to change along.
            check_parents: refuse where the two have different parents.

        Raises:
            BadRequest: one of them is inactive (0x80045304), or a parent of the other (0x80045300).
            AnswerLost: it may be merged: the subordinate's `merged` says so.
        """
        call = calls.merge(
            target_id, subordinate_id, values=values, table=table, check_parents=check_parents
        )
        self._session.send(call)

    def batch(self, parts: Sequence[Call[Any] | ChangeSet]) -> tuple[BatchResult, ...]:
        """Perform 1 to 1000 calls in one request; each result has the value or the error.

        A `ChangeSet` among them is done as a whole or not at all. Where the server cannot go on
        behind a refused call (v8.2, v9.0, on premises), those that follow it are not done.
        """
        return self._session.send(self._link.batch(parts))


def _environment(url: str, deployment: Deployment) -> str:
    """`https://host[/organisation]` of whatever was copied from a browser or a settings page."""
    # A password before the host is not repeated.
    shown = repr(re.sub(r"//.*@", "//…@", url))
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - refuses what is no number
    except ValueError:
        raise ConfigError(f"{shown} must be like https://contoso.crm4.dynamics.com") from None
    if is_loopback(url):
        return url.strip().rstrip("/")
    if parts.scheme.lower() == "http":
        raise ConfigError(
            f"{shown}: over http anybody on the way could read the token; use https://"
        )
    if parts.scheme.lower() != "https" or not parts.hostname or "@" in parts.netloc:
        raise ConfigError(f"{shown} must be like https://contoso.crm4.dynamics.com")
    host = parts.netloc.lower().removesuffix(":443")
    path = re.sub(r"/api(/data(/v[\d.]+)?)?/*$", "", parts.path, flags=re.IGNORECASE).rstrip("/")
    allowed = r"(/[\w-]+)?" if deployment is Deployment.ON_PREMISES else ""
    if not re.fullmatch(allowed, path) or parts.query or parts.fragment:
        raise ConfigError(
            f"{shown} names a page; the environment is https://{host}"
            + ("" if deployment is Deployment.ONLINE else " or that with /organisation")
        )
    return f"https://{host}{path}"
