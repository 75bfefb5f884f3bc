"""A second step cannot be guessed, used twice, or read from the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guanxi.governance import codes, queries
from guanxi.governance import operations as governance
from guanxi.governance.models import AuditEntry, Authenticator, RecoveryCode, User
from guanxi.governance.operations import CodeRefused, TooManyTries

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.9"
RFC_SECRET = b"12345678901234567890"


@pytest.fixture
def user(db: None) -> User:
    user = User.objects.create_user(email="lin@example.test", name="Lin")
    governance.create_workspace(name="Lumen", owner=user)
    return user


def shown(secret: bytes, at: datetime) -> str:
    return codes._app(secret).generate(int(at.timestamp())).decode()


def turned_on(user: User, now: datetime) -> tuple[bytes, list[str]]:
    """The secret, and the recovery codes; the code of this moment is used up."""
    offered = governance.offer_authenticator(user=user)
    secret = codes.unseal(bytes.fromhex(offered), f"authenticator|{user.pk}|offered")
    made = governance.turn_on_authenticator(user=user, offered=offered, code=shown(secret, now), here="", now=now)
    return secret, made


def attempt(user: User, code: str, now: datetime, address: str = HOME, device: str = "") -> str:
    try:
        recovered = governance.use_code(user=user, code=code, address=address, device=device, now=now)
    except CodeRefused:
        return "no"
    except TooManyTries as refusal:
        return f"wait {refusal.wait.total_seconds():.0f}"
    return "recovered" if recovered else "in"


@pytest.mark.parametrize(("second", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert codes.step_of(RFC_SECRET, code, at) == second // 30


@pytest.mark.parametrize(("off", "fits"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off(off: int, fits: bool, now: datetime) -> None:
    code = shown(RFC_SECRET, now + timedelta(seconds=off))
    assert (codes.step_of(RFC_SECRET, code, now) is not None) is fits


def test_a_code_works_once_and_so_does_none_before_it(user: User, now: datetime) -> None:
    secret, _made = turned_on(user, now)
    assert attempt(user, shown(secret, now), now) == "no"
    later = now + timedelta(minutes=5)
    assert attempt(user, shown(secret, later), later) == "in"
    assert attempt(user, shown(secret, later), later) == "no"
    assert attempt(user, shown(secret, later - timedelta(seconds=30)), later) == "no"
    assert attempt(user, shown(secret, later + timedelta(seconds=30)), later) == "in"


def test_a_code_may_be_typed_with_spaces_and_in_full_width(user: User, now: datetime) -> None:
    secret, _made = turned_on(user, now)
    later = now + timedelta(minutes=5)
    code = shown(secret, later)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert attempt(user, f" {wide[:3]} {wide[3:]} ", later) == "in"


def test_a_recovery_code_works_once_however_it_is_typed(user: User, now: datetime) -> None:
    _secret, made = turned_on(user, now)
    assert (len(made), len(set(made))) == (10, 10)
    typed = made[0].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert [attempt(user, typed, now), attempt(user, made[0], now)] == ["recovered", "no"]
    assert queries.second_steps(user).recovery_codes == 9


def test_new_recovery_codes_end_the_old_ones_and_no_other_login_has_them(user: User, now: datetime) -> None:
    _secret, old = turned_on(user, now)
    new = governance.renew_recovery_codes(user=user)
    other = User.objects.create_user(email="tom@example.test")
    turned_on(other, now)
    assert [attempt(user, old[0], now), attempt(other, new[0], now), attempt(user, new[0], now)] == [
        "no",
        "no",
        "recovered",
    ]


def test_the_database_holds_neither_secret_nor_code(user: User, now: datetime) -> None:
    secret, made = turned_on(user, now)
    kept = bytes(Authenticator.objects.get().secret) + b"".join(
        bytes(one.code_hash) for one in RecoveryCode.objects.all()
    )
    assert [one for one in (secret, secret.hex().encode(), *(code.encode() for code in made)) if one in kept] == []


def test_a_wrong_first_code_turns_nothing_on(user: User, now: datetime) -> None:
    offered = governance.offer_authenticator(user=user)
    with pytest.raises(CodeRefused):
        governance.turn_on_authenticator(user=user, offered=offered, code="000000x", here="", now=now)
    assert not queries.has_second_step(user)


def test_a_secret_of_another_root_key_lets_nobody_in(user: User, now: datetime) -> None:
    secret, _made = turned_on(user, now - timedelta(minutes=5))
    Authenticator.objects.update(secret=codes.seal(secret, "elsewhere"))
    assert attempt(user, shown(secret, now), now) == "no"


def test_without_an_app_the_recovery_codes_go_too(user: User, now: datetime) -> None:
    _secret, made = turned_on(user, now)
    governance.turn_off_authenticator(user=user, here="", now=now)
    assert (queries.has_second_step(user), RecoveryCode.objects.count()) == (False, 0)
    assert attempt(user, made[0], now) == "no"


def test_who_guesses_waits_and_the_known_device_does_not(user: User, now: datetime) -> None:
    secret, _made = turned_on(user, now - timedelta(minutes=5))
    assert [attempt(user, "000000", now) for _ in range(6)] == ["no"] * 5 + ["wait 60"]
    assert attempt(user, shown(secret, now), now) == "wait 60"
    assert attempt(user, shown(secret, now), now, device="known") == "in"


def test_guesses_from_many_places_are_counted_together(user: User, now: datetime) -> None:
    secret, _made = turned_on(user, now - timedelta(minutes=5))
    tries = [attempt(user, "000000", now, address=f"192.0.2.{place}") for place in range(40)]
    assert tries == ["no"] * 30 + ["wait 60"] * 10
    assert attempt(user, shown(secret, now), now, device="known") == "in"


def test_the_log_of_the_workspace_tells_what_changed(user: User, now: datetime) -> None:
    turned_on(user, now)
    governance.renew_recovery_codes(user=user)
    governance.turn_off_authenticator(user=user, here="", now=now)
    governance.turn_off_authenticator(user=user, here="", now=now)
    with queries.entered(queries.workspaces_of(user)[0]):
        staff = queries.staff_of(user)
        assert staff
        assert list(AuditEntry.objects.order_by("number").values_list("act", "by", "subject")) == [
            (act, staff.pk, staff.public_id)
            for act in (
                "login.authenticator_added",
                "login.recovery_codes_made",
                "login.recovery_codes_made",
                "login.authenticator_removed",
            )
        ]
