"""A passkey opens the login that it was made for, at our own address, once for each question."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import AuditEntry, Passkey, User
from guanxi.kit import clock
from tests.console.security_key import PRESENT, SecurityKey, text

EMAIL, GOOD = "lin@example.test", "river lamp seven umbrellas"


@pytest.fixture(autouse=True)
def at_localhost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "BASE_URL", "http://localhost")


@pytest.fixture
def user(db: None) -> User:
    user = User.objects.create_user(email=EMAIL, name="Lin Yao", password=GOOD)
    governance.create_workspace(name="Lumen", owner=user)
    return user


def browser(**given: Any) -> Client:
    return Client(SERVER_NAME="localhost", **given)


def signed_in(email: str = EMAIL) -> Client:
    client = browser()
    client.force_login(User.objects.get(email=email))
    return client


def asked(client: Client, path: str = "/passkey/options") -> dict[str, Any]:
    answer = client.post(path)
    assert answer.status_code == 200
    return dict(json.loads(answer.content))


def added(client: Client, key: SecurityKey | None = None, name: str = "Phone") -> SecurityKey:
    key = key or SecurityKey()
    given = key.create(asked(client, "/account/passkeys/options"))
    assert client.post("/account/passkeys", {"name": name, "credential": given}).status_code in (200, 302)
    return key


def signs_in(client: Client, credential: str, to: str = "") -> str:
    """Where it leads, or what the page says."""
    answer = client.post("/sign-in/passkey", {"credential": credential, "next": to})
    if answer.status_code == 302:
        return answer.headers["Location"]
    assert answer.status_code == 422
    return str(answer.context["problem"])


WRONG = "This passkey could not be checked. Try again, or use another way."
UNKNOWN = "This passkey is not known here any more. Use another way, and remove it from your device."
LATE = "That took too long. Try again."


def test_a_passkey_signs_in_without_a_name_or_password(user: User) -> None:
    key = added(signed_in())
    client = browser()
    options = asked(client)
    assert (options["rpId"], options["userVerification"], options.get("allowCredentials", [])) == (
        "localhost",
        "required",
        [],
    )
    assert signs_in(client, key.get(options), "/account") == "/account"
    assert client.get("/w/lumen/").status_code == 200
    kept = Passkey.objects.get()
    assert (kept.name, kept.sign_count, kept.used_at is not None) == ("Phone", 1, True)


def test_the_first_passkey_brings_recovery_codes_and_a_second_step(user: User) -> None:
    client, elsewhere = signed_in(), signed_in()
    key = SecurityKey()
    given = key.create(asked(client, "/account/passkeys/options"))
    page = client.post("/account/passkeys", {"credential": given})
    assert len(page.context["codes"]) == 10
    assert elsewhere.get("/account").status_code == 302
    assert "Unknown device" in client.get("/account").content.decode()
    half = browser()
    assert half.post("/sign-in", {"email": EMAIL, "password": GOOD}).headers["Location"] == "/sign-in/second"
    options = asked(half)
    assert [one["id"] for one in options["allowCredentials"]] == [json.loads(given)["id"]]
    assert signs_in(half, key.get(options)) == "/"
    assert half.get("/w/lumen/").status_code == 200


def test_a_question_is_answered_once_and_soon(user: User) -> None:
    key, client = added(signed_in()), browser()
    given = key.get(asked(client))
    assert signs_in(client, given) == "/"
    assert signs_in(browser(), given) == LATE
    assert signs_in(client, given) == LATE
    other = browser()
    slow = key.get(asked(other))
    with time_machine.travel(clock.wall() + timedelta(minutes=5), tick=False):
        assert signs_in(other, slow) == LATE


def test_an_answer_to_another_question_is_refused_and_uses_the_question_up(user: User) -> None:
    key, client = added(signed_in()), browser()
    old = key.get(asked(client))
    new = asked(client)
    assert signs_in(client, old) == WRONG
    assert signs_in(client, key.get(new)) == LATE


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://localhost.elsewhere.test"},
        {"origin": "http://localhost:81"},
        {"host": "elsewhere.test"},
        {"flags": PRESENT},
    ],
    ids=["another site", "another port", "another host", "an unrecognised holder"],
)
def test_an_answer_from_elsewhere_is_refused(user: User, changed: dict[str, Any]) -> None:
    key, client = added(signed_in()), browser()
    for name, value in changed.items():
        setattr(key, name, value)
    assert signs_in(client, key.get(asked(client))) == WRONG
    assert Passkey.objects.get().sign_count == 0


def test_a_passkey_made_elsewhere_is_not_taken(user: User) -> None:
    client = signed_in()
    for key in (SecurityKey(origin="https://elsewhere.test"), SecurityKey(flags=PRESENT), SecurityKey(host="x.test")):
        client.post("/account/passkeys", {"credential": key.create(asked(client, "/account/passkeys/options"))})
        assert WRONG in client.get("/account").content.decode()
    assert not Passkey.objects.exists()


def test_a_copied_passkey_is_noticed(user: User) -> None:
    key, client = added(signed_in()), browser()
    key.counter = 7
    assert signs_in(client, key.get(asked(client))) == "/"
    key.counter = 5
    other = browser()
    assert signs_in(other, key.get(asked(other))) == WRONG


def test_a_passkey_opens_no_other_login(user: User) -> None:
    tom = User.objects.create_user(email="tom@example.test", password=GOOD)
    key, client = added(signed_in()), browser()
    given = json.loads(key.get(asked(client)))
    given["response"]["userHandle"] = text(tom.public_id.encode())
    assert signs_in(client, json.dumps(given)) == WRONG
    session = signed_in(tom.email)
    kept = session.session
    kept["proved_at"] = (clock.wall() - timedelta(minutes=11)).isoformat()
    kept.save()
    answer = session.post("/confirm", {"way": "passkey", "credential": key.get(asked(session))})
    assert (answer.status_code, answer.context["problem"]) == (422, WRONG)
    assert session.get("/account/app").headers["Location"].startswith("/confirm?")


def test_a_passkey_is_a_fresh_proof_of_its_own_login(user: User) -> None:
    client = signed_in()
    key = added(client)
    kept = client.session
    kept["proved_at"] = (clock.wall() - timedelta(minutes=11)).isoformat()
    kept.save()
    answer = client.post("/confirm", {"way": "passkey", "credential": key.get(asked(client)), "next": "/account/app"})
    assert answer.headers["Location"] == "/account/app"
    assert client.get("/account/app").status_code == 200


def test_a_removed_passkey_opens_nothing_and_nobody_removes_that_of_another(user: User) -> None:
    client = signed_in()
    key = added(client)
    User.objects.create_user(email="tom@example.test")
    path = f"/account/passkeys/{Passkey.objects.get().public_id}/remove"
    signed_in("tom@example.test").post(path)
    assert Passkey.objects.count() == 1
    assert client.post(path).headers["Location"] == "/account#passkeys"
    assert queries.second_steps(user) == queries.SecondSteps(None, [], 0)
    other = browser()
    assert signs_in(other, key.get(asked(other))) == UNKNOWN


def test_a_switched_off_login_has_no_passkeys(user: User) -> None:
    key, client = added(signed_in()), browser()
    User.objects.update(is_active=False)
    assert signs_in(client, key.get(asked(client))) == UNKNOWN


def test_the_same_passkey_is_not_kept_twice(user: User) -> None:
    client = signed_in()
    key = added(client)
    client.post("/account/passkeys", {"credential": key.create(asked(client, "/account/passkeys/options"))})
    assert "This passkey is in use already." in client.get("/account").content.decode()
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    ["", "{}", "[]", "1", "null", "x", '{"id": 1}', '{"id": "a", "rawId": "b"}', '{"id":"é","rawId":"é"}']
    + ['{"id":"AA","rawId":"AA","type":"public-key","response":' + response + "}" for response in ("{}", "[]", "1")]
    + [
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","authenticatorData":"AA",'
        '"signature":"AA","attestationObject":"' + made + '"}}'
        for made in ("AA", "_____w", "oWNmbXRkbm9uZQ", 'A"')
    ],
)
def test_what_is_no_answer_at_all_is_refused_with_words(user: User, given: str) -> None:
    client = browser()
    asked(client)
    assert signs_in(client, given) in (WRONG, UNKNOWN)
    client = signed_in()
    asked(client, "/account/passkeys/options")
    assert client.post("/account/passkeys", {"credential": given}).status_code == 302
    assert WRONG in client.get("/account").content.decode()


@pytest.mark.parametrize(
    ("base", "host", "works"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("http://[::1]:8000", "[::1]:8000", False),
        ("http://localhost:8000", "localhost:8000", True),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("https://crm.example.test", "crm.example.test", True),
        ("http://crm.example.test", "crm.example.test", False),
    ],
)
def test_the_pages_offer_passkeys_only_where_browsers_make_them(
    user: User, monkeypatch: pytest.MonkeyPatch, base: str, host: str, works: bool
) -> None:
    monkeypatch.setattr(settings, "BASE_URL", base)
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["*"])
    client = Client()
    client.force_login(user)
    page = client.get("/account", headers={"host": host}).content.decode()
    sign_in = Client().get("/sign-in", headers={"host": host}).content.decode()
    assert [part in page for part in ("data-passkey", "Passkeys need HTTPS")] == [works, not works]
    assert "data-passkey" in sign_in if works else "passkeys.js" not in sign_in
    assert Client().post("/passkey/options", headers={"host": host}).status_code == (200 if works else 409)


def test_the_log_tells_of_passkeys(user: User) -> None:
    client = signed_in()
    key = added(client)
    other = browser()
    signs_in(other, key.get(asked(other)))
    client.post(f"/account/passkeys/{Passkey.objects.get().public_id}/remove")
    with queries.entered(queries.workspaces_of(user)[0]):
        assert list(AuditEntry.objects.order_by("number").values_list("act", "detail")) == [
            ("login.passkey_added", {}),
            ("login.recovery_codes_made", {}),
            ("login.signed_in", {"way": "passkey"}),
            ("login.passkey_removed", {}),
            ("login.sessions_ended", {"count": 1}),
        ]
