"""Two doors, one house: whatever the console does, a program does, too; or it is written down why not."""

from __future__ import annotations

from pathlib import Path

from tests.api.test_access import SCOPES
from tests.console.test_access import ROUTES

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"

# Route of the console: the operations that do the same. Written by hand.
SAME: dict[str, str] = {
    "health": "get_health",
    "notices": "list_notices",
    "notices_bell": "list_notices",
    "notices_read": "read_notices",
    "notice_open": "read_notice",
    "people": "list_people",
    "find": "list_people",
    "person": "get_person get_standing get_strength get_ties list_timeline list_notes list_consents",
    "person_touch": "record_touch",
    "friends": "list_friends",
    "friend_handovers": "list_friend_handovers",
    "friend_handover_new": "hand_over_friends",
    "friend_handover_undo": "undo_friend_handover",
    "groups": "list_groups",
    "group": "get_group list_members",
    "person_join": "start_membership",
    "person_leave": "end_membership",
    "person_new": "create_person",
    "person_edit": "update_person add_identity remove_identity",
    "duplicates": "list_duplicates get_search",
    "duplicates_search": "search_duplicates",
    "duplicate": "decide_duplicate",
    "person_merge": "merge_person preview_merge",
    "merge_undo": "list_merges undo_merge",
    "tag_add": "tag_person",
    "tag_remove": "tag_person",
    "person_role": "get_role set_role",
    "tag_let": "tag_person",
    "tag_options": "list_tags",
    "note_new": "add_note",
    "note_remove": "remove_note",
    "person_reveal": "reveal_person",
    "person_data": "list_files list_exports",
    "person_links": "make_preference_links",
    "person_export": "export_person",
    "person_export_file": "get_export_file",
    "person_erase": "erase_person",
    "erasure": "get_erasure",
    "erasure_retry": "retry_erasure",
    "file_new": "attach_file",
    "file": "get_file",
    "file_remove": "remove_file",
    "bulks": "list_bulks",
    "bulk_new": "start_bulk",
    "bulk": "get_bulk",
    "bulk_stop": "stop_bulk",
    "bulk_resume": "resume_bulk",
    "bulk_undo": "undo_bulk",
    "view_new": "save_view",
    "view_change": "change_view delete_view",
    "audit": "list_audit_entries",
    "audit_verify": "verify_audit_log",
    "workspace": "get_workspace update_workspace",
    "security": "need_second_step limit_sessions",
    "staff": "list_staff list_units",
    "staff_new": "invite_staff",
    "staff_access": "change_access",
    "staff_member": "get_staff change_staff",
    "staff_leave": "change_access hand_over_people",
    "staff_invite": "invite_again",
    "staff_withdraw": "withdraw_invitation",
    "tags": "list_tags create_tag_group",
    "tag_group": "change_tag_group",
    "tags_new": "create_tags",
    "tag_group_remove": "remove_tag_group",
    "tag": "change_tag",
    "tag_archive": "change_tag",
    "tag_rules": "list_tag_rules make_tag_rule",
    "tag_rule_switch": "switch_tag_rule",
    "tag_rule_remove": "remove_tag_rule",
    "tag_merge": "merge_tag",
    "tag_delete": "remove_tag",
    "unit_new": "add_unit",
    "unit": "rename_unit",
    "unit_remove": "remove_unit",
    "channels": "list_channels get_cap set_cap",
    "channel_new": "list_channel_kinds connect_channel",
    "channel": "get_channel update_channel get_condition",
    "channel_switch": "switch_channel",
    "channel_check": "check_channel",
    "channel_test": "test_channel",
    "channel_domain": "get_condition",
    "channel_key": "make_signing_key use_signing_key drop_signing_key",
    "channel_reconnect": "reconnect_channel",
    "suppressions": "list_suppressions suppress_address release_by_address release_address suppress_person",
    "sources": "list_sources",
    "source_new": "create_source",
    "source": "get_source",
    "source_edit": "update_source",
    "source_rotate": "rotate_source",
    "source_stop": "stop_source",
    "id_kinds": "list_id_kinds",
    "id_kind_new": "add_id_kind",
    "id_kind": "change_id_kind",
    "id_kind_remove": "remove_id_kind",
    "sent_events": "list_sent_events",
    "sent_event": "get_sent_event",
    "sent_event_block": "block_sent_event",
    "sent_event_forget": "forget_sent_event",
    "sent_events_forget": "forget_sent_event",
    "webhooks": "list_webhooks",
    "webhook_new": "create_webhook",
    "webhook": "get_webhook list_deliveries",
    "webhook_edit": "update_webhook",
    "webhook_rotate": "rotate_webhook",
    "webhook_switch": "switch_webhook",
    "webhook_test": "send_test",
    "webhook_remove": "remove_webhook",
    "webhook_replay_failed": "replay_failed",
    "webhook_delivery": "get_delivery",
    "webhook_replay": "replay_delivery",
    "ladder": "get_ladder",
    "audiences": "list_audiences",
    "audience_new": "create_audience update_audience",
    "audience_builder": "count_rule",
    "audience_count": "count_rule",
    "audience": "get_audience recount_audience",
    "audience_delete": "delete_audience",
    "audience_people": "list_audience_people explain_person",
    "contents": "list_contents",
    "content_new": "create_content update_content",
    "content": "get_content",
    "content_preview": "preview_content",
    "content_preview_draft": "preview_draft",
    "content_delete": "delete_content",
    "content_test": "test_content",
    "broadcasts": "list_broadcasts",
    "broadcast_new": "create_broadcast",
    "broadcast": "get_broadcast get_results list_doubtful",
    "broadcast_audience": "update_broadcast",
    "broadcast_content": "update_broadcast",
    "broadcast_when": "update_broadcast",
    "broadcast_review": "review_broadcast",
    "broadcast_send": "send_broadcast",
    "broadcast_delete": "delete_broadcast",
    "broadcast_progress": "get_results",
    "broadcast_pause": "pause_broadcast",
    "broadcast_resume": "resume_broadcast",
    "broadcast_cancel": "cancel_broadcast",
    "broadcast_doubtful": "settle_doubtful",
    "imports": "list_imports",
    "import_new": "upload_import",
    "import_sample": "get_import_sample",
    "import": "get_import",
    "import_sheet": "choose_sheet",
    "import_columns": "choose_columns",
    "import_check": "check_import",
    "import_options": "choose_options",
    "import_run": "run_import",
    "import_stop": "stop_import",
    "import_resume": "resume_import",
    "import_undo": "undo_import",
    "import_rejected": "get_rejected_rows",
}
# Those that no key opens, under the words of docs/api.md that say why.
ALONE: dict[str, str] = {
    "Signing in, and one's own login": """start sign_in sign_in_link confirm join sign_out second_step account
        account_name account_password account_device_forget account_app account_app_qr account_app_remove account_codes
        account_sessions_end account_session_end passkey_options sign_in_passkey passkey_add_options passkey_add
        passkey_remove""",
    "Opening somebody's login": "staff_link staff_one_step",
    "Keys": "keys key_new key_revoke",
    "The demo": "demo_next_day demo_clear",
    "How pages look": "home set_language set_theme set_frame gallery",
    "What a person opens by their own link": "preferences unsubscribe opened",
    "Doors of their own": "healthz readyz metrics api_openapi api_reference api_reference_of_tag intake"
    " intake_script intake_settings",
}


def test_whatever_the_console_does_an_operation_does_or_the_docs_say_why_not() -> None:
    alone = [name for names in ALONE.values() for name in names.split()]
    assert len(alone) == len(set(alone))
    assert set(SAME) & set(alone) == set()
    known = set(SAME) | set(alone)
    assert ROUTES.keys() - known == set(), "give it an operation, or a line in ALONE with its reason in docs/api.md"
    assert known - ROUTES.keys() == set(), "this route is gone"


def test_every_operation_that_stands_for_a_page_is_there() -> None:
    assert {name for names in SAME.values() for name in names.split()} - SCOPES.keys() == set()


def test_the_docs_say_why_for_each_that_no_key_opens() -> None:
    text = DOCS.read_text()
    assert [words for words in ALONE if f"| {words} |" not in text] == []
