"""The document of the API: valid, complete, and true: every example in it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from guanxi.api.problems import CODES
from guanxi.api.v1 import site
from guanxi.api.v1.document import document
from guanxi.api.v1.examples import REQUESTS
from guanxi.governance.models import AuditEntry
from guanxi.governance.queries import Permission
from tests.api.callers import key_of
from tests.api.worlds import BEFORE, World


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


# What the audit log says of each example that it says anything of; written by hand.
ENTRIES: dict[str, list[str]] = {
    "update_person": ["person.reassigned"],
    "suppress_person": ["suppression.added"],
    "reveal_person": ["person.revealed"],
    "export_person": ["person.exported"],
    "erase_person": ["person.erased"],
    "retry_erasure": ["erasure.retried"],
    "make_preference_links": ["person.link_copied"],
    "merge_person": ["person.merged"],
    "undo_merge": ["merge.undone"],
    "search_duplicates": ["duplicates.searched"],
    "hand_over_friends": ["friends.handed_over"],
    "stop_friend_handover": ["handover.stopped"],
    "resume_friend_handover": ["handover.resumed"],
    "undo_friend_handover": ["friends.returned"],
    "record_channel": ["channel.recorded"],
    "create_tag_group": ["tag_group.created"],
    "change_tag_group": ["tag_group.changed"],
    "remove_tag_group": ["tag_group.removed"],
    "create_tags": ["tag.created", "tag.created"],
    "change_tag": ["tag.renamed"],
    "remove_tag": ["tag.removed"],
    "make_tag_rule": ["tag_rule.made"],
    "switch_tag_rule": ["tag_rule.switched_off"],
    "remove_tag_rule": ["tag_rule.removed"],
    "set_strength_rules": ["strength.changed"],
    "create_field": ["field.created"],
    "change_field": ["field.changed"],
    "delete_field": ["field.deleted"],
    "set_role_rules": ["role.settled"],
    "merge_tag": ["tag.merged"],
    "attach_file": ["file.attached"],
    "remove_file": ["file.removed"],
    "start_bulk": ["bulk.started"],
    "stop_bulk": ["bulk.stopped"],
    "resume_bulk": ["bulk.resumed"],
    "undo_bulk": ["bulk.undone"],
    "start_people_export": ["export.started"],
    "get_people_export_file": ["export.downloaded"],
    "stop_people_export": ["export.stopped"],
    "resume_people_export": ["export.resumed"],
    "remove_people_export": ["export.removed"],
    "save_view": ["view.shared"],
    "change_view": ["view.changed"],
    "delete_view": ["view.deleted"],
    "run_import": ["import.run"],
    "undo_import": ["import.undone"],
    "send_broadcast": ["broadcast.confirmed"],
    "pause_broadcast": ["broadcast.paused"],
    "resume_broadcast": ["broadcast.resumed"],
    "cancel_broadcast": ["broadcast.cancelled"],
    "delete_audience": ["audience.deleted"],
    "fix_audience": ["audience.fixed"],
    "follow_audience": ["audience.made_live"],
    "delete_content": ["content.deleted"],
    "settle_doubtful": ["broadcast.counted"],
    "test_content": ["channel.test_sent"],
    "check_channel": ["channel.checked"],
    "test_channel": ["channel.test_sent"],
    "make_signing_key": ["channel.key_made"],
    "use_signing_key": ["channel.key_used"],
    "drop_signing_key": ["channel.key_dropped"],
    "connect_channel": ["channel.connected"],
    "update_channel": ["channel.changed"],
    "switch_channel": ["channel.switched_off"],
    "reconnect_channel": ["channel.reconnected"],
    "set_cap": ["cap.set"],
    "suppress_address": ["suppression.added"],
    "release_by_address": ["suppression.removed"],
    "release_address": ["suppression.removed"],
    "create_source": ["source.made"],
    "update_source": ["source.changed"],
    "rotate_source": ["source.key_rotated"],
    "stop_source": ["source.stopped"],
    "add_id_kind": ["id_kind.added"],
    "change_id_kind": ["id_kind.changed"],
    "remove_id_kind": ["id_kind.removed"],
    "block_sent_event": ["event.blocked"],
    "forget_sent_event": ["event.forgotten"],
    "create_webhook": ["webhook.made"],
    "update_webhook": ["webhook.changed"],
    "rotate_webhook": ["webhook.secret_rotated"],
    "switch_webhook": ["webhook.switched_off"],
    "remove_webhook": ["webhook.removed"],
    "add_staff": ["staff.invited"],
    "change_staff": ["staff.changed"],
    "change_access": ["staff.locked_out"],
    "hand_over_people": ["bulk.started", "friends.handed_over", "staff.handed_over"],
    "invite_staff": ["staff.invited"],
    "invite_again": ["staff.invited_again"],
    "withdraw_invitation": ["staff.invitation_withdrawn"],
    "limit_sessions": ["security.sessions_limited"],
    "need_second_step": ["security.second_step_needed"],
    "add_unit": ["unit.added"],
    "rename_unit": ["unit.renamed"],
    "remove_unit": ["unit.removed"],
}
FILES = ("text/csv", "application/octet-stream")
BY_ID = {operation["operationId"]: (method, path, operation) for method, path, operation in operations()}


def test_the_document_is_valid_openapi_3_1(db: None) -> None:
    answer = Client().get("/api/v1/openapi.json")
    told = json.loads(answer.content)
    assert told["openapi"].startswith("3.1")
    validate(told)


def test_every_operation_tells_what_it_does_needs_and_refuses() -> None:
    for _method, path, operation in operations():
        name = operation["operationId"]
        assert operation["summary"], name
        assert operation["description"].count("\n\n") == 1, name
        assert not operation["description"].startswith("\n"), name
        assert operation["x-scope"] in ["", *Permission], name
        assert {"400", "401", "403", "422", "429"} <= operation["responses"].keys(), name
        assert ("404" in operation["responses"]) == ("{" in path), name
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                assert "example" in parameter, name
        for status, answer in operation["responses"].items():
            for kind, content in answer.get("content", {}).items():
                assert kind in FILES or "example" in content, (name, status)


def test_every_operation_has_an_example_and_no_two_share_a_name() -> None:
    names = [operation.view_func.__name__ for _path, operation in site.operations()]
    assert sorted(names) == sorted(REQUESTS)
    models = [model.__qualname__ + " of " + model.__module__ for model in _models()]
    assert len({one.partition(" of ")[0] for one in models}) == len(set(models))


def _models() -> Iterator[Any]:
    from guanxi.api.v1.shapes import In, Out

    waiting = [In, Out]
    while waiting:
        kind: Any = waiting.pop()
        waiting += kind.__subclasses__()
        if kind not in (In, Out) and "[" not in kind.__name__:
            yield kind


def test_each_example_of_an_answer_fits_its_schema() -> None:
    whole = document()
    for _method, _path, operation in operations():
        for answer in operation["responses"].values():
            for content in answer.get("content", {}).values():
                if "example" in content:
                    fits(content["example"], content["schema"], whole)
    for code in CODES:
        content = whole["components"]["responses"][code]["content"]["application/problem+json"]
        fits(content["example"], content["schema"], whole)


def fits(said: Any, schema: dict[str, Any], whole: dict[str, Any]) -> None:
    OAS31Validator(schema | {"components": whole["components"]}).validate(said)


@pytest.mark.parametrize("name", REQUESTS)
def test_each_example_works_and_the_audit_log_names_the_key(world: World, name: str) -> None:
    if name in BEFORE:
        BEFORE[name](world)
    key, calls = key_of(world.boss)
    before = AuditEntry.objects.count()
    method, path, operation = BY_ID[name]
    answer = world.send(calls, method, path, REQUESTS[name])
    wanted = [status for status in operation["responses"] if int(status) < 300]
    assert [str(answer.status_code)] == wanted, b"".join(answer) if answer.streaming else answer.content
    told = operation["responses"][str(answer.status_code)]
    assert ("ETag" in answer.headers) == ("ETag" in told.get("headers", {}))
    for kind, content in told.get("content", {}).items():
        assert answer.headers["Content-Type"].partition(";")[0] == kind
        if kind == "application/json":
            fits(json.loads(answer.content), content["schema"], document())
            assert not list(bigints(json.loads(answer.content))), "a number of our own rows leaves the house"
    entries = list(AuditEntry.objects.order_by("number")[before:])
    assert [entry.act for entry in entries] == ENTRIES.get(name, [])
    assert {(entry.by_id, entry.detail["key"]) for entry in entries} <= {(world.boss.pk, key.public_id)}


def bigints(said: Any, name: str = "") -> Iterator[str]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield from bigints(value, key)
    elif isinstance(said, list):
        for value in said:
            yield from bigints(value, name)
    elif (name in ("id", "pk") or name.endswith("_id")) and not isinstance(said, str):
        yield name
