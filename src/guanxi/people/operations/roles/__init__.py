"""Roles of people, what belongs to them: `from guanxi.people import operations as people`."""

from guanxi.people.operations.roles.deleting import delete_field
from guanxi.people.operations.roles.fields import FieldRefused, change_field, create_field
from guanxi.people.operations.roles.filling import fill_defaults
from guanxi.people.operations.roles.setting import RoleRefused, WantedField, set_role_rules

__all__ = [
    "FieldRefused",
    "RoleRefused",
    "WantedField",
    "change_field",
    "create_field",
    "delete_field",
    "fill_defaults",
    "set_role_rules",
]
