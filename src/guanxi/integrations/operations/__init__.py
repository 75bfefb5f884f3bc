from guanxi.integrations.operations.endpoints import (
    EndpointRefused,
    edit_endpoint,
    make_endpoint,
    remove_endpoint,
    rotate_secret,
    switch_endpoint,
)
from guanxi.integrations.operations.recording import record, send_test
from guanxi.integrations.operations.replaying import replay, replay_failed
from guanxi.integrations.operations.telling import lane

__all__ = [
    "EndpointRefused",
    "edit_endpoint",
    "lane",
    "make_endpoint",
    "record",
    "remove_endpoint",
    "replay",
    "replay_failed",
    "rotate_secret",
    "send_test",
    "switch_endpoint",
]
