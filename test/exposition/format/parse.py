"""Answers each JSON line {"format", "body"} with what the Python client's parser reads in the body."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text

PARSERS = {"text": text, "openmetrics": openmetrics}


def exemplar(given):
    if given is None:
        return None
    timestamp = None if given.timestamp is None else repr(float(given.timestamp))
    return {"labels": given.labels, "value": repr(float(given.value)), "timestamp": timestamp}


def sample(given):
    return {
        "name": given.name,
        "labels": given.labels,
        "value": repr(float(given.value)),
        "exemplar": exemplar(given.exemplar),
    }


def family(given):
    return {
        "name": given.name,
        "type": given.type,
        "help": given.documentation,
        "samples": [sample(each) for each in given.samples],
    }


for line in sys.stdin:
    request = json.loads(line)
    try:
        families = PARSERS[request["format"]](request["body"])
        answer = {"families": [family(each) for each in families]}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
