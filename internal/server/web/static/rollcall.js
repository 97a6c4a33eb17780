"use strict";

// A picture that is dropped or pasted anywhere is searched for; a chosen one is shown first.
const search = document.querySelector("[data-drop]");
if (search) {
  const input = search.querySelector("#picture");
  const hint = search.querySelector("[data-hint]");
  const show = () => {
    const file = input.files[0];
    if (!file) return;
    const preview = document.createElement("img");
    preview.className = "preview";
    preview.alt = "";
    preview.src = URL.createObjectURL(file);
    hint.replaceChildren(preview, file.name);
    search.querySelector("#q").value = "";
  };
  const take = (files) => {
    if (input.disabled || !files || files.length === 0) return false;
    input.files = files;
    show();
    search.requestSubmit();
    return true;
  };
  input.addEventListener("change", () => { if (input.files.length) { show(); search.requestSubmit(); } });
  document.addEventListener("dragover", (e) => { e.preventDefault(); search.classList.add("over"); });
  document.addEventListener("dragleave", () => search.classList.remove("over"));
  document.addEventListener("drop", (e) => {
    e.preventDefault();
    search.classList.remove("over");
    take(e.dataTransfer.files);
  });
  document.addEventListener("paste", (e) => { if (take(e.clipboardData.files)) e.preventDefault(); });
}

// A row whose image is not there shows its caption in the image's place.
const missing = (img) => {
  const tile = document.createElement("div");
  tile.className = "noimage";
  tile.textContent = img.dataset.caption;
  tile.setAttribute("aria-hidden", "true");
  img.replaceWith(tile);
};
for (const img of document.querySelectorAll("img[data-caption]")) {
  if (img.complete && img.naturalWidth === 0) missing(img);
  else img.addEventListener("error", () => missing(img), { once: true });
}

// A face that was found is framed. Pictures are cut to squares around their middle (object-fit: cover).
const frame = (img) => {
  const [left, top, width, height] = img.dataset.face.split(" ").map(Number);
  const scale = Math.max(img.width / img.naturalWidth, img.height / img.naturalHeight);
  const x = (img.width - img.naturalWidth * scale) / 2, y = (img.height - img.naturalHeight * scale) / 2;
  const box = img.nextElementSibling?.classList.contains("face") ? img.nextElementSibling : document.createElement("span");
  box.className = "face";
  const place = { left: img.offsetLeft + x + left * scale, top: img.offsetTop + y + top * scale, width: width * scale, height: height * scale };
  for (const [side, pixels] of Object.entries(place)) box.style[side] = pixels + "px";
  img.after(box);
};
for (const img of document.querySelectorAll("img[data-face]")) {
  if (img.complete && img.naturalWidth > 0) frame(img);
  else img.addEventListener("load", () => frame(img), { once: true });
}
addEventListener("resize", () => {
  for (const img of document.querySelectorAll("img[data-face]")) if (img.naturalWidth > 0) frame(img);
});

// "/" goes to the search field, arrows go from card to card, Enter opens a card's first link.
document.addEventListener("keydown", (e) => {
  const at = document.activeElement;
  if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
  if (e.key === "/") {
    const field = document.querySelector("#q");
    if (field) { e.preventDefault(); field.focus(); field.select(); }
    return;
  }
  if (!at.classList.contains("card")) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
  if (step) {
    const next = step > 0 ? at.nextElementSibling : at.previousElementSibling;
    if (next) { e.preventDefault(); next.focus(); }
  } else if (e.key === "Enter") {
    const link = at.querySelector("a.like, .facts button");
    if (link) link.click();
  }
});

// A job's box follows its events; when it ends, the page shows what came of it.
for (const box of document.querySelectorAll("[data-job]")) {
  const source = new EventSource("/v1/jobs/" + encodeURIComponent(box.dataset.job));
  source.addEventListener("job", (e) => {
    const job = JSON.parse(e.data);
    box.querySelector("[data-state]").textContent = job.state;
    box.querySelector("[data-stage]").textContent = job.stage || "";
    const bar = box.querySelector("progress");
    if (job.total > 0) { bar.max = job.total; bar.value = job.done; } else { bar.removeAttribute("value"); }
    if (job.finished) { source.close(); location.reload(); }
  });
}
