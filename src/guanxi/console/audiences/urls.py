from django.urls import path

from guanxi.console.audiences import overlap, views

urlpatterns = [
    path("audiences", views.audiences_list, name="audiences"),
    path("audiences/new", views.new_audience, name="audience_new"),
    path("audiences/overlap", overlap.overlap, name="audience_overlap"),
    path("audiences/builder", views.builder, name="audience_builder"),
    path("audiences/offers", views.found_offers, name="audience_offers"),
    path("audiences/count", views.count, name="audience_count"),
    path("audiences/<str:public_id>", views.audience, name="audience"),
    path("audiences/<str:public_id>/delete", views.delete_audience, name="audience_delete"),
    path("audiences/<str:public_id>/people", views.members, name="audience_people"),
]
