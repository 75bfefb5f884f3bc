from django.urls import include, path

urlpatterns = [
    path("", include("guanxi.console.session.urls")),
    path("", include("guanxi.console.account.urls")),
    path("", include("guanxi.console.public.urls")),
    path(
        "w/<slug:slug>/",
        include(
            [
                path("", include("guanxi.console.home.urls")),
                path("", include("guanxi.console.find.urls")),
                path("", include("guanxi.console.notices.urls")),
                path("", include("guanxi.console.people.urls")),
                path("", include("guanxi.console.connections.urls")),
                path("", include("guanxi.console.imports.urls")),
                path("", include("guanxi.console.audiences.urls")),
                path("", include("guanxi.console.exports.urls")),
                path("", include("guanxi.console.insight.urls")),
                path("", include("guanxi.console.content.urls")),
                path("", include("guanxi.console.reach.urls")),
                path("", include("guanxi.console.settings.urls")),
                path("", include("guanxi.console.integrations.urls")),
            ]
        ),
    ),
]
