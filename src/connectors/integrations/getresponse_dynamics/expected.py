"""How many calls a run makes, as a function of what there is to read and to write.

A run that makes more than these has a defect. The names are those of `Report.calls`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import frozen

from .apply import FEW

CRM_PAGE = 5000
GR_PAGE = 1000


@frozen(kw_only=True)
class ListsCase:
    """What one run of the lists job meets."""

    records: int = 0
    """GetResponse list records in Dynamics."""
    marketing_lists: int = 0
    campaigns: int = 0
    """Lists in the GetResponse account, before the run."""
    created: int = 0
    """Lists it asks GetResponse to create."""
    name_taken: int = 0
    """How many of those names are taken in another account."""
    missing: int = 0
    """Lists that GetResponse did not show any more; each is asked for by id."""
    changed: int = 0
    """List records it writes."""


@frozen(kw_only=True)
class ContactsCase:
    """What one run of the contacts job meets, list by list where there are several."""

    crm_rows: int = 0
    """Rows of the tracked read of CRM contacts: all at first, later those that changed."""
    record_rows: int = 0
    """Rows of the tracked read of GetResponse contact records."""
    static: tuple[int, ...] = ()
    """Members of each static marketing list that feeds a list."""
    dynamic: tuple[int, ...] = ()
    """Contacts found by the query of each dynamic one."""
    walked: tuple[int, ...] = ()
    """Active contacts of each list that is read whole in this run."""
    unseen: int = 0
    """Contacts that a whole read did not show any more; each is asked for by id."""
    windows: tuple[int, int] | None = None
    """Contacts changed and contacts created since the watermark less the overlap; None on a first run,
    or when every list is read whole."""
    removed: int = 0
    """Contacts that ever left these lists."""
    created: tuple[int, ...] = ()
    """Contacts to create, per list."""
    refused: tuple[tuple[int, ...], ...] = ()
    """Places, per list, of those among them that GetResponse refuses: their batch is halved."""
    discovered: tuple[int, ...] = ()
    """Contacts that each of those lists has gained since, this run's among them, visible at once."""
    updated: int = 0
    deleted: int = 0
    records: tuple[int, int] = (0, 0)
    """Records written before and after the changes in GetResponse."""
    block: int = 500
    """`Settings.block`."""


def expected_calls(case: ListsCase | ContactsCase) -> dict[str, int]:
    """Calls by endpoint, `{"dynamics contacts.track": 4, …}`; endpoints without calls are left out."""
    calls = _lists(case) if isinstance(case, ListsCase) else _contacts(case)
    return {name: count for name, count in sorted(calls.items()) if count}


def _lists(case: ListsCase) -> Mapping[str, int]:
    return {
        "getresponse accounts.get": 1,
        "dynamics gr_lists.list": pages(case.records, CRM_PAGE),
        "dynamics lists.list": pages(case.marketing_lists, CRM_PAGE),
        "getresponse campaigns.list": pages(case.campaigns, GR_PAGE) + case.name_taken,
        "getresponse campaigns.get": case.missing,
        "getresponse campaigns.create": case.created,
        "dynamics gr_lists.get": case.created,
        "dynamics gr_lists.update": case.changed,
    }


def _contacts(case: ContactsCase) -> Mapping[str, int]:
    calls = Counter(
        {
            "getresponse accounts.get": 1,
            "dynamics contacts.track": pages(case.crm_rows, CRM_PAGE),
            "dynamics gr_contacts.track": pages(case.record_rows, CRM_PAGE),
            "dynamics lists.members": _all_pages(case.static, CRM_PAGE),
            "dynamics contacts.fetch": _all_pages(case.dynamic, CRM_PAGE),
            "getresponse contacts.list": _all_pages(
                (*case.walked, *(case.windows or ()), *case.discovered), GR_PAGE
            ),
            "getresponse contacts.get": case.unseen,
            "getresponse contacts.update": case.updated,
            "getresponse contacts.delete": case.deleted,
            "dynamics gr_contacts.upsert_many": sum(-(-n // case.block) for n in case.records),
        }
    )
    if case.static or case.dynamic or case.walked or case.windows:
        calls["getresponse search.contacts"] = pages(case.removed, GR_PAGE)
    refused = case.refused or ((),) * len(case.created)
    for count, bad in zip(case.created, refused, strict=True):
        for start in range(0, count, GR_PAGE):
            calls += _creates(start, min(count, start + GR_PAGE), bad)
    return calls


def _creates(start: int, stop: int, bad: tuple[int, ...]) -> Counter[str]:
    """One block: few go one by one, a refused batch goes again in halves."""
    if stop - start < FEW:
        return Counter({"getresponse contacts.create": stop - start})
    calls = Counter({"getresponse contacts.batch": 1})
    if any(start <= place < stop for place in bad):
        middle = start + (stop - start) // 2
        calls += _creates(start, middle, bad) + _creates(middle, stop, bad)
    return calls


def pages(rows: int, size: int) -> int:
    """Pages it takes to read rows; an empty list is a page too."""
    return max(1, -(-rows // size))


def _all_pages(sizes: Iterable[int], size: int) -> int:
    return sum(pages(rows, size) for rows in sizes)
