"use strict";
// Sorting, filtering and download for the tables, which are whole without it, and the charts.
(function () {
  function element(tag, attributes, text) {
    const made = document.createElement(tag);
    for (const name in attributes) made.setAttribute(name, attributes[name]);
    if (text) made.textContent = text;
    return made;
  }

  function sortKey(text) {
    const plain = text.replace(/\u2212/g, "-").replace(/(\d),(?=\d{3})/g, "$1").trim();
    const found = plain.match(/^([<>]?)\s*(-?\d+(?:\.\d+)?)/);
    if (!found) return NaN;
    return parseFloat(found[2]) + (found[1] === "<" ? -1e-9 : found[1] === ">" ? 1e-9 : 0);
  }

  function sortBy(table, heading) {
    const column = heading.cellIndex;
    const numeric = heading.classList.contains("n");
    const down = heading.getAttribute("aria-sort") === "ascending";
    const sign = down ? -1 : 1;
    const keyed = Array.from(table.tBodies[0].rows, (row) => {
      const text = row.cells[column].textContent;
      return { row, key: numeric ? sortKey(text) : text };
    });
    keyed.sort((a, b) => {
      if (!numeric) return sign * a.key.localeCompare(b.key, "en", { numeric: true });
      if (isNaN(a.key) || isNaN(b.key)) return isNaN(a.key) - isNaN(b.key);
      return sign * (a.key - b.key);
    });
    table.tBodies[0].append(...keyed.map((k) => k.row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  }

  function makeSortable(table) {
    for (const heading of table.tHead.rows[0].cells) {
      const button = element("button", { type: "button" }, heading.textContent);
      button.addEventListener("click", () => sortBy(table, heading));
      heading.replaceChildren(button);
    }
  }

  function labelled(words, control) {
    const label = element("label", {}, words);
    label.append(control);
    return label;
  }

  function chooser(table, heading) {
    const values = new Set(Array.from(table.tBodies[0].rows, (row) => row.cells[heading.cellIndex].textContent));
    const select = element("select", { "data-column": heading.cellIndex });
    select.append(element("option", { value: "" }, "All"));
    for (const value of values) select.append(element("option", { value }, value));
    return values.size > 1 ? select : null;
  }

  function csv(table) {
    const quoted = (cell) => '"' + cell.textContent.replace(/"/g, '""') + '"';
    const rows = Array.from(table.rows).filter((row) => !row.hidden);
    return [table.caption.textContent, ...rows.map((row) => Array.from(row.cells, quoted).join(","))].join("\n");
  }

  function download(table) {
    const address = URL.createObjectURL(new Blob([csv(table)], { type: "text/csv" }));
    const link = element("a", { href: address, download: table.id + "_shown.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }

  function addTools(box) {
    const table = box.querySelector("table");
    const tools = element("div", { class: "tools" });
    const selects = Array.from(table.tHead.querySelectorAll("[data-filter]"), (h) => [h.textContent, chooser(table, h)])
      .filter((pair) => pair[1]);
    const search = element("input", { type: "search" });
    const shown = element("output", { "aria-live": "polite" });
    const save = element("button", { type: "button" }, "Download the rows shown (CSV)");
    const rows = Array.from(table.tBodies[0].rows);
    function filter() {
      const words = search.value.toLowerCase();
      let number = 0;
      for (const row of rows) {
        const chosen = selects.every(([, s]) => !s.value || row.cells[s.dataset.column].textContent === s.value);
        row.hidden = !chosen || !row.textContent.toLowerCase().includes(words);
        number += row.hidden ? 0 : 1;
      }
      shown.textContent = number + " of " + rows.length + " rows";
    }
    for (const [words, select] of selects) {
      select.addEventListener("change", filter);
      tools.append(labelled(words, select));
    }
    search.addEventListener("input", filter);
    save.addEventListener("click", () => download(table));
    tools.append(labelled("Search", search), save, shown);
    box.prepend(tools);
    makeSortable(table);
    filter();
  }

  document.querySelectorAll("[data-tools]").forEach(addTools);

  // Charts. No eval: Vega interprets its expressions, so the content security policy can forbid it.
  const how = { renderer: "svg", ast: true, actions: false, tooltip: { theme: "page", disableDefaultStyle: true } };
  async function draw(box) {
    const spec = JSON.parse(box.querySelector("script").textContent);
    const { columns, rows } = spec.datasets.rows;
    spec.datasets.rows = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
    await window.vegaEmbed(box.querySelector(".scroll"), spec, { ...how, mode: "vega-lite", bind: box.querySelector(".tools") });
    box.dataset.chart = "drawn";
  }
  if (window.vegaEmbed) document.querySelectorAll("[data-chart]").forEach(draw);

  const contents = document.querySelector("nav details");
  if (contents && window.matchMedia("(max-width: 74.99rem)").matches) contents.open = false;

  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = Array.from(document.querySelectorAll("main details:not([open])"));
    closed.forEach((d) => { d.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));
})();
