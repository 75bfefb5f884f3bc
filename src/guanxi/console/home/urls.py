from django.urls import path

from guanxi.console.home import views, waiting

urlpatterns = [
    path("", views.home, name="home"),
    path("waiting", waiting.waiting, name="waiting"),
    path("demo/next-day", views.next_day, name="demo_next_day"),
]
