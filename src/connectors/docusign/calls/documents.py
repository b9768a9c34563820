"""Documents of an envelope: lists, bytes, and the tabs that belong to no recipient."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from attrs import evolve, frozen

from ...core.call import Call, Response, WriteClass
from ...core.given import named, path
from ...core.upload import Upload
from ...errors import ConfigError, DecodeError
from ..errors import raise_for
from ..models.definitions import Document
from ..models.envelopes import EnvelopeDocument, EnvelopeLock
from ..models.tabs import Tab, Tabs
from ..reading import DocuSignReader
from ._bodies import LARGEST_BODY, document_number, documents_body, identified, tabs_body
from ._parts import call, within
from ._updates import edit_headers

Whole = Literal["combined", "archive", "certificate", "portfolio"]
"""Instead of a document's id: all as one PDF, all as a ZIP, the certificate of completion alone."""


@frozen(kw_only=True)
class _Documents:
    envelope_documents: tuple[EnvelopeDocument, ...] = ()


_documents = DocuSignReader.of(_Documents)
_document = DocuSignReader.of(EnvelopeDocument)
_tabs = DocuSignReader.of(Tabs)


def list_documents(
    envelope_id: str, *, include_tabs: bool = False, include_document_size: bool = False
) -> Call[tuple[EnvelopeDocument, ...]]:
    """The documents of an envelope; once it is completed, the certificate is among them."""
    return call(
        "documents.list",
        "GET",
        path("envelopes", envelope_id, "documents"),
        lambda r: _documents.one(r.body).envelope_documents,
        query=[
            ("include_tabs", True if include_tabs else None),
            ("include_document_size", True if include_document_size else None),
        ],
    )


def get_document(
    envelope_id: str,
    document_id: str | Whole,
    *,
    certificate: bool | None = None,
    watermark: bool | None = None,
    show_changes: bool | None = None,
    language: str | None = None,
    recipient_id: str | None = None,
) -> Call[bytes]:
    """The bytes of a document, or of all of them. `client.stream` reads them piece by piece.

    Args:
        document_id: a number as text, or "combined", "archive", "certificate" or "portfolio".
        certificate: whether the certificate comes along; with "combined" alone.
        watermark: whether a PDF that is not completed yet says so.
        language: of the certificate, such as "fr".
        recipient_id: as this recipient sees it.

    Raises:
        ConfigError: the certificate together with anything but "combined".
    """
    if certificate is not None and document_id != "combined":
        raise ConfigError('certificate goes with document_id "combined" alone')
    made = call(
        "documents.get",
        "GET",
        within(path("envelopes", envelope_id), "documents", document_id),
        _bytes,
        query=[
            ("certificate", certificate),
            ("watermark", watermark),
            ("show_changes", show_changes),
            ("language", language),
            ("recipient_id", recipient_id),
        ],
    )
    return evolve(made, check=_check_kind)


def _bytes(response: Response) -> bytes:
    _check_kind(response)
    return response.body


def _check_kind(response: Response) -> None:
    """Refuse a web page, such as somebody's sign-in. DocuSign names the file of a document, which may
    well be HTML; a page has no such name."""
    page = response.headers.get("content-type", "").lower().startswith("text/html")
    if page and "filename" not in response.headers.get("content-disposition", "").lower():
        raise DecodeError("the answer is a web page and no document")


def put_documents(
    envelope_id: str, documents: Iterable[Document], *, lock: EnvelopeLock | None = None
) -> Call[tuple[EnvelopeDocument, ...]]:
    """Add documents to an envelope, or replace those of the same ids; what is refused has its
    `error` set.

    Raises:
        ConfigError: none, one without content, or two with one id.
    """
    found = documents_body(documents)
    if not found:
        raise ConfigError("no documents were given")
    return call(
        "documents.put_many",
        "PUT",
        path("envelopes", envelope_id, "documents"),
        lambda r: _documents.one(r.body).envelope_documents,
        body={"documents": found},
        headers=edit_headers(lock),
    )


def put_document(
    envelope_id: str,
    document_id: str,
    content: bytes | Path,
    *,
    name: str,
    content_type: str = "application/pdf",
    lock: EnvelopeLock | None = None,
) -> Call[EnvelopeDocument]:
    """Add a document to an envelope, or replace the one of this id. A file goes piece by piece.

    Args:
        document_id: a number as text.
        content: the bytes, or the path of a file.
        name: what recipients see, such as "Contract.pdf".

    Raises:
        ConfigError: an id that is no number, a name that fits in no header, a file that is not there,
            an empty document, or one of more than 35,651,584 bytes.
    """
    named("the name of a document", name)
    if not (name.isascii() and name.isprintable()) or '"' in name:
        raise ConfigError("the name of a document goes in a header here: plain letters, no quotes")
    if not (content_type.isascii() and content_type.isprintable()) or "/" not in content_type:
        raise ConfigError(f"content_type is like application/pdf, got {content_type!r}")
    made = call(
        "documents.put",
        "PUT",
        within(path("envelopes", envelope_id), "documents", document_number(document_id)),
        _read_document,
        headers=(
            ("Content-Type", content_type),
            ("Content-Disposition", f'filename="{name}"'),
            *edit_headers(lock),
        ),
    )
    upload = Upload((content,))
    size, _ = upload.begin()
    if not 0 < size <= LARGEST_BODY:
        raise ConfigError(f"a document goes as 1 to {LARGEST_BODY} bytes, got {size}")
    if isinstance(content, bytes):
        return evolve(made, request=evolve(made.request, body=content))
    return evolve(made, request=evolve(made.request, upload=upload))


def _read_document(response: Response) -> EnvelopeDocument:
    found = _document.one(response.body)
    raise_for([(f"document {found.document_id}", found.error)])
    return found


def delete_documents(
    envelope_id: str, document_ids: Iterable[str], *, lock: EnvelopeLock | None = None
) -> Call[tuple[EnvelopeDocument, ...]]:
    """Take documents out; what is refused has its `error` set.

    Raises:
        ConfigError: none.
    """
    gone = [{"documentId": document_number(each)} for each in document_ids]
    if not gone:
        raise ConfigError("no documents were named")
    return call(
        "documents.delete",
        "DELETE",
        path("envelopes", envelope_id, "documents"),
        lambda r: _documents.one(r.body).envelope_documents,
        body={"documents": gone},
        headers=edit_headers(lock),
    )


# --- tabs that belong to a document ----------------------------------------------------------


def list_document_tabs(envelope_id: str, document_id: str) -> Call[Tabs]:
    """The tabs on a document; those that the sender fills in are in `prefill`."""
    where = within(path("envelopes", envelope_id), "documents", document_id, "tabs")
    return call("documents.tabs", "GET", where, lambda r: _tabs.one(r.body))


def update_prefill_tabs(
    envelope_id: str,
    document_id: str,
    tabs: Iterable[Tab],
    *,
    lock: EnvelopeLock | None = None,
) -> Call[Tabs]:
    """Fill in tabs of the sender, found by `tab_id`; what is refused has its `error` set.

    `envelopes.prefill` finds the tabs by their labels and checks the answer.

    Raises:
        ConfigError: none, or one without its id.
    """
    return call(
        "documents.update_prefill_tabs",
        "PUT",
        within(path("envelopes", envelope_id), "documents", document_id, "tabs"),
        lambda r: _tabs.one(r.body),
        body={"prefillTabs": tabs_body(identified(tabs))},
        headers=edit_headers(lock),
        write_class=WriteClass.IDEMPOTENT,
    )
