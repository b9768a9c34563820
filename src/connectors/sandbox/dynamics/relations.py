"""Where a collection-valued navigation property leads."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import Unknown
from .schema import Nav
from .tables import KeyOrder, Store

FIRST = {"campaignlist_association": "campaign", "systemuserroles_association": "systemuser"}
"""Which table's ids come first in the pairs of a many-to-many link."""


def related(store: Store, table: str, row_id: str, nav: Nav) -> Sequence[str]:
    """Ids in key order of the rows a collection leads to."""
    if nav.link == "listcontact_association":
        if table == "list":
            return store.members.get(row_id, ({}, KeyOrder()))[1].sorted()
        members = store.tables["listmember"]
        return sorted(members.rows[m]["listid"] for m in members.having("entityid", row_id))
    if nav.link:
        pairs = store.links.get(nav.link, set())
        if FIRST[nav.link] == table:
            return sorted(b for a, b in pairs if a == row_id)
        return sorted(a for a, b in pairs if b == row_id)
    if not nav.collection:
        raise Unknown(f"collection {nav.name}")
    return sorted(store.table(nav.target).having(nav.column, row_id))
