"""What the account holds: lists, contacts, removed contacts, the queue, definitions, switches."""

from __future__ import annotations

import heapq
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ..kernel import Clock
from .shelf import Contact, Shelf, Where, in_order, in_spans
from .wire import Order

REASONS = frozenset(
    "api automation blacklisted bounce cleaner complaint support unsubscribe user".split()
)
Delay = float | Callable[[random.Random], float]


@dataclass(slots=True, frozen=True)
class Gone:
    """A contact that left its list."""

    contact: Contact
    reason: str
    deleted: int


@dataclass(slots=True, eq=False)
class Campaign:
    """One list of the account."""

    id: str
    name: str
    created: int
    language: str = "EN"
    default: bool = False
    optin: dict[str, str] = field(default_factory=dict)
    postal: dict[str, Any] = field(default_factory=dict)
    confirmation: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    notifications: dict[str, Any] = field(default_factory=dict)
    masks: list[str] = field(default_factory=list)
    shelf: Shelf = field(default_factory=Shelf)
    members: dict[str, Contact] = field(default_factory=dict)
    """Active contacts by lower-case address."""
    queued: dict[str, int] = field(default_factory=dict)
    """Addresses accepted and not yet visible, with their number in the queue."""
    unconfirmed: dict[str, Contact] = field(default_factory=dict)
    gone: list[Gone] = field(default_factory=list)
    gone_keys: dict[str, set[str]] = field(default_factory=dict)
    """Reasons by lower-case address."""


@dataclass(slots=True, eq=False)
class CustomField:
    id: str
    name: str
    type: str
    format: str
    hidden: str
    values: list[str]


@dataclass(slots=True, eq=False)
class Tag:
    id: str
    name: str
    color: str
    created: int


