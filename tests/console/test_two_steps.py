"""Signing in by two steps, as the pages do it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from guanxi.governance import codes, queries
from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, RememberedDevice, User
from guanxi.kit import clock

EMAIL, GOOD = "lin@example.test", "river lamp seven umbrellas"
SIGN_IN = {"email": EMAIL, "password": GOOD}


@pytest.fixture
def user(db: None) -> User:
    user = User.objects.create_user(email=EMAIL, name="Lin Yao", password=GOOD)
    governance.create_workspace(name="Lumen", owner=user)
    return user


def signed_in() -> Client:
    client = Client()
    assert client.post("/sign-in", SIGN_IN).headers["Location"] == "/"
    return client


def secret_of(client: Client, user: User) -> bytes:
    return codes.unseal(bytes.fromhex(client.session["authenticator"]), f"authenticator|{user.pk}|offered")


def code(secret: bytes, *, later: float = 0) -> str:
    return codes._app(secret).generate(int(clock.wall().timestamp() + later)).decode()


def set_up(client: Client, user: User) -> tuple[bytes, list[str]]:
    client.get("/account/app")
    secret = secret_of(client, user)
    answer = client.post("/account/app", {"code": code(secret)})
    assert answer.status_code == 200
    return secret, answer.context["codes"]


def half_in(to: str = "/account") -> Client:
    client = Client()
    assert client.post("/sign-in", SIGN_IN | {"next": to}).headers["Location"] == "/sign-in/second"
    return client


def is_in(client: Client) -> bool:
    return bool(client.get("/w/lumen/").status_code == 200)


def test_the_secret_is_shown_as_a_picture_and_to_type_until_a_code_proves_it(user: User) -> None:
    client = signed_in()
    page = client.get("/account/app")
    secret = secret_of(client, user)
    assert codes.typed(secret) in page.content.decode()
    picture = client.get("/account/app/qr.svg")
    assert (picture.headers["Content-Type"], picture.content[:4]) == ("image/svg+xml", b"<svg")
    assert "no-store" in page.headers["Cache-Control"]
    assert "no-store" in picture.headers["Cache-Control"]
    refused = client.post("/account/app", {"code": "000000"})
    assert (refused.status_code, "This code does not fit." in refused.content.decode()) == (422, True)
    assert secret_of(client, user) == secret
    answer = client.post("/account/app", {"code": code(secret)})
    assert "no-store" in answer.headers["Cache-Control"]
    assert len(answer.context["codes"]) == 10
    assert "authenticator" not in client.session
    assert answer.context["codes"][0] not in client.get("/account").content.decode()


def test_a_password_alone_opens_nothing(user: User) -> None:
    secret, _codes = set_up(signed_in(), user)
    client = half_in()
    assert not is_in(client)
    assert client.get("/account").headers["Location"].startswith("/sign-in?")
    wrong = client.post("/sign-in/second", {"kind": "code", "code": "000000"})
    assert (wrong.status_code, "This code does not work." in wrong.content.decode()) == (422, True)
    answer = client.post("/sign-in/second", {"kind": "code", "code": code(secret, later=30)})
    assert (answer.headers["Location"], is_in(client)) == ("/account", True)
    assert not is_in(half_in())


def test_a_link_alone_opens_nothing_either(user: User) -> None:
    secret, _codes = set_up(signed_in(), user)
    client = Client()
    token = governance.create_sign_in_link(user=user, now=clock.wall())
    assert client.post(f"/sign-in/{token}").headers["Location"] == "/sign-in/second"
    assert not is_in(client)
    client.post("/sign-in/second", {"kind": "code", "code": code(secret, later=30)})
    assert is_in(client)


def test_a_recovery_code_lets_in_once_and_says_how_many_are_left(user: User) -> None:
    _secret, made = set_up(signed_in(), user)
    client = half_in()
    assert client.post("/sign-in/second", {"kind": "recovery", "code": made[3]}).status_code == 302
    assert "You used a recovery code. 9 are left" in client.get("/w/lumen/").content.decode()
    assert half_in().post("/sign-in/second", {"kind": "recovery", "code": made[3]}).status_code == 422


def test_the_first_step_lasts_ten_minutes_and_not_past_a_new_password(user: User) -> None:
    _secret, made = set_up(signed_in(), user)
    early, changed = half_in(), half_in()
    with time_machine.travel(clock.wall() + timedelta(minutes=10), tick=False):
        answer = early.post("/sign-in/second", {"kind": "recovery", "code": made[0]})
        assert answer.headers["Location"] == "/sign-in"
        assert "That took too long." in early.get("/sign-in").content.decode()
    user.refresh_from_db()
    governance.set_password(user=user, current=GOOD, password="quiet copper bicycle rain", now=clock.wall())
    assert changed.post("/sign-in/second", {"kind": "recovery", "code": made[0]}).headers["Location"] == "/sign-in"
    assert Client().get("/sign-in/second").headers["Location"] == "/sign-in"


def test_the_session_gets_a_new_name_at_each_step(user: User) -> None:
    secret, _codes = set_up(signed_in(), user)
    client = Client()
    client.get("/sign-in/second")
    names = [client.session.session_key]
    client.post("/sign-in", SIGN_IN)
    names.append(client.session.session_key)
    client.post("/sign-in/second", {"kind": "code", "code": code(secret, later=30)})
    names.append(client.session.session_key)
    assert len(set(names)) == 3


def test_who_guesses_codes_waits(user: User) -> None:
    set_up(signed_in(), user)
    client = half_in()
    tries = [client.post("/sign-in/second", {"kind": "code", "code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in tries] == [422] * 5 + [429]
    assert "Too many wrong codes. Try again in 1 minute." in tries[-1].content.decode()
    assert 50 <= int(tries[-1].headers["Retry-After"]) <= 60


def test_setting_it_up_signs_out_every_other_device(user: User) -> None:
    here, elsewhere = signed_in(), signed_in()
    set_up(here, user)
    assert (is_in(here), is_in(elsewhere)) == (True, False)


def test_without_a_fresh_proof_nothing_about_the_steps_changes(user: User) -> None:
    client = signed_in()
    set_up(client, user)
    session = client.session
    session["proved_at"] = (clock.wall() - timedelta(minutes=11)).isoformat()
    session.save()
    for path in ("/account/app/remove", "/account/recovery-codes", "/account/app"):
        assert client.post(path, {"code": "1"}).headers["Location"].startswith("/confirm?next=")
    assert client.get("/account/app/qr.svg").headers["Location"].startswith("/confirm?next=")
    assert queries.second_steps(user).recovery_codes == 10


def test_a_code_of_the_app_is_a_proof_too(user: User) -> None:
    client = signed_in()
    secret, _codes = set_up(client, user)
    session = client.session
    session["proved_at"] = (clock.wall() - timedelta(minutes=11)).isoformat()
    session.save()
    assert client.post("/confirm", {"way": "code", "code": "000000"}).status_code == 422
    assert (
        client.post("/confirm", {"way": "code", "code": code(secret, later=30), "next": "/account"}).headers["Location"]
        == "/account"
    )
    assert client.post("/account/app/remove").headers["Location"] == "/account#two-steps"
    assert not queries.has_second_step(user)


def test_a_session_that_was_found_open_is_not_made_a_password_for(user: User) -> None:
    client = signed_in()
    set_up(client, user)
    User.objects.update(password="!")
    other = Client()
    other.force_login(User.objects.get())
    kept = other.session
    kept["proved_at"] = (clock.wall() - timedelta(minutes=11)).isoformat()
    kept.save()
    sent = {"password": "quiet copper bicycle rain"}
    assert other.post("/account/password", sent).headers["Location"].startswith("/confirm?")
    assert not User.objects.get().has_usable_password()


def test_the_log_says_how_one_came_in(user: User) -> None:
    secret, made = set_up(signed_in(), user)
    half_in().post("/sign-in/second", {"kind": "code", "code": code(secret, later=30)})
    half_in().post("/sign-in/second", {"kind": "recovery", "code": made[0]})
    with queries.entered(queries.workspaces_of(user)[0]):
        came = AuditEntry.objects.filter(act="login.signed_in").order_by("number").values_list("detail", flat=True)
        assert list(came) == [
            {"way": "password"},
            {"way": "password", "second": "app"},
            {"way": "password", "second": "recovery_code"},
        ]


# A device that is remembered


def remembered(secret: bytes) -> Client:
    client = half_in("/w/lumen/")
    client.post("/sign-in/second", {"code": code(secret, later=30), "remember": "on"})
    assert is_in(client)
    client.post("/sign-out")
    return client


def test_a_remembered_device_is_not_asked_for_thirty_days_and_no_other_is_spared(user: User) -> None:
    secret, _codes = set_up(signed_in(), user)
    client = remembered(secret)
    assert client.post("/sign-in", SIGN_IN).headers["Location"] == "/"
    assert is_in(client)
    half_in()
    with time_machine.travel(clock.wall() + timedelta(days=30)):
        assert client.post("/sign-in", SIGN_IN).headers["Location"] == "/sign-in/second"


def test_what_needs_a_fresh_proof_still_asks_for_the_second_step(user: User) -> None:
    secret, _codes = set_up(signed_in(), user)
    client = remembered(secret)
    client.post("/sign-in", SIGN_IN)
    assert client.post("/account/app/remove").headers["Location"].startswith("/confirm")
    assert 'name="password"' not in client.get("/confirm").content.decode()
    assert client.post("/confirm", {"password": GOOD}).status_code == 422
    assert client.post("/account/app/remove").headers["Location"].startswith("/confirm")
    with time_machine.travel(clock.wall() + timedelta(minutes=2), tick=False):
        assert client.post("/confirm", {"way": "code", "code": code(secret)}).status_code == 302
        assert client.post("/account/app/remove").headers["Location"].startswith("/account")


@pytest.mark.parametrize("how", ["forgotten", "signed out", "new password", "everywhere"])
def test_what_was_remembered_is_taken_back(user: User, how: str) -> None:
    here = signed_in()
    secret, _codes = set_up(here, user)
    client = remembered(secret)
    client.post("/sign-in", SIGN_IN)
    [device] = here.get("/account").context["devices"]
    match how:
        case "forgotten":
            here.post(f"/account/devices/{device['public_id']}/forget")
        case "signed out":
            [there] = [one for one in here.get("/account").context["sessions"] if not one["here"]]
            here.post(f"/account/sessions/{there['name']}/end")
        case "everywhere":
            here.post("/account/sessions/others/end")
        case _:
            here.post("/account/password", {"current": GOOD, "password": "another lamp of seven rivers"})
    given = SIGN_IN | ({"password": "another lamp of seven rivers"} if how == "new password" else {})
    client.post("/sign-out")
    assert client.post("/sign-in", given).headers["Location"] == "/sign-in/second"


def test_the_cookie_of_one_login_remembers_no_other(user: User) -> None:
    secret, _codes = set_up(signed_in(), user)
    client = remembered(secret)
    [token] = [morsel.value for name, morsel in client.cookies.items() if "second" in name]
    other = User.objects.create_user(email="tom@example.test", name="Tom", password=GOOD)
    assert governance.use_remembered_device(user=user, token=token, now=clock.wall())
    assert governance.use_remembered_device(user=other, token=token, now=clock.wall()) is None
    assert token not in str(RememberedDevice.objects.values())
