"""Templates, their recipients and documents, with tabs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, get_args

from attrs import frozen

from ...core.call import Call, Page, Pages, Response
from ...core.given import ids, one_of, path
from ...core.wire import Names
from ...errors import ConfigError
from ..models.envelopes import EnvelopeDocument
from ..models.recipients import Recipients
from ..models.results import CustomFields
from ..models.tabs import Tabs
from ..models.templates import Template
from ..reading import DocuSignReader
from ._parts import PAGE_SIZE, Counters, call, counted, listing, several, within

MOST_TEMPLATES = 2000
"""Templates of the largest page."""

_LONGEST_SEARCH = 48

TemplateInclude = Literal["powerforms", "tabs", "documents", "favorite_template_status"]
"""What one template brings along; recipients come by themselves."""

TemplateListInclude = Literal[
    "powerforms",
    "documents",
    "folders",
    "favorite_template_status",
    "advanced_templates",
    "recipients",
    "custom_fields",
    "notifications",
]
"""What the templates of a list bring along."""

TemplateOrder = Literal["name", "modified", "used"]
TemplatesOf = Literal["owned_by_me", "shared_with_me", "all"]


@frozen(kw_only=True)
class _Templates:
    envelope_templates: tuple[Template, ...] = ()
    total_set_size: int | None = None
    next_uri: str | None = None


@frozen(kw_only=True)
class _Documents:
    template_documents: tuple[EnvelopeDocument, ...] = ()


_NAMES: Names = {
    Template: {
        "created_at": "created",
        "last_modified_at": "lastModified",
        "last_used_at": "lastUsed",
        "error": "errorDetails",
    }
}
_template = DocuSignReader.of(Template, _NAMES)
_templates = DocuSignReader.of(_Templates, _NAMES)
_documents = DocuSignReader.of(_Documents)
_custom_fields = DocuSignReader.of(CustomFields)
_recipients = DocuSignReader.of(Recipients)
_tabs = DocuSignReader.of(Tabs)


def list_templates(
    *,
    search: str | None = None,
    include: Iterable[TemplateListInclude] = (),
    owner: TemplatesOf | None = None,
    folder_ids: Iterable[str] = (),
    modified_since: datetime | None = None,
    modified_until: datetime | None = None,
    order_by: TemplateOrder | None = None,
    descending: bool = False,
    page_size: int = PAGE_SIZE,
) -> Pages[Template]:
    """Templates; `search` narrows to texts that hold it, 48 characters at most.

    Raises:
        ConfigError: a longer search, a date without a zone, or a word DocuSign has not.
    """
    if search is not None and len(search) > _LONGEST_SEARCH:
        raise ConfigError(f"search takes {_LONGEST_SEARCH} characters, got {len(search)}")
    query: list[tuple[str, object]] = [
        ("search_text", search),
        ("include", several("include", include, get_args(TemplateListInclude)) or None),
        ("user_filter", owner and one_of("owner", owner, get_args(TemplatesOf))),
        ("folder_ids", ids("folder_ids", folder_ids) or None),
        ("modified_from_date", modified_since),
        ("modified_to_date", modified_until),
        ("order_by", order_by and one_of("order_by", order_by, get_args(TemplateOrder))),
        ("order", "desc" if descending else None),
    ]

    def decode(response: Response, start: int) -> Page[Template]:
        found = _templates.one(response.body)
        said = Counters(total_set_size=found.total_set_size, next_uri=found.next_uri)
        return counted(found.envelope_templates, response, start, said)

    return listing("templates.list", "templates", decode, query, page_size, most=MOST_TEMPLATES)


def get_template(template_id: str, *, include: Iterable[TemplateInclude] = ()) -> Call[Template]:
    """One template with its recipients."""
    return call(
        "templates.get",
        "GET",
        path("templates", template_id),
        lambda r: _template.one(r.body),
        query=[("include", several("include", include, get_args(TemplateInclude)) or None)],
    )


def list_template_recipients(template_id: str, *, include_tabs: bool = True) -> Call[Recipients]:
    """The roles of a template, with their tabs."""
    return call(
        "templates.recipients",
        "GET",
        path("templates", template_id, "recipients"),
        lambda r: _recipients.one(r.body),
        query=[("include_tabs", True if include_tabs else None)],
    )


def list_template_custom_fields(template_id: str) -> Call[CustomFields]:
    """The custom fields that envelopes of a template have from it, with their ids."""
    where = path("templates", template_id, "custom_fields")
    return call("templates.custom_fields", "GET", where, lambda r: _custom_fields.one(r.body))


def list_template_documents(template_id: str) -> Call[tuple[EnvelopeDocument, ...]]:
    """The documents of a template."""
    where = path("templates", template_id, "documents")
    return call(
        "templates.documents", "GET", where, lambda r: _documents.one(r.body).template_documents
    )


def get_template_document_tabs(template_id: str, document_id: str) -> Call[Tabs]:
    """The tabs on a template's document; those that the sender fills in are in `prefill`."""
    where = within(path("templates", template_id), "documents", document_id, "tabs")
    return call("templates.document_tabs", "GET", where, lambda r: _tabs.one(r.body))
