// A button that copies SQL. Without scripts, or where the browser refuses, it is copied by selection.
(() => {
  "use strict";

  // The clipboard is there for pages of https and of this machine; others have the old command.
  async function copy(element) {
    const selection = getSelection();
    selection.selectAllChildren(element);
    try {
      await navigator.clipboard.writeText(element.textContent);
    } catch {
      if (!document.execCommand("copy")) return "Selected: press Ctrl+C or ⌘C";
    }
    selection.removeAllRanges();
    return "Copied";
  }

  for (const element of document.querySelectorAll("[data-copy]")) {
    const bar = document.createElement("p");
    const button = document.createElement("button");
    const status = document.createElement("span");
    bar.className = "copy";
    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy: ${element.dataset.copy}`);
    status.setAttribute("role", "status");
    button.addEventListener("click", async () => {
      status.textContent = await copy(element.querySelector("code"));
      setTimeout(() => { status.textContent = ""; }, 5000);
    });
    bar.append(button, " ", status);
    element.before(bar);
  }
})();
