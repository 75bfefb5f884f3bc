import re
from datetime import datetime

import pytest

from guanxi.config import sign_in
from guanxi.config.installation import Misconfigured
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import AuditEntry, Authenticator, User

SETTINGS = {"country": "DE", "timezone": "Europe/Berlin", "currency": "EUR", "language": "en"}


@pytest.mark.django_db
def test_the_first_workspace_has_an_owner_whose_link_signs_in_once(now: datetime) -> None:
    owner = sign_in.make_workspace(name="Red Bean", email="Owner@Example.test", slug=None, **SETTINGS)
    (workspace,) = queries.workspaces_of(owner)
    assert (owner.email, workspace.slug, workspace.currency) == ("owner@example.test", "red-bean", "EUR")
    assert sign_in.find(None) == sign_in.find("owner@example.test") == owner
    found = re.fullmatch(r"http://127\.0\.0\.1:8000/sign-in/(.+)", sign_in.link_for(owner, now))
    assert found is not None
    assert governance.use_sign_in_link(token=found[1], now=now) == owner


@pytest.mark.django_db
def test_without_a_workspace_it_says_how_to_make_one() -> None:
    with pytest.raises(Misconfigured, match="There is no workspace yet"):
        sign_in.find(None)


@pytest.mark.django_db
def test_an_address_that_nobody_signs_in_with_is_refused() -> None:
    User.objects.create_user(email="owner@example.test")
    with pytest.raises(Misconfigured, match=r"Nobody signs in as other@example\.test"):
        sign_in.find("other@example.test")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "红豆"}, "Give --slug"),
        ({"slug": "Red Bean"}, "Give --slug"),
        ({"email": "owner"}, "owner is not an e-mail address"),
        ({"slug": "taken"}, "There is a workspace taken already"),
        ({"timezone": "Mars/Olympus"}, "That is refused: unknown timezone"),
        ({"currency": "XXZ"}, "That is refused: unknown currency"),
    ],
)
def test_a_workspace_that_cannot_be_is_refused_with_a_reason(given: dict[str, str], message: str) -> None:
    sign_in.make_workspace(name="Taken", email="first@example.test", slug=None, **SETTINGS)
    wanted = {"name": "Red Bean", "email": "owner@example.test", "slug": "red-bean"} | SETTINGS | given
    if "slug" not in given and "name" in given:
        wanted["slug"] = ""
    with pytest.raises(Misconfigured, match=message):
        sign_in.make_workspace(**wanted)
    assert not User.objects.filter(email="owner@example.test").exists()


@pytest.mark.django_db
def test_whoever_runs_the_server_removes_a_second_step_that_is_lost(now: datetime) -> None:
    owner = sign_in.make_workspace(name="Red Bean", email="owner@example.test", slug=None, **SETTINGS)
    Authenticator.objects.create(user=owner, secret=b"x", last_step=1, added_at=now)
    sign_in.forget_second_step(owner)
    assert not queries.has_second_step(owner)
    with queries.entered(queries.workspaces_of(owner)[0]):
        entry = AuditEntry.objects.get()
        assert (entry.act, entry.by) == ("login.second_step_forgotten", None)
