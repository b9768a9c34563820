"""What a recording keeps and what it does not. Recordings of real exchanges are in `tests/real`."""

from __future__ import annotations

import builtins
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import vcr
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import ConfigError
from connectors.testing.cassettes import pseudonym, recorder

ANNA = "Anna.Nowak+x@canary.example"
URL = "https://contoso.crm4.dynamics.com/api/data/v9.2"
FORM = "application/x-www-form-urlencoded"


class Scrub:
    """What a recorder does to requests and answers."""

    def __init__(self, **options: Any) -> None:
        config = recorder("nowhere", **options).get_merged_config()
        self._request: Callable[[Any], Any] = config["before_record_request"]
        self._response: Callable[[Any], Any] = config["before_record_response"]

    def request(
        self, url: str = URL, body: str | bytes | None = None, method: str = "POST", **headers: str
    ) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        once = self._request(vcr.Request(method, url, body, named))
        twice = self._request(once)
        assert (once.uri, once.body, dict(once.headers)) == (
            twice.uri,
            twice.body,
            dict(twice.headers),
        ), "what was scrubbed stays as it is"
        return once

    def url(self, url: str) -> str:
        return str(self.request(url, method="GET").uri)

    def sent(self, body: object, url: str = URL, kind: str = "application/json") -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        done = self.request(url, text, content_type=kind).body.decode()
        return done if isinstance(body, str) else json.loads(done)

    def response(self, body: bytes, **headers: str) -> Any:
        named = {name.replace("_", "-"): [value] for name, value in headers.items()}
        answer = {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"], **named},
            "body": {"string": body},
        }
        once = self._response(answer)
        assert self._response(once) == once
        return once

    def answered(self, body: object) -> Any:
        return json.loads(self.response(json.dumps(body).encode())["body"]["string"])


scrub = Scrub()


# --- secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Authorization", "X-Auth-Token", "X-Api-Key", "Api-Token", "Cookie"]
)
def test_credentials_in_headers_go(name: str) -> None:
    headers = scrub.request(**{name.replace("-", "_"): "canary"}).headers
    assert headers[name] == "REDACTED"


def test_cookies_of_answers_go() -> None:
    assert "set-cookie" not in scrub.response(b"{}", set_cookie="id=canary")["headers"]


def test_token_requests_lose_their_secrets_and_keep_the_rest() -> None:
    body = (
        "grant_type=authorization_code&client_id=app&client_secret=s%2Fcanary&code=canary"
        "&password=canary&refresh_token=canary&scope=https%3A%2F%2Fx%2F.default"
    )
    done = parse_qs(scrub.sent(body, kind=FORM))
    assert done["client_id"] == ["app"]
    assert done["scope"] == ["https://x/.default"]
    for name in ("client_secret", "code", "password", "refresh_token"):
        assert done[name] == ["REDACTED"]


def test_tokens_in_answers_go_and_codes_of_errors_stay() -> None:
    done = scrub.answered(
        {"access_token": "canary", "refresh_token": "canary", "expires_in": 60, "code": 1008}
    )
    assert done == {
        "access_token": "REDACTED",
        "refresh_token": "REDACTED",
        "expires_in": 60,
        "code": 1008,
    }


def test_secrets_in_a_query_go() -> None:
    done = scrub.url("https://host.example/back?code=canary&state=x&access_token=canary")
    assert done == "https://host.example/back?code=REDACTED&state=x&access_token=REDACTED"


# --- addresses -------------------------------------------------------------------------------


