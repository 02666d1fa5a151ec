"""Holds docs/asyncapi.yaml against itself: every reference leads somewhere, every payload is a JSON Schema,
every example is one of its payload, and every message of an operation is one of its channel."""

import sys

import yaml
from jsonschema import Draft202012Validator

document = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))


def follow(reference):
    found = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def references(below):
    if isinstance(below, dict):
        if isinstance(below.get("$ref"), str):
            yield below["$ref"]
        for value in below.values():
            yield from references(value)
    elif isinstance(below, list):
        for value in below:
            yield from references(value)


assert document["asyncapi"] == "3.0.0"
for reference in references(document):
    follow(reference)
for name, message in document["components"]["messages"].items():
    Draft202012Validator.check_schema(message["payload"])
    validator = Draft202012Validator(message["payload"] | {"components": document["components"]})
    assert message["examples"], name
    for example in message["examples"]:
        validator.validate(example["payload"])
for operation in document["operations"].values():
    assert operation["action"] in ("send", "receive")
    channel = follow(operation["channel"]["$ref"])
    for message in operation["messages"]:
        assert follow(message["$ref"]) in channel["messages"].values()
print(f"{sys.argv[1]}: {len(document['components']['messages'])} messages")
