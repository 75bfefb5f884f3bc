"""Who someone is: a person, the ids they are known by, what is known of them, and where they stand."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from guanxi.governance.models import Staff, Unit
from guanxi.kit import crypto
from guanxi.kit.keys import PublicId
from guanxi.kit.rows import WorkspaceRow


class Level(models.TextChoices):
    VISITOR = "visitor", _("Visitor")
    INTERACTOR = "interactor", _("Interactor")
    FAN = "fan", _("Fan")
    FRIEND = "friend", _("Friend")
    CUSTOMER = "customer", _("Customer")


LISTED = models.Q(merged_into__isnull=True, erased_at__isnull=True)
"""Who stands in lists. Their indexes hold nobody else."""
GONE = models.Q(salt__isnull=True) | models.Q(erased_at__isnull=False)
"""Who is to be left out of every answer of the lake, which learns of it later. Few of a million, found at once."""
BESIDE = ("level", "owner", "unit", "source", "has_email", "has_phone")
"""What an index of an order says besides, so that a page with any filters is found without a look at the rows."""


def _of_list(name: str, *columns: str, beside: tuple[str, ...] = (), having: str = "") -> models.Index:
    """In rising order, so that whoever comes last is written at an end. Who has nothing in `having` is left out: most
    new people, who are found by the other indexes."""
    who = LISTED & models.Q(**{f"{having}__isnull": False}) if having else LISTED
    return models.Index(fields=columns, include=(*beside, *BESIDE) if beside else None, condition=who, name=name)


class Person(WorkspaceRow):
    """Anyone known, from cookie to member. Without `salt`, the person's part of the key, sealed values are gone.

    `has_email` and `has_phone` follow the identities: triggers keep them, whoever writes.
    """

    public_id = PublicId("psn")
    name = models.CharField(max_length=120, blank=True)
    sort_key = models.CharField(max_length=64, blank=True)
    level = models.CharField(max_length=12, choices=Level.choices, default=Level.VISITOR)
    owner = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=10, blank=True)
    salt = models.BinaryField(max_length=16, null=True, default=crypto.new_salt)
    source = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(null=True)
    fewer_messages = models.BooleanField(default=False, db_default=False)
    has_email = models.BooleanField(default=False, db_default=False)
    has_phone = models.BooleanField(default=False, db_default=False)
    erased_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(
                fields=["merged_into"], condition=models.Q(merged_into__isnull=False), name="person_merged_away"
            ),
            models.Index(fields=["workspace_id", "id"], condition=GONE, name="person_gone"),
            _of_list("person_listed", "workspace_id", "id"),
            _of_list("person_by_name", "workspace_id", "sort_key", "id", beside=("created_at", "last_seen_at")),
            _of_list("person_by_added", "workspace_id", "created_at", "id", beside=("last_seen_at",)),
            _of_list("person_by_level", "workspace_id", "level", "sort_key", "id"),
            _of_list("person_by_owner", "workspace_id", "owner", "sort_key", "id", having="owner"),
            _of_list("person_by_unit", "workspace_id", "unit", "sort_key", "id", having="unit"),
            _of_list("person_by_source", "workspace_id", "source"),
            models.Index(
                models.F("workspace_id"),
                models.F("last_seen_at").asc(nulls_first=True),
                models.F("id"),
                include=("created_at", *BESIDE),
                condition=LISTED,
                name="person_by_seen",
            ),
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="person_of_import",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.public_id


class NameWord(WorkspaceRow):
    """A word that finds a person by name (`kit.names`), with the person's `sort_key`, so that whoever has a common one
    is read in the order of names. Derived, so the database does not check it row by row."""

    word = models.CharField(max_length=32)
    sort_key = models.CharField(max_length=64, blank=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)

    class Meta(WorkspaceRow.Meta):
        indexes = [
            models.Index(fields=["workspace_id", "word", "sort_key", "person"], name="word_by_name"),
            models.Index(fields=["workspace_id", "person", "word"], name="word_of_person"),
        ]


class IdentityKind(models.TextChoices):
    """The kinds of ids that people write down; all kinds there are: `rules.kinds` and OwnKind."""

    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    CUSTOMER_NUMBER = "customer_number", _("Customer number")


class Identity(WorkspaceRow):
    """One id of a person in one system. `lookup` finds it; `sealed` holds personal values, `plain` the others, and of
    some kinds nothing is kept but `lookup`. `within` is the corp, app or shop that gave the id.

    `shared_at`: from then on too many people were seen with it, and it leads to nobody any more.
    """

    public_id = PublicId("idn")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    within = models.CharField(max_length=64, blank=True, default="", db_default="")
    lookup = models.BinaryField(max_length=16)
    sealed = models.BinaryField(max_length=400, null=True)
    plain = models.CharField(max_length=120, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    verified_at = models.DateTimeField(null=True)
    shared_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "kind", "lookup"], name="one_person_an_identity"),
        ]
        indexes = [
            models.Index(fields=["workspace_id", "last4"], condition=~models.Q(last4=""), name="identity_last4"),
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="identity_of_import",
            ),
            models.Index(
                fields=["workspace_id", "kind", "within"], condition=models.Q(within__gt=""), name="identity_place"
            ),
        ]


NUMBER = r"^-?[0-9]{1,60}([.][0-9]{1,60})?$"


class TraitKind(models.TextChoices):
    TEXT = "text", _("Text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("Choice")


class Field(WorkspaceRow):
    """A trait that this workspace keeps of people; the key stays when the label changes. `choices` are the values that
    a choice may have; who has another from before keeps it."""

    public_id = PublicId("fld")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=TraitKind.choices, default=TraitKind.TEXT)
    choices: models.JSONField[list[str], list[str]] = models.JSONField(default=list)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "key"], name="one_field_a_key")]

    def __str__(self) -> str:
        return self.label


class Trait(WorkspaceRow):
    """A fact stored on a person, in canonical text: 12.5, 2026-11-21, yes. `set_at` is when it was said, if known;
    `number` is the text as one, for ranges.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+", db_index=False)
    value = models.CharField(max_length=200)
    number = models.GeneratedField(
        expression=models.Case(
            models.When(value__regex=NUMBER, then=Cast("value", models.FloatField())), default=models.Value(None)
        ),
        output_field=models.FloatField(),
        db_persist=True,
    )
    set_at = models.DateTimeField(null=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "field"], name="one_trait_a_field")]
        indexes = [
            models.Index(fields=["workspace_id", "field", "value", "person"]),
            models.Index(
                fields=["workspace_id", "field", "number", "person"],
                condition=models.Q(number__isnull=False),
                name="trait_number",
            ),
        ]


class LevelProof(WorkspaceRow):
    """Why a person stands on a level, and since when; it ends when the proof does (a refund, an unfollow). What holds
    again later is a second row, so that the rows are the history."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    level = models.CharField(max_length=12, choices=Level.choices)
    proof = models.CharField(max_length=40)
    reference = models.BigIntegerField(null=True)
    label = models.CharField(max_length=120, blank=True)
    since = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=40, blank=True)
    import_id = models.BigIntegerField(null=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["person", "level", "proof", "reference", "since"],
                name="one_proof_a_reason",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace_id", "import_id"],
                condition=models.Q(import_id__isnull=False),
                name="proof_of_import",
            ),
            models.Index(fields=["workspace_id", "level", "since"], name="proof_by_beginning"),
            models.Index(
                fields=["workspace_id", "level", "ended_at"],
                condition=models.Q(ended_at__isnull=False),
                name="proof_by_end",
            ),
        ]
