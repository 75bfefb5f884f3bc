"""The first way in: a workspace with its owner, and a link from the command line."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from guanxi.config.installation import Misconfigured
from guanxi.governance import operations as governance
from guanxi.governance.models import User
from guanxi.kit import addresses


def link_for(user: User, now: datetime) -> str:
    return f"{settings.BASE_URL}/sign-in/{governance.create_sign_in_link(user=user, now=now)}"


def forget_second_step(user: User) -> None:
    governance.forget_second_step(user=user)
    governance.note_login(user=user, act="login.second_step_forgotten", by_itself=False)


def find(email: str | None) -> User:
    """The login with this address; without one, the first that was made."""
    logins = User.objects.filter(is_active=True).order_by("pk")
    found = logins.filter(email=_normalised(email)).first() if email else logins.first()
    if found is not None:
        return found
    if email and logins.exists():
        raise Misconfigured(f"Nobody signs in as {email}. An owner adds staff in the settings of the workspace.")
    raise Misconfigured("There is no workspace yet. Make one: guanxi workspace --name NAME --email YOUR_ADDRESS")


@transaction.atomic
def make_workspace(*, name: str, email: str, slug: str | None, **given: str) -> User:
    slug = slug or slugify(name)[:40]
    if not slug or slug != slugify(slug):
        raise Misconfigured("Give --slug: small Latin letters, digits and hyphens, for the addresses of its pages.")
    address = _normalised(email)
    owner = User.objects.filter(email=address).first() or User.objects.create_user(email=address)
    try:
        governance.create_workspace(name=name, owner=owner, slug=slug, **given)
    except IntegrityError as error:
        raise Misconfigured(f"There is a workspace {slug} already. Choose another with --slug.") from error
    except governance.StaffRefused as error:
        raise Misconfigured(f"That is refused: {error.reason.replace('_', ' ')}.") from error
    return owner


def _normalised(email: str) -> str:
    try:
        return addresses.email(email)
    except addresses.BadAddress as error:
        raise Misconfigured(f"{email} is not an e-mail address.") from error
