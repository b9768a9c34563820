"""The sandbox as an ASGI application: what is translated on the way, and its time."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from connectors import Sandbox
from connectors.sandbox import Fault
from connectors.sandbox.server import app

HERE = "http://127.0.0.1:8025"

Answer = tuple[int, dict[str, str], bytes]


class Broken(Exception):
    """The connection was closed before the answer was whole."""


class Web:
    """Calls an ASGI application without a port."""

    def __init__(self, box: Sandbox, **options: Any) -> None:
        self.box = box
        self.app = app(box, **options)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        return asyncio.run(self._call(method, url, headers or {}, body))

    async def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        parts = urlsplit(url)
        named = {"host": parts.netloc, **{k.lower(): v for k, v in headers.items()}}
        scope = {
            "type": "http",
            "method": method,
            "scheme": parts.scheme,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in named.items()],
            "server": ("127.0.0.1", 8025),
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        content = b"".join(m.get("body", b"") for m in sent[1:])
        told = {k.decode().lower(): v.decode("latin-1") for k, v in sent[0]["headers"]}
        if int(told.get("content-length", 0)) > len(content):
            raise Broken
        return sent[0]["status"], told, content

    def json(self, method: str, path: str, **more: Any) -> Any:
        """A call with both credentials, and what it answers."""
        headers = {
            "X-Auth-Token": f"api-key {self.box.getresponse.key}",
            "Authorization": f"Bearer {self.token()}",
            "OData-Version": "4.0",
            "OData-MaxVersion": "4.0",
            "Accept": "application/json",
            **more.pop("headers", {}),
        }
        status, told, body = self(method, HERE + path, headers, **more)
        return status, told, json.loads(body) if body[:1] in (b"{", b"[") else body

    def token(self) -> str:
        crm = self.box.dynamics
        form = (
            f"grant_type=client_credentials&client_id={crm.client_id}"
            f"&client_secret={quote(crm.client_secret)}"
            f"&scope={quote(f'{HERE}/dynamics/.default', safe='')}"
        )
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        where = f"{HERE}/login/{crm.tenant}/oauth2/v2.0/token"
        status, _, body = self("POST", where, kind, form.encode())
        assert status == 200, body
        return str(json.loads(body)["access_token"])


API = "/dynamics/api/data/v9.2"


@pytest.fixture
def box() -> Sandbox:
    return Sandbox(seed=1, contacts=5)


@pytest.fixture
def web(box: Sandbox) -> Web:
    return Web(box)


def test_each_service_answers_below_its_own_path(web: Web) -> None:
    status, _, account = web.json("GET", "/getresponse/v3/accounts")
    assert (status, account["accountId"]) == (200, web.box.getresponse.account_id)
    status, _, who = web.json("GET", f"{API}/WhoAmI")
    assert status == 200 and who["UserId"]


def test_addresses_in_answers_lead_back_here(web: Web) -> None:
    _, _, account = web.json("GET", "/getresponse/v3/accounts")
    assert account["href"] == f"{HERE}/getresponse/v3/accounts"

    size = {"Prefer": "odata.maxpagesize=2"}
    _, _, first = web.json("GET", f"{API}/contacts?$select=fullname", headers=size)
    assert first["@odata.context"].startswith(f"{HERE}{API}/$metadata")
    link = first["@odata.nextLink"]
    assert link.startswith(f"{HERE}{API}/contacts?")
    _, _, second = web.json("GET", link.removeprefix(HERE), headers=size)
    assert len(second["value"]) == 2
    assert first["value"] != second["value"]


def test_the_address_of_a_new_row_is_one_of_here(web: Web) -> None:
    body = b'{"lastname":"Nowak"}'
    kind = {"Content-Type": "application/json"}
    status, headers, _ = web.json("POST", f"{API}/contacts", headers=kind, body=body)
    assert status == 204
    assert headers["odata-entityid"].startswith(f"{HERE}{API}/contacts(")


def test_a_tracked_read_goes_on_from_its_link(web: Web) -> None:
    track = {"Prefer": "odata.track-changes"}
    _, _, page = web.json("GET", f"{API}/contacts?$select=fullname", headers=track)
    link = page["@odata.deltaLink"]
    assert link.startswith(HERE)
    web.box.dynamics.add_contact(lastname="New")

    _, _, page = web.json("GET", link.removeprefix(HERE))
    assert [row["fullname"] for row in page["value"]] == ["New"]


def test_addresses_of_here_in_a_request_are_the_services_own(web: Web) -> None:
    marketing = web.box.dynamics.add_marketing_list("Customers")
    row = {"gr_name": "x", "gr_MarketingListId@odata.bind": f"{HERE}{API}/lists({marketing})"}

    status, _, told = web.json(
        "POST",
        f"{API}/gr_lists",
        headers={"Content-Type": "application/json"},
        body=json.dumps(row).encode(),
    )

    assert status == 204, told
    (made,) = web.box.dynamics.rows("gr_list")
    assert made["gr_marketinglistid"] == marketing


@pytest.mark.parametrize("target", [f"{HERE}{API}/contacts", f"{API}/contacts"])
def test_a_batch_may_name_its_targets_as_we_see_them(web: Web, target: str) -> None:
    body = (
        "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"GET {target}?$select=fullname&$top=1 HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n"
        "--b--\r\n"
    )
    kind = {"Content-Type": "multipart/mixed; boundary=b"}

    status, _, answer = web.json("POST", f"{API}/$batch", headers=kind, body=body.encode())

    assert status == 200
    assert b"HTTP/1.1 200 OK" in answer
    assert f'"@odata.context":"{HERE}{API}/$metadata'.encode() in answer
    assert b"contoso.crm4" not in answer


def test_a_name_of_this_machine_is_kept(web: Web) -> None:
    headers = {"X-Auth-Token": f"api-key {web.box.getresponse.key}"}
    _, _, body = web("GET", "http://localhost:8025/getresponse/v3/accounts", headers)
    assert json.loads(body)["href"] == "http://localhost:8025/getresponse/v3/accounts"


def test_letters_of_all_alphabets_pass(web: Web) -> None:
    crm = web.box.dynamics
    person = crm.add_contact(lastname="Żółć 李")
    _, _, row = web.json("GET", f"{API}/contacts({person})?$select=lastname")
    assert row["lastname"] == "Żółć 李"
    query = quote("lastname eq 'Żółć 李'")
    _, _, found = web.json("GET", f"{API}/contacts?$select=lastname&$filter={query}")
    assert len(found["value"]) == 1


def test_where_nothing_is_it_says_what_there_is(web: Web) -> None:
    status, _, body = web("GET", f"{HERE}/v3/accounts")
    assert status == 404
    assert b"/getresponse, /dynamics, /login" in body
    status, _, _ = web("GET", f"{HERE}/dynamicsx/api")
    assert status == 404


def test_one_service_alone(box: Sandbox) -> None:
    web = Web(box, services=("dynamics",))
    assert web("GET", f"{HERE}/getresponse/v3/accounts")[0] == 404
    assert web.json("GET", f"{API}/WhoAmI")[0] == 200


# --- faults and time -------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "done"), [("lost", 1), ("not_sent", 0)])
def test_an_answer_that_is_lost_closes_the_connection(web: Web, kind: Any, done: int) -> None:
    token = web.token()
    headers = {
        "Authorization": f"Bearer {token}",
        "OData-Version": "4.0",
        "OData-MaxVersion": "4.0",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }
    web.box.faults.add(Fault(kind, service="dynamics", method="POST"))
    with pytest.raises(Broken):
        web("POST", f"{HERE}{API}/contacts", headers, b'{"lastname":"Nowak"}')
    assert len(web.box.dynamics.rows("contact")) == 5 + done


def test_faults_are_added_and_cleared_over_the_port(web: Web) -> None:
    fault = {"kind": "answer", "service": "getresponse", "status": 503, "body": "later", "times": 9}
    status, _, _ = web("POST", f"{HERE}/sandbox/faults", {}, json.dumps(fault).encode())
    assert status == 200
    assert web.json("GET", "/getresponse/v3/accounts")[::2] == (503, b"later")

    assert web("DELETE", f"{HERE}/sandbox/faults")[0] == 200
    assert web.json("GET", "/getresponse/v3/accounts")[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("faults", b'{"kind":"lots"}', "kind must be one of 'not_sent', 'lost', 'answer'"),
        ("faults", b'{"path":"/contacts"}', "a fault needs a kind"),
        ("faults", b'{"kind":"lost","service":"crm"}', "service must be one of"),
        ("faults", b'{"kind":"answer","status":42}', "from 100 to 599, not 42"),
        ("faults", b'{"kind":"lost","struck":1}', "a fault has no 'struck'"),
        ("authorize", b'{"redirect":"x"}', "takes redirect_uri and state, not 'redirect'"),
        ("authorize", b'{"state":1}', "state must be text"),
        ("advance", b'{"seconds": -5}', "seconds must be from 0 to ten years"),
        ("faults", b'{"kind":"lost","paths":"/"}', "a fault has no 'paths'; it has kind"),
        ("faults", b"[]", "the body must be a JSON object"),
        ("faults", b'{"kind":"answer","body":1}', "body must be text"),
        ("faults", b"{", "JSONDecodeError"),
        ("advance", b"{}", "seconds"),
        ("advance", b'{"seconds":"x"}', "could not convert"),
    ],
)
def test_what_the_sandbox_cannot_do_is_refused(web: Web, path: str, body: bytes, told: str) -> None:
    status, _, answer = web("POST", f"{HERE}/sandbox/{path}", {}, body)
    assert status == 400
    assert told in json.loads(answer)["error"]


def test_the_faults_to_come_are_told(web: Web) -> None:
    def faults(method: str, body: bytes = b"") -> Any:
        status, _, answer = web(method, f"{HERE}/sandbox/faults", {}, body)
        assert status == 200
        return json.loads(answer)["faults"]

    assert faults("GET") == []
    (added,) = faults("POST", b'{"kind":"answer","path":"/accounts","times":2,"body":"later"}')
    web.json("GET", "/getresponse/v3/accounts")
    assert added == {
        "kind": "answer",
        "service": "",
        "method": "",
        "path": "/accounts",
        "skip": 0,
        "times": 2,
        "status": 503,
        "headers": {},
        "body": "later",
        "seconds": 0.0,
        "struck": 0,
    }
    assert faults("GET") == [{**added, "times": 1, "struck": 1}]
    assert faults("DELETE") == []


def test_an_application_is_authorized_over_the_port(web: Web) -> None:
    account = web.box.getresponse
    back = "http://127.0.0.1:3000/callback"
    asked = json.dumps({"state": "s/1", "redirect_uri": back}).encode()
    status, _, body = web("POST", f"{HERE}/sandbox/authorize", {}, asked)
    told = json.loads(body)
    assert status == 200
    assert told["redirect_uri"] == back
    assert told["url"] == f"{back}?code={told['code']}&state=s%2F1"

    client = base64.b64encode(f"{account.client_id}:{account.client_secret}".encode()).decode()
    form = f"grant_type=authorization_code&code={told['code']}&redirect_uri={quote(back, safe='')}"
    kind = {
        "Authorization": f"Basic {client}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    status, _, body = web("POST", f"{HERE}/getresponse/v3/token", kind, form.encode())
    token = json.loads(body)
    assert status == 200, token
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert web("GET", f"{HERE}/getresponse/v3/accounts", bearer)[0] == 200
    assert web("POST", f"{HERE}/sandbox/authorize")[0] == 200
    assert Web(web.box, services=("dynamics",))("POST", f"{HERE}/sandbox/authorize")[0] == 404


def test_the_sandbox_tells_its_time_and_its_calls(web: Web) -> None:
    web.json("GET", "/getresponse/v3/accounts")
    status, _, body = web("GET", f"{HERE}/sandbox")
    told = json.loads(body)
    assert status == 200
    assert told["now"].startswith("2026-03-02T08:00")
    assert told["calls"]["getresponse accounts.get"] == 1
    assert web("PUT", f"{HERE}/sandbox")[0] == 404


def test_the_clock_can_be_moved_over_the_port(web: Web) -> None:
    before = web.box.clock.now()
    web("POST", f"{HERE}/sandbox/advance", {}, b'{"seconds": 3600}')
    assert web.box.clock.now() - before >= timedelta(hours=1)


def test_time_goes_on_by_itself(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 90)
    before = web.box.clock.monotonic()
    web("GET", f"{HERE}/sandbox")
    assert web.box.clock.monotonic() - before == pytest.approx(90, abs=5)


def test_or_stands_still(box: Sandbox) -> None:
    web = Web(box, real_time=False)
    web("GET", f"{HERE}/sandbox")
    assert box.clock.monotonic() == 0.0


def test_a_slow_answer_takes_its_time_and_is_counted_once(web: Web) -> None:
    web.box.faults.add(Fault("slow", service="getresponse", seconds=0.2))
    before = web.box.clock.monotonic()
    started = time.monotonic()
    web.json("GET", "/getresponse/v3/accounts")
    assert time.monotonic() - started >= 0.2
    web("GET", f"{HERE}/sandbox")
    assert web.box.clock.monotonic() - before < 0.4


@pytest.mark.parametrize("seconds", ["Infinity", "-1", "NaN", "1e300"])
def test_the_clock_takes_no_step_that_it_could_not_come_back_from(web: Web, seconds: str) -> None:
    body = f'{{"seconds": {seconds}}}'.encode()

    assert web("POST", f"{HERE}/sandbox/advance", {}, body)[0] == 400
    assert web("GET", f"{HERE}/sandbox")[0] == 200


# --- DocuSign and ActiveCampaign -------------------------------------------------------------


def test_activecampaign_and_its_events_have_a_path_each() -> None:
    box = Sandbox(seed=1)
    web = Web(box, real_time=False)
    key = {"Api-Token": box.activecampaign.key, "Content-Type": "application/json"}
    body = b'{"contact": {"email": "ann@example.org"}}'
    status, _, answered = web("POST", f"{HERE}/activecampaign/api/3/contact/sync", key, body)
    links = json.loads(answered)["contact"]["links"].values()
    assert status == 201
    assert all(url.startswith(f"{HERE}/activecampaign/api/3/contacts/") for url in links)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    event = f"actid={box.activecampaign.actid}&key={box.activecampaign.event_key}&event=signed"
    status, _, answered = web("POST", f"{HERE}/activecampaign-events/event", form, event.encode())
    assert (status, json.loads(answered)["success"]) == (200, 1)
    assert [each["name"] for each in box.activecampaign.events()] == ["signed"]


def test_an_url_of_ours_in_a_body_goes_to_the_right_host() -> None:
    box = Sandbox(seed=1)
    web = Web(box, real_time=False)
    key = {"Api-Token": box.activecampaign.key, "Content-Type": "application/json"}
    urls = [f"{HERE}/activecampaign-events/event", f"{HERE}/docusign-login/x", f"{HERE}/docusign/y"]
    contact = {"email": "ann@example.org", "firstName": " ".join(urls)}
    body = json.dumps({"contact": contact}).encode()
    web("POST", f"{HERE}/activecampaign/api/3/contact/sync", key, body)
    assert box.activecampaign.contacts()[0]["first_name"].split() == [
        "https://trackcmp.net/event",
        "https://account-d.docusign.com/x",
        "https://demo.docusign.net/y",
    ]


def test_docusign_has_a_path_for_each_site_and_its_account_server() -> None:
    box = Sandbox(seed=1)
    box.docusign.add_account("Second", base_uri="https://na2.docusign.net")
    web = Web(box, real_time=False)
    for path in ("/docusign", "/docusign-na2"):
        url = f"{HERE}{path}/restapi/service_information"
        assert web("GET", url)[0] == 200
    web("GET", f"{HERE}/docusign-login/oauth/userinfo")
    called = [urlsplit(each.url).netloc for each in box.calls]
    assert called == ["demo.docusign.net", "na2.docusign.net", "account-d.docusign.com"]


def test_a_service_that_is_not_served_has_no_path() -> None:
    web = Web(Sandbox(seed=1), services=("activecampaign",), real_time=False)
    status, _, told = web("GET", f"{HERE}/docusign/restapi/service_information")
    assert (status, told.decode()) == (
        404,
        "nothing here; there are /activecampaign, /activecampaign-events, /sandbox\n",
    )
