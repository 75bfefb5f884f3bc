"""Friends, follows, group chats, who brought whom, and strength."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.api.v1.examples.example import Example, of
from guanxi.api.v1.examples.ids import (
    AT,
    CHANNEL,
    FOLLOW,
    FRIENDSHIP,
    GROUP_CHAT,
    HANDOVER,
    OWNER,
    PERSON,
    REFERRAL,
    STAFF,
    TWIN,
)

REQUESTS: Mapping[str, Example] = {
    "get_strength": of(person_id=PERSON),
    "record_touch": Example({"person_id": PERSON}, body={"kind": "meeting", "advisor": OWNER}),
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
    "get_friend_handover": of(handover_id=HANDOVER),
    "stop_friend_handover": of(handover_id=HANDOVER),
    "resume_friend_handover": of(handover_id=HANDOVER),
    "undo_friend_handover": of(handover_id=HANDOVER),
    "get_ties": of(person_id=PERSON),
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
                    "how": "invited",
                    "invited_by_person": TWIN,
                }
            ]
        }
    ),
    "get_group": of(group_id=GROUP_CHAT),
    "list_members": of(group_id=GROUP_CHAT),
    "list_referrals": Example(),
    "record_referrals": Example(
        body={"referrals": [{"bringer": TWIN, "brought": PERSON, "by": "card", "at": "2026-11-20T04:00:00Z"}]}
    ),
    "record_channel": Example(body={"kind": "wecom", "name": "Lumen on WeCom"}),
    "list_platforms": of(person_id=PERSON),
    "note_followers": Example(
        {"person_id": PERSON, "platform": "weibo"},
        body={"followers": 128000, "handle": "linsays", "as_of": "2026-11-20"},
    ),
    "forget_platform": of(person_id=PERSON, platform="zhihu"),
    "get_strength_rules": Example(),
    "set_strength_rules": Example(body={"weights": {"order": 2, "visit": 0.1}, "strong_above": 0.7}),
    "preview_strength_rules": Example(body={"half_lives": {"consumer": 45}}),
    "get_strength_count": Example(),
    "fit_strength_rules": Example(),
}
ANSWERS: Mapping[str, Any] = {
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
        "half_lives": {"employee": 30.0, "consumer": 60.0, "leader": 90.0},
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
        "joined_by": "invited",
        "left_by": None,
        "invited_by": None,
        "invited_by_person": {"id": TWIN, "name": "Lin W."},
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
        "state": "done",
        "total": 212,
        "friends": 212,
        "groups": 3,
        "shares": [{"taker": {"id": OWNER, "name": "Zhou Lan"}, "friends": 212}],
    },
    "FriendHandoverOut": {
        "id": HANDOVER,
        "state": "done",
        "problem": None,
        "total": 213,
        "friends": 212,
        "left_out": 1,
        "groups": 3,
        "shares": [{"taker": {"id": OWNER, "name": "Zhou Lan"}, "friends": 212}],
        "giver": {"id": STAFF, "name": "Chen Mei"},
        "by": {"id": OWNER, "name": "Zhou Lan"},
        "at": AT,
        "finished_at": AT,
        "undone_at": None,
        "returning": 0,
        "returned": 0,
        "kept": 0,
        "may_undo": True,
    },
    "AccountOut": {"id": CHANNEL, "kind": "wecom", "name": "Lumen on WeCom"},
}
