"""The pipeline of one call, driven by sending it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import pytest
from attrs import evolve

from connectors.core.call import Call, Request, Response, WriteClass
from connectors.core.flow import Authorize, Flow, Port, Send, Site, Wait, may_repeat, perform
from connectors.core.observe import Attempt, Observer
from connectors.core.policy import Budget, Polling, Retries, Standing
from connectors.core.upload import Upload
from connectors.errors import (
    AnswerLost,
    AuthError,
    BadRequest,
    CallError,
    ConfigError,
    Conflict,
    DecodeError,
    Forbidden,
    NotFound,
    NotSent,
    ServerError,
    StatusError,
    Throttled,
    TransportError,
    Unauthenticated,
)

T = TypeVar("T")

OK = Response(status=200, body=b"done")
LOST = AnswerLost("reset")
REFUSED = NotSent("refused")
KINDS: dict[int, type[StatusError]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: Throttled,
}


def refusal(status: int, retry_after: str = "") -> Response:
    return Response(status=status, headers={"retry-after": retry_after} if retry_after else {})


def classify(_: Call[Any], response: Response) -> StatusError | None:
    if response.status < 400:
        return None
    asked = response.headers.get("retry-after")
    return KINDS.get(response.status, ServerError)(
        "no",
        status=response.status,
        code="77",
        request_id="trace-1",
        retry_after=float(asked) if asked else None,
    )


class Stage:
    """Answers the steps of a flow from a script, and remembers them. Its clock moves by `Wait`."""

    def __init__(self, *answers: Response | CallError, tokens: Iterable[str] | None = None) -> None:
        self.answers = list(answers)
        self.tokens = iter(tokens if tokens is not None else (f"t{n}" for n in range(99)))
        self.token = next(self.tokens)
        self.now = 100.0
        self.sent: list[Request] = []
        self.timeouts: list[float] = []
        self.waits: list[float] = []
        self.stale: list[Mapping[str, str] | None] = []
        self.reserved: list[str] = []
        self.questions = Budget([])
        self.delays: list[float] = []
        self.held: list[float] = []
        self.learned: list[Standing] = []

    def port(self, **changes: Any) -> Port:
        port = Port(
            service="shop",
            base_url="https://api.example.org/v3",
            hosts=frozenset({"https://api.example.org"}),
            headers={"Accept": "application/json"},
            classify=classify,
            rate=self,
            now=lambda: self.now,
            retries=Retries(jitter=lambda: 0.0),
            observer=Observer("shop"),
            timeout=7.0,
        )
        return evolve(port, **changes)

    def hold(self, seconds: float) -> None:
        self.held.append(seconds)

    def ask(self, about: str, whole: str, pause: float) -> float:
        return self.questions.ask(about, whole, pause, self.now)

    def asked(self, about: str) -> None:
        self.questions.asked(about, self.now)

    def unask(self, about: str) -> None:
        self.questions.unask(about)

    def bar(self, whole: str, seconds: float) -> None:
        self.questions.bar(whole, self.now + seconds, self.now)

    def learn(self, standing: Standing) -> None:
        self.learned.append(standing)

    def reserve(self, operation: str, patience: float) -> float:
        self.reserved.append(operation)
        return self.delays.pop(0) if self.delays else 0.0

    def play(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                match step:
                    case Authorize():
                        self.stale.append(step.stale)
                        if step.stale is not None:
                            self.token = next(self.tokens)
                        step = flow.send({"Authorization": f"Bearer {self.token}"})
                    case Wait():
                        self.waits.append(step.seconds)
                        self.now += step.seconds
                        step = flow.send(None)
                    case Send():
                        self.sent.append(step.request)
                        self.timeouts.append(step.timeout)
                        answer = self.answers.pop(0)
                        step = (
                            flow.send(answer)
                            if isinstance(answer, Response)
                            else flow.throw(answer)
                        )
        except StopIteration as stop:
            value: T = stop.value
            return value

    def fail(self, flow: Flow[Any], kind: type[CallError]) -> CallError:
        with pytest.raises(kind) as caught:
            self.play(flow)
        return caught.value


def call(
    write_class: WriteClass = WriteClass.IDEMPOTENT,
    path: str = "things/1",
    decode: Callable[[Response], str] = lambda r: r.body.decode(),
    **more: Any,
) -> Call[str]:
    request = Request(method="POST", path=path, query="a=1", headers=(("X-Own", "1"),), body=b"in")
    return Call(
        service="shop",
        operation="things.change",
        request=request,
        decode=decode,
        write_class=write_class,
        **more,
    )


# --- the good path ---------------------------------------------------------------------------


def test_a_call_is_authorised_sent_once_and_decoded() -> None:
    stage = Stage(
        Response(status=201, headers={"date": "Mon, 02 Mar 2026 08:00:00 GMT"}, body=b"x")
    )

    reply = stage.play(perform(call(), stage.port()))

    (request,) = stage.sent
    assert request.method == "POST"
    assert (request.path, request.query) == ("https://api.example.org/v3/things/1?a=1", "")
    assert dict(request.headers) == {
        "Accept": "application/json",
        "X-Own": "1",
        "Authorization": "Bearer t0",
    }
    assert request.body == b"in"
    assert stage.timeouts == [7.0]
    assert stage.waits == []
    assert stage.stale == [None]
    assert (reply.value, reply.raw, reply.status, reply.attempts) == ("x", b"x", 201, 1)
    assert reply.date is not None
    assert reply.date.isoformat() == "2026-03-02T08:00:00+00:00"


@pytest.mark.parametrize("text", ["", "yesterday", "99 Foo 2026"])
def test_an_answer_without_a_readable_date_has_none(text: str) -> None:
    assert Response(status=200, headers={"date": text}).date is None


def test_the_rate_budget_is_asked_before_every_send_and_obeyed() -> None:
    stage = Stage(refusal(503), OK)
    stage.delays = [2.5, 4.0]

    stage.play(perform(call(), stage.port()))

    assert stage.reserved == ["things.change"] * 2
    assert stage.waits == [2.5, 0.5, 4.0]


def test_a_refusal_that_is_an_answer_here_goes_to_the_decoder() -> None:
    stage = Stage(refusal(404))
    gone = call(decode=lambda r: f"gone {r.status}", safe_statuses=frozenset({404}))

    assert stage.play(perform(gone, stage.port())).value == "gone 404"


def test_a_query_is_added_to_one_that_the_path_has() -> None:
    request = Request(method="GET", path="https://h/x?skip=1", query="a=1")

    assert request.url("https://other") == "https://h/x?skip=1&a=1"
    assert Request(method="GET", path="/x").url("https://h/v3") == "https://h/v3/x"


# --- waiting and repeating -------------------------------------------------------------------


@pytest.mark.parametrize("write_class", WriteClass)
def test_a_throttled_call_waits_as_told_then_succeeds(write_class: WriteClass) -> None:
    stage = Stage(refusal(429, "17"), OK)

    reply = stage.play(perform(call(write_class), stage.port()))

    assert stage.waits == [17.0]
    assert reply.attempts == 2
    assert stage.sent[0] == stage.sent[1]


@pytest.mark.parametrize("write_class", WriteClass)
def test_what_was_never_sent_is_repeated_for_every_write_class(write_class: WriteClass) -> None:
    stage = Stage(NotSent("a"), NotSent("b"), OK)

    assert stage.play(perform(call(write_class), stage.port())).attempts == 3
    assert stage.waits == [0.5, 1.0]


@pytest.mark.parametrize("trouble", [AnswerLost("reset"), refusal(500), refusal(503)])
def test_a_read_or_write_by_key_is_repeated_when_its_outcome_is_unknown(
    trouble: Response | CallError,
) -> None:
    stage = Stage(trouble, OK)

    assert stage.play(perform(call(WriteClass.IDEMPOTENT), stage.port())).attempts == 2


@pytest.mark.parametrize(
    "write_class", [WriteClass.NATURAL_KEY, WriteClass.MARKED, WriteClass.UNSAFE]
)
@pytest.mark.parametrize(
    ("trouble", "kind"), [(AnswerLost("reset"), AnswerLost), (refusal(502), ServerError)]
)
def test_other_writes_are_never_repeated_when_their_outcome_is_unknown(
    write_class: WriteClass, trouble: Response | CallError, kind: type[CallError]
) -> None:
    stage = Stage(trouble)

    error = stage.fail(perform(call(write_class), stage.port()), kind)

    assert len(stage.sent) == error.attempts == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409])
@pytest.mark.parametrize("write_class", WriteClass)
def test_a_refusal_is_final(status: int, write_class: WriteClass) -> None:
    stage = Stage(refusal(status))

    stage.fail(perform(call(write_class), stage.port()), KINDS[status])

    assert stage.waits == []


@pytest.mark.parametrize(
    "error",
    [
        AnswerLost(""),
        ServerError("", status=500),
        NotSent(""),
        Throttled("", status=429),
        BadRequest("", status=400),
        DecodeError(""),
        AuthError(""),
    ],
)
def test_what_was_certainly_not_done_is_repeated_for_every_class(error: CallError) -> None:
    assert may_repeat(WriteClass.UNSAFE, error) is isinstance(error, NotSent | Throttled)
    assert may_repeat(WriteClass.IDEMPOTENT, error) is error.transient


def test_attempts_run_out_with_the_last_error() -> None:
    stage = Stage(refusal(500), NotSent("x"), AnswerLost("the last"))
    port = stage.port(retries=Retries(attempts=3, jitter=lambda: 0.0))

    error = stage.fail(perform(call(), port), AnswerLost)

    assert error.message == "the last"
    assert error.attempts == len(stage.sent) == 3
    assert stage.waits == [0.5, 1.0]


def test_a_wait_past_the_deadline_is_not_begun() -> None:
    stage = Stage(refusal(429, "10"), refusal(429, "10"), refusal(429, "11"))
    port = stage.port(retries=Retries(deadline=30.0, jitter=lambda: 0.0))

    error = stage.fail(perform(call(), port), Throttled)

    assert isinstance(error, Throttled)
    assert error.retry_after == 11.0
    assert stage.waits == [10.0, 10.0]


def test_the_deadline_counts_from_the_first_send_not_from_the_queue_before_it() -> None:
    stage = Stage(refusal(503), OK)
    stage.delays = [600.0]

    assert stage.play(perform(call(), stage.port())).attempts == 2


# --- the credential --------------------------------------------------------------------------


def test_a_refused_credential_is_renewed_once_then_the_call_succeeds() -> None:
    stage = Stage(refusal(401), OK)

    reply = stage.play(perform(call(WriteClass.UNSAFE), stage.port()))

    assert stage.stale == [None, {"Authorization": "Bearer t0"}]
    assert [dict(r.headers)["Authorization"] for r in stage.sent] == ["Bearer t0", "Bearer t1"]
    assert stage.waits == []
    assert reply.attempts == 2


def test_a_renewed_credential_that_is_refused_too_fails() -> None:
    stage = Stage(refusal(401), refusal(401))

    error = stage.fail(perform(call(), stage.port()), Unauthenticated)

    assert error.attempts == len(stage.sent) == 2
    assert [s is None for s in stage.stale] == [True, False]


def test_a_second_refusal_is_final_even_with_other_trouble_between() -> None:
    stage = Stage(refusal(401), refusal(503), refusal(401))

    stage.fail(perform(call(), stage.port()), Unauthenticated)

    assert len(stage.sent) == 3
    assert sum(s is not None for s in stage.stale) == 1


def test_no_token_is_an_error_of_the_call_that_wanted_it() -> None:
    flow = perform(call(), Stage().port())
    assert isinstance(next(flow), Authorize)

    with pytest.raises(AuthError) as caught:
        flow.throw(AuthError("the authority refused"))

    assert str(caught.value) == "shop things.change: the authority refused"


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/v3/things",
        "http://api.example.org/v3/things",
        "https://api.example.org:8443/v3/things",
        "https://api.example.org.evil.example/v3",
        "https://api.example.org@evil.example/v3",
        "https://api.example.org\\@evil.example/",
        "https://evil.example?https://api.example.org/",
        "https://evil.example#https://api.example.org/",
        "ftp://api.example.org/",
    ],
)
def test_the_credential_never_goes_to_another_origin(path: str) -> None:
    stage = Stage()

    with pytest.raises(ConfigError, match="refused to send the credential"):
        stage.play(perform(call(path=path), stage.port()))
    assert stage.sent == []
    assert stage.stale == []


@pytest.mark.parametrize(
    "path", ["https://api.example.org/v3/next?page=2", "https://API.example.ORG/v3/next?page=2"]
)
def test_a_link_to_the_own_origin_is_followed_as_it_is(path: str) -> None:
    stage = Stage(OK)

    stage.play(perform(call(path=path), stage.port()))

    assert stage.sent[0].path == f"{path}&a=1"


# --- what errors tell ------------------------------------------------------------------------


def test_a_refusal_tells_service_operation_status_code_and_request_id() -> None:
    stage = Stage(refusal(404))

    error = stage.fail(perform(call(), stage.port()), NotFound)

    assert isinstance(error, NotFound)
    assert (error.service, error.operation) == ("shop", "things.change")
    assert (error.status, error.code, error.request_id) == (404, "77", "trace-1")
    assert str(error) == "shop things.change → 404 code 77 [trace-1]: no"


@pytest.mark.parametrize("trouble", [LOST, REFUSED])
def test_a_failed_wire_tells_service_operation_and_attempts(trouble: TransportError) -> None:
    stage = Stage(trouble)

    error = stage.fail(perform(call(), stage.port(retries=Retries(attempts=1))), type(trouble))

    assert (error.service, error.operation, error.attempts) == ("shop", "things.change", 1)
    assert str(error) == f"shop things.change: {trouble.message}"


def test_an_unreadable_answer_tells_where_it_came_from_and_is_not_repeated() -> None:
    def decode(_: Response) -> str:
        raise DecodeError("no JSON")

    stage = Stage(refusal(503), OK)

    error = stage.fail(perform(call(decode=decode), stage.port()), DecodeError)

    assert (str(error), error.attempts) == ("shop things.change: no JSON", 2)


def test_an_error_without_a_call_is_its_message_and_hint() -> None:
    assert str(AuthError("no token", hint="check the secret")) == "no token (check the secret)"
    assert str(BadRequest("bad", status=400)) == " → 400: bad"


# --- what is shown ---------------------------------------------------------------------------


def test_no_step_of_a_call_shows_the_credential_or_the_body() -> None:
    canary = "s3cr3t-canary"
    request = Request(method="POST", path="things", body=canary.encode())
    flow = perform(
        Call(service="shop", operation="x", request=request, decode=lambda r: r.body),
        Stage().port(),
    )
    shown = [repr(next(flow))]
    shown.append(repr(flow.send({"Authorization": f"Bearer {canary}"})))
    shown.append(repr(flow.send(refusal(401))))
    for header in ("X-Auth-Token", "authorization", "Cookie"):
        shown.append(repr(Request(method="GET", path="x", headers=((header, canary),))))

    assert "Send" in shown[1]
    assert "Authorize" in shown[2]
    assert canary not in "".join(shown)


def test_a_call_prints_as_a_dry_run() -> None:
    text = repr(call())

    assert "things/1" in text
    assert "('X-Own', '1')" in text
    assert "body" not in text


def test_throttling_holds_the_whole_account_back() -> None:
    stage = Stage(refusal(429, "7"), OK)
    stage.play(perform(call(), stage.port()))
    assert stage.held == [7.0]


def test_a_fixed_key_is_not_sent_again_after_it_was_refused() -> None:
    stage = Stage(refusal(401))
    with pytest.raises(Unauthenticated):
        stage.play(perform(call(), stage.port(renewable=False)))
    assert len(stage.sent) == 1


def read(path: str, query: str = "") -> Call[bytes]:
    request = Request(method="GET", path=path, query=query)
    return Call(service="shop", operation="things.get", request=request, decode=lambda r: r.body)


# --- what a host may watch -------------------------------------------------------------------


def test_every_send_is_told_with_its_outcome_and_the_pause_after_it() -> None:
    told: list[Attempt] = []
    stage = Stage(refusal(503), LOST, OK)
    call = read("contacts/ada@contoso.com", query="query%5Bemail%5D=ada%40contoso.com")

    stage.play(perform(call, stage.port(observer=Observer("shop", (told.append,)))))

    assert [(a.number, a.status, a.error, a.code, a.request_id, a.pause) for a in told] == [
        (1, 503, "ServerError", "77", "trace-1", 0.5),
        (2, None, "AnswerLost", "", "", 1.0),
        (3, 200, "", "", "", None),
    ]
    assert {(a.service, a.operation, a.method, a.url) for a in told} == {
        ("shop", "things.get", "GET", "https://api.example.org/v3/contacts/<address>")
    }
    assert told[2].size == len(b"done")


def test_a_hook_that_fails_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Attempt) -> None:
        raise ValueError("no disk")

    stage = Stage(OK)

    reply = stage.play(perform(read("x"), stage.port(observer=Observer("shop", (broken,)))))

    assert reply.value == b"done"
    assert "a hook failed on things.get" in caplog.text


def test_the_log_has_a_line_for_each_send_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="connectors.shop")
    stage = Stage(refusal(401), OK, tokens=["c4n4ry-1", "c4n4ry-2"])

    stage.play(perform(read("x", query="email=c4n4ry%40x.y"), stage.port()))

    assert [(r.name, r.levelname) for r in caplog.records] == [
        ("connectors.shop", "INFO"),
        ("connectors.shop", "DEBUG"),
    ]
    assert "401 code 77 [trace-1] Unauthenticated" in caplog.text
    assert "again in 0.0 s" in caplog.text
    assert "c4n4ry" not in caplog.text


def test_nobody_listening_costs_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Observer, "tell", fail)
    stage = Stage(OK)

    assert stage.play(perform(read("x"), stage.port())).value == b"done"


def test_what_an_answer_says_of_the_limits_is_learned() -> None:
    standing = Standing(limit=80, remaining=3, reset=1.0)
    stage = Stage(refusal(503), OK)

    stage.play(perform(read("x"), stage.port(standing=lambda _: standing)))

    assert stage.learned == [standing, standing]


# --- links that carry their own permission ---------------------------------------------------


def test_a_download_goes_to_any_https_host_without_the_credential() -> None:
    stage = Stage(OK)
    call = evolve(read("https://files.example.net/report?sig=1"), authorized=False)

    stage.play(perform(call, stage.port()))

    [sent] = stage.sent
    assert (sent.path, sent.headers) == ("https://files.example.net/report?sig=1", ())


def test_a_download_by_plain_http_is_refused() -> None:
    stage = Stage()
    call = evolve(read("http://files.example.net/report"), authorized=False)

    with pytest.raises(ConfigError, match="not https"):
        stage.play(perform(call, stage.port()))


def test_a_refused_download_renews_no_token() -> None:
    stage = Stage(refusal(401))
    call = evolve(read("https://files.example.net/report"), authorized=False)

    stage.fail(perform(call, stage.port()), Unauthenticated)

    assert stage.stale == []


# --- its turn within the account's limits ----------------------------------------------------


def test_a_turn_that_is_further_off_than_the_callers_patience_fails_before_anything_is_sent() -> (
    None
):
    stage = Stage()
    stage.delays = [900.0]

    error = stage.fail(perform(read("x"), stage.port(retries=Retries(patience=10.0))), Throttled)

    assert "not sent" in str(error)
    assert isinstance(error, Throttled)
    assert (error.retry_after, error.attempts) == (900.0, 0)
    assert (stage.sent, stage.waits) == ([], [])


def test_a_long_wait_for_the_turn_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="connectors.shop")
    stage = Stage(OK)
    stage.delays = [60.0]

    stage.play(perform(read("x"), stage.port()))

    assert "things.get waits 60 s for its turn" in caplog.text


@pytest.mark.parametrize("lost", [LOST, REFUSED])
def test_a_call_whose_authority_did_not_answer_was_not_sent(lost: CallError) -> None:
    flow = perform(call(WriteClass.UNSAFE), Stage().port())
    assert isinstance(next(flow), Authorize)

    with pytest.raises(NotSent, match=r"shop things\.change: no answer of the authority") as caught:
        flow.throw(type(lost)("reset"))

    assert caught.value.attempts == 0


def test_a_turn_that_comes_after_the_deadline_is_not_waited_for() -> None:
    stage = Stage(refusal(503))
    stage.delays = [50.0, 12.0]
    retries = Retries(deadline=10.0, first=1.0, jitter=lambda: 0.0)

    error = stage.fail(perform(read("x"), stage.port(retries=retries)), Throttled)

    assert "not sent again" in str(error)
    assert (error.attempts, stage.waits) == (1, [50.0, 1.0])


def test_what_was_cut_off_is_not_asked_for_again_where_the_host_wants_no_retry() -> None:
    def garbled(_: Response) -> str:
        raise DecodeError("the answer is not JSON", garbled=True)

    for attempts, sends in ((1, 1), (2, 2), (5, 2)):
        stage = Stage(OK, OK)
        port = stage.port(retries=Retries(attempts=attempts))

        stage.fail(perform(call(decode=garbled), port), DecodeError)

        assert len(stage.sent) == sends


def test_a_link_without_the_credential_may_lead_to_the_connection_itself() -> None:
    stage = Stage(OK)
    at = "http://127.0.0.1:8025"
    asked = evolve(read(f"{at}/x"), authorized=False)

    stage.play(perform(asked, stage.port(base_url=at, hosts=frozenset({at}))))

    assert [(sent.path, sent.headers) for sent in stage.sent] == [(f"{at}/x", ())]


def test_a_very_long_pause_holds_the_account_back_for_an_hour_at_most() -> None:
    stage = Stage(refusal(429, retry_after="80000"))

    stage.fail(perform(read("x"), stage.port()), Throttled)

    assert stage.held == [3600.0]


# --- where the API is ------------------------------------------------------------------------

THERE = Site("https://na3.example.org/accounts/7", frozenset({"https://na3.example.org"}))


def at(site: Site) -> Callable[[Port], Flow[Site]]:
    def find(port: Port) -> Flow[Site]:
        yield Wait(0.25)
        return site

    return find


def test_where_the_api_is_may_have_to_be_found_out_first() -> None:
    stage = Stage(OK)

    stage.play(perform(call(), stage.port(site=at(THERE))))

    assert stage.waits == [0.25]
    assert [r.path for r in stage.sent] == ["https://na3.example.org/accounts/7/things/1?a=1"]


@pytest.mark.parametrize("path", ["https://api.example.org/v3/things/1", "https://evil.example/x"])
def test_the_credential_goes_to_the_place_that_was_found_and_to_no_other(path: str) -> None:
    stage = Stage()

    with pytest.raises(ConfigError, match=r"this connection allows https://na3\.example\.org$"):
        stage.play(perform(call(path=path), stage.port(site=at(THERE))))

    assert (stage.sent, stage.stale) == ([], [])


def test_an_empty_path_is_the_root_itself() -> None:
    stage = Stage(OK)

    stage.play(perform(call(path=""), stage.port(site=at(THERE))))

    assert stage.sent[0].path == "https://na3.example.org/accounts/7?a=1"


# --- bodies that are not held ----------------------------------------------------------------


def test_an_upload_goes_with_each_send() -> None:
    stage = Stage(refusal(503), OK)
    upload = Upload((b"document",))
    sent = call()

    stage.play(perform(evolve(sent, request=evolve(sent.request, upload=upload)), stage.port()))

    assert [r.upload for r in stage.sent] == [upload, upload]


@pytest.mark.parametrize("stream", [False, True])
def test_each_send_says_whether_the_body_is_wanted_as_it_comes(stream: bool) -> None:
    stage = Stage()
    flow = perform(call(), stage.port(), stream=stream)
    next(flow)
    steps = [flow.send({})]
    assert flow.send(refusal(503)) == Wait(0.5)
    next(flow)
    steps.append(flow.send({}))

    assert [step.stream for step in steps if isinstance(step, Send)] == [stream, stream]


# --- what may be asked seldom ----------------------------------------------------------------

SELDOM = Polling(
    pause=900.0,
    whole=lambda about: about.partition("/")[0],
    refused=lambda seconds: Throttled("too soon", retry_after=seconds, hint="wait"),
)


class TooOften(Throttled):
    """One thing was asked for too often."""

    of_account = False


def question(about: str = "a") -> Call[bytes]:
    return evolve(read(about), asks_about=about)


def too_often(call: Call[Any], response: Response) -> StatusError | None:
    return TooOften("no", retry_after=3600.0) if response.status == 429 else None


def until(stage: Stage, about: str = "a") -> float:
    """Seconds until somebody else may ask."""
    delay = stage.ask(about, SELDOM.whole(about), SELDOM.pause)
    if delay == 0:
        stage.unask(about)
    return delay


@pytest.mark.parametrize("stream", [False, True])
def test_a_second_question_about_one_thing_is_not_sent(stream: bool) -> None:
    stage = Stage(OK, OK, OK)
    port = stage.port(polling=SELDOM)
    stage.play(perform(question("a"), port, stream=stream))
    stage.play(perform(question("b"), port, stream=stream))
    stage.play(perform(read("a"), port))

    error = stage.fail(perform(question("a"), port, stream=stream), Throttled)

    assert isinstance(error, Throttled)
    assert (error.retry_after, error.attempts) == (900.0, 0)
    assert (error.service, error.operation) == ("shop", "things.get")
    assert len(stage.sent) == 3


def test_where_nothing_is_said_of_polling_all_may_be_asked_again() -> None:
    stage = Stage(OK, OK)

    stage.play(perform(question(), stage.port()))
    stage.play(perform(question(), stage.port()))

    assert len(stage.sent) == 2


@pytest.mark.parametrize("failed", [refusal(404), refusal(503), LOST, refusal(429, "600")])
def test_a_question_that_was_not_answered_was_none(failed: Response | CallError) -> None:
    stage = Stage(failed)
    port = stage.port(polling=SELDOM, retries=Retries(attempts=1))

    stage.fail(perform(question("a/x"), port), CallError)

    assert (until(stage, "a/x"), until(stage, "a/y")) == (0.0, 0.0)


@pytest.mark.parametrize("steps", [1, 2], ids=["before it is sent", "while it is sent"])
def test_a_question_that_is_given_up_was_none(steps: int) -> None:
    stage = Stage()
    flow = perform(question(), stage.port(polling=SELDOM))
    next(flow)
    if steps == 2:
        assert isinstance(flow.send({}), Send)
    assert until(stage) == 900.0

    flow.close()

    assert until(stage) == 0.0


def test_a_question_that_the_service_says_came_too_often_was_one_and_holds_all_parts() -> None:
    stage = Stage(refusal(429), OK)
    port = stage.port(polling=SELDOM, retries=Retries(attempts=1), classify=too_often)

    stage.fail(perform(question("a/x"), port), TooOften)

    assert (until(stage, "a/x"), until(stage, "a/y"), until(stage, "b/x")) == (3600.0, 3600.0, 0.0)
    assert stage.held == []
    stage.play(perform(read("a/documents/1"), port))
    stage.now += 3600.0
    assert (until(stage, "a/x"), until(stage, "a/y")) == (0.0, 0.0)


def test_a_question_that_came_too_often_is_not_soon_allowed_by_a_short_wish() -> None:
    stage = Stage(refusal(429))
    port = stage.port(
        polling=SELDOM,
        retries=Retries(attempts=1),
        classify=lambda call, response: TooOften("no", retry_after=60.0),
    )

    stage.fail(perform(question("a/x"), port), TooOften)

    assert (until(stage, "a/x"), until(stage, "a/y")) == (900.0, 60.0)


def test_what_is_no_question_holds_no_questions() -> None:
    stage = Stage(refusal(429))
    port = stage.port(polling=SELDOM, retries=Retries(attempts=1), classify=too_often)

    stage.fail(perform(read("a"), port), TooOften)

    assert until(stage) == 0.0


def test_sending_one_question_again_is_no_second_one_and_the_pause_counts_from_the_last() -> None:
    stage = Stage(refusal(503), refusal(503, "250"), OK)

    stage.play(perform(question(), stage.port(polling=SELDOM)))

    assert (len(stage.sent), stage.waits) == (3, [0.5, 250.0])
    assert until(stage) == 900.0


def test_a_question_that_waits_for_its_turn_is_not_asked_by_another_meanwhile() -> None:
    stage = Stage(OK)
    stage.delays = [1800.0]
    flow = perform(question(), stage.port(polling=SELDOM))
    next(flow)
    assert flow.send({}) == Wait(1800.0)
    stage.now += 1799.0
    stage.fail(perform(question(), stage.port(polling=SELDOM)), Throttled)
    stage.now += 1.0
    assert isinstance(flow.send(None), Send)

    with pytest.raises(StopIteration):
        flow.send(OK)

    assert until(stage) == 900.0


def test_the_account_that_was_found_out_has_its_own_limits() -> None:
    own, found = Stage(refusal(429, "7"), OK, OK), Stage()
    standing = Standing(limit=80, remaining=3, reset=1.0)
    port = own.port(polling=SELDOM, site=at(evolve(THERE, rate=found)), standing=lambda _: standing)

    own.play(perform(question(), port))

    assert (own.reserved, own.learned, own.held, until(own)) == ([], [], [], 0.0)
    assert (found.reserved, found.learned) == (["things.get"] * 2, [standing] * 2)
    assert found.held == [7.0]
    assert until(found) == 900.0
