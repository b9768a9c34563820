"""What the account holds: lists, contacts, removed contacts, the queue, definitions, switches."""

from __future__ import annotations

import heapq
import math
import random
import string
from collections.abc import Callable
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, Literal
from urllib.parse import urlencode

from ..kernel import Clock
from .records import (
    Campaign,
    ConsentField,
    CustomField,
    Declaration,
    Gone,
    Import,
    Newsletter,
    PredefinedField,
    Rejection,
    Report,
    Segment,
    Sender,
    Suppression,
    Tag,
)
from .shelf import Contact, Event, Shelf, Where, in_order, in_spans
from .wire import Order

REASONS = frozenset(
    "api automation blacklisted bounce cleaner complaint support unsubscribe user".split()
)
Delay = float | Callable[[random.Random], float]


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
    oauth_errors: Literal["envelope", "rfc6749"]
    """How the token endpoint refuses."""
    redirect_uri: str
    """Where the app is registered to get its authorization codes."""
    callbacks_unset: Literal["missing", "empty", "null"]
    """What `GET /accounts/callbacks` gives when none is set: 404, `{}`, or a null URL."""
    exact_names: bool
    """`query[name]` matches whole names; when False it finds names that contain it."""
    root_send_on: Literal["ignored", "taken"]
    """A `sendOn` outside `sendSettings`; ignored, the message goes out at once."""
    refuse_past_send_on: bool
    """A time that is over is refused; when False the message goes out at once."""
    send_draft_consumes: bool
    """The draft itself becomes the sent message; when False a copy of it does."""
    cancel_while_sending: bool
    """A message that is going out can be stopped; when False that is 1011."""
    one_mail_per_address: bool
    """Somebody in several chosen lists gets one message; when False one for each list."""
    sending_seconds: float
    """How long a message takes to go out to all."""
    newsletter_flags: frozenset[str]
    """Flags a new message may have."""
    editors_without_html: frozenset[str]
    """Editors whose drafts come without `content.html`."""
    report_seconds: float
    """How long a report waits, and then is made; half of it each."""
    report_fails: bool
    """Reports end in error."""
    report_kept_seconds: float
    """How long a report's file is kept."""
    report_created_status: int
    activity_columns: dict[str, str]
    """Column heads of the activity report, by what the column holds."""
    import_seconds: float
    """How long an import takes, half of it before it is approved."""
    import_review: bool
    """Imports wait for `review_import`."""
    import_created_status: int
    background_seconds: float
    """Until values put on a whole segment are there."""
    statistics_in_list: bool
    """Statistics of lists stand in an array; when False the object comes bare."""
    wrong_domain: Literal["redirect", "1024", "1021"]
    """What a MAX host answers for a domain it does not know."""
    writes: int
    """Successful API calls that change something; side doors do not count."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self._queue: list[tuple[float, int, Contact]] = []
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._replayed: float | None = None
        self._seq = 0
        self._jobs = 0
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
        self.oauth_errors = "envelope"
        self.redirect_uri = "https://app.sandbox.invalid/callback"
        self.callbacks_unset = "missing"
        self.exact_names = False
        self.root_send_on = "ignored"
        self.refuse_past_send_on = True
        self.send_draft_consumes = True
        self.cancel_while_sending = False
        self.one_mail_per_address = False
        self.sending_seconds = 60.0
        self.newsletter_flags = frozenset({"clicktrack", "google_analytics"})
        self.editors_without_html = frozenset()
        self.report_seconds = 60.0
        self.report_fails = False
        self.report_kept_seconds = 30 * 86400.0
        self.report_created_status = 201
        self.activity_columns = {
            key: key
            for key in "date activity email contactId messageId messageName subject url".split()
        }
        self.import_seconds = 30.0
        self.import_review = False
        self.import_created_status = 201
        self.background_seconds = 5.0
        self.statistics_in_list = True
        self.wrong_domain = "redirect"
        self.writes = 0
        self.url = ""
        self.files_host = "files.sandbox.invalid"
        """Where finished reports are fetched, without credentials."""
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
        self.searches: dict[tuple[bytes, Order], tuple[tuple[int, ...], list[Any]]] = {}
        """Results of the latest searches, each with the versions it was made at."""
        self.active: dict[str, Contact] = {}
        self.waiting: dict[str, Contact] = {}
        """Unconfirmed contacts by id."""
        self.custom_fields: dict[str, CustomField] = {}
        self.tags: dict[str, Tag] = {}
        self.masks: list[str] = []
        self.mail_version = 0
        """Moves with what is sent, opened and clicked."""
        self.predefined_fields: dict[str, PredefinedField] = {}
        self.consent_fields: dict[str, ConsentField] = {}
        self.declarations: dict[tuple[int, str], list[Declaration]] = {}
        """By contact and consent field, oldest first."""
        self.rejections: list[Rejection] = []
        self.newsletters: dict[str, Newsletter] = {}
        self.segments: dict[str, Segment] = {}
        self.suppressions: dict[str, Suppression] = {}
        self.reports: dict[str, Report] = {}
        self.downloads: dict[str, tuple[float, Report]] = {}
        """Download links by their secret, each with its end."""
        self.imports: dict[str, Import] = {}
        self.callbacks: dict[str, Any] | None = None
        # Not by `new_id`, so that the ids of a seed do not depend on it.
        first = "".join(random.Random(f"sender {seed}").choices(string.ascii_letters, k=5))
        self.senders: dict[str, Sender] = {
            first: Sender(first, self.account_email, "Sandbox", self.now(), True, True)
        }

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

    def authorize(self, state: str = "") -> str:
        """Somebody agrees on the consent page; gives the URL the browser is sent to."""
        answer = {"code": self.issue_code(), **({"state": state} if state else {})}
        return f"{self.redirect_uri}?{urlencode(answer)}"

    def revoke_app(self) -> None:
        """The account's owner disconnects the app: its tokens and codes are dead."""
        self.tokens.clear()
        self.refresh_tokens.clear()
        self.codes.clear()

    def issue_code(self) -> str:
        """An authorization code, as the consent page hands out; good once, for ten minutes."""
        code = self._uuids.randbytes(16).hex()
        self.codes[code] = self.clock.monotonic() + 600
        return code

    # -- small things --------------------------------------------------------------------------

    def now(self) -> int:
        """The wall clock in whole seconds; while something overdue is done, when it was due."""
        if self._replayed is None:
            return int(self.clock.now().timestamp())
        late = timedelta(seconds=self.clock.monotonic() - self._replayed)
        return int((self.clock.now() - late).timestamp())

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

    def remove(
        self, contact: Contact, reason: str, message: str | None = None, ip: str | None = None
    ) -> None:
        """Take an active contact away; it is found among the removed from now on."""
        if reason not in REASONS:
            raise ValueError(f"no such reason of removal: {reason!r}")
        newsletter = self.newsletters.get(message or "")
        if newsletter is not None:
            newsletter.losses.append((self.now(), reason))
        self.unfile(contact)
        campaign = self.lists[contact.campaign]
        self.gone_version += 1
        campaign.gone.append(Gone(contact, reason, self.now(), message, ip))
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

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something when so many seconds have passed; `now` is then the time it was due."""
        start = self.clock.monotonic() if self._replayed is None else self._replayed
        self._jobs += 1
        heapq.heappush(self._agenda, (start + max(0.0, seconds), self._jobs, action))

    def drain(self) -> None:
        """Let everything happen that is due by now, in order."""
        if self._replayed is not None or not (self._queue or self._agenda):
            return
        elapsed = self.clock.monotonic()
        while True:
            contact = self._queue[0][0] if self._queue else math.inf
            job = self._agenda[0][0] if self._agenda else math.inf
            self._replayed = min(contact, job)
            try:
                if self._replayed > elapsed:
                    return
                if contact <= job:
                    _, seq, added = heapq.heappop(self._queue)
                    self._appear(added, seq)
                else:
                    heapq.heappop(self._agenda)[2]()
            finally:
                self._replayed = None

    def _appear(self, contact: Contact, seq: int) -> None:
        campaign = self.lists.get(contact.campaign)
        if campaign is None:
            return
        if campaign.queued.get(contact.key) == seq:
            del campaign.queued[contact.key]
        if self.created_on_when_visible:
            contact.created = self.now()
            if contact.changed is not None:
                contact.changed = contact.created
        if self.present(campaign, contact.key):
            return
        if self.silently_reject(contact.email):
            self.reject(contact.email, campaign.id, "rejected")
        elif self.blocked(contact.email, campaign):
            self.reject(contact.email, campaign.id, "blocklist")
        elif campaign.optin.get("api") == "double" and contact.origin == "api":
            campaign.unconfirmed[contact.key] = contact
            self.waiting[contact.id] = contact
            self.version += 1
        else:
            self.file(contact)

    def reject(self, email: str, campaign: str, reason: str) -> None:
        """Note an address that was accepted and will not appear."""
        self.rejections.append(Rejection(email, campaign, reason, self.now()))

    # -- what happens with messages ------------------------------------------------------------

    def note(self, event: Event) -> None:
        """File what happened to a message under its contact and its newsletter."""
        event.contact.activities.append(event)
        if event.resource_type == "newsletters" and event.resource_id in self.newsletters:
            self.newsletters[event.resource_id].events.append(event)
        self.mail_version += 1

    def named(self, wanted: str | None, name: str | None) -> bool:
        """Whether a name fits `query[name]`, if there is one."""
        if wanted is None:
            return True
        wanted, name = wanted.lower(), (name or "").lower()
        return wanted == name if self.exact_names else wanted in name

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
