"use strict";
const all = (selector, within) => [...(within || document).querySelectorAll(selector)];
for (const table of all("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    if (!button) return;
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "descending";
      const first = head.dataset.first === "up" ? "ascending" : "descending";
      const now = head.hasAttribute("aria-sort") ? (down ? "ascending" : "descending") : first;
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", now);
      const value = row => {
        const cell = row.cells[column];
        return "value" in cell.dataset ? cell.dataset.value : cell.textContent.trim();
      };
      const numeric = "value" in table.tBodies[0].rows[0].cells[column].dataset;
      const rows = [...table.tBodies[0].rows].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === "" || y === "") return (x === "") - (y === "");
        const order = numeric ? Number(x) - Number(y) : x.localeCompare(y);
        return now === "ascending" ? order : -order;
      });
      table.tBodies[0].append(...rows);
    });
  });
}
const form = document.getElementById("filters");
if (form) {
  const fields = Object.fromEntries(all("[data-filter]", form).map(f => [f.dataset.filter, f]));
  const apply = () => {
    const text = fields.method.value.toLowerCase(), most = Number(fields.bytes.value);
    const task = fields.task.value, protocol = fields.protocol.value, fit = fields.fit.value;
    let shown = 0, total = 0;
    for (const section of all("section[data-protocol]")) {
      section.hidden = protocol !== "" && section.dataset.protocol !== protocol;
      for (const row of all("tr[data-method]", section)) {
        row.hidden = !row.dataset.method.toLowerCase().includes(text)
          || (most > 0 && !(row.dataset.bytes !== "" && Number(row.dataset.bytes) <= most))
          || (fit !== "" && row.dataset.fit !== fit);
        total += 1;
        shown += !row.hidden && !section.hidden;
      }
    }
    for (const part of all("[data-task]")) part.hidden = task !== "" && part.dataset.task !== task;
    document.getElementById("shown").textContent = `${shown} of ${total} rows shown`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.addEventListener("submit", event => event.preventDefault());
  apply();
}
const pages = all("article[data-page]"), overview = document.getElementById("overview");
const route = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const page = target && target.closest("article[data-page]");
  pages.forEach(other => { other.hidden = other !== page; });
  overview.hidden = Boolean(page);
  if (target && target.tagName === "DETAILS") target.open = true;
  if (page) { page.querySelector("h2").focus({ preventScroll: true }); scrollTo(0, 0); }
  else if (target) target.scrollIntoView();
};
addEventListener("hashchange", route);
addEventListener("keydown", event => {
  if (event.key === "Escape" && overview.hidden) location.hash = "overview";
});
let closed = [];
addEventListener("beforeprint", () => {
  closed = all("details:not([open])");
  closed.forEach(part => { part.open = true; });
});
addEventListener("afterprint", () => closed.forEach(part => { part.open = false; }));
route();
