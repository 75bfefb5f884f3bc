import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.config.settings")

from django.core.wsgi import get_wsgi_application

from guanxi.kit import logs

logs.tell_of_ends()
application = get_wsgi_application()
