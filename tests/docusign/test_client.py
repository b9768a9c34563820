"""The client in both worlds over a scripted service: accounts, limits, lost answers, downloads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import AsyncDocuSignClient, DocuSignClient, RefreshToken, Retries, TokenProvider
from connectors.docusign import AskedTooOften, EnvelopeDefinition, PrefillRefused
from connectors.docusign.models import EnvelopeStatus, Recipient, Tab
from connectors.errors import (
    AnswerLost,
    AuthError,
    ConfigError,
    NotFound,
    ServerError,
    Throttled,
)
from tests.docusign.operations import ENVELOPE, PAPER, TEMPLATE
from tests.docusign.script import ACCOUNT, BASE, SECRET, SITE, Script, ok, refusal
from tests.facades import WORLDS, World, run

OTHER = "22222222-0000-4000-8000-000000000000"
E = f"envelopes/{ENVELOPE}"


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    chosen: World = request.param
    return chosen


def user_info(*accounts: tuple[str, str, bool]) -> dict[str, Any]:
    return {
        "sub": "5f8c7a10-0000-4000-8000-000000000003",
        "name": "Sam Sender",
        "email": "sam@example.com",
        "accounts": [
            {"account_id": id, "account_name": "A", "base_uri": site, "is_default": default}
            for id, site, default in accounts
        ],
    }


# --- accounts --------------------------------------------------------------------------------


def test_a_known_site_is_asked_at_once_with_the_token(world: World) -> None:
    script = Script([ok({"envelopeId": ENVELOPE, "status": "sent"})])

    found = run(world, script.make(), lambda c: c.envelopes.get(ENVELOPE))

    (sent,) = script.sent
    assert found.status is EnvelopeStatus.SENT
    assert sent.url == f"{BASE}/{E}"
    assert sent.headers["Authorization"] == f"Bearer {SECRET}"
    assert sent.headers["Accept"] == "application/json"


def test_the_site_of_the_default_account_is_asked_for_once(world: World) -> None:
    info = user_info((OTHER, "https://eu.docusign.net", False), (ACCOUNT, SITE, True))
    script = Script([ok(info), ok({"envelopeId": ENVELOPE}), ok({"envelopeId": ENVELOPE})])

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        await client.envelopes.statuses([ENVELOPE])
        assert (await client.user_info()).email == "sam@example.com"

    run(world, script.make(account=None, base_uri=None), case)

    assert [sent.url for sent in script.sent] == [
        "https://account-d.docusign.com/oauth/userinfo",
        f"{BASE}/{E}",
        f"{BASE}/envelopes/status?envelope_ids=request_body",
    ]


def test_production_is_another_account_server(world: World) -> None:
    script = Script([ok(user_info((ACCOUNT, SITE, True)))])

    run(
        world,
        script.make(account=None, base_uri=None, environment="production"),
        lambda c: c.user_info(),
    )

    assert script.sent[0].url == "https://account.docusign.com/oauth/userinfo"


def test_another_account_of_the_user_is_on_its_own_site(world: World) -> None:
    eu = "https://eu.docusign.net"
    script = Script(
        [
            ok(user_info((ACCOUNT, SITE, True), (OTHER, eu, False))),
            ok({"envelopeId": ENVELOPE}),
            ok({"envelopeId": ENVELOPE}),
        ]
    )

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        await client.for_account(OTHER).envelopes.get(ENVELOPE)

    run(world, script.make(account=None, base_uri=None), case)

    assert script.sent[1].url == f"{BASE}/{E}"
    assert script.sent[2].url == f"{eu}/restapi/v2.1/accounts/{OTHER}/{E}"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"environment": "test"}, "environment must be demo or production"),
        ({"account": None}, "base_uri belongs to one account"),
        ({"base_uri": "https://example.com"}, "must be like https://na3"),
        ({"account": "a/b"}, "must be an account id"),
        ({"credential": "a-key"}, "must be a JwtBearer"),
        ({"timeout": 0}, "timeout must be seconds"),
    ],
)
def test_what_cannot_connect_is_refused(world: World, options: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        Script([]).make(**options)(world)


def test_a_link_that_lasts_fits_the_environment() -> None:
    for environment, host in (("demo", "appdemo"), ("production", "app")):
        client = Script([]).make(environment=environment)("blocking")
        assert client.document_link("e") == f"https://{host}.docusign.com/documents/details/e"


# --- limits ----------------------------------------------------------------------------------


def test_an_envelope_asked_for_too_often_fails_and_others_go_on(world: World) -> None:
    code = "Burst_Envelope_Polling_Limit_Exceeded"
    script = Script([refusal(400, code), ok({"envelopeId": "other"})])

    async def case(client: Any) -> None:
        with pytest.raises(AskedTooOften, match="Connect's events") as caught:
            await client.envelopes.get(ENVELOPE)
        assert caught.value.retry_after == 900
        assert caught.value.attempts == 1
        await client.envelopes.get("other")

    run(world, script.make(), case)

    assert script.clock.waits == []


def test_a_burst_is_waited_for_by_everybody_of_the_account(world: World) -> None:
    script = Script(
        [refusal(429, "BURST_APIINVOCATION_LIMIT_EXCEEDED"), ok({"envelopeId": ENVELOPE})]
    )

    run(world, script.make(), lambda c: c.envelopes.get(ENVELOPE))

    assert script.clock.monotonic() >= 30
    assert len(script.sent) == 2


def test_the_hours_limit_is_not_waited_for(world: World) -> None:
    script = Script([refusal(429, "HOURLY_APIINVOCATION_LIMIT_EXCEEDED")])

    with pytest.raises(Throttled) as caught:
        run(world, script.make(), lambda c: c.envelopes.get(ENVELOPE))

    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 60


def test_two_clients_of_an_account_share_its_burst(world: World) -> None:
    script = Script([ok({"envelopeId": "e"})] * 202)
    chosen = {"polling_pause": 0}

    async def case(client: Any) -> None:
        second = client.for_account(ACCOUNT.upper(), base_uri=SITE)
        for each in (client, second):
            for _ in range(101):
                await each.envelopes.get("e")

    run(world, script.make(**chosen), case)

    assert script.clock.monotonic() == 30


# --- the polling rule ------------------------------------------------------------------------


def test_a_second_question_about_an_envelope_is_not_sent_within_15_minutes(world: World) -> None:
    script = Script([ok({"envelopeId": ENVELOPE})] * 2)

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        script.clock.sleep(60)
        with pytest.raises(AskedTooOften, match=r"again in 840 s .*statuses") as caught:
            await client.envelopes.get(ENVELOPE.upper(), include=["tabs"])
        assert (caught.value.retry_after, caught.value.attempts) == (840.0, 0)
        script.clock.sleep(840)
        await client.envelopes.get(ENVELOPE)

    run(world, script.make(), case)

    assert len(script.sent) == 2


def test_each_part_of_an_envelope_may_be_asked_for_and_its_documents_ever_again(
    world: World,
) -> None:
    script = Script([ok({"envelopeId": ENVELOPE})] * 8)

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        await client.recipients.list(ENVELOPE)
        await client.recipients.tabs(ENVELOPE, "1")
        await client.envelopes.form_data(ENVELOPE)
        await client.envelopes.audit_events(ENVELOPE)
        await client.envelopes.custom_fields(ENVELOPE)
        await client.documents.list(ENVELOPE)
        await client.documents.list(ENVELOPE)
        for again in (
            client.recipients.list,
            client.envelopes.form_data,
            client.envelopes.audit_events,
            client.envelopes.custom_fields,
        ):
            with pytest.raises(AskedTooOften):
                await again(ENVELOPE)
        with pytest.raises(AskedTooOften):
            await client.recipients.tabs(ENVELOPE, "1")

    run(world, script.make(), case)


def test_clients_of_one_account_keep_the_polling_rule_together(world: World) -> None:
    script = Script([ok({"envelopeId": ENVELOPE})] * 2)

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        same = client.for_account(ACCOUNT.upper(), base_uri=SITE)
        with pytest.raises(AskedTooOften):
            await same.envelopes.get(ENVELOPE)
        other = client.for_account("77777777-7777-7777-7777-777777777777", base_uri=SITE)
        await other.envelopes.get(ENVELOPE)

    run(world, script.make(), case)


LETTERS = "abcdef01-0000-4000-8000-00000000ABCD"


def test_an_account_is_one_however_its_id_is_written(world: World) -> None:
    script = Script([ok({"envelopeId": ENVELOPE})])

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        for name in (LETTERS.lower(), LETTERS.upper()):
            with pytest.raises(AskedTooOften):
                await client.for_account(name, base_uri=SITE).envelopes.get(ENVELOPE)

    run(world, script.make(account=LETTERS), case)

    with pytest.raises(AskedTooOften):
        run(
            world,
            script.make(account=LETTERS.lower()),
            lambda c: c.envelopes.get(ENVELOPE),
        )


def test_the_default_account_keeps_the_limits_of_the_account_that_it_is(world: World) -> None:
    script = Script(
        [
            ok(user_info((LETTERS, SITE, True))),
            ok({"envelopeId": ENVELOPE}),
            refusal(429, "BURST_APIINVOCATION_LIMIT_EXCEEDED"),
            ok({"accountName": "A"}),
        ]
    )

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        with pytest.raises(AskedTooOften):
            await client.for_account(LETTERS).envelopes.get(ENVELOPE)
        with pytest.raises(Throttled):
            await client.with_options(retries=0).accounts.get()

    run(world, script.make(account=None, base_uri=None), case)

    async def named(client: Any) -> None:
        with pytest.raises(AskedTooOften):
            await client.envelopes.get(ENVELOPE)
        assert script.clock.monotonic() == 0
        await client.accounts.get()
        assert script.clock.monotonic() == 30

    run(world, script.make(account=LETTERS), named)


def test_a_host_may_leave_the_polling_rule_to_docusign(world: World) -> None:
    code = "Hourly_Envelope_Polling_Limit_Exceeded"
    answer = ok({"envelopeId": ENVELOPE})
    script = Script([answer, answer, refusal(400, code), refusal(400, code)])

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        await client.envelopes.get(ENVELOPE)
        for _ in range(2):
            with pytest.raises(AskedTooOften) as caught:
                await client.envelopes.get(ENVELOPE)
            assert caught.value.attempts == 1

    run(world, script.make(polling_pause=0), case)


@pytest.mark.parametrize("pause", [0, 5])
def test_clients_of_other_pauses_know_what_each_has_asked(world: World, pause: float) -> None:
    script = Script([ok({"envelopeId": ENVELOPE})] * 4)

    async def case(client: Any) -> None:
        await client.envelopes.get(ENVELOPE)
        script.clock.sleep(10)
        own = script.make(polling_pause=pause)("blocking")
        own.envelopes.get("other")
        for known in (ENVELOPE, "other"):
            with pytest.raises(AskedTooOften):
                await client.envelopes.get(known)

    run(world, script.make(), case)

    assert len(script.sent) == 2


def test_a_question_that_waited_for_its_turn_counts_from_when_it_was_asked(world: World) -> None:
    held = refusal(429, "HOURLY_APIINVOCATION_LIMIT_EXCEEDED", **{"retry-after": "1800"})
    script = Script([held, ok({"envelopeId": ENVELOPE}), ok({"envelopeId": ENVELOPE})])

    async def case(client: Any) -> None:
        with pytest.raises(Throttled):
            await client.accounts.get()
        await client.envelopes.get(ENVELOPE)
        with pytest.raises(AskedTooOften) as caught:
            await client.envelopes.get(ENVELOPE)
        assert caught.value.retry_after == 900
        script.clock.sleep(900)
        await client.envelopes.get(ENVELOPE)

    run(world, script.make(), case)


@pytest.mark.parametrize(("kind", "pause"), [("Hourly", 3600), ("Burst", 900)])
def test_the_pause_that_docusign_wants_is_kept_for_the_whole_envelope(
    world: World, kind: str, pause: float
) -> None:
    refused = refusal(400, f"{kind}_Envelope_Polling_Limit_Exceeded")
    answer = ok({"envelopeId": ENVELOPE})
    script = Script([refused, answer, (200, {}, b"%PDF"), ok({}), answer])

    async def case(client: Any) -> None:
        with pytest.raises(AskedTooOften):
            await client.recipients.list(ENVELOPE)
        await client.envelopes.get("other")
        await client.documents.get(ENVELOPE, "1")
        script.clock.sleep(pause - 1)
        for ask in (client.recipients.list, client.envelopes.get, client.envelopes.form_data):
            with pytest.raises(AskedTooOften) as caught:
                await ask(ENVELOPE)
            assert (caught.value.retry_after, caught.value.attempts) == (1, 0)
        script.clock.sleep(1)
        await client.recipients.list(ENVELOPE)
        await client.envelopes.form_data(ENVELOPE)

    run(world, script.make(), case)


def test_a_download_too_many_holds_no_question(world: World) -> None:
    script = Script([refusal(400, "API_REQUEST_IS_THROTTLED"), ok({"envelopeId": ENVELOPE})])

    async def case(client: Any) -> None:
        with pytest.raises(AskedTooOften):
            await client.documents.get(ENVELOPE, "1")
        await client.envelopes.get(ENVELOPE)

    run(world, script.make(retries=0), case)

    assert script.clock.waits == []


def test_a_question_that_is_cancelled_may_be_asked_again() -> None:
    sent = asyncio.Event()
    answered: list[bytes] = []

    async def service(method: str, url: str, headers: Any, body: bytes, /) -> Any:
        sent.set()
        if not answered:
            await asyncio.Event().wait()
        return ok({"envelopeId": ENVELOPE})

    async def main() -> None:
        token = TokenProvider(provide=lambda: SECRET)
        client = AsyncDocuSignClient(
            token, account="0c0c0c0c-0000-4000-8000-000000000000", base_uri=SITE, transport=service
        )
        task = asyncio.create_task(client.envelopes.get(ENVELOPE))
        await sent.wait()
        with pytest.raises(AskedTooOften):
            await client.envelopes.get(ENVELOPE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        answered.append(b"")
        assert (await client.envelopes.get(ENVELOPE)).envelope_id == ENVELOPE
        with pytest.raises(AskedTooOften):
            await client.envelopes.get(ENVELOPE)

    asyncio.run(main())


# --- an account server that is busy ----------------------------------------------------------

SIGNED_IN = RefreshToken(client_id="app", refresh_token="r")


@pytest.mark.parametrize("asked", ["30", "300"])
def test_an_account_server_is_given_the_time_that_it_asks_for(world: World, asked: str) -> None:
    token = ok({"access_token": SECRET, "expires_in": 3600})
    script = Script([(429, {"retry-after": asked}, b""), token, ok({"envelopeId": ENVELOPE})])

    run(world, script.make(credential=SIGNED_IN), lambda c: c.envelopes.get(ENVELOPE))

    assert script.clock.waits == [float(asked)]


@pytest.mark.parametrize(("deadline", "asked"), [(300.0, "86400"), (10.0, "11")])
def test_an_account_server_that_asks_for_too_long_a_time_is_not_waited_for(
    world: World, deadline: float, asked: str
) -> None:
    script = Script([(429, {"retry-after": asked}, b"")])
    chosen = {"credential": SIGNED_IN, "retries": Retries(deadline=deadline)}

    with pytest.raises(AuthError, match=f"asks to wait {asked} s") as caught:
        run(world, script.make(**chosen), lambda c: c.envelopes.get(ENVELOPE))

    assert (caught.value.retry_after, caught.value.transient) == (float(asked), True)
    assert script.clock.waits == []


@pytest.mark.parametrize("pause", [-1, True, "900", float("nan")])
def test_a_polling_pause_that_cannot_be_is_refused(world: World, pause: Any) -> None:
    with pytest.raises(ConfigError, match="polling_pause"):
        Script([]).make(polling_pause=pause)(world)


# --- lost answers ----------------------------------------------------------------------------

MADE = {"envelopeId": ENVELOPE, "status": "sent"}
NEW = EnvelopeDefinition(template_id=TEMPLATE, transaction_id="order-42")


@pytest.mark.parametrize(
    "lost", [ConnectionResetError("gone"), (502, {}, b"<html>")], ids=["wire", "gateway"]
)
def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(world: World, lost: Any) -> None:
    script = Script([lost, ok({"envelopes": [MADE], "totalSetSize": "1"})])

    made = run(world, script.make(), lambda c: c.envelopes.create(NEW, send=True))

    assert made.envelope_id == ENVELOPE
    assert made.status is EnvelopeStatus.SENT
    assert [line.partition("?")[0] for line in script.lines] == ["POST envelopes", "GET envelopes"]
    assert "transaction_ids=order-42" in script.lines[1]


def test_an_envelope_that_was_not_made_is_made_again(world: World) -> None:
    script = Script([ConnectionResetError("gone"), ok({"envelopes": []}), ok(MADE, 201)])

    made = run(world, script.make(), lambda c: c.envelopes.create(NEW, send=True))

    assert made.envelope_id == ENVELOPE
    assert len(script.sent) == 3


@pytest.mark.parametrize(
    ("lost", "kind"),
    [(ConnectionResetError("gone"), AnswerLost), ((500, {}, b""), ServerError)],
)
def test_without_a_text_of_its_own_nothing_is_sent_twice(
    world: World, lost: Any, kind: type[Exception]
) -> None:
    script = Script([lost])

    with pytest.raises(kind):
        run(
            world,
            script.make(),
            lambda c: c.envelopes.create(EnvelopeDefinition(template_id=TEMPLATE), send=True),
        )

    assert len(script.sent) == 1


def test_reads_are_repeated(world: World) -> None:
    script = Script([(503, {}, b""), ok({"envelopeId": ENVELOPE})])

    run(world, script.make(), lambda c: c.envelopes.get(ENVELOPE))

    assert len(script.sent) == 2


# --- items that were refused -----------------------------------------------------------------


def test_one_recipient_that_is_refused_raises_and_several_are_reported(world: World) -> None:
    error = {"errorCode": "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT", "message": "no"}
    answer = ok({"recipientUpdateResults": [{"recipientId": "1", "errorDetails": error}]})
    script = Script([answer, answer])

    async def case(client: Any) -> None:
        with pytest.raises(Exception, match="recipient 1: INVALID_EMAIL_ADDRESS") as caught:
            await client.recipients.update(ENVELOPE, "1", email="new@example.com")
        assert type(caught.value).__name__ == "ItemRefused"
        assert "new@" not in str(caught.value)
        change = Recipient(recipient_id="1", name="Ada")
        (one,) = await client.recipients.update_many(ENVELOPE, [change])
        assert one.error.error_code == "INVALID_EMAIL_ADDRESS_FOR_RECIPIENT"

    run(world, script.make(), case)


# --- the sender's tabs -----------------------------------------------------------------------

PAPERS = ok(
    {
        "envelopeDocuments": [
            {"documentId": PAPER, "type": "content"},
            {"documentId": "certificate", "type": "summary"},
        ]
    }
)
TEMPLATE_PAPERS = ok({"templateDocuments": [{"documentId": PAPER, "type": "content"}]})
SIZES = [{"tabId": "r1", "value": "S"}, {"tabId": "r2", "value": "L", "selected": "false"}]
TABS = ok(
    {
        "prefillTabs": {
            "textTabs": [
                {"tabId": "p1", "tabLabel": "price", "value": ""},
                {"tabId": "p2", "tabLabel": "price"},
                {"tabId": "n1", "tabLabel": "name"},
            ],
            "radioGroupTabs": [{"groupName": "size", "radios": SIZES}],
        }
    }
)
VALUES = {"price": "100", "size": "L"}


def test_the_senders_tabs_are_found_by_label_and_written_by_id(world: World) -> None:
    back = {
        "prefillTabs": {
            "textTabs": [{"tabId": "p1", "value": "100"}, {"tabId": "p2", "value": "100"}],
            "radioGroupTabs": [{"groupName": "size"}],
        }
    }
    script = Script([PAPERS, TABS, ok(back)])

    done = run(world, script.make(), lambda c: c.envelopes.prefill(ENVELOPE, VALUES))

    assert script.lines == [
        f"GET {E}/documents",
        f"GET {E}/documents/{PAPER}/tabs",
        f"PUT {E}/documents/{PAPER}/tabs",
    ]
    assert script.sent[2].json == {
        "prefillTabs": {
            "textTabs": [
                {"tabId": "p1", "tabLabel": "price", "value": "100"},
                {"tabId": "p2", "tabLabel": "price", "value": "100"},
            ],
            "radioGroupTabs": [
                {
                    "groupName": "size",
                    "radios": [
                        {"tabId": "r1", "value": "S", "selected": "false"},
                        {"tabId": "r2", "value": "L", "selected": "true"},
                    ],
                }
            ],
        }
    }
    assert [tab.tab_id for tab in done] == ["p1", "p2", None]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            {
                "prefillTabs": {
                    "textTabs": [
                        {"tabId": "p1", "errorDetails": {"errorCode": "X", "message": "locked"}}
                    ]
                }
            },
            "tab p1: X locked",
        ),
        (
            {
                "prefillTabs": {
                    "textTabs": [{"tabId": "p1"}, {"tabId": "p2"}],
                    "radioGroupTabs": [
                        {
                            "groupName": "size",
                            "radios": [
                                {**radio, "errorDetails": {"errorCode": "X", "message": "locked"}}
                                for radio in SIZES
                            ],
                        }
                    ],
                }
            },
            "tab size: X locked",
        ),
        ({}, "tab price: DocuSign does not say that it took it"),
    ],
    ids=["refused", "a choice refused", "ignored"],
)
def test_a_value_that_was_not_taken_names_the_draft(
    world: World, answer: Mapping[str, Any], why: str
) -> None:
    script = Script(
        [TEMPLATE_PAPERS, TABS, ok({"envelopeId": ENVELOPE}, 201), PAPERS, TABS, ok(answer)]
    )

    with pytest.raises(PrefillRefused, match=why) as caught:
        run(
            world,
            script.make(),
            lambda c: c.envelopes.create_prefilled(
                EnvelopeDefinition(template_id=TEMPLATE), {"price": "100"}
            ),
        )

    assert caught.value.envelope_id == ENVELOPE
    assert caught.value.hint


def test_without_values_a_prefilled_draft_is_a_draft(world: World) -> None:
    script = Script([ok({"envelopeId": ENVELOPE}, 201)])

    run(
        world,
        script.make(),
        lambda c: c.envelopes.create_prefilled(EnvelopeDefinition(template_id=TEMPLATE), {}),
    )

    assert script.lines == ["POST envelopes"]


# --- documents -------------------------------------------------------------------------------


def test_a_file_is_put_as_its_bytes(world: World, tmp_path: Path) -> None:
    file = tmp_path / "terms.pdf"
    file.write_bytes(b"%PDF terms")
    script = Script([ok({"documentId": "2", "name": "Terms"}), ok({"documentId": "2"})])

    async def case(client: Any) -> None:
        made = await client.documents.put(ENVELOPE, "2", file, name="Terms.pdf")
        assert made.document_id == "2"
        await client.documents.put(ENVELOPE, "2", b"%PDF other", name="Terms.pdf")

    run(world, script.make(), case)

    assert [sent.body for sent in script.sent] == [b"%PDF terms", b"%PDF other"]
    assert script.sent[0].headers["Content-Disposition"] == 'filename="Terms.pdf"'


def test_a_document_is_saved_piece_by_piece(tmp_path: Path) -> None:
    headers = {
        "content-type": "application/pdf",
        "content-disposition": 'attachment; filename="../Offer.pdf"',
    }
    script = Script([(200, headers, b"%PDF"), refusal(404, "DOCUMENT_DOES_NOT_EXIST")])
    client: DocuSignClient = script.make()("blocking")

    with client.documents.open(ENVELOPE, "combined", certificate=True) as download:
        assert (download.name, download.content_type) == ("Offer.pdf", "application/pdf")
        assert download.save(tmp_path / "a.pdf").read_bytes() == b"%PDF"
    assert script.lines == [f"GET {E}/documents/combined?certificate=true"]
    with pytest.raises(NotFound), client.documents.open(ENVELOPE, "9"):
        raise AssertionError("was opened")


def test_an_async_download_gives_its_bytes_as_they_come() -> None:
    script = Script([(200, {"content-type": "application/zip"}, b"PK")])

    async def case(client: AsyncDocuSignClient) -> bytes:
        async with client.documents.open(ENVELOPE, "archive") as download:
            return b"".join([piece async for piece in download])

    assert run("async", script.make(), case) == b"PK"


# --- templates -------------------------------------------------------------------------------


def test_the_fields_of_a_template_cost_a_call_for_each_document(world: World) -> None:
    signer = {
        "roleName": "Signer",
        "recipientId": "1",
        "tabs": {
            "signHereTabs": [{"tabLabel": "sign"}],
            "textTabs": [{"tabLabel": "company", "required": "true", "value": "X"}],
        },
    }
    documents = [{"documentId": "1"}, {"documentId": "2", "type": "content"}]
    script = Script(
        [
            ok({"signers": [signer], "carbonCopies": [{"recipientId": "2", "name": "Cleo"}]}),
            ok({"templateDocuments": documents}),
            TABS,
            ok({}),
        ]
    )

    fields = run(world, script.make(), lambda c: c.templates.fields(TEMPLATE))

    assert len(script.sent) == 4
    (role,) = fields.roles
    (company,) = role.fields
    assert (company.label, company.required, company.value) == ("company", True, "X")
    assert fields.labels == {"company", "price", "name", "size"}
    assert {field.options for field in fields.prefill if field.label == "size"} == {("S", "L")}
    assert fields.tabs("Signer", {"company": 7}) == (Tab(label="company", value="7"),)
    with pytest.raises(ConfigError, match="has no field 'sign'; it has company"):
        fields.tabs("Signer", {"sign": "x"})


# --- sessions --------------------------------------------------------------------------------


def test_a_client_can_be_given_other_patience(world: World) -> None:
    script = Script([(503, {}, b"")])
    with pytest.raises(ServerError):
        run(
            world,
            lambda w: script.make()(w).with_options(retries=0),
            lambda c: c.envelopes.get(ENVELOPE),
        )

    assert len(script.sent) == 1


def test_what_has_no_method_is_asked_for_below_the_account(world: World) -> None:
    script = Script([ok({"workflowStatus": "paused"})])

    async def case(client: Any) -> Any:
        return (await client.request("GET", f"{E}/workflow", query={"a": "b"})).value

    assert run(world, script.make(), case) == {"workflowStatus": "paused"}
    assert script.lines == [f"GET {E}/workflow?a=b"]


def test_a_window_begins_where_it_is_told_to(world: World) -> None:
    script = Script([ok({"envelopes": [MADE], "totalSetSize": "1"})])

    async def case(client: Any) -> list[Any]:
        walk = client.envelopes.list(from_date=datetime(2026, 3, 2, tzinfo=UTC))
        return [each async for each in walk]

    assert len(run(world, script.make(), case)) == 1
    assert json.dumps(script.lines) == json.dumps(
        ["GET envelopes?from_date=2026-03-02T00:00:00.0000000Z&count=1000&start_position=0"]
    )


def test_no_client_shows_its_token() -> None:
    made = DocuSignClient(TokenProvider(provide=lambda: SECRET), account=ACCOUNT, base_uri=SITE)

    assert SECRET not in repr(made) + repr(vars(made))
