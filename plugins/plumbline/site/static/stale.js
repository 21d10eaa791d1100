// Says loudly that a page should have been replaced by now. The page knows by itself when: this
// works for a copy in a mail, and on a screen that is left open.
(() => {
  "use strict";
  const GRACE_MINUTES = 30;
  const banner = document.getElementById("stale");
  const due = Date.parse(document.body.dataset.due || "");
  const title = document.title;

  function lasting(milliseconds) {
    const hours = milliseconds / 3600000;
    if (hours < 1) return `${Math.round(milliseconds / 60000)} minutes`;
    if (hours < 48) return Math.round(hours) === 1 ? "1 hour" : `${Math.round(hours)} hours`;
    return `${Math.round(hours / 24)} days`;
  }

  function late(since) {
    const by = Date.now() - since;
    return by > GRACE_MINUTES * 60000 ? by : 0;
  }

  function look() {
    const by = late(due);
    if (by) {
      const text = `STALE: this page should have been rebuilt ${lasting(by)} ago. Its content may be out of date.`;
      if (banner.textContent !== text) banner.textContent = text;
      banner.hidden = false;
      document.title = `STALE · ${title}`;
    }
    for (const element of document.querySelectorAll("[data-overdue]")) {
      if (late(Date.parse(element.dataset.overdue)) && !element.querySelector(".late")) {
        const mark = document.createElement("strong");
        mark.className = "late";
        mark.textContent = "overdue";
        element.append(" ", mark);
      }
    }
  }

  look();
  setInterval(look, 60000);
})();
