"""Every noun of envelopes, templates and views against the sandbox, in both worlds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from connectors import AsyncDocuSignClient, DocuSignClient, JwtBearer, Sandbox
from connectors.docusign.errors import PrefillRefused
from connectors.docusign.models import (
    CompositeTemplate,
    CustomField,
    Document,
    EnvelopeDefinition,
    EnvelopeStatus,
    Expirations,
    InlineTemplate,
    Notification,
    Recipient,
    RecipientKind,
    RecipientStatus,
    Reminders,
    Tab,
    Tabs,
    TabType,
    TemplateRole,
)
from connectors.errors import BadRequest, ConfigError, Conflict, NotFound
from connectors.sandbox import Fault
from tests.facades import WORLDS, World, run

T = TypeVar("T")

ADA = "ada@example.com"


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1)


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def on(box: Sandbox, world: World, case: Callable[[Any], Awaitable[T]], **options: Any) -> T:
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )

    def make(world: World) -> Any:
        kind = DocuSignClient if world == "blocking" else AsyncDocuSignClient
        return kind(key, transport=box.transport, polling_pause=0, **options)

    return run(world, make, case)


def offer(**changes: Any) -> EnvelopeDefinition:
    whole: dict[str, Any] = {
        "email_subject": "Offer",
        "documents": [Document(document_id="1", name="Offer.pdf", content=b"%PDF offer")],
        "recipients": [
            Recipient(
                recipient_id="1",
                name="Ada Lovelace",
                email=ADA,
                routing_order=1,
                tabs=Tabs(items=(Tab(label="company", value="Analytical Ltd", document_id="1"),)),
            )
        ],
        "custom_fields": [CustomField(name="ac_contact_id", value="42", show=False)],
    }
    return EnvelopeDefinition(**{**whole, **changes})


# --- accounts and sites ----------------------------------------------------------------------


def test_the_client_finds_its_account_and_others(box: Sandbox, world: World) -> None:
    other = box.docusign.add_account("Second Ltd")

    async def case(client: Any) -> None:
        info = await client.user_info()
        assert {a.account_id for a in info.accounts} >= {box.docusign.account_id, other}
        assert (await client.accounts.get()).account_id == box.docusign.account_id
        second = client.for_account(other)
        assert (await second.accounts.get()).account_id == other

    on(box, world, case)


def test_an_account_that_is_not_the_users_is_refused(box: Sandbox, world: World) -> None:
    with pytest.raises(ConfigError, match="no member of account"):
        on(box, world, lambda c: c.accounts.get(), account="12345")


# --- envelopes -------------------------------------------------------------------------------


def test_an_envelope_from_documents_goes_out_and_is_read_whole(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.envelopes.create(offer(), send=True)
        assert made.status is EnvelopeStatus.SENT
        found = await client.envelopes.get(
            made.envelope_id, include=["recipients", "custom_fields", "tabs", "documents"]
        )
        assert found.email_subject == "Offer"
        assert found.custom_field("ac_contact_id") == "42"
        assert found.sent_at and found.sent_at.utcoffset() == timedelta(0)
        (signer,) = found.recipients
        assert (signer.kind, signer.status) == (RecipientKind.SIGNER, RecipientStatus.SENT)
        assert signer.recipient_id_guid
        assert "company" in {tab.label for tab in signer.tabs}

    on(box, world, case)


def test_a_lost_answer_makes_no_second_envelope(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        await client.accounts.ping()
        box.faults.add(Fault("lost", method="POST", path="/envelopes"))
        made = await client.envelopes.create(offer(transaction_id="order-42"), send=True)
        assert made.status is EnvelopeStatus.SENT
        assert [e.id for e in box.docusign.envelopes()] == [made.envelope_id]

    on(box, world, case)


def test_a_draft_is_changed_and_sent(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.envelopes.create(offer())
        assert made.status is EnvelopeStatus.CREATED
        await client.envelopes.update(made.envelope_id, email_subject="Better offer")
        await client.envelopes.send(made.envelope_id)
        found = await client.envelopes.get(made.envelope_id, include=["documents"])
        assert found.status is EnvelopeStatus.SENT
        assert found.email_subject == "Better offer"

    on(box, world, case)


def test_an_envelope_is_voided_once(box: Sandbox, world: World) -> None:
    envelope = box.docusign.send("Offer", [ADA])

    async def case(client: Any) -> None:
        await client.envelopes.void(envelope, "a mistake")
        found = await client.envelopes.get(envelope)
        assert (found.status, found.voided_reason) == (EnvelopeStatus.VOIDED, "a mistake")
        with pytest.raises(BadRequest, match="only what is sent or delivered") as caught:
            await client.envelopes.void(envelope, "again")
        assert caught.value.code == "ENVELOPE_CANNOT_VOID_INVALID_STATE"

    on(box, world, case)


def test_mails_are_sent_again(box: Sandbox, world: World) -> None:
    envelope = box.docusign.send("Offer", [ADA])

    async def case(client: Any) -> None:
        await client.envelopes.resend(envelope)
        await client.recipients.update(envelope, "1", resend_envelope=True)

    on(box, world, case)


def test_a_window_of_changes_is_walked_page_by_page(box: Sandbox, world: World) -> None:
    sent = {box.docusign.send(f"Offer {n}", [ADA]) for n in range(5)}

    async def case(client: Any) -> None:
        since = client.now() - timedelta(days=1)
        walk = client.envelopes.list(
            from_date=since, include=["recipients", "custom_fields"], page_size=2
        )
        pages = [page async for page in walk.pages()]
        assert [len(page.items) for page in pages] == [2, 2, 1]
        assert [page.cursor for page in pages] == ["2", "4", None]
        assert pages[0].total == 5
        assert {e.envelope_id for page in pages for e in page.items} == sent
        assert all(e.recipients.items[0].email == ADA for page in pages for e in page.items)
        rest = client.envelopes.list(from_date=since, page_size=2, cursor="4")
        assert len([e async for e in rest]) == 1
        none = client.envelopes.list(from_date=since, statuses=["completed"])
        assert [e async for e in none] == []

    on(box, world, case)


def test_several_states_are_asked_for_at_once(box: Sandbox, world: World) -> None:
    envelopes = [box.docusign.send("Offer", [ADA]) for _ in range(2)]

    async def case(client: Any) -> None:
        created = await client.envelopes.create(offer(transaction_id="order-42"), send=True)
        found = await client.envelopes.statuses(envelopes)
        found.raise_for_errors()
        assert {e.envelope_id for e in found} == set(envelopes)
        known = await client.envelopes.statuses(transaction_ids=["order-42"])
        assert [t.envelope_id for t in known.transactions] == [created.envelope_id]

    on(box, world, case)


def test_what_was_filled_in_is_read(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.envelopes.create(offer(), send=True)
        box.docusign.sign(made.envelope_id, ADA)
        data = await client.envelopes.form_data(made.envelope_id)
        assert data.status is EnvelopeStatus.COMPLETED
        assert {i.name: i.value for i in data.items}["company"] == "Analytical Ltd"
        (signer,) = await client.recipients.list(made.envelope_id)
        theirs = data.of_recipient(signer.recipient_id_guid)
        assert theirs is not None
        assert theirs.signed_at == signer.signed_at
        events = await client.envelopes.audit_events(made.envelope_id)
        assert events
        assert events[0].fields

    on(box, world, case)


def test_custom_fields_are_made_changed_and_deleted(box: Sandbox, world: World) -> None:
    envelope = box.docusign.send("Offer", [ADA])

    async def case(client: Any) -> None:
        made = await client.envelopes.create_custom_fields(
            envelope, [CustomField(name="deal", value="7")]
        )
        made.raise_for_errors()
        (field,) = await client.envelopes.custom_fields(envelope)
        assert (field.name, field.value, bool(field.field_id)) == ("deal", "7", True)
        changed = CustomField(field_id=field.field_id, name="deal", value="8")
        (await client.envelopes.update_custom_fields(envelope, [changed])).raise_for_errors()
        assert (await client.envelopes.custom_fields(envelope)).items[0].value == "8"
        await client.envelopes.delete_custom_fields(envelope, [field])
        assert len(await client.envelopes.custom_fields(envelope)) == 0

    on(box, world, case)


def test_reminders_and_expiry_are_set(box: Sandbox, world: World) -> None:
    envelope = box.docusign.send("Offer", [ADA])
    wanted = Notification(
        use_account_defaults=False,
        reminders=Reminders(reminder_enabled=True, reminder_delay=2, reminder_frequency=3),
        expirations=Expirations(expire_enabled=True, expire_after=30, expire_warn=5),
    )

    async def case(client: Any) -> None:
        await client.envelopes.update_notification(envelope, wanted)
        assert await client.envelopes.notification(envelope) == wanted

    on(box, world, case)


def test_an_envelope_is_locked_by_one(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.envelopes.create(offer())
        lock = await client.envelopes.lock(made.envelope_id, seconds=60)
        assert lock.lock_token
        assert lock.locked_until > client.now()
        with pytest.raises(Conflict, match="lock"):
            await client.envelopes.lock(made.envelope_id)
        await client.envelopes.update(made.envelope_id, email_subject="Mine", lock=lock)
        lock = await client.envelopes.extend_lock(made.envelope_id, lock, seconds=120)
        assert (await client.envelopes.get_lock(made.envelope_id)).lock_type == "edit"
        await client.envelopes.unlock(made.envelope_id, lock)
        with pytest.raises(NotFound):
            await client.envelopes.get_lock(made.envelope_id)

    on(box, world, case)


# --- recipients ------------------------------------------------------------------------------


def test_recipients_are_added_corrected_and_taken_out(box: Sandbox, world: World) -> None:
    envelope = box.docusign.send("Offer", [ADA])

    async def case(client: Any) -> None:
        copy = Recipient(
            kind=RecipientKind.CARBON_COPY,
            recipient_id="5",
            name="Cleo",
            email="cleo@example.com",
            routing_order=2,
        )
        (await client.recipients.add(envelope, [copy])).raise_for_errors()
        await client.recipients.update(envelope, "1", email="ada.king@example.com")
        updates = await client.recipients.update_many(
            envelope, [Recipient(recipient_id="1", name="Ada King")]
        )
        updates.raise_for_errors()
        people = await client.recipients.list(envelope)
        assert people.by_id("1").person_email == "ada.king@example.com"
        assert people.by_id("1").name == "Ada King"
        assert [p.name for p in people.of_kind(RecipientKind.CARBON_COPY)] == ["Cleo"]
        await client.recipients.delete(envelope, "5")
        assert (await client.recipients.list(envelope)).by_id("5") is None

    on(box, world, case)


def test_tabs_of_a_recipient_are_added_and_changed(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        made = await client.envelopes.create(offer())
        vip = Tab(
            type=TabType.CHECKBOX,
            label="vip",
            selected=True,
            document_id="1",
            page_number=1,
            x_position="10",
            y_position="10",
        )
        (await client.recipients.add_tabs(made.envelope_id, "1", [vip])).raise_for_errors()
        tabs = {tab.label: tab for tab in await client.recipients.tabs(made.envelope_id, "1")}
        assert tabs["vip"].selected is True
        change = Tab(tab_id=tabs["company"].tab_id, value="Other Ltd")
        (await client.recipients.update_tabs(made.envelope_id, "1", [change])).raise_for_errors()
        await client.recipients.delete_tabs(made.envelope_id, "1", [tabs["vip"]])
        left = {tab.label: tab for tab in await client.recipients.tabs(made.envelope_id, "1")}
        assert left["company"].value == "Other Ltd"
        assert "vip" not in left

    on(box, world, case)


# --- documents -------------------------------------------------------------------------------


def test_documents_are_listed_read_and_streamed(box: Sandbox, world: World, tmp_path: Path) -> None:
    async def case(client: Any) -> None:
        made = await client.envelopes.create(offer(), send=True)
        documents = await client.documents.list(made.envelope_id)
        assert [d.document_id for d in documents if d.type == "content"] == ["1"]
        whole = await client.documents.get(made.envelope_id, "combined")
        assert whole.startswith(b"%PDF")
        with pytest.raises(NotFound):
            await client.documents.get(made.envelope_id, "9")

    on(box, world, case)


def test_a_document_is_saved_as_it_comes(box: Sandbox, tmp_path: Path) -> None:
    envelope = box.docusign.send("Offer", [ADA])
    key = JwtBearer(
        client_id=box.docusign.integration_key,
        user_id=box.docusign.user_id,
        private_key=box.docusign.private_key,
    )
    with DocuSignClient(key, transport=box.transport) as client:
        with client.documents.open(envelope, "combined") as download:
            assert download.content_type == "application/pdf"
            path = download.save(tmp_path / "offer.pdf")
        assert path.read_bytes() == client.documents.get(envelope, "combined")


def test_documents_are_added_and_taken_out(box: Sandbox, world: World) -> None:
    terms = Document(document_id="2", name="Terms.pdf", content=b"%PDF terms")

    async def case(client: Any) -> None:
        made = await client.envelopes.create(offer())
        added = await client.documents.put_many(made.envelope_id, [terms])
        assert all(document.error is None for document in added)
        assert await client.documents.get(made.envelope_id, "2") == b"%PDF terms"
        await client.documents.delete(made.envelope_id, ["2"])
        listed = await client.documents.list(made.envelope_id)
        assert [d.document_id for d in listed if d.type == "content"] == ["1"]

    on(box, world, case)


# --- templates -------------------------------------------------------------------------------


def template(box: Sandbox) -> str:
    made: str = box.docusign.add_template(
        "Offer",
        roles=["Signer", {"role": "Witness", "order": 2}],
        tabs={
            "textTabs": [{"tabLabel": "company"}],
            "checkboxTabs": [{"tabLabel": "vip"}],
            "listTabs": [
                {
                    "tabLabel": "plan",
                    "listItems": [{"text": "Gold", "value": "gold"}, {"text": "B", "value": "b"}],
                }
            ],
        },
        prefill={"price": "0"},
    )
    return made


def test_a_template_shows_its_roles_and_fields(box: Sandbox, world: World) -> None:
    wanted = template(box)

    async def case(client: Any) -> None:
        found = await client.templates.find("Offer")
        assert found.template_id == wanted
        assert await client.templates.find("Off") is None
        assert (await client.templates.get(wanted)).name == "Offer"
        assert [t.template_id async for t in client.templates.list(search="Off")] == [wanted]
        fields = await client.templates.fields(wanted)
        assert [role.name for role in fields.roles] == ["Signer", "Witness"]
        assert fields.labels >= {"company", "vip", "plan", "price"}
        assert [field.label for field in fields.prefill] == ["price"]
        (plan,) = [f for f in fields.role("Signer").fields if f.label == "plan"]
        assert plan.options == ("gold", "b")

    on(box, world, case)


def test_a_draft_of_a_template_is_filled_in(box: Sandbox, world: World) -> None:
    wanted = template(box)

    async def case(client: Any) -> None:
        fields = await client.templates.fields(wanted)
        values = {"company": "Analytical Ltd", "vip": True, "plan": "gold"}
        role = TemplateRole(
            role_name="Signer", name="Ada", email=ADA, tabs=fields.tabs("Signer", values)
        )
        definition = EnvelopeDefinition(template_id=wanted, template_roles=[role])
        made = await client.envelopes.create_prefilled(definition, {"price": "100"})
        assert made.status is EnvelopeStatus.CREATED
        people = await client.recipients.list(made.envelope_id, include_tabs=True)
        (signer,) = [p for p in people if p.role_name == "Signer"]
        tabs = {tab.label: tab for tab in signer.tabs}
        assert tabs["company"].value == "Analytical Ltd"
        assert tabs["vip"].selected is True
        assert tabs["plan"].value == "gold"
        on_paper = await client.documents.tabs(made.envelope_id, "1")
        assert [tab.value for tab in on_paper.prefill if tab.label == "price"] == ["100"]

    on(box, world, case)


def test_groups_and_boxes_of_the_sender_are_filled_in(box: Sandbox, world: World) -> None:
    wanted = box.docusign.add_template(
        "Offer",
        prefill={
            "radioGroupTabs": [{"groupName": "size", "radios": [{"value": "S"}, {"value": "L"}]}],
            "checkboxTabs": [{"tabLabel": "vip"}],
        },
    )

    async def case(client: Any) -> None:
        fields = await client.templates.fields(wanted)
        assert [field.options for field in fields.prefill] == [("S", "L"), ()]
        definition = EnvelopeDefinition(template_id=wanted)
        made = await client.envelopes.create_prefilled(definition, {"size": "L", "vip": True})
        tabs = {
            tab.key: tab for tab in (await client.documents.tabs(made.envelope_id, "1")).prefill
        }
        assert [(each.value, each.selected) for each in tabs["size"].radios] == [
            ("S", False),
            ("L", True),
        ]
        assert tabs["vip"].selected is True
        box.docusign.envelope(made.envelope_id).documents[0].prefill["radioGroupTabs"][0][
            "templateLocked"
        ] = "true"
        with pytest.raises(PrefillRefused, match="tab size: INVALID_REQUEST_PARAMETER"):
            await client.envelopes.prefill(made.envelope_id, {"size": "S"})

    on(box, world, case)


def test_a_document_is_put_by_its_bytes(box: Sandbox, world: World, tmp_path: Path) -> None:
    paper = tmp_path / "terms.pdf"
    paper.write_bytes(b"%PDF-1.4 terms")

    async def case(client: Any) -> None:
        draft = await client.envelopes.create(offer())
        put = await client.documents.put(draft.envelope_id, "8", paper, name="Terms.pdf")
        assert (put.document_id, put.name) == ("8", "Terms.pdf")
        again = await client.documents.put(draft.envelope_id, "8", b"%PDF-2", name="Terms.pdf")
        assert again.order == put.order
        assert await client.documents.get(draft.envelope_id, "8") == b"%PDF-2"

    on(box, world, case)


def test_what_is_sent_is_not_sent_again(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        sent = await client.envelopes.create(offer(), send=True)
        with pytest.raises(BadRequest, match="ENVELOPE_INVALID_STATUS"):
            await client.envelopes.send(sent.envelope_id)

    on(box, world, case)


def test_a_field_that_is_not_there_is_refused(box: Sandbox, world: World) -> None:
    wanted = template(box)

    async def case(client: Any) -> None:
        definition = EnvelopeDefinition(template_id=wanted)
        with pytest.raises(ConfigError, match="no prefill tab 'cost'; they have price"):
            await client.envelopes.create_prefilled(definition, {"cost": "1"})
        with pytest.raises(ConfigError, match="takes text, not True or False"):
            await client.envelopes.create_prefilled(definition, {"price": True})

    on(box, world, case)

    assert box.calls.count("docusign", "envelopes.create") == 0


def test_a_draft_of_documents_that_lacks_a_field_is_named(box: Sandbox, world: World) -> None:
    async def case(client: Any) -> None:
        with pytest.raises(PrefillRefused, match="no prefill tab 'cost'") as caught:
            await client.envelopes.create_prefilled(offer(), {"cost": "1"})
        assert box.docusign.envelope(caught.value.envelope_id).status == "created"

    on(box, world, case)


def test_several_templates_make_one_envelope(box: Sandbox, world: World) -> None:
    first, second = template(box), template(box)

    async def case(client: Any) -> None:
        inline = InlineTemplate(
            sequence=3,
            recipients=[Recipient(recipient_id="1", role_name="Signer", name="Ada", email=ADA)],
        )
        definition = EnvelopeDefinition(
            email_subject="Two at once",
            composite_templates=[CompositeTemplate(template_ids=[first, second], inline=[inline])],
        )
        made = await client.envelopes.create(definition, merge_roles_on_draft=True)
        assert made.status is EnvelopeStatus.CREATED
        used = await client.envelopes.templates(made.envelope_id)
        assert [(t.template_id, t.name, t.document_id) for t in used] == [
            (first, "Offer", "1"),
            (second, "Offer", "2"),
        ]

    on(box, world, case)


def test_an_envelope_tells_its_template_however_often_it_is_asked(
    box: Sandbox, world: World
) -> None:
    sales = template(box)
    people = [ADA, "bob@example.com"]
    envelope = box.docusign.send("Offer", people, template_id=sales)
    alone = box.docusign.send("Offer", [ADA])

    async def case(client: Any) -> None:
        (used,) = await client.envelopes.templates(envelope)
        assert used.template_id == sales
        assert await client.envelopes.templates(envelope) == (used,)
        assert await client.envelopes.templates(alone) == ()
        with pytest.raises(NotFound):
            await client.envelopes.templates("93be49ab-0000-4000-8000-f752070d71ec")

    on(box, world, case)


# --- views -----------------------------------------------------------------------------------


def test_pages_are_given_for_sender_recipient_and_console(box: Sandbox, world: World) -> None:
    back = "https://app.example.com/back"

    async def case(client: Any) -> None:
        draft = await client.envelopes.create(offer())
        assert (await client.views.sender(draft.envelope_id, back)).url.startswith("https://")
        signer = Recipient(recipient_id="1", name="Ada", email=ADA, client_user_id="7")
        sent = await client.envelopes.create(offer(recipients=[signer]), send=True)
        with pytest.raises(BadRequest, match="ENVELOPE_INVALID_STATUS"):
            await client.views.sender(sent.envelope_id, back)
        assert (await client.views.correct(sent.envelope_id, back)).url
        view = await client.views.recipient(
            sent.envelope_id, back, user_name="Ada", email=ADA, client_user_id="7"
        )
        assert view.url not in repr(view)
        with pytest.raises(NotFound, match="UNKNOWN_ENVELOPE_RECIPIENT"):
            await client.views.recipient(
                sent.envelope_id, back, user_name="Bob", email="b@x.org", client_user_id="7"
            )
        assert (await client.views.console(envelope_id=sent.envelope_id)).url
        link = client.document_link(sent.envelope_id)
        assert link.endswith(f"/documents/details/{sent.envelope_id}")

    on(box, world, case)
