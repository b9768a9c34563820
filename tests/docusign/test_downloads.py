"""A document is told from the web page of whoever answered instead, read at once or piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors import AsyncDocuSignClient, DocuSignClient, JwtBearer, Sandbox
from connectors.core.call import Response
from connectors.docusign import Document, EnvelopeDefinition, Recipient, calls
from connectors.errors import DecodeError
from connectors.runtime.blocking import Download
from tests.docusign.operations import ENVELOPE
from tests.docusign.script import Script
from tests.facades import run

PAGE = b"<html>Sign in</html>"
HTML = {"content-type": "text/html"}
NAMED = {**HTML, "Content-Disposition": 'file; filename="Offer.html"'}
REFUSED = "^docusign documents.get: the answer is a web page and no document"


@pytest.mark.parametrize("headers", [HTML, {"Content-Type": "Text/HTML; charset=utf-8"}])
def test_a_page_is_no_document_however_it_is_read(
    headers: Mapping[str, str], tmp_path: Path
) -> None:
    script = Script([(200, headers, PAGE)] * 3)
    client: DocuSignClient = script.make()("blocking")
    opened = client.documents.open(ENVELOPE, "combined")
    streamed = client.stream(calls.get_document(ENVELOPE, "combined"))

    with pytest.raises(DecodeError, match=REFUSED):
        client.documents.get(ENVELOPE, "combined")
    for download in (opened, streamed):
        with pytest.raises(DecodeError, match=REFUSED), download:
            download.save(tmp_path / "contract.pdf")

    assert list(tmp_path.iterdir()) == []
    assert len(script.sent) == 3


def test_a_page_is_no_document_in_the_async_world_either() -> None:
    script = Script([(200, HTML, PAGE)])

    async def case(client: AsyncDocuSignClient) -> bytes:
        async with client.documents.open(ENVELOPE, "combined") as download:
            return await download.read()

    with pytest.raises(DecodeError, match=REFUSED):
        run("async", script.make(), case)


def test_the_connection_of_a_page_is_given_back() -> None:
    closed: list[bool] = []

    class Stream:
        def close(self) -> None:
            closed.append(True)

    class Session:
        port = None

        def run(self, flow: Any) -> Any:
            flow.close()
            return type("Reply", (), {"value": Response(status=200, headers=HTML, stream=Stream())})

    session: Any = Session()
    with (
        pytest.raises(DecodeError, match="web page"),
        Download(session, calls.get_document(ENVELOPE, "combined")),
    ):
        raise AssertionError("was opened")
    assert closed == [True]


def test_a_document_may_be_html_where_it_is_named() -> None:
    script = Script([(200, NAMED, PAGE)] * 2)
    client: DocuSignClient = script.make()("blocking")

    assert client.documents.get(ENVELOPE, "1") == PAGE
    with client.documents.open(ENVELOPE, "1") as download:
        assert (download.name, download.read()) == ("Offer.html", PAGE)


def test_the_sandbox_gives_a_document_that_is_html() -> None:
    box = Sandbox(seed=1)
    key = JwtBearer(box.docusign.integration_key, box.docusign.user_id, box.docusign.private_key)
    paper = Document(document_id="1", name="Offer", content=b"<p>Hi</p>", file_extension="html")
    ada = Recipient(recipient_id="1", name="Ada", email="ada@example.com")
    with DocuSignClient(key, transport=box.transport) as client:
        made = client.envelopes.create(
            EnvelopeDefinition(email_subject="Offer", documents=[paper], recipients=[ada])
        )

        assert client.documents.get(made.envelope_id, "1") == b"<p>Hi</p>"
