# Generated from its twin in aio by scripts/blocking.py; edit that.
"""Templates, their roles and fields."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ...runtime.blocking import Noun, Paged
from .. import calls
from ..models.envelopes import EnvelopeDocument
from ..models.recipients import Recipients
from ..models.results import CustomFields
from ..models.tabs import Tabs
from ..models.templates import Template, TemplateFields


class Templates(Noun):
    """Templates: documents with roles instead of people, and fields to fill in.

    ```python
    from connectors import DocuSignClient, JwtBearer, Sandbox
    from connectors.docusign import EnvelopeDefinition, TemplateRole

    box = Sandbox(seed=1)
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    def main() -> None:
        with DocuSignClient(key, transport=box.transport) as client:
            template = client.templates.list().first()
            if template is None:
                return
            fields = client.templates.fields(template.template_id)
            roles = [
                TemplateRole(role_name=role.name, name="Ada", email="ada@example.com")
                for role in fields.roles
            ]
            made = client.envelopes.create(
                EnvelopeDefinition(template_id=template.template_id, template_roles=roles)
            )
            print(made.status)

    main()
    ```
    """

    def list(
        self,
        *,
        search: str | None = None,
        include: Iterable[calls.TemplateListInclude] = (),
        owner: calls.TemplatesOf | None = None,
        folder_ids: Iterable[str] = (),
        modified_since: datetime | None = None,
        modified_until: datetime | None = None,
        order_by: calls.TemplateOrder | None = None,
        descending: bool = False,
        page_size: int = calls.PAGE_SIZE,
        cursor: str | None = None,
    ) -> Paged[Template]:
        """Templates; `search` narrows to texts that hold it, 48 characters at most.

        Raises:
            ConfigError: a longer search, a date without a zone, or a word DocuSign has not.
        """
        pages = calls.list_templates(
            search=search,
            include=include,
            owner=owner,
            folder_ids=folder_ids,
            modified_since=modified_since,
            modified_until=modified_until,
            order_by=order_by,
            descending=descending,
            page_size=page_size,
        )
        return Paged(self._session, pages, cursor)

    def find(self, name: str) -> Template | None:
        """The template of exactly this name, or None."""
        pages = calls.list_templates(search=name[:48])
        return self._find(pages, lambda template: template.name == name)

    def get(self, template_id: str, *, include: Iterable[calls.TemplateInclude] = ()) -> Template:
        """One template with its recipients.

        Raises:
            NotFound: there is none with this id.
        """
        return self._session.send(calls.get_template(template_id, include=include))

    def fields(self, template_id: str) -> TemplateFields:
        """The roles of a template and all that can be filled in.

        Costs 2 calls, and 1 for each document: keep it, templates change seldom.

        Raises:
            NotFound: there is none with this id.
        """
        from .. import flows

        flow = flows.read_template_fields(template_id, self._session.port)
        return self._session.run(flow)

    def recipients(self, template_id: str, *, include_tabs: bool = True) -> Recipients:
        """The roles of a template, with their tabs."""
        call = calls.list_template_recipients(template_id, include_tabs=include_tabs)
        return self._session.send(call)

    def custom_fields(self, template_id: str) -> CustomFields:
        """The custom fields that envelopes have from a template, with their ids."""
        return self._session.send(calls.list_template_custom_fields(template_id))

    def documents(self, template_id: str) -> tuple[EnvelopeDocument, ...]:
        """The documents of a template."""
        return self._session.send(calls.list_template_documents(template_id))

    def document_tabs(self, template_id: str, document_id: str) -> Tabs:
        """The tabs on a template's document; those that the sender fills in are in `prefill`."""
        call = calls.get_template_document_tabs(template_id, document_id)
        return self._session.send(call)
