"""Django's own apps with ObjectId keys, and the admin with our site."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.contrib.auth.apps import AuthConfig as DjangoAuthConfig
from django.contrib.contenttypes.apps import ContentTypesConfig as DjangoContentTypesConfig

OBJECT_ID = "django_mongodb_backend.fields.ObjectIdAutoField"


class AdminConfig(DjangoAdminConfig):
    """The admin with the platform's site."""

    default_auto_field = OBJECT_ID
    default_site = "core.admin.site.LeadmeshAdminSite"


class AuthConfig(DjangoAuthConfig):
    """Django's users: only a shadow of the user who is signed in to the admin."""

    default_auto_field = OBJECT_ID


class ContentTypesConfig(DjangoContentTypesConfig):
    """Content types, which the admin's log needs."""

    default_auto_field = OBJECT_ID
