from django.urls import path

from guanxi.console.reach import detail, listing, wizard

urlpatterns = [
    path("broadcasts", listing.broadcasts, name="broadcasts"),
    path("broadcasts/new", wizard.new_broadcast, name="broadcast_new"),
    path("broadcasts/<str:public_id>", detail.broadcast, name="broadcast"),
    path("broadcasts/<str:public_id>/audience", wizard.whom, name="broadcast_audience"),
    path("broadcasts/<str:public_id>/content", wizard.what, name="broadcast_content"),
    path("broadcasts/<str:public_id>/when", wizard.when, name="broadcast_when"),
    path("broadcasts/<str:public_id>/review", wizard.review, name="broadcast_review"),
    path("broadcasts/<str:public_id>/send", wizard.send, name="broadcast_send"),
    path("broadcasts/<str:public_id>/delete", wizard.delete, name="broadcast_delete"),
    path("broadcasts/<str:public_id>/progress", detail.progress, name="broadcast_progress"),
    path("broadcasts/<str:public_id>/pause", detail.pause, name="broadcast_pause"),
    path("broadcasts/<str:public_id>/resume", detail.resume, name="broadcast_resume"),
    path("broadcasts/<str:public_id>/cancel", detail.cancel, name="broadcast_cancel"),
    path("broadcasts/<str:public_id>/doubtful", detail.doubtful, name="broadcast_doubtful"),
]
