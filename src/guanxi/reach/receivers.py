"""Reach writes the messages of broadcasts."""

from guanxi.channels import registry as channels
from guanxi.people.registry import needs_fields
from guanxi.reach import operations
from guanxi.reach.queries.fields import needing

channels.composes("brd", operations.compose)
needs_fields(needing)
