"""The admin's URLs; services mount them at /admin/<service>/."""

from django.contrib import admin

urlpatterns, app_name, _ = admin.site.urls