def test_an_address_has_one_pseudonym_wherever_it_stands() -> None:
    wanted = pseudonym(ANNA)
    assert re.fullmatch(r"person-[0-9a-f]{10}@example\.invalid", wanted)
    assert wanted == pseudonym(ANNA.lower())
    assert wanted != pseudonym("anna.nowak@canary.example")
    assert scrub.answered({"email": ANNA})["email"] == wanted
    assert scrub.answered([f"{ANNA} is on the blocklist"])[0] == f"{wanted} is on the blocklist"
    assert scrub.sent(f"user={quote(ANNA)}", kind=FORM) == f"user={quote(wanted, safe='')}"
    query = parse_qs(urlsplit(scrub.url(f"{URL}?query%5Bemail%5D={quote(ANNA)}&page=1")).query)
    assert query == {"query[email]": [wanted], "page": ["1"]}
    path = scrub.url(f"{URL}/contacts(emailaddress1='{quote(ANNA)}')")
    assert path == f"{URL}/contacts(emailaddress1='{wanted}')"
    assert scrub.url(f"{URL}/erase/{quote(ANNA, safe='')}/now") == f"{URL}/erase/{wanted}/now"


def test_a_link_in_a_body_is_read_as_one() -> None:
    condition = quote(f"emailaddress1 eq '{ANNA}'")
    link = f"{URL}/contacts?$filter={condition}&$skiptoken=7"
    done = scrub.answered({"@odata.nextLink": link})["@odata.nextLink"]
    assert "canary" not in done
    assert pseudonym(ANNA) in done
    assert done.endswith("&$skiptoken=7")


def test_an_address_with_a_quote_goes_whole() -> None:
    irish = "o'brien@canary.example"
    assert scrub.answered({"x": irish})["x"] == pseudonym(irish)
    done = scrub.url(f"{URL}/contacts?$filter=emailaddress1 eq 'o''brien@canary.example'")
    assert pseudonym(irish) in done
    assert "brien" not in done and "o'" not in done


def test_an_address_percent_encoded_in_any_text_goes() -> None:
    done = scrub.answered(["see mailto%3Aanna%2Bx%40canary.example now"])[0]
    assert "canary" not in done
    assert done.startswith("see mailto%3Aperson-")


def test_annotations_are_no_addresses() -> None:
    row = {
        "gr_contactid@odata.bind": "/contacts(1)",
        "@odata.etag": 'W/"1"',
        "x@Microsoft.Dynamics.CRM.lookuplogicalname": "contact",
    }
    assert scrub.answered(row) == row


@settings(max_examples=50)
@given(st.from_regex(r"[a-z0-9][a-z0-9._%+!~-]{0,20}@[a-z][a-z0-9-]{0,10}\.canary", fullmatch=True))
def test_no_plain_address_passes(address: str) -> None:
    shown = json.dumps(
        [
            scrub.answered({"email": address, "text": f"<{address}>", "list": [address]}),
            scrub.url(f"{URL}/contacts?query[email]={quote(address, safe='')}"),
            scrub.sent(f"username={quote(address, safe='')}", kind=FORM),
        ]
    )
    assert ".canary" not in shown


# --- names -----------------------------------------------------------------------------------


def test_names_go_word_by_word_and_stay_themselves() -> None:
    row = {
        "contactid": "1",
        "firstname": "Anna",
        "lastname": "Canary",
        "fullname": "Anna Canary",
        "emailaddress1": None,
        "createdon": "2026-03-02T08:00:00Z",
    }
    done = scrub.answered({"value": [row]})["value"][0]
    assert done["fullname"] == f"{done['firstname']} {done['lastname']}"
    assert done["fullname"] == pseudonym("Anna Canary")
    assert "Canary" not in str(done) and "Anna" not in str(done)
    assert done["createdon"] == row["createdon"]


def test_the_name_of_a_person_goes_and_that_of_a_list_stays() -> None:
    done = scrub.answered(
        [{"contactId": "V", "name": "Anna Canary", "campaign": {"campaignId": "C", "name": "news"}}]
    )
    assert done[0]["name"] == pseudonym("Anna Canary")
    assert done[0]["campaign"]["name"] == "news"


