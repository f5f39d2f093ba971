"""Generates nftables' rules by Aerleon from a policy and definitions of ours, in one
process, and says as JSON what it took.

    python3 beside.py FOLDER HOOK > figures.json

The policy names other firewalls: here its filter for those that keep state gets
nftables in their stead, whose chain is at HOOK. The text goes to FOLDER/aerleon.nft.
"""

import json
import pathlib
import sys
import time

import yaml
from absl import logging
from aerleon import api
from aerleon.lib import naming


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, [time.perf_counter() - wall, time.process_time() - cpu]


def read(folder):
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    load = lambda path: yaml.load((folder / path).read_text(), Loader=loader)
    policy, definitions = load("policies/pol/portolan.yaml"), load("def/portolan.yaml")
    stateful = [one for one in policy["filters"] if "paloalto" in one["header"]["targets"]]
    for one in stateful:
        one["header"]["targets"] = {"nftables": "mixed " + sys.argv[2]}
        for term in one["terms"]:
            term.pop("platform-exclude", None)
    return {"filename": "aerleon", "filters": stateful}, definitions


def define(definitions):
    names = naming.Naming()
    names.ParseDefinitionsObject(definitions, "")
    return names


def main():
    logging.set_verbosity(logging.ERROR)
    folder = pathlib.Path(sys.argv[1])
    (policy, definitions), reading = timed(lambda: read(folder))
    names, defining = timed(lambda: define(definitions))
    made, generating = timed(lambda: api.Generate([policy], names))
    text = made["aerleon.nft"]
    (folder / "aerleon.nft").write_text(text)
    terms = sum(len(one["terms"]) for one in policy["filters"])
    # CPU time since the process began, with the interpreter and what it imports.
    figures = {
        "terms": terms,
        "accepting": text.count(" accept\n") - len(policy["filters"]),
        "bytes": len(text.encode()),
        "reading": reading,
        "defining": defining,
        "generating": generating,
        "all": time.process_time(),
    }
    json.dump(figures, sys.stdout)


main()
