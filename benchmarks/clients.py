"""What a call through a client costs, against bare httpx doing the same.

    python benchmarks/clients.py [--json]

The time on the processor of this process is measured; the server is another process. Both sides take
turns within one run, and the median of the ratios counts.
"""

from __future__ import annotations

import asyncio
import gc
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

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measures import Measure, main
from connectors import (
    AsyncGetResponseClient,
    ClientCredentials,
    DynamicsClient,
    GetResponseClient,
    Sandbox,
    TokenProvider,
)
from connectors.core.call import Response
from connectors.core.policy import Window
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
    setattr(wire, "WINDOWS", (Window(10**6, 1.0), Window(10**6, 600.0)))  # noqa: B010
    with served() as origin:
        yield at_most("one typed GET, blocking", one_blocking(origin), 1.05)
        yield at_most("one typed GET, async", asyncio.run(one_async(origin)), 1.0)
        yield at_most("50 tasks on one async client", asyncio.run(fifty_tasks(origin)), 0.6)
        by_hand, ready = batch(origin)
    yield at_most("1,000 creates through $batch, done", batch_done(), 1.3)
    yield Measure("cost of a call", "  not done, against by hand", round(by_hand, 2), "times")
    yield Measure("cost of a call", "  not done, against bytes ready", round(ready, 2), "times")
    yield at_least("a page of 1,000 GetResponse contacts", page_getresponse(), 1.0)
    yield at_least("a page of 1,000 Dynamics contacts", page_dynamics(), 0.8)
    yield first_client()


def at_most(name: str, ratio: float, bar: float) -> Measure:
    """A ratio of costs."""
    return Measure("cost of a call", name, round(ratio, 2), "times", f"≤ {bar:g}", ratio <= bar)


def at_least(name: str, ratio: float, bar: float) -> Measure:
    """A ratio of speeds."""
    return Measure("speed of reading", name, round(ratio, 2), "times", f"≥ {bar:g}", ratio >= bar)


def ratio(ours: Callable[[], object], bare: Callable[[], object], times: int) -> float:
    """How much processor time `ours` takes for one of `bare`."""

    def cost(work: Callable[[], object]) -> float:
        gc.collect()  # what the other side left is not our cost
        start = time.process_time()
        for _ in range(times):
            work()
        return time.process_time() - start

    cost(ours), cost(bare)
    return statistics.median(cost(ours) / cost(bare) for _ in range(ROUNDS))


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
def served() -> Iterator[str]:
    """A server with fixed answers, in a process of its own; gives its origin."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(theirs,), daemon=True
    )
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection) -> None:
    contact = json.dumps(DETAILS).encode()
    limits = (
        b"X-RateLimit-Limit: 30000\r\nX-RateLimit-Remaining: 29999\r\n"
        b"X-RateLimit-Reset: 432 seconds\r\n"
    )
    got = _answer(b"application/json", contact, limits)
    made = _answer(b"multipart/mixed; boundary=batchresponse_1", _batch_answer())

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                _, found, rest = head.lower().partition(b"content-length: ")
                if found:
                    await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
                writer.write(made if b"$batch" in head.split(b"\r\n", 1)[0] else got)
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