@pytest.mark.parametrize(
    ("path", "field", "own"),
    [
        ("/contacts(1)", "gr_name", True),
        ("/gr_contacts(1)", "gr_name", True),
        ("/gr_lists(1)", "gr_name", False),
        ("/v3/contacts/V", "name", True),
        ("/v3/campaigns", "name", False),
        ("/contacts(1)", "telephone1", True),
    ],
)
def test_what_a_name_is_the_path_says(path: str, field: str, own: bool) -> None:
    done = scrub.sent({field: "Canary"}, url=f"https://host.example{path}")
    assert done[field] == (pseudonym("Canary") if own else "Canary")


def test_names_in_queries_go() -> None:
    filters = scrub.url(f"{URL}/contacts?$filter=lastname eq 'O''Canary' and statecode eq 0")
    assert "anary" not in filters
    assert "statecode%20eq%200" in filters
    contains = scrub.url(f"{URL}/contacts?$filter=contains(fullname,'Canary')")
    assert pseudonym("Canary") in contains
    fetch = quote("<condition attribute='lastname' operator='eq' value='Canary'/>")
    assert "Canary" not in scrub.url(f"{URL}/contacts?fetchXml={fetch}")
    search = scrub.url("https://api.getresponse.com/v3/contacts?query[name]=Canary")
    assert search.endswith(f"query[name]={pseudonym('Canary')}")
    lists = "https://api.getresponse.com/v3/campaigns?query[name]=news"
    assert scrub.url(lists) == lists


def test_a_search_by_name_goes() -> None:
    done = scrub.sent({"conditions": [{"conditionType": "name", "value": "Canary"}]})
    assert done["conditions"][0] == {"conditionType": "name", "value": pseudonym("Canary")}


def test_how_a_lookup_is_shown_goes() -> None:
    name = "_gr_crmcontactid_value@OData.Community.Display.V1.FormattedValue"
    assert scrub.answered({name: "Anna Canary"})[name] == pseudonym("Anna Canary")


def test_more_fields_can_be_named() -> None:
    assert Scrub(personal=["jobTitle"]).answered({"jobtitle": "Canary"})["jobtitle"] != "Canary"
    assert scrub.answered({"jobtitle": "Canary"})["jobtitle"] == "Canary"


def test_a_salt_makes_other_pseudonyms() -> None:
    salted = Scrub(salt="pepper").answered({"email": ANNA})["email"]
    assert salted == pseudonym(ANNA, salt="pepper") != pseudonym(ANNA)


# --- bodies ----------------------------------------------------------------------------------


def test_each_part_of_a_batch_is_scrubbed_and_the_batch_stays_one() -> None:
    part = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    where = quote(f"emailaddress1 eq '{ANNA}'")
    body = (
        f"--b\r\n{part}\r\nGET {URL}/contacts?$filter={where} HTTP/1.1\r\n"
        "Accept: application/json\r\n\r\n\r\n"
        '--b\r\nContent-Type: multipart/mixed; boundary="c"\r\n\r\n'
        f"--c\r\n{part}Content-ID: 1\r\n\r\nPATCH {URL}/gr_contacts(1) HTTP/1.1\r\n"
        "Content-Type: application/json\r\nContent-Length: 46\r\n\r\n"
        f'{{"gr_name":"Anna Canary","gr_email":"{ANNA}"}}\r\n--c--\r\n\r\n--b--\r\n'
    )

    done = scrub.sent(body, url=f"{URL}/$batch", kind='multipart/mixed; boundary="b"')

    assert "anary" not in done
    assert done.count(pseudonym(ANNA)) == 2
    sent = f'{{"gr_name":"{pseudonym("Anna Canary")}","gr_email":"{pseudonym(ANNA)}"}}'
    assert f"Content-Length: {len(sent)}\r\n\r\n{sent}\r\n--c--\r\n" in done
    assert done.endswith("\r\n\r\n--b--\r\n")
    assert [line for line in done.split("\r\n") if line.startswith("--")] == [
        *("--b", "--b", "--c", "--c--", "--b--")
    ]


def test_a_batch_without_people_stays_as_it_was() -> None:
    part = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    body = f"--b\r\n{part}\r\nGET {URL}/WhoAmI HTTP/1.1\r\nAccept: text/plain\r\n\r\n\r\n--b--\r\n"
    assert scrub.sent(body, url=f"{URL}/$batch", kind="multipart/mixed; boundary=b") == body


