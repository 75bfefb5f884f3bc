"""What the rows of this room say of people."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from guanxi.connections import models
from guanxi.connections.operations import forgetting
from guanxi.kit.personal import Erasure, Table, Who, declare


def referrals_of(whom: Who) -> QuerySet[models.ReferralEdge]:
    return models.ReferralEdge.objects.filter(Q(bringer__in=whom.people) | Q(brought__in=whom.people))


def referral_facts_of(whom: Who) -> QuerySet[models.ReferralFact]:
    return models.ReferralFact.objects.filter(edge__in=referrals_of(whom))


def waiting_to_change_hands(whom: Who) -> QuerySet[models.HandoverPart]:
    theirs = models.Friendship.objects.filter(person__in=whom.people)
    return models.HandoverPart.objects.filter(friendship__in=theirs.values("pk"))


declare(
    Table(
        models.Friendship,
        "friends",
        personal="remark description",
        pseudonym="public_id person_id import_id",
        plain="id staff_id account_id state source since state_at first_at",
        found="person",
        shows={"advisor": "staff__name", "account": "account__name"},
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.FriendWord,
        "friend_words",
        personal="text",
        pseudonym="person_id import_id",
        plain="id staff_id account_id kind at told_by",
        found="person",
        shows={"advisor": "staff__name", "account": "account__name"},
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.FriendFact,
        "friend_facts",
        pseudonym="friendship_id import_id",
        plain="id kind at source other_id told_by",
        found="friendship__person",
        shows={"advisor": "friendship__staff__name"},
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.FriendHandover,
        plain="id public_id giver_id by_id at state problem giver_active shares total friends left_out groups change "
        "finished_at undone_at undone_by_id returning returned kept",
    ),
    Table(
        models.HandoverPart,
        pseudonym="friendship",
        plain="id of_id taker_id group",
        found=waiting_to_change_hands,
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Follow,
        "follows",
        pseudonym="public_id person_id import_id",
        plain="id account_id first_at since until",
        found="person",
        shows={"account": "account__name"},
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.FollowFact,
        "follow_facts",
        pseudonym="follow_id import_id",
        plain="id begins at told_by",
        found="follow__person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.GroupChat,
        plain="id public_id account_id external_id name notice owner_id people staff created_at dismissed_at import_id",
    ),
    Table(models.GroupFact, plain="id group_id kind at text owner_id told_by import_id"),
    Table(
        models.GroupMembership,
        "groups",
        pseudonym="person_id invited_by_person_id",
        plain="id group_id staff_id first_at since until joined_by left_by invited_by_staff_id",
        found="person",
        shows={"group": "group__name"},
        erasure=Erasure.REMOVED,
        erase=forgetting.forget_places,
    ),
    Table(
        models.MemberFact,
        "group_facts",
        pseudonym="membership_id by_person import_id",
        plain="id begins at how by_staff told_by",
        found="membership__person",
        shows={"group": "membership__group__name"},
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.ReferralEdge,
        "referrals",
        pseudonym="public_id bringer_id brought_id",
        plain="id by at is_first",
        found=referrals_of,
        erasure=Erasure.REMOVED,
        erase=forgetting.forget_referrals,
    ),
    Table(
        models.ReferralFact,
        "referral_facts",
        pseudonym="edge_id import_id",
        plain="id by at told_by",
        found=referral_facts_of,
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Reading,
        "platforms",
        personal="handle",
        pseudonym="public_id person_id import_id",
        plain="id platform followers as_of source noted_at",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.Bond,
        "bonds",
        pseudonym="person_id",
        plain="id staff_id at employee consumer opinion_leader inward outward channels days",
        found="person",
        erasure=Erasure.REMOVED,
    ),
    Table(
        models.StrengthRules,
        pseudonym="by_id",
        plain="id weights half_lives weak_below strong_above reciprocal per_channel version fitted changed_at",
        whose="staff",
        why="Settings, and who changed them.",
    ),
    Table(models.StrengthCount, plain="id commit anew_since asked todo done counted_at"),
)
