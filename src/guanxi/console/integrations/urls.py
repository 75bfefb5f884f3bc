from django.urls import path

from guanxi.console.integrations import deliveries, endpoints, id_kinds, sent_events, sources

urlpatterns = [
    path("settings/sources", sources.sources, name="sources"),
    path("settings/sources/new", sources.new_source, name="source_new"),
    path("settings/sources/events", sent_events.sent_events, name="sent_events"),
    path("settings/sources/events/forget", sent_events.forget_events, name="sent_events_forget"),
    path("settings/sources/events/<str:public_id>", sent_events.sent_event, name="sent_event"),
    path("settings/sources/events/<str:public_id>/block", sent_events.block_event, name="sent_event_block"),
    path("settings/sources/events/<str:public_id>/forget", sent_events.forget_event, name="sent_event_forget"),
    path("settings/sources/id-kinds", id_kinds.id_kinds, name="id_kinds"),
    path("settings/sources/id-kinds/new", id_kinds.new_id_kind, name="id_kind_new"),
    path("settings/sources/id-kinds/<str:public_id>", id_kinds.id_kind, name="id_kind"),
    path("settings/sources/id-kinds/<str:public_id>/remove", id_kinds.remove_id_kind, name="id_kind_remove"),
    path("settings/sources/<str:public_id>", sources.source, name="source"),
    path("settings/sources/<str:public_id>/edit", sources.edit_source, name="source_edit"),
    path("settings/sources/<str:public_id>/key", sources.rotate_key, name="source_rotate"),
    path("settings/sources/<str:public_id>/stop", sources.stop_source, name="source_stop"),
    path("settings/webhooks", endpoints.webhooks, name="webhooks"),
    path("settings/webhooks/new", endpoints.new_webhook, name="webhook_new"),
    path("settings/webhooks/<str:public_id>", deliveries.webhook, name="webhook"),
    path("settings/webhooks/<str:public_id>/edit", endpoints.edit_webhook, name="webhook_edit"),
    path("settings/webhooks/<str:public_id>/secret", endpoints.rotate, name="webhook_rotate"),
    path("settings/webhooks/<str:public_id>/on", endpoints.switch, name="webhook_switch"),
    path("settings/webhooks/<str:public_id>/test", endpoints.test_webhook, name="webhook_test"),
    path("settings/webhooks/<str:public_id>/remove", endpoints.remove, name="webhook_remove"),
    path("settings/webhooks/<str:public_id>/replay", deliveries.replay_failed, name="webhook_replay_failed"),
    path(
        "settings/webhooks/<str:public_id>/deliveries/<str:delivery_id>", deliveries.delivery, name="webhook_delivery"
    ),
    path(
        "settings/webhooks/<str:public_id>/deliveries/<str:delivery_id>/replay",
        deliveries.replay,
        name="webhook_replay",
    ),
]
