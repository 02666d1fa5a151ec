#!/usr/bin/env python3
"""What `sam build` has left in .aws-sam/build: one artifact for all functions, of that architecture."""

import hashlib
import io
import os
import sys
import zipfile
from pathlib import Path

from samcli.yamlhelper import yaml_parse

BUILD = Path(__file__).resolve().parent.parent / ".aws-sam" / "build"
# `e_machine` of ELF.
MACHINES = {"arm64": 183, "x86_64": 62}
# Small enough to start quickly; Lambda's own limits are 50 MB zipped and 250 MB unzipped.
MOST_ZIPPED = 8_000_000


def main():
    architecture = sys.argv[1]
    template = yaml_parse((BUILD / "template.yaml").read_text())
    functions = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    folders = {(BUILD / properties["CodeUri"]).resolve() for properties in functions.values()}
    handlers = {properties["Handler"] for properties in functions.values()}
    if len(folders) != 1 or len(handlers) != len(functions):
        sys.exit(f"{len(functions)} functions have {len(folders)} artifacts and {len(handlers)} handlers")
    [folder] = folders
    files = sorted(path.name for path in folder.iterdir())
    if files != ["bootstrap"]:
        sys.exit(f"the artifact has {files}, and should have bootstrap alone")
    bootstrap = folder / "bootstrap"
    content = bootstrap.read_bytes()
    machine = int.from_bytes(content[18:20], "little")
    if content[:4] != b"\x7fELF" or machine != MACHINES[architecture]:
        sys.exit(f"bootstrap is for machine {machine}, and not for {architecture}")
    if not os.access(bootstrap, os.X_OK):
        sys.exit("bootstrap cannot be executed")
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(bootstrap, "bootstrap")
    size = zipped.tell()
    print(f"one artifact for {len(functions)} functions, {architecture}")
    print(f"{len(content):,} bytes, {size:,} zipped, sha256 {hashlib.sha256(content).hexdigest()}")
    if size > MOST_ZIPPED:
        sys.exit(f"more than {MOST_ZIPPED:,} bytes zipped")


if __name__ == "__main__":
    main()
