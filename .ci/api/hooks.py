"""Who calls: an account of each role, registered through the code in its mail, as an app does."""

import json
import os
import re
import urllib.parse
import urllib.request

import schemathesis

BASE = os.environ["CALLOUT_URL"]
PLACE = {"lat": 27.7172, "lng": 85.324}
PASSWORD = "a good long password"


def call(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(BASE + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def account(role, number=0, **profile):
    email = f"{role}-{number}@example.com"
    call("/send-otp", {"email": email})
    query = urllib.parse.urlencode({"to": email, "wait": 20})
    mail = call(f"/_local/mail?{query}")["mail"][-1]["text"]
    call("/verify-otp", {"email": email, "otp": re.search(r"\b\d{6}\b", mail)[0]})
    whole = {"email": email, "password": PASSWORD, "name": f"{role} {number}", "phone_number": "9841234567"}
    call(f"/{role}/register/", whole | profile)
    return call("/login", {"email": email, "password": PASSWORD})


def accounts():
    donor = {"blood_group": "O+", "city": "Kathmandu"} | PLACE
    hospital = account("hospital", hospital_name="City Hospital", city="Kathmandu", **PLACE)
    doctor = {"specialty": "Cardiology", "hospital_id": hospital["user_id"]}
    return {
        "hospital": hospital,
        "doctor": account("doctor", **doctor),
        "customer": account("customer"),
        "patient": account("patient"),
        "pharmacy": account("pharmacy", address="New Road 1", **PLACE),
        "donor": account("donor", **donor),
        "seeker": account("seeker"),
        "provider": account("provider", service_type="worker", **PLACE),
    }


ACCOUNTS = accounts()
# Of whom nothing is left in the end.
LEAVING = account("customer", 1)


@schemathesis.auth(refresh_interval=None)
class Caller:
    """One who may call the operation; without a word on that, whoever the path is for."""

    def get(self, case, ctx):
        definition = case.operation.definition.raw
        if definition["operationId"] in ("accounts.delete_profile", "accounts.logout"):
            return LEAVING["access"]
        roles = [role.lower() for role in definition.get("x-callers", [])]
        role = str((case.path_parameters or {}).get("role", "customer"))
        able = [role for role in roles if role in ACCOUNTS] or [role]
        return ACCOUNTS.get(able[0], ACCOUNTS["customer"])["access"]

    def set(self, case, data, ctx):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.check
def other_methods_are_the_gateways_404(ctx, response, case):
    """As API Gateway answers where no route has the method."""
    described = {method.upper() for method in case.operation.schema[case.operation.path]}
    method = response.request.method.upper()
    if method in described or method in ("OPTIONS", "HEAD"):
        return
    assert response.status_code in (401, 404), f"{method} was answered {response.status_code}"
