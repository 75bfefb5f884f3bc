from django.urls import path

from guanxi.console.find import views

urlpatterns = [path("find", views.find, name="find")]
