from django.urls import path

from guanxi.console.connections import handing_over, handovers, views

urlpatterns = [
    path("friends", views.friends, name="friends"),
    path("friends/hand-overs", handovers.listing, name="friend_handovers"),
    path("friends/hand-overs/new", handing_over.new, name="friend_handover_new"),
    path("friends/hand-overs/<str:public_id>", handovers.handover, name="friend_handover"),
    path("friends/hand-overs/<str:public_id>/stop", handovers.stop, name="friend_handover_stop"),
    path("friends/hand-overs/<str:public_id>/resume", handovers.resume, name="friend_handover_resume"),
    path("friends/hand-overs/<str:public_id>/undo", handovers.undo, name="friend_handover_undo"),
    path("groups", views.groups, name="groups"),
    path("groups/<str:public_id>", views.group, name="group"),
]
