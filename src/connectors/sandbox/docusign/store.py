"""What the sandbox keeps, and the switches for what the vendor's texts leave open."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from ..kernel import Clock
from .keys import pem
from .limits import Limits
from .records import Account, Envelope, Recipient, User
from .wire import Refusal, missing_envelope

Environment = Literal["demo", "production"]
ACCOUNT_SERVERS = {"demo": "account-d.docusign.com", "production": "account.docusign.com"}
DEMO_SITE = "https://demo.docusign.net"
TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Grant:
    """Who a token speaks for."""

    user: str
    scopes: frozenset[str]
    ends: float


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that waits for its exchange."""

    user: str
    scopes: frozenset[str]
    redirect_uri: str
    challenge: str
    ends: float


class Book:
    """The state: users, accounts, tokens.

    Attributes that a test may set:
        consented: whether users have allowed the integration to act for them.
        public_client: whether the integration key belongs to a client without a secret.
        limits: whether rate limits are kept.
        statuses: HTTP status by error code, where a test wants another than the usual one.
        embedded_are_notified: whether an embedded signer's status becomes `sent` at their turn;
            when False it stays `created` until they open the envelope.
        put_resets: whether a field that a PUT of a Connect configuration leaves out is reset.
        no_uri: what stands for the neighbour of the first and the last page; None has been seen too.
        prefill_updates: whether a PUT of document tabs takes prefill tabs.
    """

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock = clock
        self._random = random.Random(seed)
        self._last = clock.now()
        self.environment: Environment = "demo"
        self.consented = True
        self.public_client = False
        self.limits = True
        self.statuses: dict[str, int] = {}
        self.embedded_are_notified = True
        self.put_resets = True
        self.prefill_updates = True
        self.no_uri: str | None = ""
        self.rates = Limits(clock, 200)
        self.integration_key = self.guid()
        self.client_secret = self.guid()
        self.redirect_uri = "https://app.example/callback"
        self.key_number = 0
        self.tokens: dict[str, Grant] = {}
        self.codes: dict[str, Code] = {}
        self.refresh_tokens: dict[str, Grant] = {}
        self.users: dict[str, User] = {}
        self.accounts: dict[str, Account] = {}
        self.default_account: dict[str, str] = {}
        self.views: dict[str, tuple[str, str, float]] = {}
        self._people: dict[str, str] = {}

    # -- names and times -----------------------------------------------------------------------

    def guid(self) -> str:
        return str(uuid.UUID(bytes=self._random.randbytes(16), version=4))

    def number(self, digits: int) -> int:
        """A random whole number of so many digits."""
        return self._random.randrange(10 ** (digits - 1), 10**digits)

    def text(self, size: int) -> str:
        """A random secret of so many bytes, as hex."""
        return self._random.randbytes(size).hex()

    def moment(self, at: datetime | None = None) -> datetime:
        """When something happens now (or happened at `at`): no two things happen at one time."""
        when = self.clock.now() if at is None else at
        self._last = max(when.astimezone(UTC), self._last + TICK)
        return self._last

    def user_of(self, mail: str) -> str:
        """The user id behind an address; strangers have one too."""
        key = mail.lower()
        if key not in self._people:
            user = next((each for each in self.users.values() if each.email.lower() == key), None)
            self._people[key] = user.id if user else self.guid()
        return self._people[key]

    # -- what there is -------------------------------------------------------------------------

    @property
    def account_server(self) -> str:
        """Host of the account server."""
        return ACCOUNT_SERVERS[self.environment]

    @property
    def private_key(self) -> str:
        """The integration's private key, PEM."""
        return pem(self.key_number)

    @property
    def polling_breaches(self) -> int:
        """Status calls that came within 15 minutes of the last one of the same part of an envelope."""
        return len(self.rates.breaches)

    def account(self, account_id: str) -> Account:
        """The account with this id, or with this old number."""
        found = self.accounts.get(account_id.lower())
        found = found or next((a for a in self.accounts.values() if a.number == account_id), None)
        if found is None:
            raise KeyError(f"no account {account_id!r}")
        return found

    def new_account(self, name: str, base_uri: str) -> Account:
        account = Account(
            self.guid(), str(self.number(7)), name, base_uri.rstrip("/"), self.clock.now()
        )
        self.accounts[account.id] = account
        return account

    def new_user(self, name: str, email: str) -> User:
        first, _, last = name.partition(" ")
        user = User(self.guid(), name, email, first, last, self.clock.now())
        self.users[user.id] = user
        self._people[email.lower()] = user.id
        return user

    def join(self, account: Account, user: User, *, admin: bool) -> None:
        account.members[user.id] = admin
        self.default_account.setdefault(user.id, account.id)

    def find(self, account: Account, envelope_id: str) -> Envelope:
        """An envelope of the account, or the refusal that it is none."""
        found = account.envelopes.get(envelope_id.lower())
        if found is not None:
            return found
        if any(envelope_id.lower() in each.envelopes for each in self.accounts.values()):
            raise Refusal(
                "ACCOUNT_NOT_AUTHORIZED_FOR_ENVELOPE",
                "This Account is not authorized to access the requested Envelope.",
            )
        raise missing_envelope(envelope_id)

    def owner(self, envelope: Envelope) -> Account:
        return self.accounts[envelope.account]


def recipient_of(recipients: Sequence[Recipient], who: str) -> Recipient | None:
    """The recipient with this short id or GUID."""
    return next((each for each in recipients if who in (each.id, each.guid)), None)
