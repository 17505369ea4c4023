"""The admin's sign-in form."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from unfold.widgets import BASE_INPUT_CLASSES

from core.admin.signin import SecondStep

_CLASSES = " ".join(BASE_INPUT_CLASSES)


class SignInForm(AdminAuthenticationForm):
    """E-mail and password; then, when the account has a second factor, its code. `challenge` names the first step: it is
    set when the page is to ask for the code."""

    code = forms.CharField(
        label="Code of your authenticator, or a backup code",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"class": _CLASSES, "autocomplete": "one-time-code", "autofocus": True}),
    )

    def __init__(self, request: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.challenge = ""
        self.fields["username"].label = "E-mail"
        for name in ("username", "password"):
            self.fields[name].widget.attrs["class"] = _CLASSES
            self.fields[name].required = not self.data.get("challenge")

    def clean(self) -> dict[str, Any]:
        """Sign the person in. Raises ValidationError with a sentence for the page."""
        if self.errors:
            return self.cleaned_data
        proof = {name: self.cleaned_data.get(name, "") for name in ("username", "password")}
        try:
            self.user_cache = authenticate(self.request, **proof)
        except SecondStep as step:
            self.challenge = step.challenge
            raise
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(self.user_cache)
        return self.cleaned_data
