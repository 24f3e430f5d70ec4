"""Prints "N passed, N failed" for one `bazel test` run.

Usage: count_tests.py BUILD_EVENTS_JSON STATUS

Counts the test cases in the test.xml of each test that ran. A test that could
not be built, or failed without a failing case, counts as one failure; so does a
run of non-zero STATUS in which no test failed.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree


def read_events(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def count_cases(path):
    """(passed, failed, skipped) of one test.xml."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.get("result") in ("skipped", "suppressed") or case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def xml_path(result):
    for output in result.get("testActionOutput", []):
        if output.get("name") == "test.xml":
            return urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
    return None


def count(events):
    tests = set()
    results = {}  # (label, run, shard) -> the result of the last attempt
    for event in events:
        event_id = event.get("id", {})
        if event.get("configured", {}).get("targetKind", "").endswith("_test rule"):
            tests.add(event_id["targetConfigured"]["label"])
        elif "testResult" in event:
            key = event_id["testResult"]
            results[key["label"], key.get("run"), key.get("shard")] = event["testResult"]
    totals = [0, len(tests - {label for label, _, _ in results}), 0]
    for result in results.values():
        path = xml_path(result)
        passed, failed, skipped = count_cases(path) if path else (0, 0, 0)
        if result.get("status") not in ("PASSED", "FLAKY") and failed == 0:
            failed = 1
        totals = [total + n for total, n in zip(totals, (passed, failed, skipped))]
    return totals


def main():
    passed, failed, skipped = count(read_events(sys.argv[1]))
    if sys.argv[2] != "0" and failed == 0:
        failed = 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))


if __name__ == "__main__":
    main()
