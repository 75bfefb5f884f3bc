"""The acts of the audit log in words, and what they were done to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.acquisition.models import Source
from guanxi.audiences.models import Audience
from guanxi.audiences.queries import exports
from guanxi.channels.models import Account
from guanxi.console.settings.strength import BONUS, EDGES, KINDS, ROLES
from guanxi.content.models import Content
from guanxi.governance.models import ApiKey, AuditEntry, Role, Staff, Unit
from guanxi.integrations.models import Endpoint
from guanxi.people import queries as people
from guanxi.people.models import Field, Import, OwnKind, Tag, TagGroup, Trust
from guanxi.people.models import Role as PersonRole
from guanxi.reach.models import Broadcast

ACTS: Mapping[str, Any] = {
    "audience.deleted": gettext_lazy("Audience deleted"),
    "audience.fixed": gettext_lazy("Audience fixed"),
    "audience.made_live": gettext_lazy("Audience made live"),
    "content.deleted": gettext_lazy("Content deleted"),
    "broadcast.cancelled": gettext_lazy("Broadcast stopped"),
    "broadcast.confirmed": gettext_lazy("Broadcast confirmed"),
    "broadcast.counted": gettext_lazy("Doubtful messages counted as sent"),
    "broadcast.paused": gettext_lazy("Broadcast paused"),
    "broadcast.resumed": gettext_lazy("Broadcast resumed"),
    "broadcast.sent_again": gettext_lazy("Doubtful messages sent again"),
    "bulk.finished": gettext_lazy("Many people changed"),
    "bulk.resumed": gettext_lazy("Change of many people went on"),
    "bulk.started": gettext_lazy("Change of many people started"),
    "bulk.stopped": gettext_lazy("Change of many people stopped"),
    "bulk.undone": gettext_lazy("Change of many people taken back"),
    "cap.set": gettext_lazy("Limit of messages set"),
    "channel.changed": gettext_lazy("Channel changed"),
    "channel.checked": gettext_lazy("Channel checked"),
    "channel.recorded": gettext_lazy("Account noted for ties"),
    "channel.connected": gettext_lazy("Channel connected"),
    "channel.key_dropped": gettext_lazy("Signing key that was not used removed"),
    "channel.key_made": gettext_lazy("Signing key made"),
    "channel.key_used": gettext_lazy("New signing key in use"),
    "channel.reconnected": gettext_lazy("Channel tried again"),
    "channel.switched_off": gettext_lazy("Channel switched off"),
    "channel.test_sent": gettext_lazy("Test message sent to oneself"),
    "channel.switched_on": gettext_lazy("Channel switched on"),
    "event.blocked": gettext_lazy("Event blocked"),
    "event.forgotten": gettext_lazy("Event names forgotten"),
    "event.unblocked": gettext_lazy("Event let in again"),
    "source.changed": gettext_lazy("Source of events changed"),
    "source.key_rotated": gettext_lazy("Write key of a source renewed"),
    "source.made": gettext_lazy("Source of events made"),
    "source.stopped": gettext_lazy("Source of events stopped"),
    "id_kind.added": gettext_lazy("Kind of id added"),
    "id_kind.changed": gettext_lazy("Kind of id changed"),
    "id_kind.removed": gettext_lazy("Kind of id removed"),
    "import.run": gettext_lazy("Import run"),
    "import.undone": gettext_lazy("Import taken back"),
    "export.started": gettext_lazy("Export of people started"),
    "export.finished": gettext_lazy("File of people made"),
    "export.stopped": gettext_lazy("Export of people stopped"),
    "export.resumed": gettext_lazy("Export of people went on"),
    "export.downloaded": gettext_lazy("File of people taken"),
    "export.removed": gettext_lazy("File of people removed"),
    "erasure.retried": gettext_lazy("Erasure tried again"),
    "file.attached": gettext_lazy("File attached"),
    "file.removed": gettext_lazy("File removed"),
    "friends.handed_over": gettext_lazy("Friends handed over"),
    "friends.returned": gettext_lazy("Friends came back"),
    "handover.resumed": gettext_lazy("Hand-over of friends went on"),
    "handover.started": gettext_lazy("Hand-over of many friends started"),
    "handover.stopped": gettext_lazy("Hand-over of friends stopped"),
    "handover.turned_back": gettext_lazy("Many friends on their way back"),
    "person.erased": gettext_lazy("Person erased"),
    "person.exported": gettext_lazy("Data of a person exported"),
    "person.link_copied": gettext_lazy("Link to a person's settings copied"),
    "person.merged": gettext_lazy("People merged"),
    "duplicates.searched": gettext_lazy("Duplicates searched"),
    "merge.undone": gettext_lazy("Merge undone"),
    "person.reassigned": gettext_lazy("Owner or unit of a person changed"),
    "person.revealed": gettext_lazy("Masked data shown"),
    "field.changed": gettext_lazy("Field of people changed"),
    "field.created": gettext_lazy("Field of people made"),
    "field.deleted": gettext_lazy("Field of people deleted"),
    "role.filled": gettext_lazy("Empty fields of a role filled"),
    "role.settled": gettext_lazy("Role of people settled otherwise"),
    "key.made": gettext_lazy("API key made"),
    "key.revoked": gettext_lazy("API key revoked"),
    "login.authenticator_added": gettext_lazy("Code app set up"),
    "login.authenticator_removed": gettext_lazy("Code app removed"),
    "login.device_forgotten": gettext_lazy("Remembered device forgotten"),
    "login.device_remembered": gettext_lazy("Device remembered for the second step"),
    "login.failed": gettext_lazy("Wrong password"),
    "login.passkey_added": gettext_lazy("Passkey added"),
    "login.passkey_removed": gettext_lazy("Passkey removed"),
    "login.password_changed": gettext_lazy("Password set"),
    "login.recovery_codes_made": gettext_lazy("Recovery codes made"),
    "login.second_step_forgotten": gettext_lazy("Second step removed on the server"),
    "login.session_ended": gettext_lazy("Signed out on a device"),
    "login.sessions_ended": gettext_lazy("Signed out on other devices"),
    "login.signed_in": gettext_lazy("Signed in"),
    "security.sessions_limited": gettext_lazy("Length of sessions set"),
    "security.second_step_left_open": gettext_lazy("Second step left to each"),
    "security.second_step_needed": gettext_lazy("Second step needed of all staff"),
    "staff.added": gettext_lazy("Staff added"),
    "staff.changed": gettext_lazy("Role or unit changed"),
    "staff.handed_over": gettext_lazy("People handed over"),
    "staff.invitation_withdrawn": gettext_lazy("Invitation taken back"),
    "staff.invited": gettext_lazy("Staff invited"),
    "staff.invited_again": gettext_lazy("Staff invited again"),
    "staff.joined": gettext_lazy("Invitation taken up"),
    "staff.link_made": gettext_lazy("Sign-in link made"),
    "staff.second_step_removed": gettext_lazy("Second step removed by an owner"),
    "staff.let_in": gettext_lazy("Access given again"),
    "staff.locked_out": gettext_lazy("Access taken"),
    "strength.changed": gettext_lazy("Strength counted otherwise"),
    "suppression.added": gettext_lazy("Put on the suppression list"),
    "suppression.removed": gettext_lazy("Taken off the suppression list"),
    "tag.archived": gettext_lazy("Tag archived"),
    "tag.created": gettext_lazy("Tag made"),
    "tag.merged": gettext_lazy("Two tags made one"),
    "tag.removed": gettext_lazy("Tag deleted"),
    "tag.renamed": gettext_lazy("Tag renamed"),
    "tag.restored": gettext_lazy("Tag in use again"),
    "tag_rule.made": gettext_lazy("Rule for a tag made"),
    "tag_rule.removed": gettext_lazy("Rule for a tag deleted"),
    "tag_rule.switched_off": gettext_lazy("Rule for a tag switched off"),
    "tag_rule.switched_on": gettext_lazy("Rule for a tag switched on"),
    "tag_group.changed": gettext_lazy("Tag group changed"),
    "tag_group.created": gettext_lazy("Tag group made"),
    "tag_group.removed": gettext_lazy("Tag group deleted"),
    "unit.added": gettext_lazy("Unit added"),
    "unit.renamed": gettext_lazy("Unit renamed"),
    "unit.removed": gettext_lazy("Unit removed"),
    "view.changed": gettext_lazy("Saved view changed"),
    "view.deleted": gettext_lazy("Saved view deleted"),
    "view.shared": gettext_lazy("Saved view shared"),
    "view.unshared": gettext_lazy("Saved view no longer shared"),
    "webhook.changed": gettext_lazy("Webhook changed"),
    "webhook.made": gettext_lazy("Webhook made"),
    "webhook.removed": gettext_lazy("Webhook deleted"),
    "webhook.secret_rotated": gettext_lazy("Secret of a webhook changed"),
    "webhook.switched_off": gettext_lazy("Webhook switched off"),
    "webhook.switched_on": gettext_lazy("Webhook switched on"),
    "workspace.changed": gettext_lazy("Workspace settings changed"),
    "demo.cleared": gettext_lazy("Demo data removed"),
}

WAYS: Mapping[str, Any] = {
    "password": gettext_lazy("by password"),
    "link": gettext_lazy("by link"),
    "passkey": gettext_lazy("by passkey"),
    "app": gettext_lazy("code from the app"),
    "recovery_code": gettext_lazy("recovery code"),
    "device": gettext_lazy("remembered device"),
}


# Why staff say they looked, exported or erased: code → words.
WHY: Mapping[str, Any] = {
    "asked": gettext_lazy("The person asked for it"),
    "contact": gettext_lazy("To call or write to them"),
    "identify": gettext_lazy("To make sure who it is"),
    "correct": gettext_lazy("To correct what is wrong"),
    "law": gettext_lazy("An authority or a court asked for it"),
    "ended": gettext_lazy("There is no ground to keep it any more"),
    "analysis": gettext_lazy("To work on it in another program"),
    "ads": gettext_lazy("To show them ads, or to spare them"),
    "processor": gettext_lazy("Somebody who works for us needs it"),
    "other": gettext_lazy("Another reason"),
}


STRENGTH: Mapping[str, Any] = {**KINDS, **ROLES, **BONUS, **EDGES}


ROLES_OF_CAPS: Mapping[str, Any] = {"employee": ROLES["employee"], "leader": ROLES["opinion_leader"]}


SETTLED: Mapping[str, Any] = {
    "priority": gettext_lazy("Priority"),
    "fields": gettext_lazy("Fields"),
    "defaults": gettext_lazy("Begins with"),
    "people": gettext_lazy("People"),
}


def act_words(act: str) -> str:
    return str(ACTS.get(act, act))


def detail_words(entry: AuditEntry) -> str:
    """What more there is to say, of the parts of the detail that have words."""
    if entry.act == "strength.changed":
        moved = [f"{STRENGTH[name]}: {of}" for name, of in entry.detail.items() if name in STRENGTH]
        return _(", ").join(moved)
    match entry.detail:
        case {"of": of} if entry.act.startswith("role."):
            return _of_role(str(of), entry.detail)
        case {"why": why} if why:
            return str(WHY.get(why, why))
        case {"role": role}:
            return str(dict(Role.choices).get(role, role))
        case {"trust": trust}:
            return str(dict(Trust.choices).get(trust, trust))
        case {"way": way}:
            words = [WAYS.get(code, code) for code in (way, entry.detail.get("second", "")) if code]
            return ", ".join(map(str, words))
        case {"most": most, "days": days}:
            limit = _("%(most)s in %(days)s days") % {"most": most, "days": days}
            own = [f"{ROLES_OF_CAPS[role]}: {entry.detail[role]}" for role in ROLES_OF_CAPS if role in entry.detail]
            return _(", ").join([limit, *own])
        case _:
            return ""


def _of_role(role: str, detail: Mapping[str, Any]) -> str:
    said = [
        str(dict(PersonRole.choices).get(role, role)),
        *(f"{label}: {detail[name]}" for name, label in SETTLED.items() if name in detail),
    ]
    return _(", ").join(said)


@dataclass(frozen=True)
class Subject:
    """A thing as the log names it; `url` is empty when it has no page, or none that this reader may open."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class _Kind:
    rows: Callable[[Staff], QuerySet[Any]]
    page: str = ""
    """The route of its page."""
    listed: bool = False
    """Its page is the list that it stands in."""


