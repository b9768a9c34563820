"""What every job of this integration is given, and what setup has saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from typing import TypeVar

import msgspec
from attrs import evolve, field, frozen
from sqlalchemy import Connection, bindparam, delete, insert, select

from ...core.call import Call
from ...docusign import calls as ds
from ...domain.field_mapping import ContactField, ContactMapping
from ...engine.job import Job, Store, send
from ...errors import ConfigError, DomainError
from .schema import SETUP
from .settings import BridgeSettings

T = TypeVar("T")


class RecordsIn(Enum):
    """Where a contact's DocuSign records are shown in ActiveCampaign."""

    OBJECT = "the custom object DocuSign"
    FIELDS = "contact fields"
    NOTE = "a note on the contact"
    STORE = "this store alone"
    """The account's plan has no custom objects, and no other place was chosen."""
    NOWHERE = "nowhere"
    """The object is switched off."""


@frozen(kw_only=True)
class Account:
    """A DocuSign account that is connected.

    Attributes:
        connect_id: its Connect configuration.
        demo: whether it is one of the demo environment; links to envelopes differ.
        adopted: whether its configuration was made by hand.
    """

    account_id: str
    name: str = ""
    connect_id: str = ""
    demo: bool = False
    adopted: bool = False

    @property
    def since(self) -> str:
        """The cursor that says when this account was set up."""
        return f"since:{self.account_id}"

    @property
    def reconciled(self) -> str:
        """The cursor that says when its changes were last read."""
        return f"reconcile:{self.account_id}"

    def link(self, envelope_id: str) -> str:
        """Where people who may see an envelope find it."""
        host = "appdemo.docusign.com" if self.demo else "app.docusign.com"
        return f"https://{host}/documents/details/{envelope_id}"


@frozen(kw_only=True)
class Saved:
    """What setup has saved.

    Attributes:
        settings: digest of the settings it was made under.
        fields: the contact fields that existed then; later ones need a new setup.
        reason: why records are where they are, where that is not the custom object.
    """

    settings: str
    accounts: tuple[Account, ...] = ()
    fields: tuple[ContactField, ...] = ()
    records_in: RecordsIn = RecordsIn.NOWHERE
    schema_id: str = ""
    reason: str = ""

    def account(self, account_id: str) -> Account | None:
        """The connected account of this id."""
        wanted = account_id.lower()
        return next((a for a in self.accounts if a.account_id.lower() == wanted), None)


@frozen(kw_only=True)
class Context:
    """One ActiveCampaign account and the DocuSign accounts that feed it."""

    connection: str
    settings: BridgeSettings
    store: Store
    docusign: tuple[str, ...]
    """A label for each DocuSign client: calls say by it which client is to send them."""
    demo: Mapping[str, bool] = field(repr=False)
    """By label: whether that client lives in the demo environment."""
    callbacks: Mapping[str, Callable[..., object]] = field(repr=False, factory=dict)
    signed: bool = True
    """Whether the bridge was given keys to tell true messages by."""
    keyed: frozenset[str] | None = None
    """The accounts that have keys of their own, by id in lower case: what tells of any other is
    refused. None where the keys are those of every account."""
    now: Callable[[], datetime] = field(repr=False)

    def saved(self, db: Connection) -> Saved:
        """What setup has saved.

        Raises:
            ConfigError: nothing yet, or under other settings.
        """
        found = read(db, self.connection)
        if found is None:
            raise ConfigError(
                f"connection {self.connection!r} is not set up: plan and apply `setup` first"
            )
        if found.settings != self.settings.digest:
            raise ConfigError(
                f"the settings of connection {self.connection!r} are not those it was set up with: "
                "plan and apply `setup` again"
            )
        return found

    def mapping(self, saved: Saved) -> ContactMapping:
        """The field mapping against the fields that existed at setup."""
        return ContactMapping.build(self.settings.mapping, saved.fields)


def without_keys(ctx: Context, account_id: str) -> str | None:
    """What is wrong where keys are given by account and this one has none."""
    if ctx.keyed is None or account_id.lower() in ctx.keyed:
        return None
    return (
        f"`signing_keys` has no key for DocuSign account {account_id}, so all its messages will be "
        f"refused: {len(ctx.keyed)} other accounts have keys there"
    )


@contextmanager
def own_fault() -> Iterator[None]:
    """A call that cannot be built of what a message brought is that message's fault, no other's."""
    try:
        yield
    except ConfigError as error:
        raise DomainError(str(error)) from None


def read(db: Connection, connection: str) -> Saved | None:
    """What setup has saved, under whatever settings."""
    row = db.execute(_BODY, {"at": connection}).scalar()
    return _decoder.decode(row) if row else None


def sharing(db: Connection, connection: str, account: Account) -> str | None:
    """Another connection of this store that hears by the same Connect configuration, or None."""
    rows = db.execute(select(SETUP).where(SETUP.c.connection != connection))
    for row in rows:
        for one in _decoder.decode(row.body).accounts:
            if (one.account_id, one.connect_id) == (account.account_id, account.connect_id):
                return str(row.connection)
    return None


def write(db: Connection, connection: str, saved: Saved | None) -> None:
    """Keep what was set up; None forgets it."""
    db.execute(delete(SETUP).where(SETUP.c.connection == connection))
    if saved is not None:
        body = msgspec.json.encode(saved)
        db.execute(insert(SETUP).values(connection=connection, body=body))


def dumped(saved: Saved) -> dict[str, object]:
    """What is saved, as plain data."""
    plain: dict[str, object] = msgspec.to_builtins(saved)
    return plain


def loaded(plain: Mapping[str, object]) -> Saved:
    """What `dumped` gave."""
    return msgspec.convert(plain, Saved)


# Asked for with each message: putting a statement together costs more than running it.
_BODY = select(SETUP.c.body).where(SETUP.c.connection == bindparam("at"))
_decoder = msgspec.json.Decoder(Saved)


def at(label: str, call: Call[T]) -> Call[T]:
    """A DocuSign call, for one client of several."""
    return evolve(call, service=label)


def by_service(calls: Mapping[str, int]) -> dict[str, int]:
    """Calls by service and endpoint, of whichever client."""
    found: Counter[str] = Counter()
    for name, count in calls.items():
        label, _, operation = name.partition(" ")
        found[f"{label.partition(':')[0]} {operation}"] += count
    return dict(sorted(found.items()))


def labels(ctx: Context) -> Job[dict[str, str]]:
    """Which client serves which account: account id in lower case → label."""
    found = {}
    for label in ctx.docusign:
        account = yield from send(at(label, ds.get_account()))
        found[(account.account_id or "").lower()] = label
    return found
