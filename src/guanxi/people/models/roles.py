"""What a workspace settles for each role of people: which fields belong to it, with what they begin, who goes first."""

from __future__ import annotations

from django.db import models

from guanxi.governance.models import Staff
from guanxi.kit.rows import WorkspaceRow
from guanxi.people.models.person import Field, Person
from guanxi.people.models.tags import Role


class RoleRules(WorkspaceRow):
    """Without a row, the usual (`rules.roles.USUAL`). Lists of work begin with the people of the lowest `priority`."""

    role = models.CharField(max_length=10, choices=Role.choices)
    priority = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()
    by = models.ForeignKey(Staff, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "role"], name="one_rules_a_role")]


class RoleField(WorkspaceRow):
    """A field that belongs to a role; `value` is what whoever gets the role begins with, "" for nothing. A field of no
    role belongs to everybody."""

    role = models.CharField(max_length=10, choices=Role.choices)
    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()
    value = models.CharField(max_length=200, blank=True)

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace_id", "role", "field"], name="one_field_of_a_role")]


class GivenDefault(WorkspaceRow):
    """A person got this value with the role, once; it stands as long as the trait says the same and nobody set it.
    `tag` is the row by which the role came: whoever takes that back takes the value along."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    role = models.CharField(max_length=10, choices=Role.choices)
    field = models.ForeignKey(Field, on_delete=models.CASCADE, related_name="+", db_index=False)
    value = models.CharField(max_length=200)
    tag = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta(WorkspaceRow.Meta):
        constraints = [models.UniqueConstraint(fields=["person", "role", "field"], name="one_default_a_field")]
        indexes = [
            models.Index(fields=["workspace_id", "field", "role"], name="default_of_field"),
            models.Index(fields=["workspace_id", "tag"], condition=models.Q(tag__isnull=False), name="default_of_tag"),
        ]
