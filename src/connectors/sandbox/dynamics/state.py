"""What one simulated organisation holds: rows, switches, tokens, and who may do what."""

from __future__ import annotations

import random
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from ..kernel import Clock
from .errors import Refused
from .rights import ACCESS, GLOBAL, LOOSE, NEW_ROLE, Rights, privilege_id
from .schema import Column, Nav, custom_schema
from .standard import standard_tables
from .tables import Row, Store, Table

NUMBERS = {"8.2": (8, 2), "9.0": (9, 0), "9.1": (9, 1), "9.2": (9, 2)}
VERSIONS = tuple(NUMBERS)
BUILDS = {
    "8.2": "8.2.25.8",
    "9.0": "9.0.45.11",
    "9.1": "9.1.0.28512",
    "9.2": "9.2.24114.180",
}
BULK = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple")
_NAMESPACE = uuid.UUID("3c1f7a52-6d0b-4c39-8c41-90a4f7c2be10")


def api_host(state: State) -> str:
    """The second host name of an online environment."""
    return urlsplit(state.url).netloc.replace(".", ".api.", 1)


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
        self.choices: Mapping[str, Any] = (solution or {}).get("choices", {})
        custom = [
            custom_schema(name, table, self.choices)
            for name, table in (solution or {}).get("tables", {}).items()
        ]
        for code, schema in enumerate(custom, 10_001):
            schema.type_code = code
        self.store = Store(clock, rng, [*standard_tables(marketing=True), *custom])
        self.rights = Rights(self.store)
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
        self.windows_tickets: set[str] = set()
        """On-premises: texts after `Negotiate` or `NTLM` that sign in (see `use_windows_sign_in`)."""
        self.login_page = False
        """On-premises: a bad token is answered by the sign-in page, HTML with status 200."""
        self.denied: set[tuple[str, str]] = set()
        """(table, privilege) pairs refused with 403, like ("gr_list", "Write")."""
        self.languages = [1033]
        """Provisioned languages."""
        self.limits = False
        """True switches the service protection limits on (online only)."""
        self.limit_requests = 6000
        self.limit_seconds = 1200.0
        self.limit_concurrent = 52
        self.in_flight = 0
        """Calls of other workers that run meanwhile; they count against `limit_concurrent`."""
        self.call_seconds = 0.0
        """Clock time each operation takes, also inside a batch."""
        self.max_url = 32_768
        """Characters of the longest address taken, alone or in a batch."""
        self.max_body: int | None = None
        """Bytes of the largest request taken; larger ones are refused with 413."""
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
        self.upsert_results = False
        """Whether UpsertMultiple tells which rows it created (newer builds may)."""
        self.aggregate_limit = 50_000
        """Rows an aggregate may look at."""
        self.record_counts: dict[str, int] = {}
        """The snapshot that RetrieveTotalRecordCount tells; the true number of tables not in it."""
        self.duplicate_rules: dict[str, tuple[str, ...]] = {}
        """Duplicate detection: table -> columns that are equal in duplicates."""
        self.detects_duplicates_v82 = False
        """Whether detection runs by default below v8.2 URLs (unknown of real servers)."""
        self.relative_references_v82 = False
        """Whether `@odata.id` may be relative below v8.2 URLs."""
        self.batch_paths = deployment == "online"
        """Whether request targets in a batch may be paths without scheme and host."""
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
        self._message_ids: dict[str, str] = {}
        self.fetched: OrderedDict[str, tuple[int, list[Any]]] = OrderedDict()
        self.orderings: OrderedDict[tuple[str, ...], tuple[int, list[str]]] = OrderedDict()
        self._people()

    def _people(self) -> None:
        store = self.store
        store.org, store.unit, store.user, store.owner = (store.guid() for _ in range(4))
        # Rows of the platform itself; a constructor's inserts are nobody's writes.
        store.caller = store.user
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
                azureactivedirectoryobjectid=_fixed("object", user),
            )
        self.service_role = store.guid()
        self.staff_role = _fixed("role", store.org)
        everything = dict.fromkeys(self.rights.names(), GLOBAL)
        staff = {n: d for n, d in everything.items() if n not in LOOSE or n in NEW_ROLE}
        for role, name, user, held in (
            (self.service_role, "GetResponse service user", store.user, everything),
            (self.staff_role, "Marketing user", store.owner, staff | {"prvMerge": GLOBAL}),
        ):
            self._seed_row("role", role, name=name, businessunitid=store.unit)
            store.link("systemuserroles_association", user, role)
            self.rights.set_role(role, held)
        partial = {
            f"prv{access}{table.schema.schema}"
            for table in store.tables.values()
            if table.schema.owned
            for access in ACCESS
        }
        for name in everything:
            some = name in partial
            self._seed_row(
                "privilege",
                privilege_id(name),
                name=name,
                canbebasic=some,
                canbelocal=some,
                canbedeep=some,
                canbeglobal=True,
            )
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
        self._message_ids = {name: self.store.guid() for name in BULK}
        for name, message in self._message_ids.items():
            self._seed_row("sdkmessage", message, name=name, isprivate=False, isactive=True)
        for table in self.store.tables.values():
            if table.schema.custom or table.schema.name == "contact":
                self.bulk_messages(table.schema.name, *BULK)

    def bulk_messages(self, table: str, *names: str) -> None:
        """Say which of CreateMultiple, UpdateMultiple and UpsertMultiple a table supports."""
        filters = self.store.tables["sdkmessagefilter"]
        for row_id in sorted(filters.having("primaryobjecttypecode", table)):
            self.store.delete(filters, row_id)
        for name in names:
            self._seed_row(
                "sdkmessagefilter",
                self.store.guid(),
                sdkmessageid=self._message_ids[name],
                primaryobjecttypecode=table,
            )
        self.store.written.clear()

    def supports(self, table: str, message: str) -> bool:
        """Whether a table supports a bulk message."""
        rows = self.store.tables["sdkmessagefilter"]
        wanted = self._message_ids.get(message)
        found = rows.having("primaryobjecttypecode", table)
        return any(rows.rows[i]["sdkmessageid"] == wanted for i in found)

    @property
    def bulk(self) -> bool:
        """Whether this server has CreateMultiple and its kin."""
        return self.version == "9.2" and self.deployment == "online"

    def privilege(self, table: str, access: str) -> str:
        schema = self.store.tables[table].schema
        return f"prv{access}{schema.schema}"

    def depth(self, table: str, access: str) -> int | None:
        """How far a privilege of the caller goes on a table; None when it has none."""
        if (table, access) in self.denied:
            return None
        return self.rights.depth(self.privilege(table, access))

    def require(self, table: str, access: str, row: Row | None = None, least: int = 0) -> None:
        """Refuse when the caller lacks a privilege, or may not use it on this row."""
        pair = (table, access)
        if pair in self.rights.everywhere() and pair not in self.denied:
            return
        depth = self.depth(table, access)
        held = self.store.tables[table]
        if depth is None or depth < least:
            raise self._lacks(self.privilege(table, access), held)
        if row is None or depth >= GLOBAL:
            return
        if not self.rights.reaches(self.store.caller, depth, held, row):
            raise Refused(
                403,
                "0x80048306",
                f"SecLib::AccessCheckEx failed. Principal {self.store.caller} has no "
                f"{access}Access on {table} {row[held.schema.key]}.",
            )

    def require_loose(self, name: str, code: str = "0x80040220") -> None:
        """Refuse when the signed-in user lacks a privilege that is of no table."""
        if name not in self.rights.of_user(self.store.user):
            raise self._lacks(name, None, code)

    def _lacks(self, name: str, table: Table | None, code: str = "0x80040220") -> Refused:
        user = self.store.caller
        where = ""
        if table is not None:
            where = f" on OTC={table.schema.type_code} for entity '{table.schema.name}'"
        return Refused(
            403,
            code,
            f"Principal user (Id={user}, type=8) is missing {name} privilege "
            f"(Id={privilege_id(name)}){where}. context.Caller={user}.",
        )

    def seen(self, table: str) -> Callable[[Row], bool] | None:
        """Which rows of a table the caller may read; None when all."""
        if (table, "Read") in self.rights.everywhere():
            return None
        return self.rights.seen(self.store.tables[table])

    def target_of(self, column: Column, row_id: str) -> str:
        """The table a lookup's value is a row of."""
        if column.others:
            for name in column.targets:
                if name in self.store.tables and row_id in self.store.tables[name].rows:
                    return name
        return column.target

    def name_of(self, table: str, row_id: str) -> str | None:
        """The primary name of a row, as lookups show it."""
        held = self.store.tables.get(table)
        row: Row | None = held.rows.get(row_id) if held is not None else None
        return row.get(held.schema.primary_name) if row is not None and held is not None else None

    def uninstall_marketing(self) -> None:
        """Make this a bare platform without `list`, `listmember`, `campaign`."""
        before = self.rights.names()
        for name in ("list", "listmember", "campaign"):
            table: Table | None = self.store.tables.pop(name, None)
            if table is not None:
                del self.store.by_set[table.schema.set]
        gone = set(before) - set(self.rights.names())
        self.rights.drop(gone)
        for name in gone:
            self.store.delete(self.store.tables["privilege"], privilege_id(name))
        self.store.written.clear()
        self.store.tables["contact"].schema.navs.pop("listcontact_association", None)
        self.store.tables["account"].schema.navs.pop("listaccount_association", None)


def _fixed(*names: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(names)))


def _name_collections(store: Store) -> None:
    """One-to-many collections on the targets of lookups."""
    for table in list(store.tables.values()):
        for column in table.schema.columns.values():
            for target, name in column.backs.items():
                if target in store.tables:
                    store.tables[target].schema.navs[name] = Nav(
                        name, table.schema.name, column.name, collection=True
                    )
