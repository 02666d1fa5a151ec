#!/usr/bin/env python3
"""A second opinion: the real SAM CLI deploys template.yaml to MiniStack, and the demo plays against it.

    .ci/ministack.py <ministack> <bootstrap> <callout>

`ministack` is the program of that name, which nobody here wrote; `bootstrap` a built artifact for this
machine; `callout` the built command line. Nothing listens but on loopback, and everything ends with this.
What MiniStack does otherwise than AWS is made up for here, each at its place; docs/ministack.md lists it.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse

import resources

ROOT = resources.ROOT
STACK = "callout-ministack"
STAGE = "dev"
REGION = "us-east-1"
SOCKETS_IN_AWS = "https://${SocketApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"
# Where an API's stage is in MiniStack, for a client that cannot set `Host`.
EXECUTE = "/_aws/execute-api/{}/{}"
PATIENCE_SECONDS = 60
DEPLOYMENT_SECONDS = 600


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def environment(url):
    """Nothing of this machine's own account, region or proxy."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": url,
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_TELEMETRY": "0",
    }


def listeners(process):
    """Addresses on which a process listens over TCP, as /proc has them in hexadecimal."""
    descriptors = Path(f"/proc/{process}/fd").iterdir()
    links = (os.readlink(descriptor) for descriptor in descriptors if descriptor.exists())
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                yield fields[1].split(":")[0]


class Server:
    def __init__(self, program, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "ministack.log"
        settings = {
            # It would listen on every address.
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "LAMBDA_EXECUTOR": "local",
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(folder),
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [program], env=environment(self.url) | settings, cwd=folder, stdout=log, stderr=log,
                start_new_session=True,
            )

    def ready(self):
        until = time.monotonic() + PATIENCE_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with opener.open(f"{self.url}/_ministack/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.2)
        else:
            sys.exit(f"MiniStack did not start:\n{self.log.read_text()}")
        # 127.0.0.1, and the same as IPv6 writes it.
        foreign = set(listeners(self.process.pid)) - {"0100007F", "0000000000000000FFFF00000100007F"}
        if foreign:
            sys.exit(f"MiniStack listens on {foreign}, and not on loopback alone")

    def stop(self):
        # Its functions are processes of its group; it may have ended by itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, 15)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, 9)


def run(command, url, timeout=DEPLOYMENT_SECONDS, **options):
    done = subprocess.run(command, env=environment(url), cwd=ROOT, text=True, timeout=timeout, **options)
    if done.returncode:
        print(done.stdout or "", done.stderr or "", sep="\n", file=sys.stderr)
        sys.exit(f"failed: {command[:4]}")
    return done.stdout


def deploy(url, bootstrap, folder, public_keys):
    """`sam deploy` of the template; the artifact is one that was built before."""
    # Without debug symbols, which every function would unpack; and zipped once, not for each of them.
    stripped, code = folder / "bootstrap", folder / "code.zip"
    subprocess.run(["strip", "-o", stripped, bootstrap], check=True)
    with zipfile.ZipFile(code, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(stripped, "bootstrap")
    template = yaml_parse((ROOT / "template.yaml").read_text())
    template["Globals"]["Function"]["CodeUri"] = str(code)
    for resource in template["Resources"].values():
        # It knows no metric math; that an alarm of one metric is there has to do.
        if resource["Type"] == "AWS::CloudWatch::Alarm" and resource["Properties"].pop("Metrics", None):
            one = {"Namespace": "Callout", "MetricName": "Any", "Statistic": "Sum", "Period": 60}
            resource["Properties"].update(one)
    # AWS has the sockets' management behind a host of its own; here it is below MiniStack's.
    text = json.dumps(template)
    assert SOCKETS_IN_AWS in text
    copy = folder / "template.yaml"
    copy.write_text(text.replace(SOCKETS_IN_AWS, url + EXECUTE.format("${SocketApi}", "${Stage}")))
    architecture = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
    run(
        [sys.executable, "-m", "samcli", "deploy", "--template", copy, "--stack-name", STACK, "--resolve-s3", "--region", REGION,
         "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar",
         "--parameter-overrides", f"Stage={STAGE}", f"Architecture={architecture}",
         f"TokenPublicKeys={public_keys}"],
        url, capture_output=True,
    )


def client(service, url):
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, endpoint_url=url, region_name=REGION, **credentials)


def make_routes(url, ids):
    """API Gateway reads the routes out of the OpenAPI document that SAM writes; MiniStack does not."""
    gateway = client("apigatewayv2", url)
    functions = client("lambda", url)
    document = resources.translated()["Resources"]["Api"]["Properties"]["Body"]
    integrations = {}
    count = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            integration = operation.get("x-amazon-apigateway-integration")
            if integration is None:
                continue
            [function] = re.findall(r"\$\{(\w+)\.Arn\}", json.dumps(integration["uri"])) or re.findall(
                r"\$\{(\w+)\}", json.dumps(integration["uri"])
            )
            if function not in integrations:
                arn = functions.get_function(FunctionName=ids[function])["Configuration"]["FunctionArn"]
                made = gateway.create_integration(
                    ApiId=ids["Api"], IntegrationType="AWS_PROXY", IntegrationUri=arn,
                    PayloadFormatVersion=integration["payloadFormatVersion"],
                )
                integrations[function] = made["IntegrationId"]
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            # A greedy variable takes a bare slash in API Gateway, and none here.
            for each in {path, path.removesuffix("{slash+}")}:
                gateway.create_route(
                    ApiId=ids["Api"], RouteKey=f"{verb} {each}", Target=f"integrations/{integrations[function]}"
                )
            count += 1
    return count


def play(server, bootstrap, callout, folder):
    keys = dict(line.split("=", 1) for line in run([callout, "keys"], server.url, capture_output=True).split())
    deploy(server.url, bootstrap, folder, keys["TokenPublicKeys"])
    stack = client("cloudformation", server.url)
    described = stack.describe_stack_resources(StackName=STACK)["StackResources"]
    ids = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in described}
    print(f"deployed: {len(ids)} resources in {time.monotonic() - STARTED:.0f} s", flush=True)
    secrets = client("secretsmanager", server.url)
    secrets.put_secret_value(SecretId=ids["TokenSigningKey"], SecretString=keys["TokenSigningKey"])
    print(f"routes: {make_routes(server.url, ids)}", flush=True)
    sockets = server.url.replace("http", "ws", 1) + EXECUTE.format(ids["SocketApi"], STAGE)
    run(
        [callout, "demo", "--http", server.url + EXECUTE.format(ids["Api"], "$default"),
         "--ws", sockets, "--accounts-table", ids["Accounts"]],
        server.url, timeout=PATIENCE_SECONDS * 3,
    )
    print(f"done in {time.monotonic() - STARTED:.0f} s")


def main():
    program, bootstrap, callout = map(os.path.abspath, sys.argv[1:4])
    folder = Path(tempfile.mkdtemp(prefix="callout-ministack-"))
    server = Server(program, folder)
    try:
        server.ready()
        play(server, bootstrap, callout, folder)
    except BaseException:
        print(*server.log.read_text().splitlines()[-40:], sep="\n", file=sys.stderr)
        raise
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


STARTED = time.monotonic()

if __name__ == "__main__":
    main()
