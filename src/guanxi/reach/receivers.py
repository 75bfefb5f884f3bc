"""Reach writes the messages of broadcasts."""

from guanxi.channels import registry as channels
from guanxi.reach import operations

channels.composes("brd", operations.compose)
