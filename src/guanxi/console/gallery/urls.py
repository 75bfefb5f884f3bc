from django.urls import path

from guanxi.console.gallery.views import gallery

urlpatterns = [path("gallery/", gallery, name="gallery")]