_KINDS: Mapping[str, _Kind] = {
    "acc": _Kind(lambda staff: Account.objects.all(), "channel"),
    "aud": _Kind(lambda staff: Audience.objects.all(), "audience"),
    "brd": _Kind(lambda staff: Broadcast.objects.all(), "broadcast"),
    "cnt": _Kind(lambda staff: Content.objects.all(), "content"),
    "end": _Kind(lambda staff: Endpoint.objects.all(), "webhook"),
    "key": _Kind(lambda staff: ApiKey.objects.all(), "keys", listed=True),
    "idk": _Kind(lambda staff: OwnKind.objects.all(), "id_kind"),
    "exp": _Kind(lambda staff: exports.exports_of(staff), "export"),
    "imp": _Kind(lambda staff: Import.objects.all(), "import"),
    "fld": _Kind(lambda staff: Field.objects.all(), "role_field"),
    "psn": _Kind(people.visible, "person"),
    "src": _Kind(lambda staff: Source.objects.all(), "source"),
    "stf": _Kind(lambda staff: Staff.objects.all(), "staff", listed=True),
    "tag": _Kind(lambda staff: Tag.objects.filter(group__isnull=False), "tag"),
    "tgg": _Kind(lambda staff: TagGroup.objects.all(), "tag_group"),
    "unt": _Kind(lambda staff: Unit.objects.all(), "staff", listed=True),
}
_NAME_FIELDS = ("name", "filename", "label")


def subjects(staff: Staff, slug: str, entries: Iterable[AuditEntry]) -> dict[str, Subject]:
    """Names and pages of what the entries speak of, by public id; one query a kind."""
    asked = {entry.subject for entry in entries if entry.subject}
    found = {key: Subject(key) for key in asked}
    for prefix, kind in _KINDS.items():
        keys = [key for key in asked if key.startswith(prefix + "_")]
        if not keys:
            continue
        rows = kind.rows(staff).filter(public_id__in=keys)
        name = next(field for field in _NAME_FIELDS if hasattr(rows.model, field))
        for key, words in rows.values_list("public_id", name):
            arguments = [slug] if kind.listed else [slug, key]
            found[key] = Subject(words or _("No name"), reverse(kind.page, args=arguments))
    return found


def keys(entries: Sequence[AuditEntry]) -> dict[int, str]:
    """The names of the keys by which programs acted, by entry."""
    asked = {entry.pk: entry.detail["key"] for entry in entries if entry.detail.get("key")}
    names = dict(ApiKey.objects.filter(public_id__in=asked.values()).values_list("public_id", "name"))
    return {pk: names.get(key, key) for pk, key in asked.items()}
