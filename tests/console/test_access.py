"""Who may open what: every route of the console and the API against every kind of visitor. Written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import Role, User
from tests.conftest import forget_files, taken_back
from tests.console.things import Things, make_things

OWNER, MANAGER, OPERATOR = Role.OWNER, Role.MANAGER, Role.OPERATOR
ADVISOR, ANALYST, AUDITOR, INTEGRATOR = Role.ADVISOR, Role.ANALYST, Role.AUDITOR, Role.INTEGRATOR
EVERYONE = frozenset(Role)
PUBLIC = "public"
LOGIN = "login"


@dataclass(frozen=True)
class Route:
    """`who`: the roles that get in, or PUBLIC (nobody is asked) or LOGIN (any login). `methods`: each is tried.

    `not_theirs`: of `who`, those whose people, by owner or unit, do not include this one.
    """

    who: frozenset[Role] | str
    methods: tuple[str, ...] = ("get",)
    things: Callable[[Things], dict[str, Any]] = field(default=lambda things: {})
    not_theirs: frozenset[Role] = frozenset()


SEES_PEOPLE = frozenset({OWNER, MANAGER, OPERATOR, ADVISOR, ANALYST, AUDITOR})
OTHERS_PEOPLE = frozenset({MANAGER, ADVISOR})
EDITS_PEOPLE = frozenset({OWNER, MANAGER, OPERATOR, ADVISOR})
IMPORTS = frozenset({OWNER, OPERATOR, INTEGRATOR})
OWNERS = frozenset({OWNER})
CHANGES_MANY = frozenset({OWNER, MANAGER, OPERATOR})
WRITES = frozenset({OWNER, OPERATOR})
SEES_AUDIENCES = frozenset({OWNER, MANAGER, OPERATOR, ANALYST})
SEES_CONTENT = frozenset({OWNER, MANAGER, OPERATOR, ADVISOR, ANALYST})
SEES_BROADCASTS = frozenset({OWNER, MANAGER, OPERATOR, ANALYST, AUDITOR})
CONNECTS = frozenset({OWNER, INTEGRATOR})
AUDITS = frozenset({OWNER, AUDITOR})

ROUTES: dict[str, Route] = {
    "healthz": Route(PUBLIC),
    "readyz": Route(PUBLIC),
    # No login decides: whoever asks from this machine gets in, as these visitors do (tests/api/test_metrics.py)
    "metrics": Route(PUBLIC),
    "api_openapi": Route(PUBLIC),
    "api_reference": Route(PUBLIC),
    "api_reference_of_tag": Route(PUBLIC, things=lambda _: {"tag": "people"}),
    # A write key decides (tests/api/test_intake.py): no login gets in, and none is asked.
    "intake": Route(PUBLIC, ("post",), lambda things: {"call": "batch"}),
    "intake_script": Route(PUBLIC),
    "intake_settings": Route(PUBLIC, ("get",), lambda things: {"key": things.write_key}),
    "start": Route(LOGIN),
    "sign_in": Route(PUBLIC, ("get", "post")),
    "sign_in_link": Route(PUBLIC, ("get", "post"), lambda things: {"token": "unknown"}),
    "confirm": Route(LOGIN, ("get", "post")),
    "join": Route(PUBLIC, ("get", "post"), lambda things: {"token": "unknown"}),
    "sign_out": Route(LOGIN, ("post",)),
    "set_language": Route(PUBLIC, ("post",)),
    "set_theme": Route(PUBLIC, ("post",)),
    "set_frame": Route(PUBLIC, ("post",)),
    "account": Route(LOGIN),
    "account_name": Route(LOGIN, ("post",)),
    "account_password": Route(LOGIN, ("post",)),
    "second_step": Route(PUBLIC, ("get", "post")),
    "account_app": Route(LOGIN, ("get", "post")),
    "account_app_qr": Route(LOGIN),
    "account_app_remove": Route(LOGIN, ("post",)),
    "account_codes": Route(LOGIN, ("post",)),
    "passkey_options": Route(PUBLIC, ("post",)),
    "sign_in_passkey": Route(PUBLIC, ("post",)),
    "passkey_add_options": Route(LOGIN, ("post",)),
    "passkey_add": Route(LOGIN, ("post",)),
    "passkey_remove": Route(LOGIN, ("post",), lambda things: {"public_id": "unknown"}),
    "account_sessions_end": Route(LOGIN, ("post",)),
    "account_device_forget": Route(LOGIN, ("post",), lambda things: {"public_id": "dev_unknown"}),
    "account_session_end": Route(LOGIN, ("post",), lambda things: {"name": "unknown"}),
    "gallery": Route(LOGIN),
    "home": Route(EVERYONE),
    "waiting": Route(SEES_PEOPLE),
    "find": Route(EVERYONE),
    "notices": Route(EVERYONE),
    "notices_bell": Route(EVERYONE),
    "notices_read": Route(EVERYONE, ("post",)),
    # The notice is the owner's: nobody else has it.
    "notice_open": Route(EVERYONE, ("post",), lambda things: {"public_id": things.notice}, EVERYONE - OWNERS),
    "demo_next_day": Route(OWNERS, ("post",)),
    "people": Route(SEES_PEOPLE),
    "person": Route(SEES_PEOPLE, ("get",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "friends": Route(SEES_PEOPLE),
    "friend_handovers": Route(CHANGES_MANY),
    "friend_handover_new": Route(CHANGES_MANY, ("get", "post")),
    # Of an advisor in no unit.
    "friend_handover": Route(
        CHANGES_MANY, ("get",), lambda things: {"public_id": things.handover}, frozenset({MANAGER})
    ),
    "friend_handover_stop": Route(
        CHANGES_MANY, ("post",), lambda things: {"public_id": things.handover}, frozenset({MANAGER})
    ),
    "friend_handover_resume": Route(
        CHANGES_MANY, ("post",), lambda things: {"public_id": things.handover}, frozenset({MANAGER})
    ),
    "friend_handover_undo": Route(
        CHANGES_MANY, ("post",), lambda things: {"public_id": things.handover}, frozenset({MANAGER})
    ),
    "groups": Route(SEES_PEOPLE),
    # Of an advisor in no unit: other advisors and managers of a unit have no part in it.
    "group": Route(SEES_PEOPLE, ("get",), lambda things: {"public_id": things.group}, OTHERS_PEOPLE),
    "bulks": Route(CHANGES_MANY),
    "bulk_new": Route(CHANGES_MANY, ("get", "post")),
    # An owner's change: managers see their own ones only.
    "bulk": Route(CHANGES_MANY, ("get",), lambda things: {"public_id": things.bulk}, frozenset({MANAGER})),
    "bulk_stop": Route(CHANGES_MANY, ("post",), lambda things: {"public_id": things.bulk}, frozenset({MANAGER})),
    "bulk_resume": Route(CHANGES_MANY, ("post",), lambda things: {"public_id": things.bulk}, frozenset({MANAGER})),
    "bulk_undo": Route(CHANGES_MANY, ("post",), lambda things: {"public_id": things.bulk}, frozenset({MANAGER})),
    "exports": Route(CHANGES_MANY),
    "export_new": Route(CHANGES_MANY, ("get", "post")),
    "export_count": Route(CHANGES_MANY, ("post",)),
    # An owner's file: managers see their own ones only.
    "export": Route(CHANGES_MANY, ("get",), lambda things: {"public_id": things.list_file}, frozenset({MANAGER})),
    "export_file": Route(CHANGES_MANY, ("get",), lambda things: {"public_id": things.list_file}, frozenset({MANAGER})),
    "export_stop": Route(CHANGES_MANY, ("post",), lambda things: {"public_id": things.list_file}, frozenset({MANAGER})),
    "export_resume": Route(
        CHANGES_MANY, ("post",), lambda things: {"public_id": things.list_file}, frozenset({MANAGER})
    ),
    "export_remove": Route(
        CHANGES_MANY, ("post",), lambda things: {"public_id": things.list_file}, frozenset({MANAGER})
    ),
    "view_new": Route(SEES_PEOPLE, ("post",)),
    # Everyone sees the view that is shared here, and is told what only some may do to it.
    "view_change": Route(SEES_PEOPLE, ("post",), lambda things: {"public_id": things.view}),
    "person_new": Route(EDITS_PEOPLE, ("get", "post")),
    "person_edit": Route(EDITS_PEOPLE, ("get", "post"), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "duplicates": Route(CHANGES_MANY),
    "duplicates_search": Route(CHANGES_MANY, ("post",)),
    "duplicate": Route(CHANGES_MANY, ("get", "post"), lambda things: {"pair_id": things.pair}, frozenset({MANAGER})),
    "person_merge": Route(
        CHANGES_MANY, ("get", "post"), lambda things: {"public_id": things.person}, frozenset({MANAGER})
    ),
    "merge_undo": Route(
        CHANGES_MANY,
        ("post",),
        lambda things: {"public_id": things.person, "merge_id": things.merge},
        frozenset({MANAGER}),
    ),
    "person_platform": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "person_platform_remove": Route(
        EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE
    ),
    "person_touch": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "tag_options": Route(SEES_PEOPLE),
    "tag_add": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "tag_remove": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "person_role": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "tag_let": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "person_join": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "person_leave": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "note_new": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "note_remove": Route(
        EDITS_PEOPLE,
        ("post",),
        lambda things: {"public_id": things.person, "note_id": things.note},
        OTHERS_PEOPLE,
    ),
    "person_reveal": Route(EDITS_PEOPLE, ("get", "post"), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "person_data": Route(SEES_PEOPLE, ("get",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "person_links": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "person_export": Route(WRITES, ("post",), lambda things: {"public_id": things.person}),
    "person_export_file": Route(
        WRITES, ("get",), lambda things: {"public_id": things.person, "export_id": things.export}
    ),
    "person_erase": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.person}),
    "erasure_retry": Route(WRITES, ("post",), lambda things: {"public_id": things.erasure}),
    "erasure": Route(WRITES, ("get",), lambda things: {"public_id": things.erasure}),
    "file_new": Route(EDITS_PEOPLE, ("post",), lambda things: {"public_id": things.person}, OTHERS_PEOPLE),
    "file": Route(
        SEES_PEOPLE, ("get",), lambda things: {"public_id": things.person, "file_id": things.attachment}, OTHERS_PEOPLE
    ),
    "file_remove": Route(
        EDITS_PEOPLE,
        ("post",),
        lambda things: {"public_id": things.person, "file_id": things.attachment},
        OTHERS_PEOPLE,
    ),
    "preferences": Route(PUBLIC, ("get", "post"), lambda things: {"token": things.preferences}),
    "unsubscribe": Route(PUBLIC, ("get", "post"), lambda things: {"token": things.unsubscribe}),
    "opened": Route(PUBLIC, ("get",), lambda things: {"token": things.opened}),
    "audit": Route(AUDITS),
    "audit_verify": Route(AUDITS, ("post",)),
    "workspace": Route(OWNERS, ("get", "post")),
    "demo_clear": Route(OWNERS, ("get", "post")),
    "staff": Route(OWNERS),
    "staff_new": Route(OWNERS, ("get", "post")),
    "staff_access": Route(OWNERS, ("post",), lambda things: {"public_id": things.staff}),
    "staff_member": Route(OWNERS, ("get", "post"), lambda things: {"public_id": things.staff}),
    "staff_leave": Route(OWNERS, ("get", "post"), lambda things: {"public_id": things.staff}),
    "staff_invite": Route(OWNERS, ("post",), lambda things: {"public_id": things.staff}),
    "staff_withdraw": Route(OWNERS, ("post",), lambda things: {"public_id": things.staff}),
    "staff_one_step": Route(OWNERS, ("post",), lambda things: {"public_id": things.staff}),
    "security": Route(OWNERS, ("get", "post")),
    "staff_link": Route(OWNERS, ("post",), lambda things: {"public_id": things.staff}),
    "channels": Route(CONNECTS, ("get", "post")),
    "suppressions": Route(CONNECTS, ("get", "post")),
    "channel_new": Route(CONNECTS, ("get", "post")),
    "channel": Route(CONNECTS, ("get", "post"), lambda things: {"public_id": things.account}),
    "channel_switch": Route(CONNECTS, ("post",), lambda things: {"public_id": things.account}),
    "channel_check": Route(CONNECTS, ("post",), lambda things: {"public_id": things.account}),
    "channel_test": Route(CONNECTS, ("post",), lambda things: {"public_id": things.account}),
    "channel_domain": Route(CONNECTS, ("get",), lambda things: {"public_id": things.account}),
    "channel_key": Route(CONNECTS, ("post",), lambda things: {"public_id": things.account}),
    "channel_reconnect": Route(CONNECTS, ("post",), lambda things: {"public_id": things.account}),
    "health": Route(CONNECTS),
    "webhooks": Route(CONNECTS),
    "webhook_new": Route(CONNECTS, ("get", "post")),
    "webhook": Route(CONNECTS, ("get",), lambda things: {"public_id": things.endpoint}),
    "webhook_edit": Route(CONNECTS, ("get", "post"), lambda things: {"public_id": things.endpoint}),
    "webhook_rotate": Route(CONNECTS, ("post",), lambda things: {"public_id": things.endpoint}),
    "webhook_switch": Route(CONNECTS, ("post",), lambda things: {"public_id": things.endpoint}),
    "webhook_test": Route(CONNECTS, ("post",), lambda things: {"public_id": things.endpoint}),
    # The first who gets in deletes it; to the next it is not there
    "webhook_remove": Route(CONNECTS, ("post",), lambda things: {"public_id": "end_unknown"}, CONNECTS),
    "webhook_replay_failed": Route(CONNECTS, ("get", "post"), lambda things: {"public_id": things.endpoint}),
    "webhook_delivery": Route(
        CONNECTS, ("get",), lambda things: {"public_id": things.endpoint, "delivery_id": things.delivery}
    ),
    "webhook_replay": Route(
        CONNECTS, ("post",), lambda things: {"public_id": things.endpoint, "delivery_id": things.delivery}
    ),
    "ladder": Route(SEES_AUDIENCES),
    "audiences": Route(SEES_AUDIENCES),
    "audience_new": Route(WRITES, ("get", "post")),
    "audience_overlap": Route(SEES_AUDIENCES),
    "audience_builder": Route(WRITES, ("post",)),
    "audience_offers": Route(WRITES),
    "audience_stop": Route(WRITES, ("post",)),
    "audience_count": Route(WRITES, ("post",)),
    "audience": Route(SEES_AUDIENCES, ("get",), lambda things: {"public_id": things.audience}),
    "audience_people": Route(SEES_AUDIENCES, ("get",), lambda things: {"public_id": things.audience}),
    "audience_members": Route(SEES_AUDIENCES, ("get",), lambda things: {"public_id": things.audience}),
    "audience_refresh": Route(SEES_AUDIENCES, ("post",), lambda things: {"public_id": things.audience}),
    "audience_schedule": Route(WRITES, ("post",), lambda things: {"public_id": things.audience}),
    "audience_fix": Route(WRITES, ("post",), lambda things: {"public_id": things.audience}),
    "audience_why": Route(
        SEES_AUDIENCES,
        ("get",),
        lambda things: {"public_id": things.audience, "person_id": things.person},
        OTHERS_PEOPLE & SEES_AUDIENCES,
    ),
    "audience_delete": Route(WRITES, ("post",), lambda things: {"public_id": things.audience}),
    "contents": Route(SEES_CONTENT),
    "content_delete": Route(WRITES, ("post",), lambda things: {"public_id": things.content}),
    "content_new": Route(WRITES, ("get", "post")),
    "content_preview_draft": Route(WRITES, ("post",)),
    "content_test": Route(WRITES, ("post",)),
    "content": Route(SEES_CONTENT, ("get",), lambda things: {"public_id": things.content}),
    "content_preview": Route(SEES_CONTENT, ("get",), lambda things: {"public_id": things.content}),
    "broadcasts": Route(SEES_BROADCASTS),
    "broadcast_new": Route(WRITES, ("get", "post")),
    "broadcast": Route(SEES_BROADCASTS, ("get",), lambda things: {"public_id": things.broadcast}),
    "broadcast_audience": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.broadcast}),
    "broadcast_content": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.broadcast}),
    "broadcast_when": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.broadcast}),
    "broadcast_review": Route(WRITES, ("get",), lambda things: {"public_id": things.broadcast}),
    "broadcast_send": Route(WRITES, ("post",), lambda things: {"public_id": things.broadcast}),
    "broadcast_delete": Route(WRITES, ("post",), lambda things: {"public_id": things.broadcast}),
    "broadcast_progress": Route(SEES_BROADCASTS, ("get",), lambda things: {"public_id": things.broadcast}),
    "broadcast_pause": Route(WRITES, ("post",), lambda things: {"public_id": things.broadcast}),
    "broadcast_resume": Route(WRITES, ("post",), lambda things: {"public_id": things.broadcast}),
    "broadcast_cancel": Route(WRITES, ("post",), lambda things: {"public_id": things.broadcast}),
    "broadcast_doubtful": Route(WRITES, ("post",), lambda things: {"public_id": things.broadcast}),
    "keys": Route(CONNECTS),
    "key_new": Route(CONNECTS, ("get", "post")),
    "key_revoke": Route(CONNECTS, ("post",), lambda things: {"public_id": things.key}),
    "sources": Route(CONNECTS),
    "source_new": Route(CONNECTS, ("get", "post")),
    "source": Route(CONNECTS, ("get",), lambda things: {"public_id": things.source}),
    "source_edit": Route(CONNECTS, ("get", "post"), lambda things: {"public_id": things.source}),
    "source_rotate": Route(CONNECTS, ("post",), lambda things: {"public_id": things.source}),
    "source_stop": Route(CONNECTS, ("post",), lambda things: {"public_id": things.source}),
    "id_kinds": Route(CONNECTS),
    "id_kind_new": Route(CONNECTS, ("get", "post")),
    "id_kind": Route(CONNECTS, ("get", "post"), lambda things: {"public_id": things.id_kind}),
    "id_kind_remove": Route(CONNECTS, ("post",), lambda things: {"public_id": things.id_kind}),
    "sent_events": Route(CONNECTS),
    "sent_event": Route(CONNECTS, ("get",), lambda things: {"public_id": things.sent_event}),
    "sent_events_forget": Route(CONNECTS, ("post",)),
    "sent_event_forget": Route(CONNECTS, ("post",), lambda things: {"public_id": things.kept_event}),
    "sent_event_block": Route(CONNECTS, ("post",), lambda things: {"public_id": things.sent_event}),
    "tags": Route(WRITES, ("get", "post")),
    "tag_group": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.tag_group}),
    "tags_new": Route(WRITES, ("post",), lambda things: {"public_id": things.tag_group}),
    "tag_group_remove": Route(WRITES, ("post",), lambda things: {"public_id": things.tag_group}),
    "tag": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.tag}),
    "roles": Route(WRITES),
    "role": Route(WRITES, ("get", "post"), lambda _: {"role": "leader"}),
    "role_fill": Route(WRITES, ("post",), lambda _: {"role": "leader"}),
    "role_field_new": Route(WRITES, ("get", "post")),
    "role_field": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.role_field}),
    "role_field_delete": Route(WRITES, ("get", "post"), lambda things: {"public_id": things.role_field}),
    "strength": Route(OWNERS, ("get", "post")),
    "strength_fit": Route(OWNERS, ("get", "post")),
    "tag_rules": Route(WRITES, ("get", "post")),
    "tag_rule_switch": Route(WRITES, ("post",), lambda things: {"public_id": things.tag_rule}),
    "tag_rule_remove": Route(WRITES, ("post",), lambda things: {"public_id": things.tag_rule}),
    "tag_archive": Route(WRITES, ("post",), lambda things: {"public_id": things.tag}),
    "tag_merge": Route(WRITES, ("post",), lambda things: {"public_id": things.tag}),
    "tag_delete": Route(WRITES, ("post",), lambda things: {"public_id": things.tag}),
    "unit_new": Route(OWNERS, ("get", "post")),
    "unit": Route(OWNERS, ("get", "post"), lambda things: {"public_id": things.unit}),
    "unit_remove": Route(OWNERS, ("post",), lambda things: {"public_id": things.unit}),
    "imports": Route(IMPORTS),
    "import_new": Route(IMPORTS, ("get", "post")),
    "import_sample": Route(IMPORTS, ("get",), lambda things: {"kind": "people", "language": "ko"}),
    "import": Route(IMPORTS, ("get",), lambda things: {"public_id": things.file}),
    "import_sheet": Route(IMPORTS, ("post",), lambda things: {"public_id": things.file}),
    "import_columns": Route(IMPORTS, ("get", "post"), lambda things: {"public_id": things.file}),
    "import_check": Route(IMPORTS, ("get", "post"), lambda things: {"public_id": things.file}),
    "import_options": Route(IMPORTS, ("get", "post"), lambda things: {"public_id": things.file}),
    "import_run": Route(IMPORTS, ("get", "post"), lambda things: {"public_id": things.file}),
    "import_stop": Route(IMPORTS, ("post",), lambda things: {"public_id": things.file}),
    "import_resume": Route(IMPORTS, ("post",), lambda things: {"public_id": things.file}),
    "import_undo": Route(IMPORTS, ("post",), lambda things: {"public_id": things.file}),
    "import_rejected": Route(IMPORTS, ("get",), lambda things: {"public_id": things.file}),
}


def routes(resolver: URLResolver | None = None) -> Iterator[tuple[str, URLPattern]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "api-v1":  # entered with a key: tests/api/test_access.py
                yield from routes(pattern)
        else:
            yield str(pattern.name), pattern


def test_every_route_has_a_line_in_the_matrix_and_says_itself_who_may_use_it() -> None:
    known = dict(routes())
    assert known.keys() - ROUTES.keys() == set(), "add a line to ROUTES, by hand"
    assert ROUTES.keys() - known.keys() == set(), "this route is gone"
    silent = [name for name, pattern in known.items() if not hasattr(pattern.callback, "access")]
    assert silent == []


@dataclass(frozen=True)
class Cast:
    """A workspace with one login of each role and one of each thing, and the owner of another workspace."""

    slug: str
    things: Things
    cookies: dict[str, dict[str, str]]

    def clients(self) -> dict[str, Client]:
        """Each visitor in a browser of their own."""
        made = {name: Client() for name in self.cookies}
        for name, client in made.items():
            client.cookies.load(self.cookies[name])
        return made


@pytest.fixture(scope="module")
def first_cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    forget_files()
    with django_db_blocker.unblock(), taken_back():
        yield make_cast()


@pytest.fixture
def cast(first_cast: Cast, django_db_blocker: Any) -> Iterator[Cast]:
    """What a visitor does is taken back before the next test."""
    with django_db_blocker.unblock(), taken_back():
        yield first_cast


def make_cast() -> Cast:
    owner = User.objects.create_user(email="owner@example.test", name="Owner")
    workspace = governance.create_workspace(name="Lumen", owner=owner, is_demo=True)
    with queries.entered(workspace):
        members = {Role.OWNER: owner}
        here = governance.add_unit(name="Here")
        for role in Role:
            if role != Role.OWNER:
                member = governance.add_staff(email=f"{role}@example.test", name=role, role=role, unit=here)
                members[role] = member.user
        things = make_things()
    stranger = User.objects.create_user(email="stranger@example.test")
    governance.create_workspace(name="Other", owner=stranger)
    cookies: dict[str, dict[str, str]] = {"anonymous": {}}
    for name, user in [*members.items(), ("stranger", stranger)]:
        client = Client()
        client.force_login(user)
        cookies[name] = {key: one.value for key, one in client.cookies.items()}
    return Cast(workspace.slug, things, cookies)


def expected(route: Route, visitor: str, inside: bool) -> str:
    if route.who == PUBLIC:
        return "in"
    if visitor == "anonymous":
        return "sign in"
    if route.who == LOGIN:
        return "in"
    if inside and (visitor == "stranger" or visitor in route.not_theirs):
        return "not there"
    return "in" if visitor in route.who else "no"


def seen(status: int, location: str) -> str:
    if status in (301, 302) and location.startswith("/sign-in?"):
        return "sign in"
    if status == 404:
        return "not there"
    if status == 403:
        return "no"
    return "in" if status < 500 and status != 405 else f"broken: {status}"


@pytest.mark.parametrize("name", ROUTES)
def test_only_those_of_the_matrix_get_in(cast: Cast, name: str) -> None:
    clients = cast.clients()
    route = ROUTES[name]
    inside = not isinstance(route.who, str)
    arguments = ({"slug": cast.slug} if inside else {}) | route.things(cast.things)
    url = reverse(name, kwargs=arguments)
    wrong = []
    for method in route.methods:
        for visitor, client in clients.items():
            answer = getattr(client, method)(url)
            got = seen(answer.status_code, answer.headers.get("Location", ""))
            want = expected(route, visitor, inside)
            if got != want and not (name in ("sign_in_link", "join") and got == "not there"):
                wrong.append(f"{method} {visitor}: {got} instead of {want} ({answer.status_code})")
    assert wrong == []
