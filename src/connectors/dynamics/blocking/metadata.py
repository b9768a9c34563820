# Generated from its twin in aio by scripts/blocking.py; edit that.
"""What the environment says of its tables."""

from __future__ import annotations

from typing import TypeVar

from ...core.call import Call
from ..calls import metadata
from ..models.metadata import (
    Choice,
    ColumnInfo,
    KeyInfo,
    Relationships,
    TableInfo,
    TablePrivilege,
)
from .link import Link

T = TypeVar("T")


class Metadata:
    """Tables, columns, keys, relationships and choices, by logical name.

    What was changed in the last half minute may be told as it was before; with `fresh=True` the
    client asks past the server's caches (online, v9.1 and later).

    ```python
    from connectors import DynamicsClient, ClientCredentials, Sandbox

    box = Sandbox(seed=1, contacts=10)
    crm = box.dynamics
    credential = ClientCredentials(crm.client_id, crm.client_secret, authority=crm.authority)

    def main() -> None:
        with DynamicsClient(crm.url, credential, transport=box.transport) as client:
            print(client.metadata.entity_set("contact"))

    main()
    ```
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def tables(self) -> tuple[TableInfo, ...]:
        """Every table, several hundred of them."""
        return self._link.send(metadata.list_tables())

    def table(self, logical: str, *, fresh: bool = False) -> TableInfo:
        """One table.

        Raises:
            NotFound: there is none of this name.
        """
        return self._link.send(self._asked(metadata.get_table(logical), fresh))

    def find_table(self, logical: str, *, fresh: bool = False) -> TableInfo | None:
        """One table, or None."""
        return self._link.send(self._asked(metadata.find_table(logical), fresh))

    def entity_set(self, logical: str) -> str | None:
        """What a table is called in URLs; None where there is no such table."""
        found = self.find_table(logical)
        return found.entity_set if found else None

    def columns(self, logical: str, *, fresh: bool = False) -> tuple[ColumnInfo, ...]:
        """The columns of a table."""
        return self._link.send(self._asked(metadata.table_columns(logical), fresh))

    def keys(self, logical: str, *, fresh: bool = False) -> tuple[KeyInfo, ...]:
        """The alternate keys of a table, and whether they can be used yet."""
        return self._link.send(self._asked(metadata.table_keys(logical), fresh))

    def relationships(self, logical: str) -> Relationships:
        """The lookups and collections of a table; three calls."""
        return Relationships(
            one_to_many=self._link.send(metadata.one_to_many(logical)),
            many_to_one=self._link.send(metadata.many_to_one(logical)),
            many_to_many=self._link.send(metadata.many_to_many(logical)),
        )

    def choice(self, logical: str, column: str) -> Choice:
        """The options of a choice column."""
        return self._link.send(metadata.column_choice(logical, column))

    def global_choice(self, name: str) -> Choice:
        """A choice that columns share.

        Raises:
            NotFound: there is none of this name.
        """
        by_name = self._link.abilities.choice_by_name
        return self._link.send(metadata.global_choice(name, by_name=by_name))

    def privileges(self, logical: str) -> tuple[TablePrivilege, ...]:
        """The privileges on a table, for roles."""
        return self._link.send(metadata.table_privileges(logical))

    def _asked(self, call: Call[T], fresh: bool) -> Call[T]:
        if fresh:
            self._link.abilities.require("strong_consistency", "a read past the caches")
        return metadata.up_to_date(call) if fresh else call
