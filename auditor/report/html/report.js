"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const rows = Array.from(table.rows).slice(1);
  const body = rows.length ? rows[0].parentNode : null;
  const number = (text) => (text !== "" && isFinite(text) ? Number(text) : null);
  const compare = (a, b) => {
    const x = number(a), y = number(b);
    if (x !== null && y !== null) return x - y;
    return a.localeCompare(b, undefined, {numeric: true});
  };
  Array.from(table.rows[0].cells).forEach((head, column) => {
    const sort = () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const text = (row) => row.cells[column].textContent.trim();
      rows.sort((a, b) => {
        const s = text(a), t = text(b);
        if ((s === "") !== (t === "")) return s === "" ? 1 : -1;
        return up ? compare(s, t) : compare(t, s);
      });
      for (const row of rows) body.appendChild(row);
    };
    head.tabIndex = 0;
    head.title = "sort";
    head.addEventListener("click", sort);
    head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
  });
  if (rows.length < 10) continue;
  const box = document.createElement("input");
  box.type = "search";
  box.placeholder = "search " + rows.length + " rows";
  box.setAttribute("aria-label", box.placeholder);
  box.addEventListener("input", () => {
    const wanted = box.value.toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  table.parentNode.before(box);
}
