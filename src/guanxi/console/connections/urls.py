from django.urls import path

from guanxi.console.connections import handing_over, views

urlpatterns = [
    path("friends", views.friends, name="friends"),
    path("friends/hand-overs", handing_over.listing, name="friend_handovers"),
    path("friends/hand-overs/new", handing_over.new, name="friend_handover_new"),
    path("friends/hand-overs/<str:public_id>/undo", handing_over.undo, name="friend_handover_undo"),
    path("groups", views.groups, name="groups"),
    path("groups/<str:public_id>", views.group, name="group"),
]
