"""Refusals on the way: they name the draft that is there by then, and the call that was refused."""

from __future__ import annotations

import pickle
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from connectors import AsyncDocuSignClient, DocuSignClient, JwtBearer, Sandbox
from connectors.docusign import (
    AskedTooOften,
    EnvelopeDefinition,
    ItemRefused,
    PrefillRefused,
    TemplateRole,
)
from connectors.docusign.models import CustomField, Envelope, EnvelopeId, Recipient
from connectors.errors import CallError
from tests.docusign.operations import ENVELOPE
from tests.docusign.script import Answer, Script, ok, refusal
from tests.facades import WORLDS, World, run

PAPERS = ok({"envelopeDocuments": [{"documentId": "1"}]})
TABS = ok({"prefillTabs": {"textTabs": [{"tabLabel": "price", "tabId": "t-1"}]}})
WRITE = "documents.update_prefill_tabs"


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def on(box: Sandbox, world: World, case: Callable[[Any], Awaitable[Any]]) -> Any:
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    def make(world: World) -> Any:
        kind = DocuSignClient if world == "blocking" else AsyncDocuSignClient
        return kind(key, transport=box.transport)

    return run(world, make, case)


# --- the sender's tabs -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "hint"),
    [
        (403, "PLAN_ITEM_NOT_ENABLED", "plan has no such feature; the draft is there, without"),
        (400, "INVALID_REQUEST_BODY", "^the draft is there, without these values$"),
    ],
)
def test_values_that_are_refused_all_at_once_name_the_draft(
    box: Sandbox, world: World, status: int, code: str, hint: str
) -> None:
    ds = box.docusign
    ds.account(ds.account_id).prefill = status != 403
    ds.prefill_updates = status != 400
    template = ds.add_template("Lease", roles=["Tenant"], prefill={"Landlord": ""})
    tenant = TemplateRole(role_name="Tenant", name="Ada", email="ada@example.com")
    lease = EnvelopeDefinition(template_id=template, template_roles=[tenant])
    errors: list[PrefillRefused] = []

    async def case(client: Any) -> None:
        with pytest.raises(
            PrefillRefused, match=f"^docusign {WRITE} → {status} code {code}"
        ) as one:
            await client.envelopes.create_prefilled(lease, {"Landlord": "Sam"})
        with pytest.raises(PrefillRefused) as two:
            await client.envelopes.prefill(one.value.envelope_id, {"Landlord": "Sam"})
        errors.extend([one.value, two.value])

    on(box, world, case)

    (draft,) = ds.envelopes()
    for error in errors:
        assert (error.envelope_id, error.status, error.code) == (draft.id, status, code)
        assert (error.service, error.operation, error.attempts) == ("docusign", WRITE, 1)
        assert error.request_id
        assert re.search(hint, error.hint)


@pytest.mark.parametrize(
    "after",
    [
        [refusal(404, "ENVELOPE_DOES_NOT_EXIST")],
        [PAPERS, refusal(403, "USER_LACKS_PERMISSIONS")],
        [PAPERS, TABS, refusal(500, "UNSPECIFIED_ERROR"), (429, {}, b"")],
        [PAPERS, TABS, (200, {}, b"<html>")],
    ],
    ids=["no documents", "no tabs", "a server's error", "a page"],
)
def test_whatever_fails_once_the_draft_is_there_names_it(world: World, after: list[Answer]) -> None:
    made = ok({"envelopeId": ENVELOPE}, 201)
    script = Script([made, *after, *after[-1:] * 2])
    definition = EnvelopeDefinition(email_subject="Offer")

    with pytest.raises(CallError) as caught:
        run(
            world,
            script.make(retries=1),
            lambda c: c.envelopes.create_prefilled(definition, {"price": "1"}),
        )

    assert not isinstance(caught.value, PrefillRefused)
    assert f"the draft {ENVELOPE} is there" in str(caught.value)
    assert caught.value.operation.startswith("documents.")


# --- items -----------------------------------------------------------------------------------

ERROR = {"errorDetails": {"errorCode": "UNSPECIFIED_ERROR", "message": "no"}}


@pytest.mark.parametrize(
    ("operation", "answer", "act"),
    [
        (
            "recipients.update",
            {"recipientUpdateResults": [{"recipientId": "9", **ERROR}]},
            lambda c: c.recipients.update(ENVELOPE, "9", name="Ada"),
        ),
        (
            "recipients.delete",
            {"signers": [{"recipientId": "9", **ERROR}]},
            lambda c: c.recipients.delete(ENVELOPE, "9"),
        ),
        ("envelopes.send", ERROR, lambda c: c.envelopes.send(ENVELOPE)),
        ("envelopes.lock", ERROR, lambda c: c.envelopes.lock(ENVELOPE)),
        (
            "documents.put",
            {"documentId": "1", **ERROR},
            lambda c: c.documents.put(ENVELOPE, "1", b"%PDF", name="A.pdf"),
        ),
    ],
)
def test_a_refused_item_names_its_call(
    world: World, operation: str, answer: dict[str, Any], act: Callable[[Any], Awaitable[Any]]
) -> None:
    script = Script([(429, {"retry-after": "1"}, b""), ok(answer)])

    with pytest.raises(ItemRefused, match=f"^docusign {operation} → 200 code UNSPEC") as caught:
        run(world, script.make(), act)

    error = caught.value
    assert (error.service, error.operation, error.attempts) == ("docusign", operation, 2)


@pytest.mark.parametrize("answer", [{}, {"prefillTabs": {"textTabs": [{"tabId": "t-1", **ERROR}]}}])
def test_a_tab_that_was_not_taken_names_its_call(world: World, answer: dict[str, Any]) -> None:
    script = Script([PAPERS, TABS, (429, {"retry-after": "1"}, b""), ok(answer)])

    with pytest.raises(PrefillRefused, match=f"^docusign {WRITE} → 200") as caught:
        run(world, script.make(), lambda c: c.envelopes.prefill(ENVELOPE, {"price": "1"}))

    error = caught.value
    assert (error.service, error.operation, error.attempts) == ("docusign", WRITE, 2)


@pytest.mark.parametrize(
    "act",
    [
        lambda c: c.envelopes.create_custom_fields(ENVELOPE, [CustomField(name="a", value="b")]),
        lambda c: c.recipients.add(ENVELOPE, [Recipient(recipient_id="9", name="Ada")]),
    ],
)
def test_items_that_are_reported_name_the_service(
    world: World, act: Callable[[Any], Awaitable[Any]]
) -> None:
    rows = [{"name": "a", "recipientId": "9", **ERROR}]
    script = Script([ok({"textCustomFields": rows, "signers": rows}, 201)])
    found = run(world, script.make(), act)

    with pytest.raises(ItemRefused, match=r"^docusign → 200 code UNSPEC"):
        found.raise_for_errors()


def test_the_errors_of_docusign_survive_a_pickle() -> None:
    refused = PrefillRefused(("tab price: X",), envelope_id="e-1", code="X", hint="look")
    often = AskedTooOften("not sent", retry_after=5.0)

    same = pickle.loads(pickle.dumps(refused))

    assert (same.envelope_id, same.code, same.hint) == ("e-1", "X", "look")
    assert pickle.loads(pickle.dumps(often)).retry_after == 5.0


def test_an_envelope_with_a_workflow_can_be_in_a_set() -> None:
    one = Envelope(envelope_id=EnvelopeId("e"), workflow={"workflowStatus": "paused"})

    assert len({one, one}) == 1
