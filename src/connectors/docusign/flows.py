"""What takes several calls, as flows: they know no world and no clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from attrs import evolve

from ..core.call import Call, Reply
from ..core.flow import Flow, Port, perform
from ..errors import AnswerLost, BadRequest, CallError, ConfigError, Forbidden, ServerError
from . import calls
from .errors import PrefillRefused, item_errors
from .models.definitions import EnvelopeDefinition
from .models.envelopes import EnvelopeDocument
from .models.results import CreatedEnvelope
from .models.tabs import ErrorDetails, Radio, Tab, Tabs
from .models.templates import FieldValue, TemplateFields, fields_of, template_fields

T = TypeVar("T")

_DRAFT = "the draft is there, without these values"
_HINT = f"prefill tabs are part of some plans only; {_DRAFT}"


def send(call: Call[T], port: Port) -> Flow[T]:
    """The value of one call."""
    return (yield from perform(call, port)).value


def create_envelope(
    call: Call[CreatedEnvelope], transaction_id: str | None, port: Port
) -> Flow[CreatedEnvelope]:
    """Create an envelope. Where the answer was lost, one with a `transaction_id` is looked up, and
    created anew where there is none."""
    try:
        return (yield from send(call, port))
    except (AnswerLost, ServerError):
        if transaction_id is None:
            raise
    found = yield from send(calls.list_envelopes(transaction_ids=[transaction_id]).at(None), port)
    for envelope in found.items:
        return CreatedEnvelope(
            envelope_id=envelope.envelope_id,
            status=envelope.status,
            status_changed_at=envelope.status_changed_at,
        )
    return (yield from send(call, port))


def prefill(
    envelope_id: str, values: Mapping[str, FieldValue], port: Port
) -> Flow[tuple[Tab, ...]]:
    """Fill in the sender's tabs of a draft, by label, on all of its documents that have them.

    Reads the documents, the tabs of each, and writes each that has one of the labels.
    """
    documents = yield from send(calls.list_documents(envelope_id), port)
    changes: list[tuple[str, tuple[Tab, ...]]] = []
    labels: set[str] = set()
    for document in _contents(documents):
        tabs = yield from send(calls.list_document_tabs(envelope_id, document), port)
        labels |= {tab.key for tab in tabs.prefill if tab.key}
        changes.append((document, _filled(tabs, values)))
    _check_labels(values, labels)
    done: list[Tab] = []
    for document, tabs_to_write in changes:
        if tabs_to_write:
            call = calls.update_prefill_tabs(envelope_id, document, tabs_to_write)
            try:
                reply = yield from perform(call, port)
            except (BadRequest, Forbidden) as refused:
                raise _not_taken(envelope_id, refused) from refused
            check_prefill(envelope_id, tabs_to_write, reply)
            done += tabs_to_write
    return tuple(done)


def _check_labels(values: Mapping[str, FieldValue], labels: Collection[str]) -> None:
    missing = [label for label in values if label not in labels]
    if missing:
        there = ", ".join(sorted(labels)) or "none"
        raise ConfigError(
            f"the documents have no prefill tab {', '.join(map(repr, missing))}; they have {there}"
        )


def _contents(documents: Sequence[EnvelopeDocument]) -> list[str]:
    """The documents that can have tabs: the certificate has none."""
    return [each.document_id for each in documents if each.type in (None, "content")]


def _filled(tabs: Tabs, values: Mapping[str, FieldValue]) -> tuple[Tab, ...]:
    """The prefill tabs of a document that take one of the values."""
    found: list[Tab] = []
    for tab in tabs.prefill:
        for field in fields_of([tab], None):
            if field.label in values:
                found.append(_with_ids(field.tab(values[field.label]), tab))
    return tuple(found)


def _with_ids(wanted: Tab, there: Tab) -> Tab:
    """A value for a tab as DocuSign finds it: by the tab's id, in a radio group by the radios'."""
    chosen = {radio.value for radio in wanted.radios}
    radios = (
        Radio(tab_id=each.tab_id, value=each.value, selected=each.value in chosen)
        for each in there.radios
    )
    return evolve(wanted, tab_id=there.tab_id, radios=tuple(radios))


def _not_taken(envelope_id: str, refused: BadRequest | Forbidden) -> PrefillRefused:
    """A refusal of all tabs at once: some plans have none, some accounts take none this way."""
    error = PrefillRefused(
        (refused.message,),
        envelope_id=envelope_id,
        code=refused.code,
        hint="; ".join(each for each in (refused.hint, _DRAFT) if each),
        status=refused.status,
    )
    error.request_id, error.attempts = refused.request_id, refused.attempts
    return error


def check_prefill(envelope_id: str, sent: Sequence[Tab], reply: Reply[Tabs]) -> None:
    """DocuSign answers 200 also where it did not take a tab."""
    every = (*reply.value.items, *reply.value.prefill)
    errors = ((tab, error) for tab in every for error in (tab.error, *_of_radios(tab)))
    said, code = item_errors((f"tab {tab.key or tab.tab_id}", error) for tab, error in errors)
    if not said:
        back = {name for tab in every for name in (tab.key, tab.tab_id) if name}
        lost = (tab for tab in sent if not {tab.key, tab.tab_id} & back)
        said = tuple(f"tab {tab.key}: DocuSign does not say that it took it" for tab in lost)
    if said:
        error = PrefillRefused(said, envelope_id=envelope_id, code=code, hint=_HINT)
        error.attempts = reply.attempts
        raise error


def _of_radios(tab: Tab) -> list[ErrorDetails]:
    """Why a radio group was refused: each of its radios says so, and one is enough."""
    return [radio.error for radio in tab.radios if radio.error is not None][:1]


def read_template_fields(template_id: str, port: Port) -> Flow[TemplateFields]:
    """The roles and fields of a template: 2 calls, and 1 for each of its documents."""
    recipients = yield from send(calls.list_template_recipients(template_id), port)
    documents = yield from send(calls.list_template_documents(template_id), port)
    tabs: list[Tabs] = []
    for document in _contents(documents):
        found = yield from send(calls.get_template_document_tabs(template_id, document), port)
        tabs.append(found)
    return template_fields(recipients, tabs)


def prefilled_draft(
    definition: EnvelopeDefinition, values: Mapping[str, FieldValue], port: Port
) -> Flow[CreatedEnvelope]:
    """A draft with the sender's tabs filled in; the template is asked first whether it has them.

    Whatever fails once the draft is there names it.
    """
    call = calls.create_envelope(definition)
    if values and definition.template_id:
        yield from _check_template(definition.template_id, values, port)
    made = yield from create_envelope(call, definition.transaction_id, port)
    if values:
        try:
            yield from prefill(made.envelope_id, values, port)
        except ConfigError as error:
            raise PrefillRefused((str(error),), envelope_id=made.envelope_id, hint=_DRAFT) from None
        except PrefillRefused:
            raise
        except CallError as error:
            there = f"the draft {made.envelope_id} is there, `prefill` fills it in"
            error.hint = "; ".join(each for each in (error.hint, there) if each)
            raise
    return made


def _check_template(template_id: str, values: Mapping[str, FieldValue], port: Port) -> Flow[None]:
    """Refuse values that a template has no tabs for."""
    documents = yield from send(calls.list_template_documents(template_id), port)
    labels: set[str] = set()
    for document in _contents(documents):
        tabs = yield from send(calls.get_template_document_tabs(template_id, document), port)
        labels |= {tab.key for tab in tabs.prefill if tab.key}
        _filled(tabs, values)
    _check_labels(values, labels)
