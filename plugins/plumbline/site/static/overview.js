// Where the calendar is wider than the screen, it shows its newest weeks first.
for (const element of document.querySelectorAll("[data-newest]")) {
  element.scrollLeft = element.scrollWidth;
}
