from django.urls import path

from guanxi.api import health, intake, metrics
from guanxi.api.v1 import document, reference
from guanxi.api.v1.site import api

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path(intake.SCRIPT.removeprefix("/"), intake.script, name="intake_script"),
    path("v1/<str:call>", intake.door, name="intake"),
    path("v1/projects/<str:key>/settings", intake.settings, name="intake_settings"),
    path("api/v1/docs", reference.reference, name="api_reference"),
    path("api/v1/docs/<slug:tag>", reference.of_tag, name="api_reference_of_tag"),
    path("api/v1/openapi.json", document.openapi, name="api_openapi"),
    path("api/v1/", api.urls),
]
