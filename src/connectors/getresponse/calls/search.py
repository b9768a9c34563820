"""Searches of contacts, ad hoc and saved."""

from __future__ import annotations

from ...core.call import Call, Pages, WriteClass
from ...core.given import ids, named, path
from ...core.wire import Reader
from ...errors import ConfigError
from ..models.contacts import CustomFieldValues
from ..models.search import Condition, FoundContact, SearchQuery, Section, Segment
from ._parts import PAGE_SIZE, call, deletion, nothing, order, pages
from .campaigns import SearchSort
from .contacts import field_values

_found = Reader(FoundContact)
_segment = Reader(Segment)


def search_contacts(
    query: SearchQuery, *, sort: SearchSort = "createdOn", page_size: int = PAGE_SIZE
) -> Pages[FoundContact]:
    """Contacts that a search finds, ascending by `sort`."""
    return pages(
        "search.contacts",
        "search-contacts/contacts",
        _found.many,
        [order(sort, SearchSort)],
        page_size,
        body=_search(query),
    )


def list_segments(*, name: str | None = None, page_size: int = PAGE_SIZE) -> Pages[Segment]:
    """The saved searches; `name` narrows to names that contain it."""
    query = [("query[name]", name)]
    return pages("search_contacts.list", "search-contacts", _segment.many, query, page_size)


def get_segment(segment_id: str) -> Call[Segment]:
    """One saved search with its conditions."""
    where = path("search-contacts", segment_id)
    return call("search_contacts.get", "GET", where, lambda r: _segment.one(r.body))


def create_segment(name: str, query: SearchQuery) -> Call[Segment]:
    """Save a search.

    Raises:
        ConfigError: a search of other contacts than subscribed ones.
    """
    return call(
        "search_contacts.create",
        "POST",
        "search-contacts",
        lambda r: _segment.one(r.body),
        body=_saved(name, query),
        write_class=WriteClass.MARKED,
    )


def update_segment(segment_id: str, *, name: str, query: SearchQuery) -> Call[Segment]:
    """Replace a saved search.

    Raises:
        ConfigError: a search of other contacts than subscribed ones.
    """
    return call(
        "search_contacts.update",
        "POST",
        path("search-contacts", segment_id),
        lambda r: _segment.one(r.body),
        body=_saved(name, query),
    )


def delete_segment(segment_id: str) -> Call[None]:
    """Delete a saved search, not its contacts; one that is gone already is fine."""
    return deletion("search_contacts.delete", path("search-contacts", segment_id))


def list_segment_contacts(
    segment_id: str, *, sort: SearchSort = "createdOn", page_size: int = PAGE_SIZE
) -> Pages[FoundContact]:
    """Contacts that a saved search finds now."""
    where = path("search-contacts", segment_id, "contacts")
    query = [order(sort, SearchSort)]
    return pages("search_contacts.contacts", where, _found.many, query, page_size)


def upsert_segment_custom_fields(segment_id: str, values: CustomFieldValues) -> Call[None]:
    """Queue values for all contacts that a saved search finds; their other fields stay."""
    if not values:
        raise ConfigError("no value is given")
    return call(
        "search_contacts.custom_fields",
        "POST",
        path("search-contacts", segment_id, "custom-fields"),
        nothing,
        body={"customFieldValues": field_values(values)},
    )


def _saved(name: str, query: SearchQuery) -> dict[str, object]:
    if list(query.subscribers) != ["subscribed"]:
        raise ConfigError("a saved search finds subscribed contacts only; search ad hoc for others")
    return {"name": named("the name of a saved search", name), **_search(query)}


def _search(query: SearchQuery) -> dict[str, object]:
    return {
        "subscribersType": list(query.subscribers),
        "sectionLogicOperator": _LOGIC[query.match],
        "section": [_section(each) for each in query.sections],
    }


_LOGIC = {"all": "and", "any": "or"}


def _section(section: Section) -> dict[str, object]:
    body: dict[str, object] = {
        "campaignIdsList": ids("campaign_ids", section.campaign_ids),
        "logicOperator": _LOGIC[section.match],
        "subscriberCycle": list(section.cycles),
        "subscriptionDate": "custom",
        "conditions": [_condition(each) for each in section.conditions],
    }
    if isinstance(section.subscribed, str):
        body["subscriptionDate"] = section.subscribed
    else:
        first, last = section.subscribed
        body["customDate"] = {"from": first.isoformat(), "to": last.isoformat()}
    return body


def _condition(condition: Condition) -> dict[str, object]:
    fields = {
        "conditionType": condition.condition_type,
        "scope": condition.scope,
        "operatorType": condition.operator_type,
        "operator": condition.operator,
        "value": condition.value,
    }
    return {**{k: v for k, v in fields.items() if v is not None}, **condition.more}
