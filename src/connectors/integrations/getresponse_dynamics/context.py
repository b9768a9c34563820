"""What every job of this integration is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from attrs import field, frozen
from sqlalchemy import Connection

from ...dynamics.capabilities import Capabilities
from ...engine import cursors
from ...engine.job import Job, Store, reply, transact
from ...engine.plans import Plan
from ...errors import ConfigError
from ...getresponse import calls as gr
from .settings import Settings

ACCOUNT = "gr.account"
SETTINGS = "settings"
WINDOW = "gr.window"


@frozen(kw_only=True)
class Context:
    """One connection between one GetResponse account and one Dynamics environment."""

    connection: str
    settings: Settings
    store: Store
    capabilities: Capabilities
    """What the version of the Dynamics server can do."""
    base_url: str
    """The root of its Web API."""
    now: Callable[[], datetime] = field(repr=False)


@frozen(kw_only=True)
class Account:
    """The GetResponse account, and its server's clock when the pass began."""

    id: str
    at: datetime


def open_account(ctx: Context) -> Job[Account]:
    """Ask who the credential is; refuse to mix two accounts in one connection.

    Raises:
        ConfigError: the store's rows belong to another account.
    """
    answer = yield from reply(gr.get_account())
    account_id = answer.value.account_id

    def check(db: Connection) -> str | None:
        known = cursors.read(db, ctx.connection).get(ACCOUNT)
        if known is None:
            cursors.write(db, ctx.connection, {ACCOUNT: account_id})
        return known

    known = yield from transact(check)
    if known not in (None, account_id):
        raise ConfigError(
            f"connection {ctx.connection!r} of this store belongs to GetResponse account {known}, and "
            f"the credential to {account_id}: use its own connection name, or another store"
        )
    return Account(id=account_id, at=answer.date or ctx.now())


def account_of(db: Connection, *, ctx: Context, made: Plan) -> Account:
    """The account a plan was made for, and its server's clock then; no call is needed."""
    known = cursors.read(db, ctx.connection).get(ACCOUNT, "")
    _, read_to = made.cursors.get(WINDOW, (None, None))
    return Account(id=known, at=from_iso(read_to) if read_to else made.created_at)


def iso(moment: datetime) -> str:
    """UTC, whole seconds, fixed width: sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_iso(text: str) -> datetime:
    """The moment `iso` wrote."""
    return datetime.fromisoformat(text)
