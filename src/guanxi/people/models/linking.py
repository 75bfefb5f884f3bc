"""What keeps the ids of people apart and brings them together."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Staff
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models.person import Identity, Person


class Trust(models.TextChoices):
    PROOF = "proof", _("Proves the person")
    HOUSEHOLD = "household", _("Shared by a household")
    DEVICE = "device", _("Only a device")


class Keeps(models.TextChoices):
    SEALED = "sealed", _("Sealed, shown masked")
    PLAIN = "plain", _("As it is")
    HASHED = "hashed", _("Only a hash of it")


class GivenBy(models.TextChoices):
    CORP = "corp", _("Corp")
    APP = "app", _("App")
    SHOP = "shop", _("Shop")


class OwnKind(WorkspaceRow):
    """A kind of id that this workspace adds to those that are built in (`rules.kinds`). `place`: ids of it are only
    unique within the corp, app or shop that gave them."""

    public_id = PublicId("idk")
    key = models.SlugField(max_length=20)
    label = models.CharField(max_length=80)
    trust = models.CharField(max_length=10, choices=Trust.choices, default=Trust.PROOF)
    keeps = models.CharField(max_length=10, choices=Keeps.choices, default=Keeps.SEALED)
    single = models.BooleanField(default=True)
    place = models.CharField(max_length=10, choices=GivenBy.choices, blank=True, default="", db_default="")
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="one_kind_a_key")]

    def __str__(self) -> str:
        return self.label


class Sighting(WorkspaceRow):
    """An id that came together with somebody who does not have it."""

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["identity", "person"], name="one_sighting_a_person")]


class PairOrigin(models.TextChoices):
    CONFLICT = "conflict", _("Conflicting ids")
    SIMILAR = "similar", _("Looks alike")


class PairState(models.TextChoices):
    OPEN = "open", _("Open")
    LATER = "later", _("Later")
    DISTINCT = "distinct", _("Not the same")
    MERGED = "merged", _("Merged")


class SearchState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    READING = "reading", _("Reading people")
    COMPARING = "comparing", _("Comparing")
    DONE = "done", _("Done")
    FAILED = "failed", _("Could not run")


class Pair(WorkspaceRow):
    """Two people who may be one, for somebody to decide; `first` has the lower id. `weight`: of a thousand such pairs,
    so many are the same person (0: not estimated)."""

    public_id = PublicId("dup")
    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    origin = models.CharField(max_length=10, choices=PairOrigin.choices)
    evidence: models.JSONField[Any, Any] = models.JSONField(default=dict)
    weight = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=PairState.choices, default=PairState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="one_pair_of_two")]
        indexes = [models.Index(fields=["workspace_id", "state", "-weight", "id"])]


class DuplicateSearch(WorkspaceRow):
    """A search for people who look alike: `people` were read, and `found` pairs are new."""

    public_id = PublicId("dse")
    state = models.CharField(max_length=10, choices=SearchState.choices, default=SearchState.WAITING)
    people = models.BigIntegerField(default=0)
    found = models.BigIntegerField(default=0)
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    holder = models.IntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id"],
                condition=models.Q(state__in=["waiting", "reading", "comparing"]),
                name="one_search_at_a_time",
            )
        ]


KIND_LABELS = {
    "email": _("E-mail"),
    "phone": _("Phone"),
    "customer_number": _("Customer number"),
    "shop_customer": _("Customer number in a shop"),
    "wecom": _("WeCom external user"),
    "unionid": _("WeChat unionid"),
    "openid": _("WeChat openid"),
    "weibo": _("Weibo user"),
    "plate": _("Plate number"),
    "device": _("Device"),
    "cookie": _("Browser"),
}
PLACE_LABELS = dict(GivenBy.choices)
