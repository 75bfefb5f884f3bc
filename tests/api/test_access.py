"""Which key may do what: every operation against every kind of key. The table is written by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client

from guanxi.api.v1.examples import REQUESTS
from guanxi.governance import operations as governance
from guanxi.governance import queries
from guanxi.governance.models import ApiKey, Role, Workspace
from guanxi.governance.queries import Permission
from guanxi.kit import clock
from tests.api.callers import Caller, key_of
from tests.api.test_document import BY_ID
from tests.api.worlds import BEFORE, World
from tests.conftest import make_workspace
from tests.factories.people import make_staff

P = Permission
ANY_KEY = None
SCOPES: dict[str, Permission | None] = {
    "get_me": ANY_KEY,
    "list_notices": ANY_KEY,
    "read_notices": ANY_KEY,
    "read_notice": ANY_KEY,
    "list_people": P.PEOPLE_VIEW,
    "create_person": P.PEOPLE_EDIT,
    "get_person": P.PEOPLE_VIEW,
    "update_person": P.PEOPLE_EDIT,
    "add_identity": P.PEOPLE_EDIT,
    "remove_identity": P.PEOPLE_EDIT,
    "list_tags": P.PEOPLE_VIEW,
    "create_tag_group": P.TAGS_MANAGE,
    "change_tag_group": P.TAGS_MANAGE,
    "remove_tag_group": P.TAGS_MANAGE,
    "create_tags": P.TAGS_MANAGE,
    "change_tag": P.TAGS_MANAGE,
    "remove_tag": P.TAGS_MANAGE,
    "merge_tag": P.TAGS_MANAGE,
    "list_tag_rules": P.TAGS_MANAGE,
    "make_tag_rule": P.TAGS_MANAGE,
    "switch_tag_rule": P.TAGS_MANAGE,
    "remove_tag_rule": P.TAGS_MANAGE,
    "list_person_tags": P.PEOPLE_VIEW,
    "tag_person": P.PEOPLE_EDIT,
    "get_role": P.PEOPLE_VIEW,
    "set_role": P.PEOPLE_EDIT,
    "list_consents": P.PEOPLE_VIEW,
    "record_consent": P.PEOPLE_EDIT,
    "suppress_person": P.CHANNELS_MANAGE,
    "list_timeline": P.PEOPLE_VIEW,
    "get_strength": P.PEOPLE_VIEW,
    "record_touch": P.PEOPLE_EDIT,
    "get_ladder": P.AUDIENCES_VIEW,
    "get_standing": P.PEOPLE_VIEW,
    "start_membership": P.PEOPLE_EDIT,
    "end_membership": P.PEOPLE_EDIT,
    "list_merges": P.PEOPLE_VIEW,
    "merge_person": P.PEOPLE_MERGE,
    "preview_merge": P.PEOPLE_MERGE,
    "undo_merge": P.PEOPLE_MERGE,
    "list_duplicates": P.PEOPLE_MERGE,
    "decide_duplicate": P.PEOPLE_MERGE,
    "search_duplicates": P.PEOPLE_MERGE,
    "get_search": P.PEOPLE_MERGE,
    "list_friends": P.PEOPLE_VIEW,
    # What a messenger or another program tells: ties of everybody, and nobody is shown.
    "record_friends": P.PEOPLE_IMPORT,
    "hand_over_friends": P.PEOPLE_BULK,
    "list_friend_handovers": P.PEOPLE_BULK,
    "get_friend_handover": P.PEOPLE_BULK,
    "stop_friend_handover": P.PEOPLE_BULK,
    "resume_friend_handover": P.PEOPLE_BULK,
    "undo_friend_handover": P.PEOPLE_BULK,
    "get_ties": P.PEOPLE_VIEW,
    "list_follows": P.PEOPLE_VIEW,
    "record_follows": P.PEOPLE_IMPORT,
    "list_groups": P.PEOPLE_VIEW,
    "record_groups": P.PEOPLE_IMPORT,
    "get_group": P.PEOPLE_VIEW,
    "list_members": P.PEOPLE_VIEW,
    "list_referrals": P.PEOPLE_VIEW,
    "record_referrals": P.PEOPLE_IMPORT,
    "record_channel": P.CHANNELS_MANAGE,
    "list_notes": P.PEOPLE_VIEW,
    "add_note": P.PEOPLE_EDIT,
    "remove_note": P.PEOPLE_EDIT,
    "reveal_person": P.PEOPLE_REVEAL,
    "export_person": P.PEOPLE_EXPORT,
    "list_exports": P.PEOPLE_EXPORT,
    "get_export": P.PEOPLE_EXPORT,
    "get_export_file": P.PEOPLE_EXPORT,
    "erase_person": P.PEOPLE_ERASE,
    "get_erasure": P.PEOPLE_ERASE,
    "retry_erasure": P.PEOPLE_ERASE,
    "make_preference_links": P.PEOPLE_EDIT,
    "list_files": P.PEOPLE_VIEW,
    "attach_file": P.PEOPLE_EDIT,
    "get_file": P.PEOPLE_VIEW,
    "remove_file": P.PEOPLE_EDIT,
    "list_fields": P.PEOPLE_VIEW,
    "create_field": P.TAGS_MANAGE,
    "change_field": P.TAGS_MANAGE,
    "preview_field_deletion": P.TAGS_MANAGE,
    "delete_field": P.TAGS_MANAGE,
    "list_roles": P.PEOPLE_VIEW,
    "list_waiting": P.PEOPLE_VIEW,
    "get_role_rules": P.PEOPLE_VIEW,
    "set_role_rules": P.TAGS_MANAGE,
    "preview_fill": P.TAGS_MANAGE,
    "fill_role": P.TAGS_MANAGE,
    "list_bulks": P.PEOPLE_BULK,
    "start_bulk": P.PEOPLE_BULK,
    "get_bulk": P.PEOPLE_BULK,
    "stop_bulk": P.PEOPLE_BULK,
    "resume_bulk": P.PEOPLE_BULK,
    "undo_bulk": P.PEOPLE_BULK,
    "preview_people_export": P.EXPORTS_MAKE,
    "start_people_export": P.EXPORTS_MAKE,
    "list_people_exports": P.EXPORTS_MAKE,
    "get_people_export": P.EXPORTS_MAKE,
    "get_people_export_file": P.EXPORTS_MAKE,
    "stop_people_export": P.EXPORTS_MAKE,
    "resume_people_export": P.EXPORTS_MAKE,
    "remove_people_export": P.EXPORTS_MAKE,
    "list_views": P.PEOPLE_VIEW,
    # What everyone sees needs VIEWS_SHARE beside it.
    "save_view": P.PEOPLE_VIEW,
    "get_view": P.PEOPLE_VIEW,
    "change_view": P.PEOPLE_VIEW,
    "delete_view": P.PEOPLE_VIEW,
    "list_import_kinds": P.PEOPLE_IMPORT,
    "get_import_sample": P.PEOPLE_IMPORT,
    "list_imports": P.PEOPLE_IMPORT,
    "upload_import": P.PEOPLE_IMPORT,
    "get_import": P.PEOPLE_IMPORT,
    "choose_sheet": P.PEOPLE_IMPORT,
    "choose_columns": P.PEOPLE_IMPORT,
    "choose_options": P.PEOPLE_IMPORT,
    "check_import": P.PEOPLE_IMPORT,
    "run_import": P.PEOPLE_IMPORT,
    "stop_import": P.PEOPLE_IMPORT,
    "resume_import": P.PEOPLE_IMPORT,
    "undo_import": P.PEOPLE_IMPORT,
    "get_rejected_rows": P.PEOPLE_IMPORT,
    "list_audiences": P.AUDIENCES_VIEW,
    "create_audience": P.AUDIENCES_EDIT,
    "get_audience": P.AUDIENCES_VIEW,
    "update_audience": P.AUDIENCES_EDIT,
    "delete_audience": P.AUDIENCES_EDIT,
    "count_rule": P.AUDIENCES_EDIT,
    "compare_audiences": P.AUDIENCES_VIEW,
    "recount_audience": P.AUDIENCES_VIEW,
    "list_audience_people": P.AUDIENCES_VIEW,
    "refresh_audience": P.AUDIENCES_VIEW,
    "list_audience_members": P.AUDIENCES_VIEW,
    "list_audience_sizes": P.AUDIENCES_VIEW,
    "fix_audience": P.AUDIENCES_EDIT,
    "follow_audience": P.AUDIENCES_EDIT,
    "explain_person": P.AUDIENCES_VIEW,
    "list_contents": P.CONTENT_VIEW,
    "create_content": P.CONTENT_EDIT,
    "get_content": P.CONTENT_VIEW,
    "update_content": P.CONTENT_EDIT,
    "delete_content": P.CONTENT_EDIT,
    "preview_content": P.CONTENT_VIEW,
    "preview_draft": P.CONTENT_EDIT,
    "test_content": P.CONTENT_EDIT,
    "list_broadcasts": P.BROADCASTS_VIEW,
    "create_broadcast": P.BROADCASTS_EDIT,
    "get_broadcast": P.BROADCASTS_VIEW,
    "update_broadcast": P.BROADCASTS_EDIT,
    "delete_broadcast": P.BROADCASTS_EDIT,
    "review_broadcast": P.BROADCASTS_EDIT,
    "send_broadcast": P.BROADCASTS_SEND,
    "pause_broadcast": P.BROADCASTS_SEND,
    "resume_broadcast": P.BROADCASTS_SEND,
    "cancel_broadcast": P.BROADCASTS_SEND,
    "get_results": P.BROADCASTS_VIEW,
    "list_doubtful": P.BROADCASTS_VIEW,
    "settle_doubtful": P.BROADCASTS_SEND,
    "list_channel_kinds": P.CHANNELS_MANAGE,
    "list_channels": P.CHANNELS_MANAGE,
    "connect_channel": P.CHANNELS_MANAGE,
    "get_channel": P.CHANNELS_MANAGE,
    "update_channel": P.CHANNELS_MANAGE,
    "switch_channel": P.CHANNELS_MANAGE,
    "reconnect_channel": P.CHANNELS_MANAGE,
    "get_condition": P.CHANNELS_MANAGE,
    "check_channel": P.CHANNELS_MANAGE,
    "test_channel": P.CHANNELS_MANAGE,
    "make_signing_key": P.CHANNELS_MANAGE,
    "use_signing_key": P.CHANNELS_MANAGE,
    "drop_signing_key": P.CHANNELS_MANAGE,
    "get_cap": P.CHANNELS_MANAGE,
    "set_cap": P.CHANNELS_MANAGE,
    "list_suppressions": P.CHANNELS_MANAGE,
    "suppress_address": P.CHANNELS_MANAGE,
    "release_by_address": P.CHANNELS_MANAGE,
    "release_address": P.CHANNELS_MANAGE,
    "list_sources": P.SOURCES_MANAGE,
    "create_source": P.SOURCES_MANAGE,
    "get_source": P.SOURCES_MANAGE,
    "update_source": P.SOURCES_MANAGE,
    "rotate_source": P.SOURCES_MANAGE,
    "stop_source": P.SOURCES_MANAGE,
    "list_arrivals": P.SOURCES_MANAGE,
    "get_intake": P.SOURCES_MANAGE,
    "list_id_kinds": P.SOURCES_MANAGE,
    "add_id_kind": P.SOURCES_MANAGE,
    "change_id_kind": P.SOURCES_MANAGE,
    "remove_id_kind": P.SOURCES_MANAGE,
    "list_sent_events": P.SOURCES_MANAGE,
    "get_sent_event": P.SOURCES_MANAGE,
    "forget_sent_event": P.SOURCES_MANAGE,
    "block_sent_event": P.SOURCES_MANAGE,
    "list_webhooks": P.WEBHOOKS_MANAGE,
    "create_webhook": P.WEBHOOKS_MANAGE,
    "get_webhook": P.WEBHOOKS_MANAGE,
    "update_webhook": P.WEBHOOKS_MANAGE,
    "rotate_webhook": P.WEBHOOKS_MANAGE,
    "switch_webhook": P.WEBHOOKS_MANAGE,
    "remove_webhook": P.WEBHOOKS_MANAGE,
    "send_test": P.WEBHOOKS_MANAGE,
    "list_deliveries": P.WEBHOOKS_MANAGE,
    "get_delivery": P.WEBHOOKS_MANAGE,
    "replay_failed": P.WEBHOOKS_MANAGE,
    "replay_delivery": P.WEBHOOKS_MANAGE,
    "list_staff": P.WORKSPACE_MANAGE,
    "add_staff": P.STAFF_ACCESS,
    "change_staff": P.STAFF_ACCESS,
    "hand_over_people": P.STAFF_ACCESS,
    "invite_staff": P.STAFF_ACCESS,
    "invite_again": P.STAFF_ACCESS,
    "withdraw_invitation": P.STAFF_ACCESS,
    "get_workspace": P.WORKSPACE_MANAGE,
    "list_platforms": P.PEOPLE_VIEW,
    "note_followers": P.PEOPLE_EDIT,
    "forget_platform": P.PEOPLE_EDIT,
    "get_strength_rules": P.WORKSPACE_MANAGE,
    "set_strength_rules": P.WORKSPACE_MANAGE,
    "preview_strength_rules": P.WORKSPACE_MANAGE,
    "get_strength_count": P.WORKSPACE_MANAGE,
    "fit_strength_rules": P.WORKSPACE_MANAGE,
    "update_workspace": P.WORKSPACE_MANAGE,
    "need_second_step": P.STAFF_ACCESS,
    "limit_sessions": P.STAFF_ACCESS,
    "get_health": P.HEALTH_VIEW,
    "get_staff": P.WORKSPACE_MANAGE,
    "change_access": P.STAFF_ACCESS,
    "list_units": P.WORKSPACE_MANAGE,
    "list_audit_entries": P.AUDIT_VIEW,
    "verify_audit_log": P.AUDIT_VIEW,
    "add_unit": P.WORKSPACE_MANAGE,
    "rename_unit": P.WORKSPACE_MANAGE,
    "remove_unit": P.WORKSPACE_MANAGE,
}


# What the example of an operation needs beside its scope.
BESIDE: dict[str, list[Permission]] = {
    "save_view": [P.VIEWS_SHARE],
    "change_view": [P.VIEWS_SHARE],
    "delete_view": [P.VIEWS_SHARE],
}


# What is asked for is there in every workspace: the roles of people.
EVERYWHERE = {"get_role_rules", "set_role_rules", "preview_fill", "fill_role"}


def test_every_operation_has_a_line_in_the_matrix() -> None:
    assert BY_ID.keys() - SCOPES.keys() == set(), "add a line to SCOPES, by hand"
    assert SCOPES.keys() - BY_ID.keys() == set(), "this operation is gone"


@pytest.mark.parametrize("name", SCOPES)
def test_only_a_key_with_the_scope_gets_in(world: World, name: str) -> None:
    scope, boss = SCOPES[name], world.boss
    if name in BEFORE:
        BEFORE[name](world)
    method, path, _operation = BY_ID[name]
    others = [one for one in Permission if one != scope]
    revoked, of_revoked = key_of(boss)
    governance.revoke_key(key=revoked, by=boss, now=clock.wall())
    expired, of_expired = key_of(boss, expires_at=clock.wall() + timedelta(days=1))
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=clock.wall())
    with queries.entered(make_workspace("other")):
        stranger = key_of(make_staff("Stranger", Role.OWNER))[1]
    wanted: list[tuple[str, Caller, int]] = [
        ("no key", Caller(""), 401),
        ("an unknown key", Caller("gx_live_nothing"), 401),
        ("a revoked key", of_revoked, 401),
        ("an expired key", of_expired, 401),
        ("a key with every other scope", key_of(boss, others)[1], 403 if scope else 0),
    ]
    if "{" in path and name not in EVERYWHERE:
        wanted.append(("a key of another workspace", stranger, 404))
    needed = [scope, *BESIDE.get(name, [])] if scope else []
    if name in BESIDE:
        wanted.append(("the scope alone", key_of(boss, needed[:1])[1], 403))
    wanted.append(("the scopes that it needs", key_of(boss, needed)[1], 0))
    for who, calls, status in wanted:
        got = world.send(calls, method, path, REQUESTS[name]).status_code
        assert got == status or (status == 0 and got < 300), f"{who}: {got}"


@pytest.mark.parametrize("strict", [True, False])
def test_no_login_opens_any_operation_with_the_token_of_its_forms_or_without(world: World, strict: bool) -> None:
    """Who follows a link of somebody else's while signed in lends them no session: the API knows keys only."""
    client, token = Client(enforce_csrf_checks=strict), "a" * 32
    client.force_login(world.boss.user)
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    home = client.get(f"/w/{Workspace.objects.get().slug}/people")
    before, opened = rows(), {}
    for name, (method, path, _operation) in BY_ID.items():
        address = path.format(**world.real(dict(REQUESTS[name].path)))
        body = json.dumps(world.real(REQUESTS[name].body or {}))
        answer = client.generic(
            method.upper(), address, body, content_type="application/json", headers={"X-CSRFToken": token}
        )
        if (answer.status_code, json.loads(answer.content)["code"]) != (401, "no_key"):
            opened[name] = answer.status_code
    assert (home.status_code, opened) == (200, {})
    assert rows() == before