def test_a_compressed_answer_is_kept_readable_and_scrubbed() -> None:
    packed = gzip.compress(json.dumps({"email": ANNA}).encode())
    done = scrub.response(packed, content_encoding="gzip", content_length=str(len(packed)))
    body = done["body"]["string"]
    assert json.loads(body) == {"email": pseudonym(ANNA)}
    assert "content-encoding" not in done["headers"]
    assert done["headers"]["content-length"] == [str(len(body))]


def test_what_cannot_be_read_is_not_recorded() -> None:
    with pytest.raises(ConfigError, match="compressed as 'zstd', which cannot be scrubbed"):
        scrub.response(b"\x28\xb5\x2f\xfd", content_encoding="zstd")


@pytest.mark.parametrize(
    "body", [b"", b"<h1>Moved</h1>", b"\xff\xfe", b'{"a":1.50,"b":[]}', "Żółć".encode()]
)
def test_a_body_without_people_stays_as_it_was(body: bytes) -> None:
    assert scrub.response(body)["body"]["string"] == body


def test_an_address_in_a_body_of_any_kind_goes() -> None:
    for body in (f"<p>{ANNA}</p>".encode(), f"{ANNA} \xff".encode("latin-1"), b"{" + ANNA.encode()):
        assert b"canary" not in scrub.response(body)["body"]["string"]


def test_letters_of_all_alphabets_stay_readable() -> None:
    assert scrub.answered({"email": ANNA, "city": "Gdańsk"})["city"] == "Gdańsk"


# --- the recorder ----------------------------------------------------------------------------


def test_without_vcrpy_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    find = builtins.__import__

    def missing(name: str, *more: Any, **named: Any) -> Any:
        if name == "vcr":
            raise ModuleNotFoundError("No module named 'vcr'", name="vcr")
        return find(name, *more, **named)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match=r"cassettes need vcr: pip install 'connectors\[vcr\]'"):
        recorder("nowhere")


def test_cassettes_are_yaml_in_their_folder(tmp_path: Path) -> None:
    with recorder(tmp_path).use_cassette("one") as cassette:
        pass
    assert cassette.path == str(tmp_path / "one.yaml")


# --- what is not where one expects it --------------------------------------------------------


