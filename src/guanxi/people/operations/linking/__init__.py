"""From the ids that come with events, forms and files to people."""

from guanxi.people.operations.linking.calls import Answer, Call
from guanxi.people.operations.linking.many import link_many

__all__ = ["Answer", "Call", "link_many"]
