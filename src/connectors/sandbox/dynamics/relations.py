"""Where a collection-valued navigation property leads."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import Unknown
from .schema import Nav
from .tables import KeyOrder, Store

FIRST = {"campaignlist_association": "campaign", "systemuserroles_association": "systemuser"}
"""Which table's ids come first in the pairs of a many-to-many link."""
MEMBERS = {"listaccount_association": ("account", 1), "listcontact_association": ("contact", 2)}
"""Links made of list members: whose, and the `createdfromcode` of lists that have such."""


def related(store: Store, table: str, row_id: str, nav: Nav) -> Sequence[str]:
    """Ids in key order of the rows a collection leads to."""
    if nav.link in MEMBERS:
        return _members(store, table, row_id, MEMBERS[nav.link][1])
    if nav.link:
        pairs = store.links.get(nav.link, set())
        if FIRST[nav.link] == table:
            return sorted(b for a, b in pairs if a == row_id)
        return sorted(a for a, b in pairs if b == row_id)
    if not nav.collection:
        raise Unknown(f"collection {nav.name}")
    return sorted(store.table(nav.target).having(nav.column, row_id))


def _members(store: Store, table: str, row_id: str, code: int) -> Sequence[str]:
    if table != "list":
        members = store.tables["listmember"]
        return sorted(members.rows[m]["listid"] for m in members.having("entityid", row_id))
    if store.tables["list"].rows[row_id]["createdfromcode"] != code:
        return []
    return store.members.get(row_id, ({}, KeyOrder()))[1].sorted()
