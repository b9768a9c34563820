"""Documents of an envelope: the list, the bytes, and the fields their sender fills."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from urllib.parse import quote

from . import parsing, shapes
from .access import owned, seen
from .recipients import change, each_tab, remove
from .records import Document, Envelope
from .routing import Call, Route
from .wire import Json, NotSimulated, Refusal, Reply, bad, known, rows, text, yes

TYPES = {"pdf": "application/pdf", "txt": "text/plain", "html": "text/html"}


def _paper(envelope: Envelope, id: str) -> Document:
    found = next((each for each in envelope.documents if each.id == id), None)
    if found is None:
        raise Refusal("DOCUMENT_DOES_NOT_EXIST", f"The document does not exist: {id}.")
    return found


def list_(call: Call) -> Reply:
    query = call.query("include_metadata", "include_tabs", "include_document_size")
    if yes(query.get("include_metadata")):
        raise NotSimulated("query parameter include_metadata")
    envelope = seen(call)
    every = shapes.documents(
        envelope,
        sizes=yes(query.get("include_document_size")),
        tabs=yes(query.get("include_tabs")),
    )
    return Reply(200, {"envelopeId": envelope.id, "envelopeDocuments": every})


def download(call: Call) -> Reply:
    query = call.query("certificate", "watermark", "show_changes", "language", "encrypt")
    for name in ("watermark", "show_changes", "encrypt"):
        if yes(query.get(name)):
            raise NotSimulated(f"query parameter {name}")
    envelope, id = seen(call), call.ids[1]
    if id == "combined":
        parts = [each.content for each in envelope.documents]
        if yes(query.get("certificate")):
            parts.append(certificate(envelope))
        return _file(f"{envelope.subject}.pdf", "application/pdf", b"".join(parts))
    if id == "archive":
        return _file(f"{envelope.subject}.zip", "application/zip", _archive(envelope))
    if id == "certificate":
        return _file("Summary.pdf", "application/pdf", certificate(envelope))
    if id == "portfolio":
        raise NotSimulated("the portfolio of an envelope")
    paper = _paper(envelope, id)
    kind = TYPES.get(paper.extension, "application/octet-stream")
    return _file(_file_name(paper), kind, paper.content)


def _file_name(paper: Document) -> str:
    ending = f".{paper.extension}"
    return paper.name if paper.name.endswith(ending) else f"{paper.name}{ending}"


def _file(name: str, kind: str, content: bytes) -> Reply:
    plain = name.encode("ascii", "replace").decode().replace('"', "'")
    shown = f"file; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    return Reply(200, content, {"Content-Type": kind, "Content-Disposition": shown})


def certificate(envelope: Envelope) -> bytes:
    """The certificate of completion."""
    lines = [f"Envelope {envelope.id} {envelope.status}", envelope.subject]
    lines += [f"{each.name} {each.status}" for each in envelope.recipients]
    return b"%PDF-1.4\n% " + "\n% ".join(lines).encode() + b"\n%%EOF\n"


def _archive(envelope: Envelope) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for each in envelope.documents:
            # A fixed day, so that the same envelope is the same file.
            info = zipfile.ZipInfo(_file_name(each))
            file.writestr(info, each.content)
        file.writestr(zipfile.ZipInfo("Summary.pdf"), certificate(envelope))
    return out.getvalue()


def _draft(call: Call) -> Envelope:
    call.query()
    envelope = owned(call)
    if envelope.status != "created":
        raise Refusal(
            "ENVELOPE_INVALID_STATUS",
            "Invalid envelope status. Envelope status is not one of: Created.",
        )
    envelope.modified = call.box.moment()
    return envelope


def _open(call: Call) -> Envelope:
    """An envelope whose documents may still change."""
    call.query()
    envelope = owned(call)
    if envelope.status not in ("created", "sent", "delivered"):
        raise Refusal("ENVELOPE_INVALID_STATUS", "Invalid envelope status.")
    envelope.modified = call.box.moment()
    return envelope


def _lay(envelope: Envelope, made: list[Document]) -> None:
    """Add documents, each in the place of the one with its id."""
    fresh = {each.id for each in made}
    envelope.documents = [each for each in envelope.documents if each.id not in fresh] + made


def put(call: Call) -> Reply:
    envelope = _open(call)
    body = call.body(("documents",), "the envelope definition")
    _lay(envelope, parsing.documents(body.get("documents"), call.box.guid))
    every = shapes.documents(envelope)
    return Reply(200, {"envelopeId": envelope.id, "envelopeDocuments": every})


def put_one(call: Call) -> Reply:
    """The body is the document, and a header names it."""
    envelope = _open(call)
    name = _told_name(call)
    ending = name.rpartition(".")[2] if "." in name else ""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    endings = {each: name for name, each in TYPES.items()}
    if not ending and kind not in endings:
        raise NotSimulated(f"a document of the content type {kind!r} whose name has no ending")
    row = {
        "documentId": call.ids[1],
        "name": name,
        "fileExtension": ending or endings[kind],
        "documentBase64": base64.b64encode(call.request.body).decode(),
        "order": next(
            (each.order for each in envelope.documents if each.id == call.ids[1]),
            len(envelope.documents) + 1,
        ),
    }
    (made,) = parsing.documents([row], call.box.guid)
    _lay(envelope, [made])
    return Reply(200, shapes.document(envelope.id, made))


def _told_name(call: Call) -> str:
    """The name in `Content-Disposition`."""
    told = re.search(
        'filename="([^"]+)"|filename=([^;"]+)', call.request.headers.get("content-disposition", "")
    )
    if told is None:
        raise bad("parameter: the header Content-Disposition names no document")
    return (told[1] or told[2]).strip()


def delete(call: Call) -> Reply:
    envelope = _open(call)
    body = call.body(("documents",), "the envelope definition")
    gone = [
        _paper(envelope, text(known(each, ("documentId",), "documents").get("documentId")))
        for each in rows(body.get("documents"), "documents")
    ]
    envelope.documents = [each for each in envelope.documents if each not in gone]
    every = shapes.documents(envelope)
    return Reply(200, {"envelopeId": envelope.id, "envelopeDocuments": every})


# -- fields that the sender fills --------------------------------------------------------------


def get_tabs(call: Call) -> Reply:
    query = call.query("page_numbers", "include_metadata")
    if query.get("page_numbers") or yes(query.get("include_metadata")):
        raise NotSimulated(f"query parameter {next(iter(query))}")
    paper = _paper(seen(call), call.ids[1])
    return Reply(200, {"prefillTabs": paper.prefill})


def _prefill(call: Call) -> tuple[Document, dict[str, Json]]:
    envelope = _draft(call)
    if not call.account.prefill:
        raise Refusal("PLAN_ITEM_NOT_ENABLED", "Prefill fields are not enabled on the plan.")
    paper = _paper(envelope, call.ids[1])
    body = call.body(("prefillTabs",), "the tabs of a document")
    return paper, known(body.get("prefillTabs"), parsing.PREFILL, "prefillTabs")


def add_tabs(call: Call) -> Reply:
    paper, given = _prefill(call)
    made = parsing.tabs(given, f"document {paper.id}", call.box.guid)
    for name, group in made.items():
        for tab in group:
            tab["documentId"] = paper.id
        paper.prefill.setdefault(name, []).extend(group)
    return Reply(201, {"prefillTabs": made})


def put_tabs(call: Call) -> Reply:
    paper, given = _prefill(call)
    if not call.box.prefill_updates:
        raise Refusal(
            "INVALID_REQUEST_BODY",
            "This method takes smartSectionTabs and polyLineOverlayTabs only.",
        )
    return Reply(200, {"prefillTabs": each_tab(given, paper.prefill, change)})


def delete_tabs(call: Call) -> Reply:
    paper, given = _prefill(call)
    return Reply(200, {"prefillTabs": each_tab(given, paper.prefill, remove)})


ROUTES = [
    Route("GET", "envelopes/{}/documents", "documents.list", list_),
    Route("PUT", "envelopes/{}/documents", "documents.update", put),
    Route("PUT", "envelopes/{}/documents/{}", "documents.put", put_one),
    Route("DELETE", "envelopes/{}/documents", "documents.delete", delete),
    Route("GET", "envelopes/{}/documents/{}", "documents.get", download),
    Route("GET", "envelopes/{}/documents/{}/tabs", "documents.tabs", get_tabs),
    Route("POST", "envelopes/{}/documents/{}/tabs", "documents.tabs.create", add_tabs),
    Route("PUT", "envelopes/{}/documents/{}/tabs", "documents.tabs.update", put_tabs),
    Route("DELETE", "envelopes/{}/documents/{}/tabs", "documents.tabs.delete", delete_tabs),
]
