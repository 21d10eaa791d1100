// Tables of a page: what is folded can be searched, and what is shown be saved as CSV. Nothing is
// fetched, and without scripts neither is offered.
(() => {
  "use strict";

  for (const folded of document.querySelectorAll("[data-search]")) {
    const rows = [...folded.querySelectorAll("tbody tr")].map((row) => ({
      row,
      text: row.textContent.toLowerCase(),
    }));
    const bar = folded.querySelector(".search");
    const input = bar.querySelector("input");
    const count = bar.querySelector("[role=status]");
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      count.textContent = words.length ? `${shown} of ${rows.length}` : "";
    });
    bar.hidden = false;
  }

  // As it is shown, without the signs that only stand beside a status.
  function textOf(cell) {
    const copy = cell.cloneNode(true);
    for (const sign of copy.querySelectorAll("[aria-hidden]")) sign.remove();
    return copy.textContent.replaceAll("\u00a0", " ").trim().replace(/\s+/g, " ");
  }

  // A text that a spreadsheet would take for a formula gets an apostrophe; a number does not.
  function field(text) {
    const isFormula = /^[=+\-@]/.test(text) && !/^[+-]?[\d.,]+( \S+)*$/.test(text);
    return `"${(isFormula ? `'${text}` : text).replaceAll('"', '""')}"`;
  }

  function csv(tables) {
    const head = [...tables[0].querySelectorAll("thead tr")];
    const body = tables.flatMap((table) => [...table.querySelectorAll("tbody tr")]);
    const rows = [...head, ...body.filter((row) => !row.hidden)];
    return rows.map((row) => [...row.cells].map((cell) => field(textOf(cell))).join(",")).join("\r\n");
  }

  const byName = new Map();
  for (const table of document.querySelectorAll("[data-csv]")) {
    byName.set(table.dataset.csv, [...(byName.get(table.dataset.csv) ?? []), table]);
  }
  for (const [name, tables] of byName) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "csv";
    button.textContent = "Save as CSV";
    button.addEventListener("click", () => {
      const link = document.createElement("a");
      const content = new Blob([`\ufeff${csv(tables)}\r\n`], { type: "text/csv;charset=utf-8" });
      link.href = URL.createObjectURL(content);
      link.download = `${name}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
    const last = tables[tables.length - 1].closest(".scroll");
    (last.closest("details") ?? last).after(button);
  }
})();
