// Tables that sort: a button in every heading, and the order told to screen readers.
function sortable(headings, sort) {
  headings.forEach((heading, k) => {
    const button = make("button", { type: "button" }, ...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      // Numbers start with the highest, names with the first.
      const before = heading.getAttribute("aria-sort"), numbers = heading.classList.contains("n");
      const up = before ? before === "descending" : !numbers;
      for (const other of headings) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      sort(k, up ? 1 : -1);
    });
  });
}

// What is undefined stands last, whichever way.
function compared(a, b, way) {
  const missing = (value) => value === null || value === undefined || value === "";
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  return way * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
}

function sortRows(table) {
  const body = table.tBodies[0];
  const value = (row, k) => {
    const cell = row.cells[k];
    if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
    return cell.textContent === "n/a" ? null : cell.textContent;
  };
  sortable([...table.tHead.rows[0].cells], (k, way) => body.append(...[...body.rows].sort((a, b) => compared(value(a, k), value(b, k), way))));
}
