from django.urls import path

from guanxi.console.public import views

urlpatterns = [
    path("u/<str:token>", views.unsubscribe, name="unsubscribe"),
    path("o/<str:token>.gif", views.opened, name="opened"),
]