class Book:
    """The account's whole state, and the switches of what the vendor leaves open."""

    visible_after: Delay
    """Seconds until an added contact is visible; a number, or a function of a random source."""
    silently_reject: Callable[[str], bool]
    """Addresses that are accepted with 202 and never appear."""
    contact_limit: int | None
    """How many contacts the plan allows."""
    taken_names: set[str]
    """List names that other accounts hold."""
    batch_all_or_nothing: bool
    """One duplicate refuses the whole batch; when False duplicates are skipped."""
    changed_on_null_until_changed: bool
    scores_bump_changed_on: bool
    move_keeps_id: bool
    """Whether a contact moved to another list keeps its id."""
    removal_blocks: frozenset[str]
    """Reasons of removal after which the API may not add the address to that list again."""
    created_on_when_visible: bool
    """`createdOn` is when the contact appears; when False, when it was sent."""
    default_optin: str
    """Opt-in of added contacts in a list created without `optinTypes.api`."""
    nameless: str | None
    """What a contact without a name is called."""
    strict_parameters: bool
    """Refuse query parameters and flags the vendor does not document."""
    strict_dates: bool
    """Take only a date or a date-time with an offset without colon."""
    token_lifetime: int
    """Seconds an OAuth access token lives."""
    refresh_rotates: bool
    """A refresh answers with a new refresh token and ends the old one."""
    writes: int
    """Successful API calls that change something; side doors do not count."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self._queue: list[tuple[float, int, Contact]] = []
        self._seq = 0
        self._ids = random.Random(f"ids {seed}")
        self._delays = random.Random(f"delays {seed}")
        self._uuids = random.Random(f"uuids {seed}")
        self._used: set[str] = set()
        self._last_id = ""

        self.visible_after = 0.0
        self.silently_reject = lambda email: False
        self.contact_limit = None
        self.taken_names = set()
        self.batch_all_or_nothing = True
        self.changed_on_null_until_changed = True
        self.scores_bump_changed_on = False
        self.move_keeps_id = True
        self.removal_blocks = REASONS
        self.created_on_when_visible = True
        self.default_optin = "single"
        self.nameless = "Friend"
        self.strict_parameters = True
        self.strict_dates = True
        self.writes = 0
        self.url = ""
        self.enterprise = False
        self.account_id = self.new_id(5)
        self.account_email = "owner@sandbox.invalid"

        self.client_id = self.new_id(32)
        self.client_secret = self.new_id(32)
        self.token_lifetime = 86400
        self.refresh_rotates = False
        self.tokens: dict[str, float] = {}
        self.refresh_tokens: set[str] = set()
        self.codes: dict[str, float] = {}

        self.lists: dict[str, Campaign] = {}
        self.everyone = Shelf()
        self.version = 0
        """Moves with the active and the unconfirmed contacts."""
        self.gone_version = 0
        """Moves with the removed ones."""
        self.searches: dict[tuple[bytes, Order], tuple[tuple[int, int], list[Any]]] = {}
        """Results of the latest searches, each with the versions it was made at."""
        self.active: dict[str, Contact] = {}
        self.waiting: dict[str, Contact] = {}
        """Unconfirmed contacts by id."""
        self.custom_fields: dict[str, CustomField] = {}
        self.tags: dict[str, Tag] = {}
        self.masks: list[str] = []

    # -- credentials ---------------------------------------------------------------------------

    def issue_token(self) -> str:
        """An OAuth access token that lives `token_lifetime` seconds."""
        token = self._uuids.randbytes(20).hex()
        self.tokens[token] = self.clock.monotonic() + self.token_lifetime
        return token

    def issue_refresh_token(self) -> str:
        """An OAuth refresh token."""
        token = self._uuids.randbytes(20).hex()
        self.refresh_tokens.add(token)
        return token

    def issue_code(self) -> str:
        """An authorization code, as the consent page hands out; good once, for ten minutes."""
        code = self._uuids.randbytes(16).hex()
        self.codes[code] = self.clock.monotonic() + 600
        return code

    # -- small things --------------------------------------------------------------------------

    def now(self) -> int:
        """The wall clock in whole seconds."""
        return int(self.clock.now().timestamp())

    def new_id(self, length: int = 5) -> str:
        """A short opaque id; every fourth differs from the one before by case alone."""
        twin = self._last_id.swapcase()
        if len(self._used) % 4 == 3 and len(twin) == length and twin not in self._used:
            made = twin
        else:
            made = "".join(self._ids.choices(string.ascii_letters + string.digits, k=length))
            while made in self._used or made.isdigit():
                made = "".join(self._ids.choices(string.ascii_letters + string.digits, k=length))
        self._used.add(made)
        self._last_id = made
        return made

    def new_uuid(self) -> str:
        """An error's id."""
        bits = f"{self._uuids.getrandbits(128):032x}"
        return "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))

    def blocked(self, email: str, campaign: Campaign) -> bool:
        """Whether a mask of the account or of the list forbids the address."""
        key = email.lower()
        return any(mask_takes(mask, key) for mask in (*self.masks, *campaign.masks))

    def new_contact(
        self, email: str, name: str | None, campaign: str, origin: str, created: int
    ) -> Contact:
        """A contact with its id, not filed yet."""
        self._seq += 1
        changed = None if self.changed_on_null_until_changed else created
        return Contact(
            self.new_id(6),
            self._seq,
            email,
            name or self.nameless,
            campaign,
            origin,
            created,
            changed,
        )

    # -- the active ones -----------------------------------------------------------------------

    def file(self, contact: Contact) -> None:
        """Make the contact active."""
        campaign = self.lists[contact.campaign]
        self.active[contact.id] = contact
        campaign.members[contact.key] = contact
        self.version += 1
        campaign.shelf.add(contact)
        self.everyone.add(contact)

    def unfile(self, contact: Contact) -> None:
        campaign = self.lists[contact.campaign]
        del self.active[contact.id]
        del campaign.members[contact.key]
        self.version += 1
        campaign.shelf.remove(contact)
        self.everyone.remove(contact)

    def remove(self, contact: Contact, reason: str) -> None:
        """Take an active contact away; it is found among the removed from now on."""
        if reason not in REASONS:
            raise ValueError(f"no such reason of removal: {reason!r}")
        self.unfile(contact)
        campaign = self.lists[contact.campaign]
        self.gone_version += 1
        campaign.gone.append(Gone(contact, reason, self.now()))
        campaign.gone_keys.setdefault(contact.key, set()).add(reason)

    def change(self, contact: Contact, values: dict[str, Any], *, bump: bool = True) -> bool:
        """Set attributes; `changedOn` moves when one of them truly differs."""
        if all(getattr(contact, name) == value for name, value in values.items()):
            return False
        self.unfile(contact)
        if "campaign" in values and not self.move_keeps_id:
            contact.id = self.new_id(6)
        for name, value in values.items():
            setattr(contact, name, value)
        if bump:
            contact.changed = self.now()
        self.file(contact)
        return True

    def present(self, campaign: Campaign, key: str) -> bool:
        """Whether the address is in the list in any way: active, unconfirmed or queued."""
        return key in campaign.members or key in campaign.unconfirmed or key in campaign.queued

    def size(self) -> int:
        """Contacts that count against the plan."""
        return len(self.active) + len(self._queue)

    # -- the queue -----------------------------------------------------------------------------

    def enqueue(self, contact: Contact) -> None:
        """Accept a contact that will appear later."""
        delay = self.visible_after
        seconds = delay(self._delays) if callable(delay) else delay
        due = self.clock.monotonic() + max(0.0, seconds)
        self.lists[contact.campaign].queued[contact.key] = contact.seq
        heapq.heappush(self._queue, (due, contact.seq, contact))

    def forget_queue(self, campaign: str) -> None:
        """Drop what still waits for a list."""
        self._queue = [each for each in self._queue if each[2].campaign != campaign]
        heapq.heapify(self._queue)

    def drain(self) -> None:
        """Let everything appear that is due by now."""
        elapsed = self.clock.monotonic()
        while self._queue and self._queue[0][0] <= elapsed:
            due, seq, contact = heapq.heappop(self._queue)
            campaign = self.lists.get(contact.campaign)
            if campaign is None:
                continue
            if campaign.queued.get(contact.key) == seq:
                del campaign.queued[contact.key]
            if self.created_on_when_visible:
                contact.created = int(self.clock.now().timestamp() - (elapsed - due))
                if contact.changed is not None:
                    contact.changed = contact.created
            if (
                self.present(campaign, contact.key)
                or self.silently_reject(contact.email)
                or self.blocked(contact.email, campaign)
            ):
                continue
            if campaign.optin.get("api") == "double" and contact.origin == "api":
                campaign.unconfirmed[contact.key] = contact
                self.waiting[contact.id] = contact
                self.version += 1
            else:
                self.file(contact)

    # -- finding -------------------------------------------------------------------------------

    def find_contacts(
        self, campaign: str | None, where: Where, order: Order, start: int, stop: int
    ) -> tuple[int, list[Contact]]:
        """How many active contacts fit, and one page of them."""
        if campaign is not None and campaign not in self.lists:
            return 0, []
        lists = [self.lists[campaign]] if campaign is not None else list(self.lists.values())
        if where.exact and where.email is not None:
            key = where.email.lower()
            hits = [each.members[key] for each in lists if key in each.members]
            rows = [c for c in hits if where.takes(c) and in_spans(c, where.spans)]
            return len(rows), in_order(rows, order)[start:stop]
        shelf = self.everyone if campaign is None else lists[0].shelf
        return shelf.find(where, order, start, stop)


def mask_takes(mask: str, key: str) -> bool:
    """Whether a blocklist mask (`a@x.y`, `@x.y`, `x.y`, `*@x.y`) covers a lower-case address."""
    mask = mask.lower()
    if "*" in mask:
        return fnmatchcase(key, mask)
    if "@" in mask.lstrip("@"):
        return key == mask
    return key.endswith("@" + mask.lstrip("@"))
