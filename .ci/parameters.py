#!/usr/bin/env python3
"""Parameters of a stage for CloudFormation, as JSON: those of samconfig.toml, and `Name=value`s over them.

    .ci/parameters.py <stage> [<Name=value> ...]
"""

import json
import sys
import tomllib
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent / "samconfig.toml"


def main():
    stage, *given = sys.argv[1:]
    config = tomllib.loads(CONFIG.read_text())
    kept = config[stage]["deploy"]["parameters"]["parameter_overrides"].split()
    parameters = {}
    for pair in kept + given:
        name, separator, value = pair.partition("=")
        if not separator:
            sys.exit(f"{pair}: must be Name=value")
        parameters[name] = value
    print(json.dumps([{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]))


if __name__ == "__main__":
    main()
