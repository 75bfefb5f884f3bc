from django.urls import include, path

urlpatterns = [
    path("", include("guanxi.api.urls")),
    path("", include("guanxi.console.urls")),
]
handler400 = "guanxi.console.errors.bad_request"
handler403 = "guanxi.console.errors.forbidden"
handler404 = "guanxi.console.errors.not_found"
handler500 = "guanxi.console.errors.server_error"
