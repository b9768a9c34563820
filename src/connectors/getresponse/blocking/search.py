# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Searches of contacts, ad hoc and saved."""

from __future__ import annotations

from ...runtime.blocking import Noun, Paged
from .. import calls
from ..models.contacts import CustomFieldValues
from ..models.search import FoundContact, SearchQuery, Segment


class SearchContacts(Noun):
    """Searches by conditions; a saved one is a segment, which newsletters can be sent to.

    An ad-hoc search is the only way to see contacts that were removed or are not confirmed yet.

    ```python
    from connectors import GetResponseClient, Sandbox
    from connectors.getresponse.models import Condition, SearchQuery, Section

    box = Sandbox(seed=1)

    def main() -> None:
        with GetResponseClient(box.getresponse.key, transport=box.transport) as client:
            news = client.campaigns.create("news")
            query = SearchQuery(
                sections=[
                    Section(
                        campaign_ids=[news.campaign_id],
                        conditions=[Condition.email("ends", "@example.org")],
                    )
                ],
                subscribers=["subscribed", "removed"],
            )
            for contact in client.search_contacts.search(query):
                print(contact.contact_id, contact.reason)

    main()
    ```
    """

    def search(
        self,
        query: SearchQuery,
        *,
        sort: calls.SearchSort = "createdOn",
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[FoundContact]:
        """Contacts that a search finds, ascending by `sort`; nothing is saved."""
        pages = calls.search_contacts(query, sort=sort, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def list(
        self,
        *,
        name: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Segment]:
        """The saved searches; `name` narrows to names that contain it."""
        pages = calls.list_segments(name=name, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def find(self, name: str) -> Segment | None:
        """The saved search of exactly this name, or None."""
        return self._find(calls.list_segments(name=name), lambda s: s.name == name)

    def get(self, segment_id: str) -> Segment:
        """One saved search with its conditions.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_segment(segment_id))

    def create(self, name: str, query: SearchQuery) -> Segment:
        """Save a search.

        Raises:
            AnswerLost: it may be there now; `find` it before you create it again.
            ConfigError: a search of other contacts than subscribed ones.
        """
        return self._session.send(calls.create_segment(name, query))

    def update(self, segment_id: str, *, name: str, query: SearchQuery) -> Segment:
        """Replace a saved search.

        Raises:
            NotFound: there is none with this id.
            ConfigError: a search of other contacts than subscribed ones.
        """
        return self._session.send(calls.update_segment(segment_id, name=name, query=query))

    def delete(self, segment_id: str) -> None:
        """Delete a saved search, not its contacts; one that is gone already is fine."""
        self._session.send(calls.delete_segment(segment_id))

    def list_contacts(
        self,
        segment_id: str,
        *,
        sort: calls.SearchSort = "createdOn",
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[FoundContact]:
        """Contacts that a saved search finds now."""
        pages = calls.list_segment_contacts(segment_id, sort=sort, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def upsert_custom_fields(self, segment_id: str, values: CustomFieldValues) -> None:
        """Queue values for all contacts that a saved search finds; their other fields stay.

        Raises:
            NotFound: there is none with this id.
        """
        self._session.send(calls.upsert_segment_custom_fields(segment_id, values))
