"""The admin's sign-in form."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES


class SignInForm(AdminAuthenticationForm):
    """E-mail, password and, when the account has it, the authenticator's code."""

    code = forms.CharField(
        label="Code (if you use an authenticator)",
        required=False,
        max_length=10,
        widget=forms.TextInput(attrs={"class": " ".join(BASE_INPUT_CLASSES), "autocomplete": "one-time-code"}),
    )

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail"
        for name in ("username", "password"):
            self.fields[name].widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)
