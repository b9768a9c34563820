"""What an envelope is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from ..errors import shown
from .envelopes import CustomField, Notification
from .recipients import PhoneNumber, Recipient
from .tabs import Tab

if TYPE_CHECKING:
    from .connect import EventNotification


@frozen(kw_only=True)
class RoleMail:
    """The mail to one role, instead of the envelope's. `supported_language` is like "fr"."""

    email_subject: str | None = field(default=None, repr=shown)
    email_body: str | None = field(default=None, repr=False)
    supported_language: str | None = None


@frozen(kw_only=True)
class TemplateRole:
    """Who takes a role of a template, and what stands in its fields.

    Args:
        role_name: exactly as in the template.
        name, email: whom; a draft may leave both out.
        client_user_id: makes it an embedded signer, who gets no mail.
        tabs: values by label; `TemplateFields.tabs` makes them from plain values. Tabs that the
            sender fills in are not among them: see `envelopes.prefill`.
    """

    role_name: str
    name: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    client_user_id: str | None = None
    routing_order: int | None = None
    access_code: str | None = field(default=None, repr=False)
    signing_group_id: str | None = None
    in_person_signer_name: str | None = field(default=None, repr=False)
    default_recipient: bool | None = None
    delivery_method: str | None = None
    phone_number: PhoneNumber | None = None
    email_notification: RoleMail | None = None
    tabs: Sequence[Tab] = ()


@frozen(kw_only=True)
class Document:
    """A document to sign.

    Args:
        document_id: a number from 1 on, as text, unique in the envelope.
        name: what recipients see.
        content: its bytes; larger ones than 25 MB go to a draft by `documents.put`.
        remote_url: where DocuSign fetches it, instead of `content`.
        file_extension: "pdf", "docx", …
        order: its place among the documents.
        transform_pdf_fields: whether the PDF's own form fields become tabs.
    """

    document_id: str
    name: str
    content: bytes | None = field(default=None, repr=lambda c: f"<{len(c or b'')} bytes>")
    remote_url: str | None = field(default=None, repr=False)
    file_extension: str | None = None
    order: int | None = None
    transform_pdf_fields: bool | None = None


@frozen(kw_only=True)
class InlineTemplate:
    """What a composite template adds to its templates, or changes in them."""

    sequence: int
    recipients: Sequence[Recipient] = ()
    documents: Sequence[Document] = ()
    custom_fields: Sequence[CustomField] = ()


@frozen(kw_only=True)
class CompositeTemplate:
    """Templates laid over one another; an envelope may be made of several such.

    Args:
        template_ids: from the lowest to the uppermost.
        inline: in which order it takes part is its `sequence`, counted with the templates from 1.
        document: takes the place of the templates' documents.
    """

    template_ids: Sequence[str] = ()
    inline: Sequence[InlineTemplate] = ()
    document: Document | None = None
    composite_template_id: str | None = None


@frozen(kw_only=True)
class EnvelopeDefinition:
    """An envelope to create: from one template, from several, or from documents.

    Args:
        email_subject: at most 100 characters; a template brings its own.
        template_id: with `template_roles`, the people for its roles.
        composite_templates: several templates, or a template with further documents. Custom fields
            then belong into their inline templates.
        documents: with `recipients`, who do what with them.
        custom_fields: values beside the envelope; hidden ones (`show=False`) carry ids of yours.
        transaction_id: a text of yours, unique for 7 days. With it, an answer that was lost is looked
            up before anything is sent again; without it a lost answer is an error.
        notification: reminders and expiry, instead of the account's.
        event_notifications: whom to tell of this envelope's events, beside the account's Connect.
        others: further members, by DocuSign's names.
    """

    email_subject: str | None = field(default=None, repr=shown)
    email_blurb: str | None = field(default=None, repr=False)
    template_id: str | None = None
    template_roles: Sequence[TemplateRole] = ()
    composite_templates: Sequence[CompositeTemplate] = ()
    documents: Sequence[Document] = ()
    recipients: Sequence[Recipient] = ()
    custom_fields: Sequence[CustomField] = ()
    transaction_id: str | None = None
    notification: Notification | None = None
    event_notifications: Sequence[EventNotification] = ()
    brand_id: str | None = None
    allow_reassign: bool | None = None
    enforce_signer_visibility: bool | None = None
    others: Mapping[str, object] = field(factory=dict, repr=False)
