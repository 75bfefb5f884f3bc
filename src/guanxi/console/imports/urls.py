from django.urls import path

from guanxi.console.imports import downloads, file, listing, steps, turns

urlpatterns = [
    path("imports", listing.imports, name="imports"),
    path("imports/new", file.new_import, name="import_new"),
    path("imports/samples/<str:kind>/<str:language>.csv", downloads.sample, name="import_sample"),
    path("imports/<str:public_id>", listing.one_import, name="import"),
    path("imports/<str:public_id>/sheet", steps.sheet, name="import_sheet"),
    path("imports/<str:public_id>/columns", steps.columns, name="import_columns"),
    path("imports/<str:public_id>/check", steps.check, name="import_check"),
    path("imports/<str:public_id>/options", steps.options, name="import_options"),
    path("imports/<str:public_id>/run", steps.run, name="import_run"),
    path("imports/<str:public_id>/stop", turns.stop, name="import_stop"),
    path("imports/<str:public_id>/resume", turns.resume, name="import_resume"),
    path("imports/<str:public_id>/undo", turns.undo, name="import_undo"),
    path("imports/<str:public_id>/rejected.csv", downloads.rejected, name="import_rejected"),
]
