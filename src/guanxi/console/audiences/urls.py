from django.urls import path

from guanxi.console.audiences import members, overlap, views, why

urlpatterns = [
    path("audiences", views.audiences_list, name="audiences"),
    path("audiences/new", views.new_audience, name="audience_new"),
    path("audiences/overlap", overlap.overlap, name="audience_overlap"),
    path("audiences/builder", views.builder, name="audience_builder"),
    path("audiences/offers", views.found_offers, name="audience_offers"),
    path("audiences/count", views.count, name="audience_count"),
    path("audiences/stop", views.stop_counting, name="audience_stop"),
    path("audiences/<str:public_id>", views.audience, name="audience"),
    path("audiences/<str:public_id>/delete", views.delete_audience, name="audience_delete"),
    path("audiences/<str:public_id>/members", members.audience_members, name="audience_members"),
    path("audiences/<str:public_id>/refresh", members.audience_refresh, name="audience_refresh"),
    path("audiences/<str:public_id>/schedule", members.audience_schedule, name="audience_schedule"),
    path("audiences/<str:public_id>/fix", members.audience_fix, name="audience_fix"),
    path("audiences/<str:public_id>/why/<str:person_id>", why.audience_why, name="audience_why"),
    path("audiences/<str:public_id>/people", views.members, name="audience_people"),
]
