"""What a call through a client costs, against bare httpx doing the same.

    python benchmarks/clients.py [--json]

The time on the processor of this process is measured; the server is another process. Both sides take
turns within one run, and the median of the ratios counts.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import json
import multiprocessing
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bodies import Bodies, Delivery
from benchmarks.measures import Measure, main
from connectors import (
    ActiveCampaignClient,
    AsyncGetResponseClient,
    ClientCredentials,
    DocuSignClient,
    DynamicsClient,
    GetResponseClient,
    Sandbox,
    TokenProvider,
)
from connectors.activecampaign import wire as ac_wire
from connectors.core.call import Response
from connectors.core.policy import Window
from connectors.docusign import calls as ds
from connectors.docusign import wire as ds_wire
from connectors.docusign.models import EnvelopeId
from connectors.docusign.webhooks import parse, verify
from connectors.dynamics import calls as crm
from connectors.dynamics.models import CONTACTS
from connectors.getresponse import calls as gr
from connectors.getresponse import wire
from connectors.getresponse.models import ContactId

ROUNDS = 15

DETAILS = {
    "contactId": "pVaa1",
    "href": "https://api.getresponse.com/v3/contacts/pVaa1",
    "name": "Ada Lovelace",
    "email": "ada.lovelace@contoso.com",
    "campaign": {"campaignId": "Cab12", "name": "newsletter", "href": "https://x.example/C"},
    "origin": "api",
    "createdOn": "2026-01-15T13:30:42+0000",
    "changedOn": "2026-02-15T13:30:42+0000",
    "timeZone": "Europe/Warsaw",
    "dayOfCycle": "12",
    "scoring": 8,
    "engagementScore": 4,
    "note": None,
    "ipAddress": "203.0.113.9",
    "activities": "https://api.getresponse.com/v3/contacts/pVaa1/activities",
    "tags": [{"tagId": "t1", "name": "customer", "href": "https://x.example/t", "color": ""}],
    "customFieldValues": [
        {
            "customFieldId": "n1",
            "name": "city",
            "value": ["London"],
            "values": ["London"],
            "type": "string",
            "fieldType": "text",
            "valueType": "string",
        }
    ],
}
ROW = {k: v for k, v in DETAILS.items() if k not in ("tags", "customFieldValues")}
CRM_ROW = {
    "@odata.etag": 'W/"519445"',
    "contactid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "firstname": "Ada",
    "lastname": "Lovelace",
    "fullname": "Ada Lovelace",
    "emailaddress1": "ada.lovelace@contoso.com",
    "donotemail": False,
    "donotbulkemail": False,
    "statecode": 0,
    "merged": False,
    "_masterid_value": None,
    "createdon": "2026-01-15T13:30:42Z",
    "modifiedon": "2026-02-15T13:30:42Z",
}


def bench() -> Iterator[Measure]:
    """All measures, in the order of docs/performance.md."""
    # The budget is asked as in life, but never says "wait".
    windows = (Window(10**6, 1.0), Window(10**6, 600.0))
    setattr(wire, "WINDOWS", windows)  # noqa: B010
    setattr(ac_wire, "WINDOWS", windows)  # noqa: B010
    setattr(ds_wire, "windows", lambda environment: windows)  # noqa: B010
    bodies = Bodies()
    with served(bodies) as origin:
        yield at_most("one typed GET, blocking", one_blocking(origin), 1.05)
        yield at_most("one typed GET, DocuSign", one_docusign(origin), 1.05)
        yield at_most("one typed GET, ActiveCampaign", one_activecampaign(origin), 1.05)
        yield at_most("one typed GET, async", asyncio.run(one_async(origin)), 1.0)
        yield at_most("50 tasks on one async client", asyncio.run(fifty_tasks(origin)), 0.6)
        by_hand, ready = batch(origin)
    yield at_most("1,000 creates through $batch, done", batch_done(), 1.3)
    yield Measure("cost of a call", "  not done, against by hand", round(by_hand, 2), "times")
    yield Measure("cost of a call", "  not done, against bytes ready", round(ready, 2), "times")
    yield at_least("a page of 1,000 GetResponse contacts", page_getresponse(), 1.0)
    yield at_least("a page of 1,000 Dynamics contacts", page_dynamics(), 0.8)
    yield at_least("a page of 100 DocuSign envelopes", page_docusign(bodies.page(100)), 0.8)
    yield from events(bodies)
    yield first_client()


def at_most(name: str, ratio: float, bar: float) -> Measure:
    """A ratio of costs."""
    return Measure("cost of a call", name, round(ratio, 2), "times", f"≤ {bar:g}", ratio <= bar)


def at_least(name: str, ratio: float, bar: float) -> Measure:
    """A ratio of speeds."""
    return Measure("speed of reading", name, round(ratio, 2), "times", f"≥ {bar:g}", ratio >= bar)


def ratio(ours: Callable[[], object], bare: Callable[[], object], times: int) -> float:
    """How much processor time `ours` takes for one of `bare`."""
    return statistics.median(a / b for a, b in pairs(ours, bare, times))


def pairs(
    ours: Callable[[], object], bare: Callable[[], object], times: int, rounds: int = ROUNDS
) -> list[tuple[float, float]]:
    """Processor time of both sides, which take turns."""

    def cost(work: Callable[[], object]) -> float:
        gc.collect()  # what the other side left is not our cost
        start = time.process_time()
        for _ in range(times):
            work()
        return time.process_time() - start

    cost(ours), cost(bare)
    return [(cost(ours), cost(bare)) for _ in range(rounds)]


async def ratio_async(
    ours: Callable[[], Awaitable[object]], bare: Callable[[], Awaitable[object]], times: int
) -> float:
    """The same in an event loop."""

    async def cost(work: Callable[[], Awaitable[object]]) -> float:
        gc.collect()
        start = time.process_time()
        for _ in range(times):
            await work()
        return time.process_time() - start

    await cost(ours), await cost(bare)
    return statistics.median([await cost(ours) / await cost(bare) for _ in range(ROUNDS)])


HEADERS = {"X-Auth-Token": "api-key k", "Accept": "application/json"}


def one_blocking(origin: str) -> float:
    """One contact at a time."""
    url = f"{origin}/v3/contacts/pVaa1"
    with GetResponseClient("k", host=origin) as client, httpx.Client(headers=HEADERS) as plain:
        return ratio(
            lambda: client.contacts.get(ContactId("pVaa1")),
            lambda: json.loads(plain.get(url).content),
            100,
        )


def one_docusign(origin: str) -> float:
    """One envelope at a time."""
    user = TokenProvider(provide=lambda: "t")
    url = f"{origin}/restapi/v2.1/accounts/a/envelopes/e"
    headers = {"Authorization": "Bearer t", "Accept": "application/json"}
    with (
        DocuSignClient(
            user, account="a", base_uri=origin, environment=origin, polling_pause=0
        ) as client,
        httpx.Client(headers=headers) as plain,
    ):
        return ratio(
            lambda: client.envelopes.get(EnvelopeId("e")),
            lambda: json.loads(plain.get(url).content),
            100,
        )


def one_activecampaign(origin: str) -> float:
    """One contact at a time."""
    url = f"{origin}/api/3/contacts/1"
    headers = {"Api-Token": "k", "Accept": "application/json"}
    with ActiveCampaignClient(origin, "k") as client, httpx.Client(headers=headers) as plain:
        return ratio(
            lambda: client.contacts.get("1"), lambda: json.loads(plain.get(url).content), 100
        )


async def one_async(origin: str) -> float:
    """One contact at a time, awaited."""
    url = f"{origin}/v3/contacts/pVaa1"
    async with (
        AsyncGetResponseClient("k", host=origin) as client,
        httpx.AsyncClient(headers=HEADERS) as plain,
    ):

        async def bare() -> object:
            return json.loads((await plain.get(url)).content)

        return await ratio_async(lambda: client.contacts.get(ContactId("pVaa1")), bare, 100)


async def fifty_tasks(origin: str) -> float:
    """Fifty tasks that each get six contacts."""
    url = f"{origin}/v3/contacts/pVaa1"
    async with (
        AsyncGetResponseClient("k", host=origin) as client,
        httpx.AsyncClient(headers=HEADERS) as plain,
    ):

        async def bare() -> None:
            for _ in range(6):
                json.loads((await plain.get(url)).content)

        async def ours() -> None:
            for _ in range(6):
                await client.contacts.get(ContactId("pVaa1"))

        async def fifty(task: Callable[[], Awaitable[None]]) -> None:
            await asyncio.gather(*(task() for _ in range(50)))

        return await ratio_async(lambda: fifty(ours), lambda: fifty(bare), 1)


def batch_done() -> float:
    """From rows to the ids they got, with a server that makes them: the sandbox, in this process,
    on both sides. Against the same bytes, ready, sent by bare httpx."""
    rows = [{"lastname": f"Lovelace {n}", "emailaddress1": f"{n}@contoso.com"} for n in range(1000)]
    box = Sandbox(seed=1)
    box.calls.keep_records = False
    there = box.dynamics
    credential = ClientCredentials(there.client_id, there.client_secret, authority=there.authority)

    def answer(request: httpx.Request) -> httpx.Response:
        sent = box.transport(
            request.method, str(request.url), dict(request.headers), request.content
        )
        return httpx.Response(sent[0], headers=sent[1], content=sent[2])

    with (
        DynamicsClient(there.url, credential, transport=box.transport) as client,
        httpx.Client(transport=httpx.MockTransport(answer)) as plain,
    ):
        client.who_am_i()
        (token,) = there.tokens
        url = f"{client.base_url}/$batch"
        kind, body = batch_text(url, rows)
        headers = {
            "Content-Type": kind,
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "OData-Version": "4.0",
            "OData-MaxVersion": "4.0",
        }

        def ours() -> list[object]:
            parts = [crm.create_row(CONTACTS, row) for row in rows]
            return [result.value() for result in client.batch(parts)]

        def bare() -> bytes:
            return plain.post(url, headers=headers, content=body).content

        assert bare().count(b"HTTP/1.1 204") == len(ours()), bare()[:500]
        return ratio(ours, bare, 1)


def batch(origin: str) -> tuple[float, float]:
    """From rows to ids, with a server that only answers: against the same bytes written and read by
    hand, and against sending bytes that lie ready."""
    rows = [{"lastname": f"Lovelace {n}", "emailaddress1": f"{n}@contoso.com"} for n in range(1000)]
    url = f"{origin}/api/data/v9.2/$batch"
    with (
        DynamicsClient(origin, TokenProvider(provide=lambda: "t")) as client,
        httpx.Client(headers={"Authorization": "Bearer t"}) as plain,
    ):

        def ours() -> list[object]:
            parts = [crm.create_row(CONTACTS, row) for row in rows]
            return [result.value() for result in client.batch(parts)]

        def by_hand() -> list[str]:
            kind, body = batch_text(url, rows)
            answer = plain.post(url, headers={"Content-Type": kind}, content=body).content
            parts = answer.split(b"\r\n--batchresponse_1")[:-1]
            return [created(part) for part in parts]

        assert ours() == by_hand()
        kind, body = batch_text(url, rows)
        return ratio(ours, by_hand, 2), ratio(
            ours, lambda: plain.post(url, headers={"Content-Type": kind}, content=body).content, 2
        )


def batch_text(url: str, rows: list[dict[str, str]]) -> tuple[str, bytes]:
    """The request as somebody would write it who knows its form."""
    target = url.replace("$batch", "contacts")
    parts = [
        "--batch_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"POST {target} HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
        f"{json.dumps(row)}\r\n"
        for row in rows
    ]
    return "multipart/mixed; boundary=batch_1", ("".join(parts) + "--batch_1--\r\n").encode()


def created(part: bytes) -> str:
    """The id of the row that a part of the answer tells of."""
    text = part.decode()
    status = text[text.index("HTTP/1.1 ") + 9 :][:3]
    if status != "204":
        raise ValueError(status)
    headers = dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line)
    return headers["OData-EntityId"].rpartition("(")[2][:-1]


def page_getresponse() -> float:
    """JSON to frozen objects, against JSON to dicts."""
    body = json.dumps([ROW] * 1000).encode()
    decode = gr.list_contacts().at(None).decode
    answer = Response(status=200, body=body)
    return 1 / ratio(lambda: decode(answer), lambda: json.loads(body), 3)


def page_dynamics() -> float:
    """The same for an OData page."""
    body = json.dumps({"@odata.context": "x", "value": [CRM_ROW] * 1000}).encode()
    decode = crm.list_rows(CONTACTS).at(None).decode
    answer = Response(status=200, body=body)
    return 1 / ratio(lambda: decode(answer), lambda: json.loads(body), 3)


def page_docusign(body: bytes) -> float:
    """The same for envelopes with their recipients and custom fields."""
    decode = ds.list_envelopes(envelope_ids=["e"]).at(None).decode
    answer = Response(status=200, body=body)
    return 1 / ratio(lambda: decode(answer), lambda: json.loads(body), 3)


def events(bodies: Bodies) -> Iterator[Measure]:
    """From a delivery of Connect to a typed event, against checking and parsing the same bytes with
    the fastest there is. The bar is on the one of about 6 kB."""
    for signers, bar in ((2, 2.0), (1, None), (5, None)):
        delivery = bodies.delivery(signers)
        both = event(delivery, bodies.key)
        name = f"an event of {signers} signers, {len(delivery[1]) / 1000:.1f} kB"
        middle = statistics.median(a / b for a, b in both)
        if bar is None:
            yield Measure("cost of a call", name, round(middle, 2), "times")
        else:
            yield at_most(name, middle, bar)
        least = min(a for a, _ in both) / min(b for _, b in both)
        yield Measure("cost of a call", "  the fastest of each side", round(least, 2), "times")


def event(delivery: Delivery, key: str) -> list[tuple[float, float]]:
    """Processor time of verifying and parsing a delivery, and of `hmac` and `orjson`."""
    headers, body = delivery
    secret = key.encode()

    def ours() -> object:
        verify(body, headers, key)
        return parse(body, headers)

    def bare() -> object:
        hmac.new(secret, body, hashlib.sha256).digest()
        return orjson.loads(body)

    return pairs(ours, bare, 200, 5 * ROUNDS)


def first_client() -> Measure:
    """Milliseconds for the first client, beyond importing what it stands on."""
    bare = "import httpx, attrs, cattrs, tenacity"
    ours = "from connectors import GetResponseClient; GetResponseClient('k')"
    pairs = [(started(bare + "\n" + ours), started(bare)) for _ in range(15)]
    more = (min(a for a, _ in pairs) - min(b for _, b in pairs)) * 1000
    return Measure("start", "first client made", round(more, 1), "ms", "≤ 60", more <= 60)


def started(code: str) -> float:
    """Seconds of processor time of a fresh interpreter."""
    text = f"{code}\nimport time\nprint(time.process_time())"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, check=True, text=True)
    return float(done.stdout)


# --- the server ------------------------------------------------------------------------------


@contextmanager
def served(bodies: Bodies) -> Iterator[str]:
    """A server with fixed answers, in a process of its own; gives its origin."""
    ready = bodies.envelope, bodies.contact
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs, *ready), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection, envelope: bytes, mail_contact: bytes) -> None:
    contact = json.dumps(DETAILS).encode()
    limits = (
        b"X-RateLimit-Limit: 30000\r\nX-RateLimit-Remaining: 29999\r\n"
        b"X-RateLimit-Reset: 432 seconds\r\n"
    )
    got = _answer(b"application/json", contact, limits)
    made = _answer(b"multipart/mixed; boundary=batchresponse_1", _batch_answer())
    hourly = (
        b"X-RateLimit-Reset: 1772442000\r\nX-RateLimit-Limit: 3000\r\n"
        b"X-RateLimit-Remaining: 2999\r\nX-BurstLimit-Limit: 500\r\n"
        b"X-BurstLimit-Remaining: 499\r\n"
    )
    others = {
        b"/v3/": got,
        b"/restapi/": _answer(b"application/json; charset=utf-8", envelope, hourly),
        b"/api/3/": _answer(b"application/json", mail_contact),
    }

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                _, found, rest = head.lower().partition(b"content-length: ")
                if found:
                    await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
                line = head.split(b"\r\n", 1)[0]
                known = (answer for path, answer in others.items() if path in line)
                writer.write(made if b"$batch" in line else next(known))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**24)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def _answer(kind: bytes, body: bytes, more: bytes = b"") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nDate: Mon, 02 Mar 2026 08:00:00 GMT\r\nContent-Type: " + kind
    return head + b"\r\n" + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _batch_answer() -> bytes:
    part = (
        b"--batchresponse_1\r\nContent-Type: application/http\r\n"
        b"Content-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 204 No Content\r\n"
        b"OData-Version: 4.0\r\nOData-EntityId: https://contoso.crm4.dynamics.com/api/data/v9.2/"
        b"contacts(3f2504e0-4f89-41d3-9a0c-0305e82c3301)\r\n\r\n\r\n"
    )
    return part * 1000 + b"--batchresponse_1--\r\n"


if __name__ == "__main__":
    main(__doc__ or "", bench)
