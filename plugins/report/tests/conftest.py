"""Runs of three embeddings on a table with two label columns, scored through neuco."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from html import unescape

import numpy as np
import pytest

import neucocore
from neuco_plugin_report.page import render
from neuco_plugin_report.results import read_results

N = 120
HOSTILE = "<script>document.title='broken'</script>"
UNIT = "<b onclick>Mg</b>"


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """Return a results folder with three methods and two tasks, one with a hostile name."""
    folder = tmp_path_factory.mktemp("report")
    rng = np.random.default_rng(3)
    causes = rng.normal(size=(N, 4))
    ids = [f"s{row}" for row in range(N)]
    y = causes @ rng.normal(size=4) + 0.5 * rng.normal(size=N)
    kind = np.array(["low", "mid", "high"])[np.digitize(y, [-1, 1])]
    with (folder / "labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "y", "kind"])
        writer.writerows(zip(ids, y, kind, strict=True))
    for name, noise in (("good", 0.1), ("poor", 3.0), ("noise", 100.0)):
        matrix = np.hstack([causes + noise * rng.normal(size=causes.shape)] * 2)
        np.savez(folder / f"{name}.npz", ids=np.array(ids), matrix=matrix.astype("f4"))
        neucocore.evaluate(
            folder / f"{name}.npz", labels=folder / "labels.csv", output=folder / "out",
            method="$good$ 日本 😀" if name == "good" else name, unit=(f"y={UNIT}",),
        )  # fmt: skip
    return folder / "out"


@pytest.fixture(scope="session")
def both_protocols(results, tmp_path_factory):
    """Return the results with one run under another protocol."""
    folder = tmp_path_factory.mktemp("both") / "out"
    shutil.copytree(results, folder)
    data = results.parent
    neucocore.evaluate(
        data / "poor.npz", labels=data / "labels.csv", output=folder, protocol="svm", tasks="kind"
    )
    return folder


@pytest.fixture(scope="session")
def page(results):
    return render(read_results(results), title=HOSTILE, plotted=6)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return a function that opens a page in headless Chromium and runs a script in it.

    It returns the lines of the console (errors, and requests that the page's policy refused), and
    what the script passed to ``say``, line by line. Chromium comes from the package manager (``make
    browser``); without it the pages are parsed only, by the other tests.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("no Chromium: install it with `make browser`; the page is parsed instead")

    def open_page(text, script="", fragment=""):
        folder = tmp_path_factory.mktemp("browser")
        probe = (
            "<script>const said = []; const say = line => said.push(line);"
            "addEventListener('error', event => say('ERROR ' + event.message));"
            "addEventListener('securitypolicyviolation', e => say('REFUSED ' + e.blockedURI));"
            "addEventListener('load', async () => {" + script + ";"
            "say('requests ' + performance.getEntriesByType('resource').length);"
            "const out = document.createElement('pre'); out.id = 'said';"
            "out.textContent = said.join('\\n'); document.body.append(out); });</script></head>"
        )
        file = folder / "page.html"
        file.write_text(text.replace("</head>", probe, 1), encoding="utf-8")
        done = subprocess.run(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
             "--virtual-time-budget=4000", f"--user-data-dir={folder / 'profile'}", "--dump-dom",
             file.as_uri() + fragment],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        found = re.search(r'<pre id="said">(.*?)</pre>', done.stdout, re.DOTALL)
        assert found, done.stderr[-2000:]
        console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return console, unescape(found[1]).splitlines()

    return open_page
