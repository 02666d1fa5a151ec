#!/usr/bin/env python3
"""How many resources CloudFormation makes of template.yaml, and what is true of each function there.

Translates the template as the SAM transform does, with every condition taken as true: the most there
can be. CloudFormation takes 500 resources, 200 parameters and outputs, and a body of 1 MB
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).

`--roles` lists the functions with the actions that each role has, as Markdown.
"""

import collections
import json
import sys
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

MOST_RESOURCES = 500
MOST_BYTES = 1_000_000
ROOT = Path(__file__).resolve().parent.parent


def translated():
    template = yaml_parse((ROOT / "template.yaml").read_text())
    # What `sam package` would put there.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/key"
    # The most there can be: everything that a parameter turns on.
    parameters = {"TokenPublicKeys": "kid:key", "GradualRollout": "true", "Tracing": "Active"}
    session = boto3.session.Session(region_name="us-east-1")
    # The template names no managed policy, so there is none to know.
    translator = Translator({}, Parser(), boto_session=session)
    return translator.translate(template, parameter_values=parameters)


def statements(role):
    for policy in role["Properties"].get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def roles(resources):
    print("| Function | Handler | Actions |\n|---|---|---|")
    for name, resource in sorted(resources.items()):
        if resource["Type"] != "AWS::Lambda::Function":
            continue
        actions = collections.defaultdict(set)
        for statement in statements(resources[f"{name}Role"]):
            for action in statement["Action"]:
                service, action = action.split(":")
                actions[service].add(action)
        text = "; ".join(f"{service}: {', '.join(sorted(all_))}" for service, all_ in sorted(actions.items()))
        print(f"| {name} | {resource['Properties']['Handler']} | {text} |")


def complaints(resources):
    """What must hold for each function, and is written once for all of them."""
    for name, resource in resources.items():
        if resource["Type"] != "AWS::Lambda::Function":
            continue
        properties = resource["Properties"]
        if properties.get("LoggingConfig", {}).get("LogGroup") != {"Ref": "FunctionLogs"}:
            yield f"{name} writes its log elsewhere than into FunctionLogs, which ends by retention"
        if "TracingConfig" not in properties:
            yield f"{name} is not traced"
        if properties["Code"] != {"S3Bucket": "bucket", "S3Key": "key"}:
            yield f"{name} is another artifact"
        for key, value in properties["Environment"]["Variables"].items():
            endpoint = key.startswith("AWS_ENDPOINT_URL_")
            secret = ("SECRET" in key or "PASSWORD" in key) and not endpoint
            if secret and not (isinstance(value, dict) and "Ref" in value):
                yield f"{name} has {key} in plain text"
            if "resolve:" in json.dumps(value):
                yield f"{name} has a secret resolved into {key}, where whoever sees the function reads it"
        for statement in statements(resources[f"{name}Role"]):
            actions = statement["Action"]
            if any("*" in action for action in actions):
                yield f"{name} may do {actions}: name each action"
            if statement["Resource"] == "*":
                yield f"{name} may do {actions} to anything"


def main():
    template = translated()
    resources = template["Resources"]
    if "--roles" in sys.argv:
        roles(resources)
        return 0
    kinds = collections.Counter(resource["Type"] for resource in resources.values())
    for kind, count in kinds.most_common(6):
        print(f"{count:5} {kind}")
    functions = kinds["AWS::Lambda::Function"]
    size = len(json.dumps(template, separators=(",", ":")))
    print(f"{len(resources):5} of {MOST_RESOURCES} resources, {functions} functions, {size // 1000} KB")
    found = list(complaints(resources))
    if len(resources) > MOST_RESOURCES or size > MOST_BYTES:
        found.append("CloudFormation takes no more than that (docs/decisions/0025)")
    for complaint in found:
        print(complaint, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
