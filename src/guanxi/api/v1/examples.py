"""One example of each request and each answer. A test sends every one of them, so none of them lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PERSON = "psn_01kb0w8m3x7q2v9d5r1t4n6c8h"
IDENTITY = "idn_01kb0w8m3x7q2v9d5r1t4n6c8j"
NOTE = "nte_01kb0w8m3x7q2v9d5r1t4n6c8k"
OWNER = "stf_01kb0w8m3x7q2v9d5r1t4n6c8m"
STAFF = "stf_01kb0w8m3x7q2v9d5r1t4n6c8n"
UNIT = "unt_01kb0w8m3x7q2v9d5r1t4n6c8p"
IMPORT = "imp_01kb0w8m3x7q2v9d5r1t4n6c8q"
AUDIENCE = "aud_01kb0w8m3x7q2v9d5r1t4n6c8r"
OTHER_AUDIENCE = "aud_01kb0w8m3x7q2v9d5r1t4n6cc1"
CONTENT = "cnt_01kb0w8m3x7q2v9d5r1t4n6c8s"
BROADCAST = "brd_01kb0w8m3x7q2v9d5r1t4n6c8t"
CHANNEL = "acc_01kb0w8m3x7q2v9d5r1t4n6c8v"
SUPPRESSION = "sup_01kb0w8m3x7q2v9d5r1t4n6c8w"
KEY = "key_01kb0w8m3x7q2v9d5r1t4n6c8x"
WORKSPACE = "wsp_01kb0w8m3x7q2v9d5r1t4n6c8y"
FIELD = "fld_01kb0w8m3x7q2v9d5r1t4n6c8z"
EVENT = "evt_01kb0w8m3x7q2v9d5r1t4n6c90"
FILE = "fil_01kb0w8m3x7q2v9d5r1t4n6c91"
EXPORT = "pex_01kb0w8m3x7q2v9d5r1t4n6c92"
ERASURE = "ers_01kb0w8m3x7q2v9d5r1t4n6c93"
WEBHOOK = "end_01kb0w8m3x7q2v9d5r1t4n6c94"
SOURCE = "src_01kb0w8m3x7q2v9d5r1t4n6c9b"
SENT_EVENT = "evn_01kb0w8m3x7q2v9d5r1t4n6c9c"
DELIVERY = "dlv_01kb0w8m3x7q2v9d5r1t4n6c95"
BULK = "blk_01kb0w8m3x7q2v9d5r1t4n6c97"
PEOPLE_EXPORT = "exp_01kb0w8m3x7q2v9d5r1t4n6cd1"
VIEW = "vew_01kb0w8m3x7q2v9d5r1t4n6c98"
NOTICE = "ntc_01kb0w8m3x7q2v9d5r1t4n6c99"
MESSAGE = "msg_01kb0w8m3x7q2v9d5r1t4n6c9a"
ENTRY = "adt_01kb0w8m3x7q2v9d5r1t4n6c96"
TWIN = "psn_01kb0w8m3x7q2v9d5r1t4n6c9b"
MERGE = "mrg_01kb0w8m3x7q2v9d5r1t4n6c9c"
SEARCH = "dse_01kb0w8m3x7q2v9d5r1t4n6c9e"
ID_KIND = "idk_01kb0w8m3x7q2v9d5r1t4n6c9f"
TAG_GROUP = "tgg_01kb0w8m3x7q2v9d5r1t4n6ca1"
TAG_RULE = "tru_01kb0w8m3x7q2v9d5r1t4n6ca5"
EMPTY_GROUP = "tgg_01kb0w8m3x7q2v9d5r1t4n6ca2"
TAG = "tag_01kb0w8m3x7q2v9d5r1t4n6ca3"
SAME_TAG = "tag_01kb0w8m3x7q2v9d5r1t4n6ca4"
FRIENDSHIP = "frd_01kb0w8m3x7q2v9d5r1t4n6cb1"
FOLLOW = "flw_01kb0w8m3x7q2v9d5r1t4n6cb2"
GROUP_CHAT = "grp_01kb0w8m3x7q2v9d5r1t4n6cb3"
HANDOVER = "fho_01kb0w8m3x7q2v9d5r1t4n6cb5"
REFERRAL = "ref_01kb0w8m3x7q2v9d5r1t4n6cb4"
PAIR = "dup_01kb0w8m3x7q2v9d5r1t4n6c9d"
AT = "2026-11-21T04:00:00.000000Z"
RULE = {"version": 1, "where": {"type": "level", "levels": ["customer"]}}
WORDS = {"language": "en", "channel": "email", "subject": "Hello {{ person.first_name }}", "body": "Tea is back."}
SMTP = {
    "host": "mail.example.test",
    "sender_address": "hello@example.test",
    "imprint": "Lumen Retail\n1 Market Street, Springfield",
}


@dataclass(frozen=True)
class Example:
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] = field(default_factory=dict)
    """Fields of an upload; one that begins with @ names a file."""


def _of(**ids: str) -> Example:
    return Example(path=ids)


REQUESTS: Mapping[str, Example] = {
    "get_me": Example(),
    "list_notices": Example(query={"unread": "true"}),
    "read_notices": Example(),
    "read_notice": _of(notice_id=NOTICE),
    "list_people": Example(query={"search": "Lin", "limit": "2"}),
    "create_person": Example(
        body={
            "name": "Lin Wei",
            "email": "lin.wei@example.test",
            "phone": "138 0000 2210",
            "identities": [{"kind": "plate", "value": "沪A·12345"}],
            "unit": UNIT,
            "traits": {"city": "Shanghai"},
        }
    ),
    "get_person": _of(person_id=PERSON),
    "update_person": Example({"person_id": PERSON}, body={"language": "zh-hans", "owner": OWNER}),
    "add_identity": Example({"person_id": PERSON}, body={"kind": "wecom", "value": "wmKim01", "within": "ww7f2a"}),
    "remove_identity": _of(person_id=PERSON, identity_id=IDENTITY),
    "list_consents": _of(person_id=PERSON),
    "record_consent": Example(
        {"person_id": PERSON},
        body={"identity": IDENTITY, "purpose": "marketing", "granted": True, "text": "Ticked the box at the till."},
    ),
    "suppress_person": Example({"person_id": PERSON}, body={"identity": IDENTITY, "detail": "Asked by phone."}),
    "list_timeline": Example({"person_id": PERSON}, query={"name": "consent.given"}),
    "get_strength": _of(person_id=PERSON),
    "record_touch": Example({"person_id": PERSON}, body={"kind": "meeting", "advisor": OWNER}),
    "get_ladder": Example(query={"first": "2026-09-01", "last": "2026-11-21"}),
    "get_standing": _of(person_id=PERSON),
    "start_membership": Example({"person_id": TWIN}, body={"since": "2026-03-14T09:00:00Z", "label": "Card 10024"}),
    "end_membership": _of(person_id=PERSON),
    "list_friends": Example(query={"state": "active", "advisor": STAFF}),
    "record_friends": Example(
        body={
            "facts": [
                {
                    "person": PERSON,
                    "advisor": STAFF,
                    "account": CHANNEL,
                    "kind": "added",
                    "at": "2026-11-20T04:00:00Z",
                    "source": "scan",
                    "remark": "Green tea",
                }
            ]
        }
    ),
    "hand_over_friends": Example(body={"giver": STAFF, "takers": [OWNER]}),
    "list_friend_handovers": Example(),
    "undo_friend_handover": _of(handover_id=HANDOVER),
    "get_ties": _of(person_id=PERSON),
    "list_follows": Example(),
    "record_follows": Example(
        body={"facts": [{"person": PERSON, "account": CHANNEL, "kind": "followed", "at": "2026-11-20T04:00:00Z"}]}
    ),
    "list_groups": Example(),
    "record_groups": Example(
        body={
            "facts": [
                {
                    "account": CHANNEL,
                    "group": "wrOgQhDgAAMYQiS5ol9G7gK9JVAAAA",
                    "kind": "member_joined",
                    "at": "2026-11-20T04:00:00Z",
                    "person": PERSON,
                    "how": "scan",
                }
            ]
        }
    ),
    "get_group": _of(group_id=GROUP_CHAT),
    "list_members": _of(group_id=GROUP_CHAT),
    "list_referrals": Example(),
    "record_referrals": Example(
        body={"referrals": [{"bringer": TWIN, "brought": PERSON, "by": "card", "at": "2026-11-20T04:00:00Z"}]}
    ),
    "record_channel": Example(body={"kind": "wecom", "name": "Lumen on WeCom"}),
    "list_merges": _of(person_id=PERSON),
    "merge_person": Example({"person_id": PERSON}, body={"merged": TWIN, "picks": {"name": TWIN}}),
    "preview_merge": Example({"person_id": PERSON}, query={"merged": TWIN}),
    "undo_merge": _of(person_id=PERSON, merge_id=MERGE),
    "list_duplicates": Example(query={"state": "open"}),
    "decide_duplicate": Example({"duplicate_id": PAIR}, body={"state": "distinct"}),
    "search_duplicates": Example(),
    "get_search": Example(),
    "list_notes": _of(person_id=PERSON),
    "add_note": Example({"person_id": PERSON}, body={"text": "Likes green tea."}),
    "remove_note": _of(person_id=PERSON, note_id=NOTE),
    "list_tags": Example(),
    "create_tag_group": Example(body={"name": "Taste", "exclusive": True}),
    "change_tag_group": Example({"group_id": TAG_GROUP}, body={"wins": "newest"}),
    "remove_tag_group": _of(group_id=EMPTY_GROUP),
    "create_tags": Example(body={"group": TAG_GROUP, "names": ["Green tea", "Black tea"]}),
    "change_tag": Example({"tag_id": TAG}, body={"name": "Very important"}),
    "remove_tag": _of(tag_id=SAME_TAG),
    "merge_tag": Example({"tag_id": SAME_TAG}, body={"into": TAG}),
    "list_tag_rules": Example(),
    "make_tag_rule": Example(body={"audience": AUDIENCE, "role": "leader", "because": "Writes about tea", "days": 90}),
    "switch_tag_rule": Example({"rule_id": TAG_RULE}, body={"on": False}),
    "remove_tag_rule": _of(rule_id=TAG_RULE),
    "list_person_tags": _of(person_id=PERSON),
    "tag_person": Example({"person_id": PERSON}, body={"add": [TAG], "reason": "Asked for it at the till."}),
    "get_role": _of(person_id=PERSON),
    "set_role": Example({"person_id": PERSON}, body={"role": "leader"}),
    "reveal_person": Example({"person_id": PERSON}, body={"reason": "They asked for a call."}),
    "export_person": Example({"person_id": PERSON}, body={"reason": "They asked for their data."}),
    "list_exports": _of(person_id=PERSON),
    "get_export": _of(person_id=PERSON, export_id=EXPORT),
    "get_export_file": _of(person_id=PERSON, export_id=EXPORT),
    "erase_person": Example({"person_id": PERSON}, body={"reason": "They asked to be erased."}),
    "get_erasure": _of(erasure_id=ERASURE),
    "retry_erasure": _of(erasure_id=ERASURE),
    "make_preference_links": _of(person_id=PERSON),
    "list_files": _of(person_id=PERSON),
    "attach_file": Example({"person_id": PERSON}, form={"file": "@contract.pdf"}),
    "get_file": _of(person_id=PERSON, file_id=FILE),
    "remove_file": _of(person_id=PERSON, file_id=FILE),
    "list_fields": Example(),
    "create_field": Example(body={"label": "Contract until", "kind": "date"}),
    "change_field": Example({"field_id": FIELD}, body={"label": "Home town"}),
    "list_roles": Example(),
    "list_waiting": Example(),
    "get_role_rules": _of(role="leader"),
    "set_role_rules": Example(
        {"role": "leader"}, body={"priority": 1, "fields": [{"field": FIELD, "begins_with": "上海"}]}
    ),
    "preview_fill": _of(role="leader"),
    "fill_role": _of(role="leader"),
    "list_bulks": Example(query={"limit": "10"}),
    "start_bulk": Example(body={"act": "owner", "fitting": {"unit": UNIT, "level": "customer"}, "owner": OWNER}),
    "get_bulk": _of(bulk_id=BULK),
    "stop_bulk": _of(bulk_id=BULK),
    "resume_bulk": _of(bulk_id=BULK),
    "undo_bulk": _of(bulk_id=BULK),
    "preview_people_export": Example(body={"audience": AUDIENCE, "format": "hashed", "preset": "google"}),
    "start_people_export": Example(
        body={
            "fitting": {"level": "customer"},
            "format": "csv",
            "columns": ["name", "email", "phone", "owner"],
            "reason": "For the yearly letter",
        }
    ),
    "list_people_exports": Example(query={"limit": "10"}),
    "get_people_export": _of(people_export_id=PEOPLE_EXPORT),
    "get_people_export_file": _of(people_export_id=PEOPLE_EXPORT),
    "stop_people_export": _of(people_export_id=PEOPLE_EXPORT),
    "resume_people_export": _of(people_export_id=PEOPLE_EXPORT),
    "remove_people_export": _of(people_export_id=PEOPLE_EXPORT),
    "list_views": Example(),
    "save_view": Example(
        body={"name": "Customers of Shanghai", "filter": {"level": "customer", "unit": UNIT}, "shared": True}
    ),
    "get_view": _of(view_id=VIEW),
    "change_view": Example({"view_id": VIEW}, body={"name": "Newest", "filter": {"sort": "newest"}}),
    "delete_view": _of(view_id=VIEW),
    "list_import_kinds": Example(),
    "get_import_sample": Example(query={"kind": "people", "language": "zh-hans"}),
    "list_imports": Example(query={"limit": "10"}),
    "upload_import": Example(form={"kind": "people", "file": "@people.csv"}),
    "get_import": _of(import_id=IMPORT),
    "choose_sheet": Example({"import_id": IMPORT}, body={"sheet": "Members"}),
    "choose_columns": Example({"import_id": IMPORT}, body={"columns": {"name": "name", "email": "email", "note": ""}}),
    "choose_options": Example({"import_id": IMPORT}, body={"options": {"on_match": "skip"}}),
    "check_import": _of(import_id=IMPORT),
    "run_import": _of(import_id=IMPORT),
    "stop_import": _of(import_id=IMPORT),
    "resume_import": _of(import_id=IMPORT),
    "undo_import": _of(import_id=IMPORT),
    "get_rejected_rows": _of(import_id=IMPORT),
    "list_audiences": Example(),
    "create_audience": Example(body={"name": "Customers", "rule": RULE}),
    "get_audience": _of(audience_id=AUDIENCE),
    "update_audience": Example({"audience_id": AUDIENCE}, body={"name": "Our customers"}),
    "delete_audience": _of(audience_id=AUDIENCE),
    "count_rule": Example(body={"rule": RULE}),
    "compare_audiences": Example(body={"audiences": [AUDIENCE, OTHER_AUDIENCE]}),
    "recount_audience": _of(audience_id=AUDIENCE),
    "refresh_audience": _of(audience_id=AUDIENCE),
    "list_audience_members": Example({"audience_id": AUDIENCE}, query={"limit": "20"}),
    "list_audience_sizes": Example({"audience_id": AUDIENCE}, query={"days": "30"}),
    "fix_audience": _of(audience_id=AUDIENCE),
    "follow_audience": Example({"audience_id": AUDIENCE}, body={"every": 15}),
    "list_audience_people": Example({"audience_id": AUDIENCE}, query={"limit": "20"}),
    "explain_person": _of(audience_id=AUDIENCE, person_id=PERSON),
    "list_contents": Example(),
    "create_content": Example(body={"name": "Spring tea", "fall_back": True, "variants": [WORDS]}),
    "get_content": _of(content_id=CONTENT),
    "update_content": Example({"content_id": CONTENT}, body={"name": "Spring tea 2026"}),
    "delete_content": _of(content_id=CONTENT),
    "preview_content": Example({"content_id": CONTENT}, query={"language": "en", "person": PERSON}),
    "preview_draft": Example(body={"variant": WORDS}),
    "test_content": Example(body={"variant": WORDS, "channel": CHANNEL}),
    "list_broadcasts": Example(),
    "create_broadcast": Example(
        body={"name": "Spring tea", "audience": AUDIENCE, "content": CONTENT, "channel": CHANNEL}
    ),
    "get_broadcast": _of(broadcast_id=BROADCAST),
    "update_broadcast": Example({"broadcast_id": BROADCAST}, body={"hold_out_percent": 20}),
    "delete_broadcast": _of(broadcast_id=BROADCAST),
    "review_broadcast": _of(broadcast_id=BROADCAST),
    "send_broadcast": _of(broadcast_id=BROADCAST),
    "pause_broadcast": _of(broadcast_id=BROADCAST),
    "resume_broadcast": _of(broadcast_id=BROADCAST),
    "cancel_broadcast": _of(broadcast_id=BROADCAST),
    "get_results": _of(broadcast_id=BROADCAST),
    "list_doubtful": _of(broadcast_id=BROADCAST),
    "settle_doubtful": Example({"broadcast_id": BROADCAST}, body={"decision": "sent", "messages": [MESSAGE]}),
    "list_channel_kinds": Example(),
    "list_channels": Example(),
    "connect_channel": Example(body={"kind": "email", "name": "Newsletter", "settings": SMTP}),
    "get_channel": _of(channel_id=CHANNEL),
    "update_channel": Example({"channel_id": CHANNEL}, body={"settings": {"sender_name": "Lumen"}}),
    "switch_channel": Example({"channel_id": CHANNEL}, body={"active": False}),
    "reconnect_channel": _of(channel_id=CHANNEL),
    "get_condition": _of(channel_id=CHANNEL),
    "check_channel": Example({"channel_id": CHANNEL}, body={"kind": "connection"}),
    "test_channel": _of(channel_id=CHANNEL),
    "make_signing_key": _of(channel_id=CHANNEL),
    "use_signing_key": _of(channel_id=CHANNEL),
    "drop_signing_key": _of(channel_id=CHANNEL),
    "get_cap": Example(),
    "set_cap": Example(body={"most": 2, "days": 7, "leader": 1}),
    "list_suppressions": Example(),
    "suppress_address": Example(body={"email": "never@example.test", "detail": "Asked by letter."}),
    "release_by_address": Example(body={"email": "bounced@example.test"}),
    "release_address": _of(suppression_id=SUPPRESSION),
    "list_webhooks": Example(),
    "create_webhook": Example(body={"url": "https://shop.example.test/hooks", "events": ["order.paid"]}),
    "get_webhook": _of(webhook_id=WEBHOOK),
    "update_webhook": Example({"webhook_id": WEBHOOK}, body={"name": "Shop"}),
    "rotate_webhook": _of(webhook_id=WEBHOOK),
    "switch_webhook": Example({"webhook_id": WEBHOOK}, body={"on": False}),
    "remove_webhook": _of(webhook_id=WEBHOOK),
    "send_test": _of(webhook_id=WEBHOOK),
    "list_deliveries": Example({"webhook_id": WEBHOOK}, query={"state": "failed"}),
    "get_delivery": _of(webhook_id=WEBHOOK, delivery_id=DELIVERY),
    "replay_failed": Example({"webhook_id": WEBHOOK}, body={"since": "2026-11-20T00:00:00Z"}),
    "replay_delivery": _of(webhook_id=WEBHOOK, delivery_id=DELIVERY),
    "list_sources": Example(),
    "create_source": Example(body={"name": "Shop", "kind": "browser", "origins": ["https://shop.example.test"]}),
    "get_source": _of(source_id=SOURCE),
    "update_source": Example({"source_id": SOURCE}, body={"name": "Shop"}),
    "rotate_source": _of(source_id=SOURCE),
    "stop_source": _of(source_id=SOURCE),
    "list_id_kinds": Example(),
    "add_id_kind": Example(body={"name": "Loyalty card", "key": "loyalty_card", "single": True, "place": "shop"}),
    "change_id_kind": Example({"id_kind_id": ID_KIND}, body={"name": "Card of the till", "trust": "household"}),
    "remove_id_kind": _of(id_kind_id=ID_KIND),
    "list_sent_events": Example(),
    "get_sent_event": _of(event_id=SENT_EVENT),
    "forget_sent_event": _of(event_id=SENT_EVENT),
    "block_sent_event": Example({"event_id": SENT_EVENT}, body={"blocked": True}),
    "list_staff": Example(),
    "add_staff": Example(body={"name": "Kim Minji", "email": "minji@example.test", "role": "advisor", "unit": UNIT}),
    "get_staff": _of(staff_id=STAFF),
    "change_staff": Example({"staff_id": STAFF}, body={"role": "manager"}),
    "change_access": Example({"staff_id": STAFF}, body={"active": False}),
    "hand_over_people": Example({"staff_id": STAFF}, body={"to": OWNER}),
    "invite_staff": Example(body={"name": "Kim Minji", "email": "minji@example.test", "role": "advisor", "unit": UNIT}),
    "invite_again": _of(staff_id=STAFF),
    "withdraw_invitation": _of(staff_id=STAFF),
    "get_workspace": Example(),
    "list_platforms": _of(person_id=PERSON),
    "note_followers": Example(
        {"person_id": PERSON, "platform": "weibo"},
        body={"followers": 128000, "handle": "linsays", "as_of": "2026-11-20"},
    ),
    "forget_platform": _of(person_id=PERSON, platform="zhihu"),
    "get_strength_rules": Example(),
    "set_strength_rules": Example(body={"weights": {"order": 2, "visit": 0.1}, "strong_above": 0.7}),
    "preview_strength_rules": Example(body={"half_lives": {"consumer": 45}}),
    "get_strength_count": Example(),
    "fit_strength_rules": Example(),
    "update_workspace": Example(body={"timezone": "Asia/Shanghai", "name": "Lumen"}),
    "need_second_step": Example(body={"needed": True}),
    "limit_sessions": Example(body={"idle_hours": 4, "days": 7}),
    "get_health": Example(),
    "list_units": Example(),
    "list_audit_entries": Example(query={"act": "key.made"}),
    "verify_audit_log": Example(),
    "add_unit": Example(body={"name": "Store 014", "parent": UNIT}),
    "rename_unit": Example(path={"unit_id": UNIT}, body={"name": "Shanghai and Suzhou"}),
    "remove_unit": _of(unit_id=UNIT),
}

_PERSON = {
    "id": PERSON,
    "name": "Lin Wei",
    "level": "customer",
    "owner": {"id": OWNER, "name": "Lin Yao"},
    "unit": {"id": UNIT, "name": "Shanghai"},
    "country": "CN",
    "language": "zh-hans",
    "identities": [
        {
            "id": IDENTITY,
            "kind": "email",
            "within": None,
            "value": "l•••@example.test",
            "verified": False,
            "suppressed": None,
        }
    ],
    "traits": {"city": "Shanghai"},
    "created_at": AT,
}
_STAFF = {
    "id": STAFF,
    "name": "Kim Minji",
    "email": "minji@example.test",
    "role": "advisor",
    "unit": {"id": UNIT, "name": "Shanghai"},
    "is_active": True,
    "is_invited": False,
    "people": 212,
}
_DELIVERY = {
    "id": DELIVERY,
    "event": EVENT,
    "name": "order.paid",
    "state": "delivered",
    "attempts": 1,
    "status": 204,
    "problem": None,
    "created_at": AT,
    "tried_at": AT,
    "settled_at": AT,
}
_BULK: dict[str, Any] = {
    "id": BULK,
    "act": "owner",
    "state": "done",
    "problem": None,
    "owner": {"id": OWNER, "name": "Lin Yao"},
    "unit": None,
    "field": None,
    "value": None,
    "add": [],
    "remove": [],
    "role": None,
    "total": 48_213,
    "done": 48_213,
    "changed": 48_100,
    "skipped": {"already": 113},
    "restored": 0,
    "kept": {},
    "may_undo": True,
    "by": {"id": OWNER, "name": "Lin Yao"},
    "created_at": AT,
    "finished_at": AT,
    "undone_at": None,
}
_RECORD = {"name": "gx1._domainkey.example.test", "type": "TXT", "value": "v=DKIM1; k=rsa; p=MIIB…"}
_CHECK = {
    "kind": "connection",
    "at": AT,
    "findings": [{"title": "Sign-in", "verdict": "ok", "said": "235 2.7.0", "advice": "", "record": None}],
}
_WEBHOOK = {
    "id": WEBHOOK,
    "url": "https://shop.example.test/hooks",
    "name": "Shop",
    "events": ["order.paid"],
    "state": "on",
    "failing_since": None,
    "succeeded_at": AT,
    "created_at": AT,
}
_SOURCE = {
    "id": SOURCE,
    "name": "Shop",
    "kind": "browser",
    "origins": ["https://shop.example.test"],
    "prefix": "wk_3fW9xQ",
    "created_at": AT,
    "stopped_at": None,
}
_SENT_EVENT = {
    "id": SENT_EVENT,
    "key": "track.product_viewed",
    "name": "Product Viewed",
    "count": 18_204,
    "first_seen_at": AT,
    "last_seen_at": AT,
    "blocked_at": None,
}
_ID_KIND = {
    "id": ID_KIND,
    "key": "loyalty_card",
    "name": "Loyalty card",
    "trust": "proof",
    "keeps": "sealed",
    "single": True,
    "place": "shop",
    "ids": 1204,
}
_VIEW = {
    "id": VIEW,
    "name": "Customers of Shanghai",
    "filter": {"level": "customer", "unit": UNIT},
    "shared": True,
    "opens_first": False,
    "by": {"id": OWNER, "name": "Lin Yao"},
    "created_at": AT,
}
_LETTER = {"language": "en", "subject": "Hello Kim", "text": "Tea is back.\n", "html": "<p>Tea is back.</p>"}
_ARM = {"people": 900, "buyers": 120, "total_minor": 1_204_500}

_TAG = {
    "id": TAG,
    "name": "VIP",
    "group": {"id": TAG_GROUP, "name": "Kind"},
    "position": 1,
    "archived": False,
    "merged_into": None,
    "people": 12,
}
_CITY = {"id": FIELD, "key": "city", "label": "City", "kind": "text", "choices": []}
_LEADERS = {
    "role": "leader",
    "priority": 1,
    "fields": [{"field": _CITY, "begins_with": "上海"}],
    "version": 1,
    "changed_at": AT,
    "by": {"id": OWNER, "name": "Grace Bell"},
}
_GROUP = {"id": TAG_GROUP, "name": "Kind", "exclusive": False, "wins": "ours", "position": 1}
_TAG_RULE = {
    "id": TAG_RULE,
    "audience": {"id": AUDIENCE, "name": "Customers of Shanghai"},
    "tag": {"id": TAG, "name": "VIP"},
    "role": None,
    "because": "Bought five times in three months",
    "days": None,
    "on": True,
    "people": 12,
    "looked_at": AT,
    "problem": None,
}
ANSWERS: Mapping[str, Any] = {
    "TagRuleOut": _TAG_RULE,
    "TagRuleList": {"data": [_TAG_RULE]},
    "TagOut": _TAG,
    "TagGroupOut": _GROUP,
    "TagList": {"groups": [_GROUP], "data": [_TAG]},
    "CarriedList": {
        "data": [
            {
                "id": TAG,
                "name": "VIP",
                "group": "Kind",
                "since": AT,
                "how": "rule",
                "by": None,
                "reason": "Bought five times in three months",
                "expires_at": None,
            }
        ],
        "refused": [],
    },
    "RoleOut": {"role": "leader", "since": AT, "how": "staff", "by": "Ann", "reason": None, "expires_at": None},
    "PersonOut": _PERSON,
    "ConsentList": {
        "data": [
            {
                "identity": IDENTITY,
                "channel": "email",
                "purpose": "marketing",
                "granted": True,
                "at": AT,
                "source": "api",
            }
        ]
    },
    "Happening": {
        "id": EVENT,
        "at": AT,
        "name": "order.paid",
        "channel": None,
        "amount": {"amount_minor": 12_800, "currency": "CNY"},
        "order": "A-1204",
        "message": None,
        "about": {"store": "014", "lines": 3},
    },
    "StrengthOut": {
        "role": "consumer",
        "counted": True,
        "brand": {
            "strength": 0.7134,
            "band": "strong",
            "strong_until": "2026-12-03T04:00:00.000000Z",
            "neutral_until": "2027-03-01T04:00:00.000000Z",
            "because": [{"kind": "order", "at": AT, "count": 2}],
        },
        "advisors": [
            {
                "strength": 0.2104,
                "band": "weak",
                "strong_until": "2026-05-02T04:00:00.000000Z",
                "neutral_until": "2026-08-09T04:00:00.000000Z",
                "because": [{"kind": "meeting", "at": AT, "count": 1}],
                "advisor": {"id": OWNER, "name": "Grace Bell"},
            }
        ],
    },
    "PlatformList": {
        "data": [{"platform": "weibo", "handle": "linsays", "followers": 128000, "as_of": "2026-11-20"}],
        "total": 128000,
    },
    "RoleRulesOut": _LEADERS,
    "RoleRulesList": {"data": [_LEADERS]},
    "FillPreviewOut": {
        "fields": [{"field": _CITY, "begins_with": "上海", "empty": 12, "earlier": 3, "same": 40, "own": 25}]
    },
    "WaitingOut": {
        "person": {"id": PERSON, "name": "Ann Lee"},
        "role": "leader",
        "priority": 1,
        "why": "wrote",
        "since": AT,
    },
    "FilledOut": {"written": 15, "left": 0},
    "StrengthRulesOut": {
        "weights": {
            "reply": 1.0,
            "message_in": 1.2,
            "message_out": 0.1,
            "visit": 0.1,
            "share": 0.8,
            "referral": 2.0,
            "order": 2.0,
            "meeting": 2.0,
            "complaint_resolved": 0.5,
        },
        "half_lives": {"employee": 30.0, "consumer": 60.0, "opinion_leader": 90.0},
        "reciprocal": 1.25,
        "per_channel": 0.15,
        "weak_below": 0.35,
        "strong_above": 0.7,
        "version": 1,
        "changed_at": AT,
        "by": {"id": OWNER, "name": "Grace Bell"},
    },
    "StrengthPreviewOut": {
        "counted": 812,
        "people": 812,
        "changed": 31,
        "moves": [
            {"before": "neutral", "after": "weak", "people": 31},
            {"before": "weak", "after": "weak", "people": 781},
        ],
        "examples": [
            {
                "person": {"id": PERSON, "name": "Ann Lee"},
                "before": "neutral",
                "after": "weak",
                "strength_before": 0.3713,
                "strength_after": 0.3104,
            }
        ],
    },
    "StrengthFitOut": {
        "reason": None,
        "cases": 4210,
        "answered": 1380,
        "weak_below": 0.31,
        "strong_above": 0.58,
        "weak_between": [0.27, 0.34],
        "strong_between": [0.54, 0.63],
        "before": [{"band": "strong", "cases": 402, "answered": 253, "share": 0.6294, "between": [0.5812, 0.6751]}],
        "after": [{"band": "strong", "cases": 511, "answered": 310, "share": 0.6067, "between": [0.5637, 0.6481]}],
        "sure": True,
    },
    "StrengthCountOut": {"counting": True, "todo": 1204, "done": 600},
    "TouchOut": {"kind": "meeting", "at": AT},
    "LadderOut": {
        "first": "2026-11-20",
        "last": "2026-11-21",
        "came": 12,
        "members": 3,
        "levels": [
            {"level": "customer", "now": 40, "reached": 3, "lost": 1, "reached_by_day": [1, 2], "lost_by_day": [0, 1]}
        ],
        "conversions": [{"from_level": "friend", "to_level": "customer", "days": 30, "of": 20, "done": 5, "early": 2}],
        "times": [{"level": "friend", "people": 5, "lower_quartile": 4.5, "median": 11.0, "upper_quartile": 20.25}],
    },
    "StandingOut": {
        "level": "customer",
        "member": True,
        "proofs": [
            {
                "level": "customer",
                "proof": "order.paid",
                "label": "2026-118842",
                "since": AT,
                "ended_at": None,
                "ended_by": None,
            }
        ],
        "memberships": [
            {
                "id": "mbr_01kb0w8m3x7q2v9d5r1t4n6c9f",
                "since": AT,
                "proof": "api",
                "label": "Card 10024",
                "ended_at": None,
                "ended_by": None,
            }
        ],
    },
    "FriendOut": {
        "id": FRIENDSHIP,
        "person": {"id": PERSON, "name": "Lin Wei"},
        "advisor": {"id": STAFF, "name": "Chen Yu"},
        "account": {"id": CHANNEL, "name": "Lumen on WeCom"},
        "state": "active",
        "source": "scan",
        "since": AT,
        "state_at": AT,
        "remark": "Green tea",
        "description": "",
    },
    "TiesOut": {
        "friends": [
            {
                "id": FRIENDSHIP,
                "person": {"id": PERSON, "name": "Lin Wei"},
                "advisor": {"id": STAFF, "name": "Chen Yu"},
                "account": {"id": CHANNEL, "name": "Lumen on WeCom"},
                "state": "active",
                "source": "inherited",
                "since": AT,
                "state_at": AT,
                "remark": "Green tea",
                "description": "",
                "held": [
                    {
                        "advisor": "Sun Li",
                        "since": "2026-03-14T09:00:00.000000Z",
                        "until": AT,
                        "why": "added",
                        "whence": None,
                    },
                    {"advisor": "Chen Yu", "since": AT, "until": None, "why": "inherited", "whence": "Sun Li"},
                ],
            }
        ],
        "follows": [],
        "groups": [],
        "brought_by": [],
        "brought": [],
        "levels": [],
    },
    "FollowOut": {
        "id": FOLLOW,
        "person": {"id": PERSON, "name": "Lin Wei"},
        "account": {"id": CHANNEL, "name": "Lumen on WeCom"},
        "since": AT,
        "until": None,
    },
    "GroupOut": {
        "id": GROUP_CHAT,
        "external_id": "wrOgQhDgAAMYQiS5ol9G7gK9JVAAAA",
        "name": "Tea of the week",
        "notice": "",
        "account": {"id": CHANNEL, "name": "Lumen on WeCom"},
        "owner": {"id": STAFF, "name": "Chen Yu"},
        "people": 212,
        "staff": 2,
        "created_at": AT,
        "dismissed_at": None,
    },
    "MemberOut": {
        "person": {"id": PERSON, "name": "Lin Wei"},
        "staff": None,
        "since": AT,
        "until": None,
        "joined_by": "scan",
        "left_by": None,
        "invited_by": None,
    },
    "ReferralOut": {
        "id": REFERRAL,
        "bringer": {"id": TWIN, "name": "Lin W."},
        "brought": {"id": PERSON, "name": "Lin Wei"},
        "by": "card",
        "at": AT,
        "is_first": True,
    },
    "Told": {"recorded": 2, "refused": [{"at": 1, "reason": "unknown_person"}]},
    "FriendsHandedOver": {
        "handover": HANDOVER,
        "friends": 212,
        "groups": 3,
        "shares": [{"taker": {"id": OWNER, "name": "Zhou Lan"}, "friends": 212}],
    },
    "FriendHandoverOut": {
        "id": HANDOVER,
        "friends": 212,
        "groups": 3,
        "shares": [{"taker": {"id": OWNER, "name": "Zhou Lan"}, "friends": 212}],
        "giver": {"id": STAFF, "name": "Chen Mei"},
        "by": {"id": OWNER, "name": "Zhou Lan"},
        "at": AT,
        "undone_at": None,
        "returned": 0,
    },
    "AccountOut": {"id": CHANNEL, "kind": "wecom", "name": "Lumen on WeCom"},
    "MergeOut": {
        "id": MERGE,
        "person": {"id": PERSON, "name": "Lin Wei"},
        "merged": {"id": TWIN, "name": "Lin W."},
        "rule": "proof",
        "kind": "email",
        "source": "web",
        "event": None,
        "by": None,
        "at": AT,
        "undone_at": None,
    },
    "DuplicateOut": {
        "id": PAIR,
        "first": {"id": PERSON, "name": "Lin Wei"},
        "second": {"id": TWIN, "name": "Lin W."},
        "origin": "similar",
        "reasons": ["name_near", "birth_same"],
        "conflicts": [],
        "likely": 962,
        "state": "open",
        "found_at": AT,
    },
    "SearchOut": {
        "id": SEARCH,
        "state": "done",
        "people": 2_500,
        "found": 3,
        "asked_at": AT,
        "finished_at": AT,
    },
    "NoteOut": {"id": NOTE, "text": "Likes green tea.", "by": "Lin Yao", "at": AT},
    "InClearList": {"data": [{"id": IDENTITY, "kind": "email", "value": "lin.wei@example.test"}]},
    "ExportOut": {
        "id": EXPORT,
        "state": "done",
        "size": 18_204,
        "requested_at": AT,
        "finished_at": AT,
        "expires_at": AT,
    },
    "ErasureOut": {
        "id": ERASURE,
        "state": "working",
        "gone": ["rows", "batches"],
        "requested_at": AT,
        "finished_at": None,
    },
    "FileOut": {"id": FILE, "name": "contract.pdf", "media_type": "application/pdf", "size": 18_204, "at": AT},
    "BulkOut": _BULK,
    "Expected": {"people": 48_213, "inside": 30_110, "left_out": {"no_consent": 17_903, "refused": 200}},
    "FileOfPeople": {
        "id": PEOPLE_EXPORT,
        "state": "done",
        "problem": None,
        "audience": {"id": AUDIENCE, "name": "Customers"},
        "format": "csv",
        "columns": ["name", "email", "phone", "owner"],
        "preset": None,
        "clear": False,
        "agreed": False,
        "total": 48_213,
        "done": 48_213,
        "rows": 48_209,
        "left_out": {"not_there": 4},
        "size": 5_100_412,
        "by": {"id": OWNER, "name": "Lin Yao"},
        "created_at": AT,
        "finished_at": AT,
        "expires_at": AT,
    },
    "ViewList": {"data": [_VIEW]},
    "ViewOut": _VIEW,
    "NoticeOut": {
        "id": NOTICE,
        "kind": "bulk.done",
        "subject": BULK,
        "name": "owner",
        "detail": {"changed": 48_100, "skipped": 113},
        "at": AT,
        "read_at": None,
    },
    "WebhookOut": _WEBHOOK,
    "WebhookSecret": {"webhook": _WEBHOOK, "secret": "whsec_…"},
    "PreviewOfMerge": {
        "person": {"id": PERSON, "name": "Kim Minji"},
        "merged": {"id": TWIN, "name": "Minji Kim"},
        "choices": [{"pick": "name", "mine": "Kim Minji", "theirs": "Minji Kim"}],
        "conflicts": ["customer_number"],
        "moves": {"identity": 2, "message": 4},
    },
    "IdKindList": {"data": [_ID_KIND]},
    "IdKindOut": _ID_KIND,
    "SourceOut": _SOURCE,
    "SourceKey": {"source": _SOURCE, "key": "wk_…"},
    "SentEventOut": _SENT_EVENT,
    "SentProperty": {"key": "category", "name": "category", "type": "text"},
    "SentEventWhole": _SENT_EVENT | {"properties": [{"key": "category", "name": "category", "type": "text"}]},
    "DeliveryOut": _DELIVERY,
    "DeliveryWhole": _DELIVERY | {"body": '{"type": "order.paid", …}', "answer": "", "took_ms": 84},
    "Replayed": {"deliveries": 12},
    "LinkList": {
        "data": [{"identity": IDENTITY, "url": "https://crm.example.test/preferences/…", "expires_at": AT}],
    },
    "DoubtfulOut": {"id": MESSAGE, "person": PERSON, "reason": "no_answer", "detail": "", "at": AT},
    "CheckOut": _CHECK,
    "ConditionOut": {
        "can": ["collect", "examine", "probe", "sign"],
        "checks": [_CHECK],
        "signing_key": {"selector": "gx1", "record": _RECORD},
        "next_signing_key": None,
        "returned": {"bounce": 3},
    },
    "TriedOut": {"accepted": True, "detail": "250 2.0.0 Ok: queued"},
    "InvitationOut": {
        "staff": _STAFF | {"is_active": False, "is_invited": True, "people": 0},
        "link": "https://crm.example.test/join/…",
        "expires_at": AT,
    },
    "HandedOver": {"bulk": _BULK | {"state": "running", "total": None, "done": 0, "changed": 0, "finished_at": None}},
    "SettingsOut": {
        "id": WORKSPACE,
        "name": "Lumen",
        "country": "CN",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "language": "zh-hans",
        "needs_second_step": False,
        "idle_hours": 12,
        "session_days": 30,
        "currency_is_fixed": True,
        "is_demo": False,
    },
    "HealthOut": {
        "version": "1.0.0",
        "tables": "ok",
        "messages": {"states": {"waiting": 0, "unknown": 0}, "oldest_due_at": None},
        "deliveries": {"states": {"waiting": 2, "failed": 0}, "oldest_due_at": AT},
        "failing_webhooks": 0,
        "imports_at_work": 0,
        "lake": {"facts_waiting": 0, "oldest_at": None},
        "worker": [{"name": "lake", "at": AT}],
        "database_bytes": 48_213_000,
        "disk_free_bytes": 18_204_000_000,
        "backed_up_at": AT,
    },
    "Verdict": {"count": 1_204, "hash": "9f2c…", "fault": None, "position": None},
    "FieldOut": _CITY,
    "KeyOut": {
        "id": KEY,
        "name": "Shop",
        "scopes": ["people.edit", "people.view"],
        "expires_at": None,
        "workspace": {
            "id": WORKSPACE,
            "name": "Lumen",
            "country": "CN",
            "timezone": "Asia/Shanghai",
            "currency": "CNY",
            "language": "zh-hans",
        },
    },
    "ImportKindList": {
        "data": [
            {
                "key": "people",
                "label": "People",
                "fields": [{"key": "email", "label": "E-mail", "required": False, "example": "lin@example.test"}],
                "options": [
                    {
                        "key": "on_match",
                        "label": "When a row is already here",
                        "choices": [{"value": "update", "label": "Update it"}],
                        "default": "update",
                    }
                ],
                "takes_traits": True,
            }
        ]
    },
    "ImportOut": {
        "id": IMPORT,
        "kind": "people",
        "filename": "people.csv",
        "state": "checked",
        "sheets": [],
        "sheet": None,
        "columns": {"name": "name", "email": "email"},
        "suggested": {},
        "options": {"on_match": "update", "consent": "none", "consent_text": ""},
        "check": {"created": 1_180, "updated": 20, "unchanged": 0, "rejected": 4},
        "reasons": [{"code": "bad_email", "rows": 4, "example": "This is not an e-mail address: lin@."}],
        "rows": 1_204,
        "done_rows": 1_204,
        "result": None,
        "problem": None,
        "by": "Lin Yao",
        "created_at": AT,
        "started_at": None,
        "finished_at": None,
    },
    "AudienceOut": {
        "id": AUDIENCE,
        "name": "Customers",
        "rule": RULE,
        "size": 48_213,
        "counted_at": AT,
        "every": 60,
        "refreshed_at": AT,
        "fixed_at": None,
        "created_at": AT,
        "updated_at": AT,
    },
    "RefreshOut": {"size": 48_213, "entered": 120, "left": 34, "looked_at": 9_871},
    "AudienceMemberOut": {"person": PERSON, "since": AT},
    "SizesOut": {"days": [{"day": "2026-11-20", "size": 48_213, "entered": 120, "left": 34}]},
    "Count": {"people": 48_213},
    "OverlapOut": {
        "sizes": [48_213, 12_040],
        "sections": [
            {"audiences": [AUDIENCE], "people": 39_113},
            {"audiences": [AUDIENCE, OTHER_AUDIENCE], "people": 9_100},
            {"audiences": [OTHER_AUDIENCE], "people": 2_940},
        ],
        "common": 9_100,
    },
    "Explanation": {
        "is_in": True,
        "clauses": [
            {"path": "where", "holds": True, "values": {"level": "customer"}, "events": [], "tags": [], "ties": []}
        ],
    },
    "ContentLine": {"id": CONTENT, "name": "Spring tea", "fall_back": True, "languages": ["en"], "updated_at": AT},
    "ContentOut": {
        "id": CONTENT,
        "name": "Spring tea",
        "fall_back": True,
        "variants": [WORDS],
        "created_at": AT,
        "updated_at": AT,
    },
    "LetterOut": _LETTER,
    "BroadcastOut": {
        "id": BROADCAST,
        "name": "Spring tea",
        "state": "draft",
        "purpose": "marketing",
        "audience": {"id": AUDIENCE, "name": "Customers"},
        "content": {"id": CONTENT, "name": "Spring tea"},
        "channel": {"id": CHANNEL, "name": "Newsletter"},
        "hold_out_percent": 10,
        "scheduled_at": None,
        "created_at": AT,
        "updated_at": AT,
        "confirmed_at": None,
        "started_at": None,
        "finished_at": None,
    },
    "ReviewOut": {
        "people": 1_200,
        "send": 900,
        "held_out": 100,
        "skipped": {"no_consent": 150, "cap": 50},
        "problems": [],
        "up_to_date": True,
    },
    "ResultsOut": {
        "figures": {
            "recipients": 1_200,
            "accepted": 890,
            "skipped": 200,
            "failed": 2,
            "bounced": 8,
            "unknown": 0,
            "waiting": 0,
            "held_out": 100,
            "cancelled": 0,
            "opened": 310,
            "unsubscribed": 4,
        },
        "skipped": {"no_consent": 150, "cap": 50},
        "bounced": {"hard_bounce": 7, "soft_bounce": 1},
        "failed": {"network": 2},
        "sales": {
            "since": AT,
            "until": AT,
            "currency": "CNY",
            "reached": _ARM,
            "held_out": {"people": 100, "buyers": 9, "total_minor": 98_000},
            "effect": None,
        },
    },
    "ChannelKindList": {
        "data": [{"kind": "email", "label": "E-mail", "secrets": ["password"], "settings": {"type": "object"}}]
    },
    "ChannelOut": {
        "id": CHANNEL,
        "kind": "email",
        "name": "Newsletter",
        "settings": SMTP,
        "is_active": True,
        "problem": None,
        "created_at": AT,
    },
    "Entry": {
        "id": ENTRY,
        "number": 1_204,
        "at": AT,
        "act": "key.made",
        "key": None,
        "by": {"id": OWNER, "name": "Lin Yao"},
        "subject": KEY,
        "reason": "",
        "detail": {"scopes": ["people.view"]},
    },
    "CapOut": {"most": 2, "days": 7, "employee": None, "leader": 1},
    "SuppressionOut": {
        "id": SUPPRESSION,
        "channel": "email",
        "address": "n•••@example.test",
        "reason": "manual",
        "detail": "Asked by letter.",
        "at": AT,
    },
    "StaffOut": _STAFF,
    "UnitOut": {"id": UNIT, "name": "Store 014", "parent": {"id": UNIT, "name": "Shanghai"}},
}
