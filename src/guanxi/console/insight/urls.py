from django.urls import path

from guanxi.console.insight import ladder

urlpatterns = [path("ladder", ladder.ladder, name="ladder")]
