"""What one simulated organisation holds: rows, switches, tokens, and who may do what."""

from __future__ import annotations

import random
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal

from ..kernel import Clock
from .errors import Refused
from .schema import Nav, custom_schema
from .standard import standard_tables
from .tables import Row, Store, Table

VERSIONS = ("8.2", "9.0", "9.1", "9.2")
BUILDS = {
    "8.2": "8.2.25.8",
    "9.0": "9.0.45.11",
    "9.1": "9.1.0.28512",
    "9.2": "9.2.24114.180",
}
PRIVILEGES = ("Create", "Read", "Write", "Delete", "Append", "AppendTo", "Assign", "Share")
_NAMESPACE = uuid.UUID("6f0bd4c2-8a3f-4a7e-9d55-2f6b0c1d7e10")


class State:
    """Everything of the service but routes. The attributes below may be set at any time."""

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        version: str = "9.2",
        solution: Mapping[str, Any] | None = None,
        deployment: Literal["online", "on-premises"] = "online",
    ) -> None:
        if version not in VERSIONS:
            raise ValueError(f"version is one of {', '.join(VERSIONS)}, not {version!r}")
        if deployment == "on-premises" and version == "9.2":
            raise ValueError("the newest on-premises version is 9.1")
        self.clock = clock
        self.version = version
        self.deployment = deployment
        rng = random.Random(f"dynamics {seed}")
        choices = (solution or {}).get("choices", {})
        custom = [
            custom_schema(name, table, choices)
            for name, table in (solution or {}).get("tables", {}).items()
        ]
        for code, schema in enumerate(custom, 10_001):
            schema.type_code = code
        self.store = Store(clock, rng, [*standard_tables(marketing=True), *custom])
        _name_collections(self.store)
        guid = self.store.guid
        self.tenant = guid()
        self.client_id = guid()
        self.client_secret = f"s3~{rng.getrandbits(160):040x}"
        self.username = "connector@contoso.example"
        self.password = f"p-{rng.getrandbits(80):020x}"
        if deployment == "online":
            self.url = "https://contoso.crm4.dynamics.com"
            self.authority = f"https://login.microsoftonline.com/{self.tenant}"
        else:
            self.url = "https://contoso.crm.contoso.example"
            self.authority = "https://adfs.contoso.example/adfs"
        self.resource = f"{self.url}/"
        """Identifier the AD FS relying party has (on-premises)."""

        self.application_user = True
        """False: the token is good, the organisation does not know its user (403)."""
        self.claims = True
        """On-premises: False is a server with Windows sign-in only, which takes no bearer token."""
        self.upn_rule = False
        """On-premises: an issuance rule makes client-credentials tokens acceptable."""
        self.denied: set[tuple[str, str]] = set()
        """(table, privilege) pairs refused with 403, like ("gr_list", "Write")."""
        self.limits = False
        """True switches the service protection limits on (online only)."""
        self.limit_requests = 6000
        self.limit_seconds = 1200.0
        self.dop_hint = 4
        self.bulk_seconds_per_row = 0.0
        """Clock time each row of a bulk call takes."""
        self.track_days = 7
        """Days a delta token lives."""
        self.tracks_v82 = True
        """Whether the v8.2 URL honours `odata.track-changes` (unknown of real servers)."""
        self.quoted_guids = False
        """Whether `$filter` takes GUIDs in quotes (some newer servers do)."""
        self.read_only_columns: Literal["ignore", "refuse"] = "ignore"
        """What becomes of computed columns in a body."""
        self.enforce_required = False
        """Whether a create without a required custom column is refused."""
        self.dissociate_members = True
        """Whether `DELETE lists(id)/listcontact_association(id)/$ref` works."""
        self.remove_member_action = False
        """Whether RemoveMemberList exists (9.x with Dynamics 365 apps; its body is unverified)."""
        self.bare_writes = version in ("9.1", "9.2")
        """Whether a batch takes writes outside change sets."""
        self.bulk_max = 1000
        """Rows one bulk call takes."""
        self.bad_cookie: Literal["refuse", "first-page"] = "refuse"
        """What a FetchXML paging cookie that cannot be read leads to."""
        self.alias_dots = version == "9.2"
        """FetchXML columns of linked tables: `alias.column`, or `alias_x002e_column` (False)."""
        self.continue_on_error = True
        """Whether batches from 9.1 on honour `odata.continue-on-error`."""
        self.strict_headers = True
        """Refuse requests without the OData headers and Accept."""
        self.writes = 0
        """Rows changed through the API; side doors do not count."""

        self.tokens: dict[str, tuple[float, bool]] = {}
        """Issued tokens: when they end, and whether the audience takes them."""
        self.delta_floor = 0
        self.fetched: OrderedDict[str, tuple[int, list[Any]]] = OrderedDict()
        self.orderings: OrderedDict[tuple[str, ...], tuple[int, list[str]]] = OrderedDict()
        self._people()

    def _people(self) -> None:
        store = self.store
        store.org, store.unit, store.user, store.owner = (store.guid() for _ in range(4))
        # Rows of the platform itself; a constructor's inserts are nobody's writes.
        self._seed_row("organization", store.org, name="contoso", languagecode=1033, localeid=1033)
        self._seed_row("businessunit", store.unit, name="contoso", isdisabled=False)
        for user, first, last, mail, app in (
            (store.user, "GetResponse", "Connector", "connector@contoso.example", self.client_id),
            (store.owner, "Maja", "Nowak", "maja.nowak@contoso.example", None),
        ):
            self._seed_row(
                "systemuser",
                user,
                firstname=first,
                lastname=last,
                fullname=f"{first} {last}",
                internalemailaddress=mail,
                domainname=mail,
                applicationid=app,
                ownerid=user,
                businessunitid=store.unit,
                isdisabled=False,
                accessmode=4 if app else 0,
                islicensed=not app,
                organizationid=store.org,
            )
        role = store.guid()
        self._seed_row("role", role, name="GetResponse service user", businessunitid=store.unit)
        store.link("systemuserroles_association", store.user, role)
        self._messages()
        store.caller = store.user
        store.written.clear()

    def _seed_row(self, table: str, row_id: str, **values: Any) -> None:
        present = {k: v for k, v in values.items() if v is not None}
        self.store.insert(self.store.tables[table], row_id, present, self.store.user)

    def _messages(self) -> None:
        """Which bulk messages exist for which table, as the probe query reads it."""
        if not self.bulk:
            return
        for name in ("CreateMultiple", "UpdateMultiple", "UpsertMultiple"):
            message = self.store.guid()
            self._seed_row("sdkmessage", message, name=name, isprivate=False, isactive=True)
            for table in self.store.tables.values():
                if table.schema.custom or table.schema.name == "contact":
                    self._seed_row(
                        "sdkmessagefilter",
                        self.store.guid(),
                        sdkmessageid=message,
                        primaryobjecttypecode=table.schema.name,
                    )

    @property
    def bulk(self) -> bool:
        """Whether this server has CreateMultiple and its kin."""
        return self.version == "9.2" and self.deployment == "online"

    def privilege(self, table: str, access: str) -> str:
        schema = self.store.tables[table].schema
        return f"prv{access}{schema.schema}"

    def privilege_id(self, name: str) -> str:
        return str(uuid.uuid5(_NAMESPACE, name))

    def require(self, table: str, access: str) -> None:
        """Refuse when the caller lacks a privilege."""
        if (table, access) not in self.denied:
            return
        name = self.privilege(table, access)
        raise Refused(
            403,
            "0x80040220",
            f"Principal user (Id={self.store.user}, type=8) is missing {name} privilege "
            f"(Id={self.privilege_id(name)}) on OTC="
            f"{self.store.tables[table].schema.type_code} for entity '{table}'. "
            f"context.Caller={self.store.user}.",
        )

    def name_of(self, table: str, row_id: str) -> str | None:
        """The primary name of a row, as lookups show it."""
        held = self.store.tables.get(table)
        row: Row | None = held.rows.get(row_id) if held is not None else None
        return row.get(held.schema.primary_name) if row is not None and held is not None else None

    def uninstall_marketing(self) -> None:
        """Make this a bare platform without `list`, `listmember`, `campaign`."""
        for name in ("list", "listmember", "campaign"):
            table: Table | None = self.store.tables.pop(name, None)
            if table is not None:
                del self.store.by_set[table.schema.set]
        self.store.tables["contact"].schema.navs.pop("listcontact_association", None)


def _name_collections(store: Store) -> None:
    """One-to-many collections on the targets of custom lookups, `{table}_{column}`."""
    for table in list(store.tables.values()):
        for column in table.schema.columns.values():
            if table.schema.custom and column.kind == "lookup" and column.nav != column.name:
                target = store.tables.get(column.target)
                if target is not None:
                    name = f"{table.schema.name}_{column.name}"
                    target.schema.navs[name] = Nav(
                        name, table.schema.name, column.name, collection=True
                    )
