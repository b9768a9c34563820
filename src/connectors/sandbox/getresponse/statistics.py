"""Statistics of newsletters and of lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from .newsletters import known
from .records import Campaign, Newsletter
from .routing import Call, Reply, Route, in_span, page_of
from .store import REASONS, Book
from .wire import Allowed, Json, Listing, Refusal, query_error, show

GROUPS = ("total", "hour", "day", "month")
ORIGINS = (
    "import email www panel leads sale api forward survey mobile copy landing_page webinar "
    "premium_newsletter course website_builder_elegant chat".split()
)
_FORMATS = {"hour": "%Y-%m-%d %H:00:00", "day": "%Y-%m-%d", "month": "%Y-%m"}


def grouping(listing: Listing) -> str:
    group = listing.where.get("groupBy", "total")
    if group not in GROUPS:
        raise query_error("query", "groupBy", "query[groupBy]", f"Not allowed value: {group}")
    return group


def chosen(listing: Listing, key: str, held: Iterable[str], name: str) -> list[str]:
    """The ids of a comma list, which must exist; all when it is not given."""
    held = list(held)
    if key not in listing.where:
        return held
    ids = [id for id in listing.where[key].split(",") if id]
    for id in ids:
        if id not in held:
            raise Refusal(1001, f"{name} does not exist", {key: id})
    return ids


# -- newsletters -------------------------------------------------------------------------------


def of_newsletter(book: Book, call: Call) -> Reply:
    allowed = Allowed(fields=frozenset({"groupBy"}), spans=frozenset({"createdOn"}))
    listing = call.listing(book, allowed)
    return _answer(book, [known(book, call.params[0])], listing)


def of_newsletters(book: Book, call: Call) -> Reply:
    allowed = Allowed(
        fields=frozenset({"groupBy", "newsletterId", "campaignId"}),
        spans=frozenset({"createdOn"}),
    )
    listing = call.listing(book, allowed)
    ids = chosen(listing, "newsletterId", book.newsletters, "Newsletter")
    campaigns = chosen(listing, "campaignId", book.lists, "Campaign")
    found = [book.newsletters[id] for id in ids]
    return _answer(book, [each for each in found if each.campaign in campaigns], listing)


def _answer(book: Book, newsletters: list[Newsletter], listing: Listing) -> Reply:
    group, now = grouping(listing), book.now()
    facts: list[tuple[int, str, int, bool]] = [
        (event.at, event.activity, event.contact.seq, event.human)
        for newsletter in newsletters
        for event in newsletter.events
        if event.at <= now and in_span(event.at, listing, "createdOn")
    ]
    facts += [
        (at, reason, 0, False)
        for newsletter in newsletters
        for at, reason in newsletter.losses
        if in_span(at, listing, "createdOn")
    ]
    frames: dict[int, list[tuple[int, str, int, bool]]] = {}
    first = min((fact[0] for fact in facts), default=now)
    for fact in facts:
        start = first if group == "total" else _start(fact[0], group)
        frames.setdefault(start, []).append(fact)
    if group == "total":
        frames.setdefault(first, [])
    rows = [
        {"timeInterval": _interval(start, group, now), **_counts(frames[start])}
        for start in sorted(frames)
    ]
    return page_of(rows, listing, "timeInterval")


def _start(stamp: int, group: str) -> int:
    at = datetime.fromtimestamp(stamp, UTC).replace(minute=0, second=0)
    if group != "hour":
        at = at.replace(hour=0)
    return int((at.replace(day=1) if group == "month" else at).timestamp())


def _interval(start: int, group: str, now: int) -> str:
    """Start and length in ISO 8601."""
    if group == "total":
        lasted = timedelta(seconds=max(0, now - start))
        hours, rest = divmod(lasted.seconds, 3600)
        length = f"P{lasted.days}DT{hours}H{rest // 60}M{rest % 60}S"
    else:
        length = {"hour": "PT1H", "day": "P1D", "month": "P1M"}[group]
    return f"{show(start)}/{length}"


def _counts(facts: list[tuple[int, str, int, bool]]) -> dict[str, Json]:
    kinds = Counter(kind for _, kind, _, _ in facts)

    def number(activity: str, *, human: bool = False, unique: bool = False) -> int:
        who = [seq for _, kind, seq, by in facts if kind == activity and (by or not human)]
        return len(set(who)) if unique else len(who)

    row: dict[str, Json] = {"sent": kinds["send"]}
    for name, activity in (("Opened", "open"), ("Clicked", "click")):
        row[f"total{name}"] = number(activity)
        row[f"totalHuman{name}"] = number(activity, human=True)
        row[f"unique{name}"] = number(activity, unique=True)
        row[f"uniqueHuman{name}"] = number(activity, human=True, unique=True)
    return {
        **row,
        "goals": 0,
        "uniqueGoals": 0,
        "forwarded": 0,
        "unsubscribed": kinds["unsubscribe"],
        "bounced": kinds["bounce"],
        "complaints": kinds["complaint"],
    }


# -- lists -------------------------------------------------------------------------------------

OF_LISTS = Allowed(
    fields=frozenset({"campaignId", "groupBy"}), spans=frozenset({"createdOn"}), paged=False
)


class Moves:
    """Who came to some lists and who left them, in the span and the frames that are asked for."""

    def __init__(self, book: Book, call: Call) -> None:
        self.listing = call.listing(book, OF_LISTS)
        if "campaignId" not in self.listing.where:
            raise query_error("query", "campaignId", "query[campaignId]", "Value is required")
        self.group = grouping(self.listing)
        ids = chosen(self.listing, "campaignId", book.lists, "Campaign")
        self.lists = [book.lists[id] for id in ids]
        self.book = book

    def frame(self, stamp: int) -> str:
        if self.group == "total":
            return "total"
        return datetime.fromtimestamp(stamp, UTC).strftime(_FORMATS[self.group])

    def came(self, campaign: Campaign) -> Iterable[tuple[int, str]]:
        """When and whence; who has left again came once, too."""
        here = campaign.members.values()
        for contact in (*here, *(gone.contact for gone in campaign.gone)):
            yield contact.created, contact.origin

    def left(self, campaign: Campaign) -> Iterable[tuple[int, str]]:
        return ((gone.deleted, gone.reason) for gone in campaign.gone)

    def before(self) -> int:
        """How many were in the lists when the span began."""
        first = self.listing.spans.get("createdOn", (None, None))[0] or 0
        came = sum(at < first for each in self.lists for at, _ in self.came(each))
        return came - sum(at < first for each in self.lists for at, _ in self.left(each))

    def count(
        self, of: Callable[[Campaign], Iterable[tuple[int, str]]], names: Iterable[str]
    ) -> dict[str, dict[str, int]]:
        """Frames in order, each with a number for every name and their sum."""
        found: dict[str, Counter[str]] = {}
        for campaign in self.lists:
            for at, name in of(campaign):
                if in_span(at, self.listing, "createdOn"):
                    found.setdefault(self.frame(at), Counter())[name] += 1
        return {frame: _summed(found[frame], names) for frame in sorted(found)}


def _summed(counter: Counter[str], names: Iterable[str]) -> dict[str, int]:
    return {**{name: counter[name] for name in names}, "summary": sum(counter.values())}


def _keyed(book: Book, keyed: dict[str, Any]) -> Reply:
    return Reply(200, [keyed] if book.statistics_in_list else keyed)


def list_size(book: Book, call: Call) -> Reply:
    moves = Moves(book, call)
    came = moves.count(moves.came, ())
    left = moves.count(moves.left, ())
    rows, total = [], moves.before()
    for frame in sorted(came.keys() | left.keys()):
        plus = came.get(frame, {}).get("summary", 0)
        minus = left.get(frame, {}).get("summary", 0)
        total += plus - minus
        rows.append(
            {
                "totalSubscribers": total,
                "addedSubscribers": plus,
                "removedSubscribers": minus,
                "createdOn": frame,
            }
        )
    return Reply(200, rows)


def locations(book: Book, call: Call) -> Reply:
    """The sandbox places nobody: all are in no known country."""
    moves = Moves(book, call)
    amount = sum(len(each.members) for each in moves.lists)
    return _keyed(book, {"unknown": {"amount": amount}} if amount else {})


def origins(book: Book, call: Call) -> Reply:
    moves = Moves(book, call)
    keyed = {}
    for campaign in moves.lists:
        counter = Counter(
            origin for at, origin in moves.came(campaign) if in_span(at, moves.listing, "createdOn")
        )
        keyed[campaign.id] = _summed(counter, ORIGINS)
    return _keyed(book, keyed)


def removals(book: Book, call: Call) -> Reply:
    moves = Moves(book, call)
    return _keyed(book, moves.count(moves.left, sorted(REASONS)))


def subscriptions(book: Book, call: Call) -> Reply:
    moves = Moves(book, call)
    return _keyed(book, moves.count(moves.came, ORIGINS))


def balance(book: Book, call: Call) -> Reply:
    moves = Moves(book, call)
    came, left = moves.count(moves.came, ORIGINS), moves.count(moves.left, sorted(REASONS))
    keyed = {
        frame: {"subscriptions": came.get(frame, {}), "removals": left.get(frame, {})}
        for frame in sorted(came.keys() | left.keys())
    }
    return _keyed(book, keyed)


def summary(book: Book, call: Call) -> Reply:
    listing = call.listing(book, Allowed(fields=frozenset({"campaignId"}), paged=False))
    ids = chosen(listing, "campaignId", book.lists, "Campaign")
    keyed = {
        id: {
            "totalSubscribers": len(book.lists[id].members),
            "totalNewsletters": sum(n.campaign == id for n in book.newsletters.values()),
        }
        for id in ids
    }
    return _keyed(book, keyed)


ROUTES = [
    Route("GET", "newsletters/statistics", "newsletters.all_statistics", of_newsletters),
    Route("GET", "newsletters/{}/statistics", "newsletters.statistics", of_newsletter),
    Route("GET", "campaigns/statistics/list-size", "campaigns.list_size", list_size),
    Route("GET", "campaigns/statistics/locations", "campaigns.locations", locations),
    Route("GET", "campaigns/statistics/origins", "campaigns.origins", origins),
    Route("GET", "campaigns/statistics/removals", "campaigns.removals", removals),
    Route("GET", "campaigns/statistics/subscriptions", "campaigns.subscriptions", subscriptions),
    Route("GET", "campaigns/statistics/balance", "campaigns.balance", balance),
    Route("GET", "campaigns/statistics/summary", "campaigns.summary", summary),
]
