"""Sign-in pages, limits, error bodies and the finer points of batches in the Dynamics room."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.sandbox.dynamics_kit import Crm, Reply

DETAILS = "@Microsoft.PowerApps.CDS."


@pytest.fixture
def crm() -> Crm:
    return Crm()


def on_premises(version: str = "9.1") -> Crm:
    crm = Crm(version=version, deployment="on-premises")
    service = crm.service
    crm.bearer = crm.token(
        "/oauth2/token", grant_type="password", username=service.username,
        password=service.password, resource=service.resource,
    ).json["access_token"]  # fmt: skip
    return crm


# --- sign-in ---------------------------------------------------------------------------------


def test_a_bad_token_may_meet_the_sign_in_page() -> None:
    crm = on_premises()
    crm.service.revoke_tokens()
    assert crm.get("WhoAmI").status == 401
    crm.service.login_page = True
    told = crm.get("WhoAmI")
    assert told.status == 200
    assert told.headers["Content-Type"].startswith("text/html")
    assert told.answer.body.startswith(b"<!DOCTYPE html>")


def test_a_server_without_claims_takes_windows_tickets_and_no_bearer() -> None:
    crm = on_premises()
    crm.service.use_windows_sign_in("good")
    api = crm.api = f"{crm.service.url}/api/data/v9.1/"
    assert api == "https://crm.contoso.example/contoso/api/data/v9.1/"
    for authorization in (f"Bearer {crm.bearer}", "Negotiate bad", ""):
        told = crm.get("WhoAmI", authorization=authorization)
        assert (told.status, told.headers["WWW-Authenticate"]) == (401, "Negotiate, NTLM")
    for kind in ("Negotiate", "NTLM"):
        assert crm.get("WhoAmI", authorization=f"{kind} good").status == 200
    contact = crm.people(1)[0]
    told = crm.get("contacts", authorization="Negotiate good", prefer="odata.maxpagesize=1")
    assert told.json["@odata.context"].startswith(api)
    body = {"gr_CrmContactId@odata.bind": f"{api}contacts({contact})"}
    made = crm("POST", "gr_contacts", body, authorization="Negotiate good")
    assert made.headers["OData-EntityId"].startswith(api)
    lost = api.replace("/contoso/", "/")
    assert crm.get(f"{lost}WhoAmI", authorization="Negotiate good").status == 404
    with pytest.raises(ValueError, match="on premises"):
        Crm().service.use_windows_sign_in()


# --- limits ----------------------------------------------------------------------------------


def test_the_three_limits_have_codes_of_their_own(crm: Crm) -> None:
    crm.service.limits = True
    crm.service.in_flight = 52
    told = crm.get("WhoAmI")
    assert (told.status, told.code) == (429, "0x80072326")
    assert int(told.headers["Retry-After"]) >= 1
    crm.service.in_flight = 0
    crm.service.call_seconds = 700.0
    spare = []
    for _ in range(2):
        spare.append(crm.get("WhoAmI").headers["x-ms-ratelimit-time-remaining-xrm-requests"])
        crm.sign_in()
    assert float(spare[0]) == 500
    assert crm.get("WhoAmI").status == 200
    crm.service.call_seconds = 0
    crm.service.limit_requests = 1
    assert crm.get("WhoAmI").code == "0x80072322"


def test_the_time_of_a_batch_counts_in_full_and_its_call_once(crm: Crm) -> None:
    crm.service.limits = True
    crm.service.call_seconds = 250.0
    text = joined(*[part("GET", crm.api + "WhoAmI")] * 5)
    assert send(crm, text).status == 200
    told = crm.get("WhoAmI")
    assert (told.status, told.code) == (429, "0x80072321")
    assert told.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "5999"


def test_large_bodies_are_refused_where_there_is_a_limit(crm: Crm) -> None:
    crm.service.max_body = 100
    assert crm("POST", "contacts", {"description": "x" * 100}).status == 413
    assert crm("POST", "contacts", {"description": "x"}).status == 204


def test_on_premises_has_no_limits() -> None:
    crm = on_premises()
    crm.service.limits = True
    crm.service.limit_requests = 1
    assert [crm.get("WhoAmI").status for _ in range(3)] == [200] * 3


# --- errors ----------------------------------------------------------------------------------


def test_annotations_tell_more_about_an_error(crm: Crm) -> None:
    plain = crm.get("nonsense").json["error"]
    assert set(plain) == {"code", "message"}
    told = crm.get("nonsense", prefer='odata.include-annotations="*"').json["error"]
    assert {f"{DETAILS}ErrorDetails.SubErrorCode", f"{DETAILS}HelpLink", f"{DETAILS}TraceText",
            f"{DETAILS}InnerError.Message"} <= set(told)  # fmt: skip
    some = crm.get("nonsense", prefer=f'odata.include-annotations="{DETAILS[1:]}HelpLink"')
    assert set(some.json["error"]) == {"code", "message", f"{DETAILS}HelpLink"}


@pytest.mark.parametrize(
    ("version", "deployment", "shown"),
    [
        ("8.2", "online", True),
        ("9.0", "online", False),
        ("9.2", "online", False),
        ("9.0", "on-premises", True),
        ("9.1", "on-premises", True),
    ],
)
def test_old_and_local_servers_show_the_inner_error(
    version: str, deployment: Literal["online", "on-premises"], shown: bool
) -> None:
    crm = Crm(version=version) if deployment == "online" else on_premises(version)
    error = crm.get("nonsense").json["error"]
    assert ("innererror" in error) is shown
    if shown:
        assert set(error["innererror"]) == {"message", "type", "stacktrace"}


# --- batches ---------------------------------------------------------------------------------


def part(method: str, url: str, body: str = "", number: str = "") -> str:
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {number}"] if number else []
    lines += ["", f"{method} {url} HTTP/1.1"]
    lines += ["Content-Type: application/json"] if body else []
    return "\r\n".join([*lines, "", body]) + "\r\n"


def joined(*parts: str, boundary: str = "b") -> str:
    return "".join(f"--{boundary}\r\n{p}" for p in parts) + f"--{boundary}--\r\n"


def change_set(*parts: str) -> str:
    head = "Content-Type: multipart/mixed; boundary=c\r\n\r\n"
    return head + joined(*parts, boundary="c")


def send(crm: Crm, text: str, **headers: str) -> Reply:
    kind = 'multipart/mixed; boundary="b"'
    return crm("POST", "$batch", text.encode(), content_type=kind, **headers)


def statuses(told: Reply) -> list[int]:
    lines = told.answer.body.decode().split("\r\n")
    return [int(line.split()[1]) for line in lines if line.startswith("HTTP/1.1 ")]


def test_targets_in_a_batch_are_paths_online_and_addresses_on_premises(crm: Crm) -> None:
    for target in (crm.api + "WhoAmI", "/api/data/v9.2/WhoAmI",
                   "https://contoso.api.crm4.dynamics.com/api/data/v9.2/WhoAmI"):  # fmt: skip
        assert statuses(send(crm, joined(part("GET", target)))) == [200]
    for target in ("WhoAmI", "https://other.example/api/data/v9.2/WhoAmI", "/WhoAmI"):
        assert statuses(send(crm, joined(part("GET", target)))) == [400]
    local = on_premises()
    assert statuses(send(local, joined(part("GET", local.api + "WhoAmI")))) == [200]
    assert statuses(send(local, joined(part("GET", "/api/data/v9.1/WhoAmI")))) == [400]
    local.service.batch_paths = True
    assert statuses(send(local, joined(part("GET", "/api/data/v9.1/WhoAmI")))) == [200]


def test_references_inside_a_change_set(crm: Crm) -> None:
    told = send(
        crm,
        joined(
            change_set(
                part("POST", crm.api + "contacts", '{"lastname":"A"}', "1"),
                part("POST", crm.api + "gr_contacts", '{"gr_name":"m"}', "2"),
                part("PUT", "$2/gr_CrmContactId/$ref", '{"@odata.id":"$1"}', "3"),
                part("PUT", "$1/jobtitle", '{"value":"Boss"}', "4"),
                part("POST", "$1/gr_contact_gr_crmcontactid/$ref", '{"@odata.id":"/$2"}', "5"),
                part("DELETE", "$2", number="6"),
            )
        ),
    )
    assert statuses(told) == [204] * 6
    assert crm.service.rows("gr_contact") == []
    assert [r["jobtitle"] for r in crm.service.rows("contact")] == ["Boss"]


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("PATCH", "$9", '{"lastname":"A"}'),
        ("POST", "AddListMembersList", '{"List":{},"Members":[]}'),
    ],
)
def test_a_change_set_that_fails_is_answered_by_one_part(
    crm: Crm, method: str, url: str, body: str
) -> None:
    target = url if url.startswith("$") else crm.api + url
    first = part("POST", crm.api + "contacts", '{"lastname":"A"}', "1")
    told = send(crm, joined(change_set(first, part(method, target, body, "2"))))
    assert (told.status, statuses(told)) == (400, [400])
    text = told.answer.body.decode()
    assert "Content-ID: 2" in text
    assert "changesetresponse_" in text
    assert crm.service.rows("contact") == []


def test_references_are_no_parameters_of_actions(crm: Crm) -> None:
    known = crm.service.add_marketing_list("L")
    action = f"{crm.api}lists({known})/Microsoft.Dynamics.CRM.AddMemberList"
    parts = (
        part("POST", crm.api + "contacts", '{"lastname":"A"}', "1"),
        part("POST", action, '{"EntityId":"$1"}', "2"),
    )
    told = send(crm, joined(change_set(*parts)))
    assert "Cannot convert the literal '$1' to the expected type 'Edm.Guid'" in (
        told.answer.body.decode()
    )


def test_local_servers_of_9_0_know_no_references_in_bodies() -> None:
    crm = on_premises("9.0")
    parts = (
        part("POST", crm.api + "contacts", '{"lastname":"A"}', "1"),
        part("POST", crm.api + "gr_contacts", '{"gr_CrmContactId@odata.bind":"$1"}', "2"),
    )
    assert statuses(send(crm, joined(change_set(*parts)))) == [500]


@pytest.mark.parametrize("version", ["8.2", "9.0", "9.1", "9.2"])
def test_what_a_batch_may_do_depends_on_the_version(version: str) -> None:
    crm = Crm(version=version)
    newer = version in ("9.1", "9.2")
    bad, good = part("GET", crm.api + "nope"), part("GET", crm.api + "WhoAmI")
    told = send(crm, joined(bad, good), prefer="odata.continue-on-error")
    assert statuses(told) == ([404, 200] if newer else [404])
    assert told.status == (200 if newer else 404)
    loose = send(crm, joined(part("POST", crm.api + "contacts", '{"lastname":"A"}')))
    assert loose.status == (200 if newer else 400)
    assert len(crm.service.rows("contact")) == newer


def test_a_long_read_goes_through_a_batch(crm: Crm) -> None:
    ids = crm.people(2)
    text = " or ".join(f"contactid eq {i}" for i in ids * 250)
    target = f"{crm.api}contacts?$select=contactid&$filter={text.replace(' ', '%20')}"
    assert len(target) > 2000
    told = send(crm, joined(part("GET", target)))
    assert statuses(told) == [200]
    assert all(i in told.answer.body.decode() for i in ids)
    far = target + "%20" * 10_000
    assert statuses(send(crm, joined(part("GET", far)))) == [414]
    assert crm.get(far).status == 414


def test_bulk_actions_and_impersonation_work_inside_a_batch(crm: Crm) -> None:
    action = f"{crm.api}gr_contacts/Microsoft.Dynamics.CRM.CreateMultiple"
    rows = '{"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.gr_contact","gr_name":"a"}]}'
    acting = part("GET", crm.api + "WhoAmI").replace(
        "HTTP/1.1\r\n", f"HTTP/1.1\r\nMSCRMCallerID: {crm.service.store.owner}\r\n"
    )
    told = send(crm, joined(change_set(part("POST", action, rows, "1")), acting))
    assert statuses(told) == [200, 200]
    assert crm.service.store.owner in told.answer.body.decode()
    assert crm.service.writes == 1
