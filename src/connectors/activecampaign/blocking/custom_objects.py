# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Custom objects: schemas and their records."""

from __future__ import annotations

from ...runtime.blocking import Noun, Paged
from .. import calls, flows
from ..models.custom_objects import NewSchema, Record, RecordFields, Schema


class CustomObjects(Noun):
    """Custom objects: a schema says what its records hold.

    Those that are not an app's need the Enterprise plan; without it, calls are `Forbidden`.

    ```python
    from connectors import ActiveCampaignClient, Sandbox
    from connectors.activecampaign import NewSchema, SchemaField

    box = Sandbox(seed=1)
    account = box.activecampaign
    wanted = NewSchema(
        slug="visit",
        singular="Visit",
        plural="Visits",
        fields=[SchemaField(id="room", label="Room"), SchemaField(id="host", label="Host")],
    )

    def main() -> None:
        with ActiveCampaignClient(
            account.url, account.key, transport=box.transport
        ) as client:
            noor = client.contacts.sync("noor@example.org").contact
            visits = client.custom_objects.create_schema(wanted)
            client.custom_objects.put_record(
                visits, "visit-1", {"room": "Blue", "host": "Ada"}, contact_id=noor.id
            )
            client.custom_objects.update_record(visits, "visit-1", {"room": "Red"})
            found = client.custom_objects.find_record(visits.id, "visit-1")
            print(dict(found.fields) if found else "no such visit")

    main()
    ```
    """

    def list_schemas(
        self,
        *,
        with_deleted_fields: bool = False,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Schema]:
        """All custom objects, those of apps too.

        Raises:
            Forbidden: the plan or the user has none.
        """
        pages = calls.list_schemas(with_deleted_fields=with_deleted_fields, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def find_schema(self, slug: str) -> Schema | None:
        """The custom object of exactly this slug, or None."""
        return self._find(calls.list_schemas(), lambda schema: schema.slug == slug)

    def get_schema(self, schema_id: str) -> Schema:
        """One custom object.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_schema(schema_id))

    def create_schema(self, schema: NewSchema) -> Schema:
        """Create a private custom object whose records belong to one contact each.

        Raises:
            Conflict: the slug is taken.
            Forbidden: the plan has no private custom objects.
            ConfigError: no label, no field, two fields with one id.
        """
        return self._session.send(calls.create_schema(schema))

    def update_schema(
        self, schema_id: str, schema: NewSchema, *, check_only: bool = False
    ) -> Schema:
        """Write a custom object anew, all of it: what is left out may be lost.

        Args:
            schema: with every field and relationship that it shall have, as `Schema.as_new` makes it.
            check_only: say whether that would do, and change nothing.

        Raises:
            NotFound: there is none with this id.
            BadRequest: a change that cannot be.
        """
        return self._session.send(calls.update_schema(schema_id, schema, check_only=check_only))

    def delete_schema(self, schema_id: str) -> None:
        """Delete a custom object with all its records; one that is gone already is fine."""
        self._session.send(calls.delete_schema(schema_id))

    def delete_schema_field(self, schema_id: str, field_id: str) -> None:
        """Delete a field with its values in all records, for ever; administrators only."""
        self._session.send(calls.delete_schema_field(schema_id, field_id))

    def list_records(
        self,
        schema_id: str,
        *,
        contact_id: str | None = None,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Record]:
        """The records of a custom object, or those of one contact, in no order.

        One that was just written may be missing for 10 seconds and more; `find_record` has it.
        """
        pages = calls.list_records(schema_id, contact_id=contact_id, page_size=page_size)
        return Paged(self._session, pages, cursor)

    def get_record(self, schema_id: str, record_id: str) -> Record:
        """One record by its id.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_record(schema_id, record_id))

    def find_record(self, schema_id: str, external_id: str) -> Record | None:
        """The record with this external id, or None."""
        return self._session.send(calls.find_record(schema_id, external_id))

    def put_record(
        self, schema: Schema, external_id: str, fields: RecordFields, *, contact_id: str
    ) -> Record:
        """Write the record with this external id, new or not, all of it.

        Args:
            fields: every field of the schema by its id, as one that is left out would lose its
                value; None empties one.
            contact_id: whom it belongs to.

        Returns:
            What was written; its `id` is None where the service does not say it.

        Raises:
            ConfigError: a field is missing or unknown, or its value does not fit.
        """
        call = calls.put_record(
            schema.id, external_id, fields, contact_id=contact_id, schema=schema
        )
        return self._session.send(call)

    def update_record(
        self,
        schema: Schema,
        external_id: str,
        fields: RecordFields,
        *,
        contact_id: str | None = None,
    ) -> Record:
        """Change some fields of a record and keep the others: reads it first, writes it whole.

        Two who do so at the same time may undo each other's change.

        Args:
            schema: read again where the record holds a field that it does not have.
            contact_id: whom it belongs to; needed where there is no record yet.

        Raises:
            NotFound: there is none with this external id, and no `contact_id`.
            ConfigError: a value does not fit its field, or the record holds one of no field of the
                custom object, which would be cleared.
        """
        flow = flows.update_record(
            schema, external_id, fields, self._session.port, contact_id=contact_id
        )
        return self._session.run(flow)

    def delete_record(self, schema_id: str, record_id: str) -> None:
        """Delete a record by its id; one that is gone already is fine."""
        self._session.send(calls.delete_record(schema_id, record_id))

    def delete_record_by_external_id(self, schema_id: str, external_id: str) -> None:
        """Delete a record by its external id; one that is gone already is fine."""
        self._session.send(calls.delete_record_by_external_id(schema_id, external_id))
