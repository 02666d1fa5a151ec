"""Who calls: an account of each role, registered through the code in its mail, as an app does."""

import base64
import json
import os
import re
import urllib.parse
import urllib.request

import schemathesis

BASE = os.environ["CALLOUT_URL"]
PLACE = {"lat": 27.7172, "lng": 85.324}
PASSWORD = "a good long password"
# One white pixel.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)


def call(path, body=None, by=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    if by:
        headers["authorization"] = f"Bearer {ACCOUNTS[by]['access']}"
    request = urllib.request.Request(BASE + path, data=data, headers=headers, method=method)
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


def picture(by):
    """What was uploaded by its link, and may be sent with a request once."""
    upload = call("/media/uploads/", {"content_type": "image/png", "size_bytes": len(PICTURE)}, by)
    request = urllib.request.Request(
        upload["upload_url"], data=PICTURE, headers=upload["headers"], method=upload["method"]
    )
    urllib.request.urlopen(request, timeout=60).close()
    return upload["media_id"]


def things():
    """By the names of paths and fields, ids of things that there are, and that the callers may know of."""
    place = {"patient_lat": PLACE["lat"], "patient_lng": PLACE["lng"], "radius_km": 5, "quantity": 1}
    image = picture("customer")
    medicine = call("/medicine/request/", place | {"image_id": image}, "customer")["request_id"]
    need = {
        "patientName": "John Doe", "patientNumber": "9841234567", "attenderName": "Jane Doe",
        "attenderNumber": "9841234567", "bloodGroup": "O+", "units": 2, "urgency": "Urgent",
        "hospitalName": "City Hospital", "location": "Main St 1", "city": "Kathmandu",
    }
    ACCOUNTS["other donor"] = account("donor", 1, blood_group="O+", city="Kathmandu")
    blood = call("/api/donor/requests/", need, "other donor")["requestId"]
    where = {"latitude": PLACE["lat"], "longitude": PLACE["lng"]}
    status = {"is_active_for_work": True} | where
    call("/api/1/profiles/provider-status/", status, "provider", "PATCH")
    provider = ACCOUNTS["provider"]["user_id"]
    task = {"provider_id": provider, "service_type": "worker", "message": "Paint a wall"} | where
    order = call("/api/1/profiles/assign-work/", task, "seeker")["data"]["work_order_id"]
    hospital = ACCOUNTS["hospital"]["user_id"]
    question = {"hospital_id": hospital, "description": "Chest pain"}
    consultation = call("/api/consultation-request/", question, "patient")["consultation_request_id"]
    return {
        "/medicine/": medicine, "/requests/": medicine, "request_id": medicine,
        "/donor/request_id": blood, "/donor/requestId": blood,
        "/work-orders/": order, "provider_id": provider, "hospital_id": hospital, "/hospital/": hospital,
        "/consultation-": consultation, "/doctor-suggest/": consultation,
        "consultation_request_id": consultation, "doctor_id": ACCOUNTS["doctor"]["user_id"],
        "/media/": image, "/pharmacy/": ACCOUNTS["pharmacy"]["user_id"], "pharmacy": ACCOUNTS["pharmacy"]["user_id"],
    }


THINGS = things()
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
        whose = case.operation.path.split("/")[1]
        role = str((case.path_parameters or {}).get("role", whose))
        able = [role for role in roles if role in ACCOUNTS] or [role]
        return ACCOUNTS.get(able[0], ACCOUNTS["customer"])["access"]

    def set(self, case, data, ctx):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


ID = re.compile("[0-7][0-9A-HJKMNP-TV-Z]{25}")
# Those that answers had: what a step after them asks for is not to be changed.
MET = set()


@schemathesis.hook
def after_call(context, case, response):
    MET.update(ID.findall(response.content.decode()))


def is_nobodys(text):
    return isinstance(text, str) and ID.fullmatch(text) and text not in MET


@schemathesis.hook
def before_call(context, case, kwargs):
    """What is an id, but nobody's, becomes that of something."""
    parameters, body = case.path_parameters, case.body
    if parameters and is_nobodys(parameters.get("id")):
        found = [thing for name, thing in THINGS.items() if name in case.operation.path]
        parameters["id"] = (found or [parameters["id"]])[0]
    if isinstance(body, dict):
        kind = "/donor/" if "/donor/" in case.operation.path else ""
        for name, value in body.items():
            if is_nobodys(value):
                body[name] = THINGS.get(kind + name, THINGS.get(name, value))


@schemathesis.check
def other_methods_are_the_gateways_404(ctx, response, case):
    """As API Gateway answers where no route has the method."""
    described = {method.upper() for method in case.operation.schema[case.operation.path]}
    method = response.request.method.upper()
    if method in described or method in ("OPTIONS", "HEAD"):
        return
    assert response.status_code in (401, 404), f"{method} was answered {response.status_code}"
