from django.urls import path

from guanxi.console.public import preferences, views

urlpatterns = [
    path("p/<str:token>", preferences.preferences, name="preferences"),
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
    path("o/<str:token>.gif", views.opened, name="opened"),
]
