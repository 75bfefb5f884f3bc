from django.urls import path

from guanxi.console.connections import views

urlpatterns = [
    path("friends", views.friends, name="friends"),
    path("groups", views.groups, name="groups"),
    path("groups/<str:public_id>", views.group, name="group"),
]
