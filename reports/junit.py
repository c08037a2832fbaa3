"""The gate's answer in the forms that machines of others read: JUnit's XML and Markdown for a step summary. Pure."""

from xml.etree.ElementTree import Element, SubElement, tostring

from reports.gate import Answer, Gate, Judged
from reports.texts import mib
from reports.thresholds import Checked, Kept

_SUITE = "memory gate"


def junit(found: Gate) -> str:
    """Write one test case for each limit and each compared setting of the last run.

    Follows the form that common CI servers accept: testsuites, testsuite, testcase, failure, error.
    """
    suite = Element("testsuite", name=_SUITE)
    last = found.runs[-1]
    for one in last.checks:
        _check(suite, one)
    confirmed = found.answer is Answer.REGRESSION
    for growth in last.growths:
        case = SubElement(suite, "testcase", classname="baseline", name=growth.group)
        if confirmed and growth.grew:
            text = f"{mib(growth.found_bytes)} is above the bound of {mib(growth.bound_bytes)}"
            SubElement(case, "failure", message=text)
    if last.refusal is not None:
        case = SubElement(suite, "testcase", classname="baseline", name="comparison")
        SubElement(case, "error", message=last.refusal)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    whole = Element("testsuites")
    whole.append(suite)
    return tostring(whole, encoding="unicode", xml_declaration=True) + "\n"


def _check(suite: Element, one: Checked) -> None:
    case = SubElement(suite, "testcase", classname="limit", name=one.threshold.text)
    if one.kept is Kept.BROKEN:
        SubElement(case, "failure", message=f"found {one.found:.6g} (worst: trial {one.worst_trial})")
    if one.kept is Kept.NOT_MEASURED:
        SubElement(case, "error", message=one.kept.value)


def step_summary(found: Gate) -> str:
    """Write the answer as Markdown: the sentence first, then a table for each run."""
    word = {Answer.PASS: "passed", Answer.INVALID: "INVALID"}.get(found.answer, "FAILED")
    return "\n".join([f"## Memory gate: {word}", "", f"{found.reason}.", *(_run(run) for run in found.runs)]) + "\n"


def _run(run: Judged) -> str:
    rows = [
        f"| `{one.threshold.text}` | {'' if one.found is None else f'{one.found:.6g}'} | {one.kept.value} |"
        for one in run.checks
    ]
    rows += [
        f"| {growth.group} | {mib(growth.found_bytes)} of at most {mib(growth.bound_bytes)} | "
        f"{'grew' if growth.grew else 'as accepted'} |"
        for growth in run.growths
    ]
    return "\n".join(["", f"Run {run.run_id}:", "", "| limit or setting | found | |", "|---|---|---|", *rows])
