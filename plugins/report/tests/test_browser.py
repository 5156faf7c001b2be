"""The page in headless Chromium: sorting, filters, links, keys, and hostile names."""

from __future__ import annotations

import pytest

from neuco_plugin_report.page import render
from neuco_plugin_report.results import read_results

NAMES = """
const rows = () => [...document.querySelector("table.sortable").tBodies[0].rows];
const names = () => rows().filter(r => !r.hidden).map(r => r.dataset.method).join("|");
const set = (name, value) => {
  const field = document.querySelector(`[data-filter=${name}]`);
  field.value = value; field.dispatchEvent(new Event("input", {bubbles: true}));
};
const tick = () => new Promise(done => setTimeout(done, 60));
const at = selector => document.querySelector(selector);
"""


def test_nothing_fails_and_nothing_is_requested(browser, page):
    console, said = browser(page)
    assert console == []
    assert said == ["requests 0"]


def test_a_failing_page_and_a_request_would_be_noticed(browser, page):
    broken = page.replace("</body>", "<script>nothing.there</script></body>")
    console, said = browser(broken)
    assert any("nothing is not defined" in line for line in console)
    assert any(line.startswith("ERROR") for line in said)
    asking = page.replace("</body>", '<img src="http://127.0.0.1:9/x.png"></body>')
    console, said = browser(asking)
    assert any(line.startswith("REFUSED http://127.0.0.1:9") for line in said)
    assert console


def test_tables_are_sorted_by_their_headings(browser, page):
    script = (
        NAMES
        + """
    const button = at("table.sortable th:nth-child(3) button");
    say(names()); button.click(); say(names()); button.click(); say(names());
    say(button.closest("th").getAttribute("aria-sort"));
    at("table.sortable th:nth-child(2) button").click(); say(names());
    """
    )
    _, (first, down, up, direction, by_name, _) = browser(page, script)
    assert first.startswith("$good$")
    assert down == first
    assert up.split("|") == first.split("|")[::-1]
    assert direction == "ascending"
    assert by_name.split("|")[1:] == ["noise", "poor"]


def test_rows_are_filtered(browser, page):
    script = (
        NAMES
        + """
    set("method", "NOI"); say(names()); say(at("#shown").textContent); set("method", "");
    set("bytes", "3"); say(names()); set("bytes", ""); say(names());
    set("task", "kind");
    say([...document.querySelectorAll("#table-0 th[data-task]")].filter(c => !c.hidden).length);
    say([...document.querySelectorAll("#table-0 figure[data-task]")].filter(c => !c.hidden).length);
    set("protocol", "nested-cv@1"); say(at("#table-0").hidden);
    at("button[type=reset]").click(); await tick();
    say([...document.querySelectorAll("[data-task]")].filter(c => c.hidden).length);
    """
    )
    _, said = browser(page, script)
    assert said[:3] == ["noise", "1 of 3 rows shown", ""]
    assert len(said[3].split("|")) == 3
    assert said[4:8] == ["1", "1", "false", "0"]


def test_another_protocol_is_hidden(browser, both_protocols):
    page = render(read_results(both_protocols), title="both", plotted=0)
    script = (
        NAMES
        + """
    set("protocol", "svm@1");
    say([...document.querySelectorAll("section[data-protocol]")].filter(s => !s.hidden)
      .map(s => s.dataset.protocol).join("|"));
    say(at("#shown").textContent);
    """
    )
    _, said = browser(page, script)
    assert said[:2] == ["svm@1", "1 of 4 rows shown"]


def test_a_method_has_a_page(browser, page):
    script = (
        NAMES
        + """
    const open = () => [...document.querySelectorAll("article")].filter(a => !a.hidden)
      .map(a => a.querySelector("h2").textContent).join("|");
    say(open() === ""); at("#table-0 td a").click(); await tick();
    say(open()); say(at("#overview").hidden); say(document.activeElement.tagName);
    dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"})); await tick();
    say(at("#overview").hidden); say(open() === "");
    """
    )
    _, said = browser(page, script)
    assert said[0] == "true"
    assert said[1].startswith("$good$")
    assert said[2:6] == ["true", "H2", "false", "true"]


def test_a_link_to_a_method_opens_its_page(browser, page):
    script = NAMES + "await tick(); say(at('#overview').hidden); say(at('#method-1').hidden)"
    _, said = browser(page, script, fragment="#method-1")
    assert said[:2] == ["true", "false"]


def test_everything_is_reached_by_keyboard_and_has_a_name(browser, page):
    script = (
        NAMES
        + """
    const focusable = "a[href], button, input, select, summary, [tabindex='0']";
    say([...document.querySelectorAll(".wide")].every(part => part.matches(focusable)));
    say([...document.querySelectorAll("svg")].every(s => s.getAttribute("aria-label")));
    say([...document.querySelectorAll("img")].every(s => s.alt));
    say([...document.querySelectorAll("input, select")].every(f => f.labels.length));
    """
    )
    _, said = browser(page, script)
    assert said[:4] == ["true"] * 4


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_never_wider_than_the_screen(browser, page, width):
    script = f"""
    const frame = document.createElement("iframe");
    frame.style = "width:{width}px;height:800px;border:0";
    document.body.innerHTML = ""; document.body.style = "max-width:none;margin:0;padding:0";
    document.body.append(frame);
    frame.contentDocument.documentElement.innerHTML = SOURCE;
    await new Promise(done => setTimeout(done, 200));
    for (const part of frame.contentDocument.querySelectorAll("article")) part.hidden = false;
    say(frame.contentDocument.documentElement.scrollWidth <= {width});
    """
    import json

    source = json.dumps(page[page.index("<head>") : page.rindex("<script>")]).replace("</", "<\\/")
    _, said = browser(
        "<html><head></head><body></body></html>", f"const SOURCE = {source};" + script
    )
    assert said[0] == "true"


def test_a_hostile_name_is_a_text(browser, page):
    _, said = browser(page, "say(document.title); say(document.querySelectorAll('b').length)")
    assert said[0] == "<script>document.title='broken'</script>"
    assert said[1] == "0"