def foreign_keys() -> set[str]:
    found = {"workspace_id", "id", "pk", "public_id", "state", "role", "secret"}
    for model in apps.get_models():
        if model.__module__.startswith("guanxi."):
            for one in model._meta.concrete_fields:
                if one.is_relation:
                    found |= {one.name, one.attname}
    return found


def test_no_name_of_ours_slips_into_a_body(world: World) -> None:
    """Mass assignment: every foreign key of every model, in the body of every write, is refused and changes nothing."""
    calls = key_of(world.boss)[1]
    ApiKey.objects.update(busy_until=None)
    for name, (method, path, operation) in BY_ID.items():
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if not schema:
            continue
        known = properties(schema)
        before = rows()
        strange = foreign_keys() - known
        ApiKey.objects.update(busy_until=None)
        body = world.real(REQUESTS[name].body) | dict.fromkeys(strange, 1)
        address = path.removeprefix("/api/v1").format(**world.real(dict(REQUESTS[name].path)))
        answer = calls.send(method.upper(), address, body)
        assert answer.status_code == 422, (name, answer.content)
        refused = {one["field"] for one in answer.json()["errors"] if one["code"] == "unknown_field"}
        assert strange <= refused, name
        assert rows() == before, name


def properties(schema: dict[str, Any]) -> set[str]:
    from guanxi.api.v1.document import document

    name = schema["$ref"].rpartition("/")[2]
    return set(document()["components"]["schemas"][name]["properties"])


def rows() -> dict[str, list[dict[str, Any]]]:
    """Everything that is kept, but for the counts of the key itself."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model.__module__.startswith("guanxi.") and model is not ApiKey
    }


def test_the_reference_and_the_document_need_no_key(db: None) -> None:
    assert Client().get("/api/v1/openapi.json").status_code == 200
