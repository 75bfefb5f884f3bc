"""Content writes the messages whose origin is a content itself."""

from guanxi.channels import registry as channels
from guanxi.content import operations

channels.composes("cnt", operations.compose)
