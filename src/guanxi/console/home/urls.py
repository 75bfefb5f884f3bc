from django.urls import path

from guanxi.console.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("demo/next-day", views.next_day, name="demo_next_day"),
]
