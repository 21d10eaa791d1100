// The filters of a page that lists monitors.
//
// A filter is a word of the page's address (?status=failing&owner=data), so a filtered page can be
// bookmarked and sent, and the browser's back button works. Nothing is fetched: lines are hidden.
(() => {
  "use strict";

  const bar = document.getElementById("filter");
  if (!bar) return;
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const controls = [...bar.querySelectorAll("[name]")];
  const resets = [...document.querySelectorAll("#filter button, #nothing button")];
  const FAILING = ["CRITICAL", "ERROR", "WARNING"];

  const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const listed = (text) => (text ? text.split("\n") : []);
  const lines = [...document.querySelectorAll("[data-status]")].map((row) => ({
    row,
    status: row.dataset.status,
    isHeld: "held" in row.dataset,
    owner: listed(row.dataset.owner),
    tag: listed(row.dataset.tags),
    checkpoint: listed(row.dataset.checkpoints),
    change: listed(row.dataset.change),
    text: `${row.textContent} ${row.dataset.tags ?? ""} ${row.dataset.owner ?? ""}`.toLowerCase(),
  }));
  const sections = [...document.querySelectorAll("[data-monitors]")].map((section) => ({
    section,
    rows: [...section.querySelectorAll("[data-status]")],
  }));
  // What is folded is unfolded while few lines of it match, and then as it was: a browser takes
  // seconds to lay out thousands.
  const MOST_UNFOLDED = 200;
  const TYPING_PAUSE = lines.length > 300 ? 150 : 0;
  const folds = [...document.querySelectorAll("details[data-fold]")].map((fold) => ({
    fold,
    count: fold.querySelector("[data-count]"),
    rows: [...fold.querySelectorAll("[data-status]")],
    wasOpen: fold.open,
  }));
  let wasFiltered = false;

  function hasStatus(line, wanted) {
    if (wanted === "failing") return FAILING.includes(line.status);
    if (wanted === "unattended") return FAILING.includes(line.status) && !line.isHeld;
    return line.status === wanted;
  }

  function fits(line, wanted) {
    return Object.entries(wanted).every(([name, value]) => {
      if (name === "q") return words(value).every((word) => line.text.includes(word));
      return name === "status" ? hasStatus(line, value) : line[name].includes(value);
    });
  }

  function chosen() {
    const filled = controls.filter((control) => control.value.trim());
    return Object.fromEntries(filled.map((control) => [control.name, control.value.trim()]));
  }

  function show() {
    const wanted = chosen();
    let count = 0;
    for (const line of lines) {
      const isShown = fits(line, wanted);
      count += isShown;
      if (line.row.hidden === isShown) line.row.hidden = !isShown;
    }
    for (const { section, rows } of sections) section.hidden = rows.every((row) => row.hidden);
    const total = `${lines.length.toLocaleString("en")} ${bar.dataset.noun}${lines.length === 1 ? "" : "s"}`;
    const isFiltered = Object.keys(wanted).length > 0;
    for (const one of folds) {
      const matching = one.rows.filter((row) => !row.hidden).length;
      const all = one.rows.length.toLocaleString("en");
      if (!wasFiltered) one.wasOpen = one.fold.open;
      one.fold.open = isFiltered ? matching <= MOST_UNFOLDED : one.wasOpen;
      one.fold.hidden = matching === 0;
      one.count.textContent = isFiltered ? `${matching.toLocaleString("en")} of ${all}` : all;
    }
    wasFiltered = isFiltered;
    shown.textContent = isFiltered ? `${count.toLocaleString("en")} of ${total}` : total;
    nothing.hidden = count > 0;
    bar.querySelector("button").hidden = !isFiltered;
  }

  // What a link names and this page does not have is still what was asked for: it shows nothing.
  function read() {
    const query = new URLSearchParams(location.search);
    for (const control of controls) {
      const value = query.get(control.name) ?? "";
      const isSelect = control instanceof HTMLSelectElement;
      if (isSelect && ![...control.options].some((option) => option.value === value)) {
        control.add(new Option(value, value));
      }
      control.value = value;
    }
    show();
  }

  // Each choice is a step of the history; a word that is being typed is one.
  function write(isTyping) {
    const query = new URLSearchParams(chosen()).toString();
    if (query === location.search.slice(1)) return;
    const address = `${location.pathname}${query ? `?${query}` : ""}${location.hash}`;
    const isSame = isTyping && history.state?.isTyping;
    history[isSame ? "replaceState" : "pushState"]({ isTyping }, "", address);
  }

  let typing = 0;
  function apply(isTyping) {
    show();
    write(isTyping);
  }
  for (const control of controls) {
    control.addEventListener("input", () => {
      const isTyping = control.name === "q";
      clearTimeout(typing);
      if (isTyping && TYPING_PAUSE) typing = setTimeout(apply, TYPING_PAUSE, true);
      else apply(isTyping);
    });
  }
  for (const button of resets) {
    button.addEventListener("click", () => {
      for (const control of controls) control.value = "";
      show();
      write(false);
      controls[0].focus();
    });
  }
  addEventListener("popstate", read);
  addEventListener("pageshow", (event) => { if (event.persisted) read(); });
  const fold = document.getElementById("fold");
  fold.hidden = false;
  read();
  // On a phone, the lines come first.
  if (matchMedia("(max-width: 40rem)").matches) fold.open = Object.keys(chosen()).length > 0;
})();