def test_an_address_that_is_encoded_twice_goes_too() -> None:
    cookie = "%253cemail%2520last%253d%2522anna%2540canary.example%2522"
    alias = quote(quote(pseudonym("anna@canary.example"), safe=""), safe="")

    sent = Scrub().sent({"page": cookie})

    assert sent == {"page": cookie.replace("anna%2540canary.example", alias)}
    assert "anna" not in Scrub().url(f"{URL}/x?$skiptoken={quote(cookie)}")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("grant_type=password&client_secret=c4n4ry&username=x", ""),
        ('{"access_token": "c4n4ry", "cut off', "application/json"),
        ('{"access_token":"c4n4ry"}\n{"refresh_token":"c4n4ry"}', "application/json"),
        ('\ufeff{"access_token":"c4n4ry","lastname":"c4n4ry"}', "application/json"),
        (json.dumps({"sent": json.dumps({"password": "c4n4ry"})}), "application/json"),
        (json.dumps({"api_key": ["c4n4ry"]}), "application/json"),
        (json.dumps({"headers": {"X-Auth-Token": "api-key c4n4ry"}}), "application/json"),
        (
            '--b\r\nContent-Disposition: form-data; name="client_secret"\r\n\r\nc4n4ry\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_a_secret_goes_also_where_the_body_is_not_what_it_should_be(body: str, kind: str) -> None:
    assert "c4n4ry" not in Scrub().sent(body, kind=kind)


def test_a_password_of_digits_goes() -> None:
    assert Scrub().sent({"password": 123456, "code": 1013}) == {
        "password": "REDACTED",
        "code": 1013,
    }


@pytest.mark.parametrize("name", ["sig", "token", "X-Amz-Signature"])
def test_the_permission_within_a_link_goes(name: str) -> None:
    link = f"https://files.example/x.csv?{name}=c4n4ry&se=7"

    assert Scrub().url(link) == f"https://files.example/x.csv?{name}=REDACTED&se=7"
    assert Scrub().sent({"link": link})["link"].endswith(f"{name}=REDACTED&se=7")


@pytest.mark.parametrize(
    "text",
    [
        'Microsoft.Dynamics.CRM.In(PropertyName=\'lastname\',PropertyValues=["Nowak","O\\"B"])',
        "Microsoft.Dynamics.CRM.In(PropertyName='lastname',PropertyValues=['Nowak','B'])",
        "lastname in ('Nowak', 'B')",
    ],
)
def test_names_in_a_list_of_a_query_go(text: str) -> None:
    url = Scrub().url(f"{URL}/contacts?$filter={quote(text)}")

    assert pseudonym("Nowak") in url
    assert "Nowak" not in url
    same = text.replace("lastname", "statecode")
    assert "Nowak" in Scrub().url(f"{URL}/contacts?$filter={quote(same)}")


# --- played ----------------------------------------------------------------------------------

LINK = f"{URL}/contacts?$filter=emailaddress1%20eq%20"


def played(tmp_path: Path, asked: str, answer: object, **options: Any) -> Any:
    """What a GET of this URL is answered from a cassette that was recorded before."""
    body = json.dumps(answer).encode()
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"], "Content-Length": [str(len(body))]},
        "body": {"string": body},
    }
    recordings = recorder(tmp_path, **options)
    with recordings.use_cassette("one") as cassette:
        cassette.append(vcr.Request("GET", asked, None, {}), response)
    with recordings.use_cassette("one") as cassette:
        done = cassette.play_response(vcr.Request("GET", asked, None, {}))
    told = done["body"]["string"]
    assert done["headers"]["Content-Length"] == [str(len(told))]
    return json.loads(told)


def test_an_answer_has_the_address_that_was_sent(tmp_path: Path) -> None:
    other = "bo@canary.example"
    asked = f"{URL}/contacts?query[email]={quote(ANNA)}"
    link = f"{LINK}'{ANNA}'"
    done = played(tmp_path, asked, {"email": ANNA.lower(), "other": other, "link": link})
    assert done == {
        "email": ANNA,
        "other": pseudonym(other),
        "link": f"{LINK}'{pseudonym(ANNA)}'",
    }
    assert "canary" not in (tmp_path / "one.yaml").read_text()


def test_an_answer_to_a_pseudonym_has_the_pseudonym(tmp_path: Path) -> None:
    asked = f"{URL}/contacts?query[email]={pseudonym(ANNA)}"
    assert played(tmp_path, asked, {"email": ANNA}) == {"email": pseudonym(ANNA)}


def test_a_decorated_test_plays_too(tmp_path: Path) -> None:
    asked = f"{URL}/contacts?query[email]={quote(ANNA)}"
    played(tmp_path, asked, {"email": ANNA})

    def one(cassette: Any) -> str:
        done = cassette.play_response(vcr.Request("GET", asked, None, {}))
        return str(json.loads(done["body"]["string"])["email"])

    recordings = recorder(tmp_path, record_mode="none")
    recordings.inject_cassette = True
    assert recordings.use_cassette("one")(one)() == ANNA
    assert recordings.use_cassette(one)() == ANNA


def test_a_hidden_host_is_hidden_where_it_is_encoded_too(tmp_path: Path) -> None:
    host = "127.0.0.1:8025"
    once = quote(host, safe="")
    texts = [host, once, once.replace("3A", "3a"), quote(once), quote(once).replace("3A", "3a")]
    done = played(tmp_path, f"http://{host}/x?scope={once}", texts, domains=[host])
    assert done == texts
    text = (tmp_path / "one.yaml").read_text()
    assert "127" not in text and "8025" not in text
