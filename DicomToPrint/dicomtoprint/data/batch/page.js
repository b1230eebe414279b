// Search, filter and sort the cases; every text goes in as text, never as markup.
"use strict";
(function () {
  const CASE = 0, VERDICT = 1, SCAN = 4, REPORT = 7, THUMBNAIL = 8, STEP = 200;
  const KINDS = {
    ready: "good", warn: "warn", "not-ready": "bad", reject: "bad", ask: "ask", unreadable: "bad", failed: "bad", waiting: "info",
  };
  const data = JSON.parse(document.getElementById("data").textContent);
  const WORDS = data.words;
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: false };
  const decimal = new Intl.NumberFormat(document.documentElement.lang || "en", two);
  const say = (name, number) => WORDS[name].replace("{number}", () => String(number));
  const body = document.getElementById("cases"), more = document.getElementById("more");
  const search = document.getElementById("search"), filters = document.getElementById("filters");
  const heads = Array.from(document.querySelectorAll("table.cases th button"));
  // The page is loaded anew while cases run: what was chosen is kept for it.
  const KEY = "batch-page";
  let chosen = { text: "", verdict: "", column: -1, down: false };
  try { chosen = Object.assign(chosen, JSON.parse(sessionStorage.getItem(KEY) || "{}")); } catch (error) { /* no storage here */ }
  let found = [], shown = 0;

  function element(tag, text, kind) {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function compare(one, other) {
    const a = one[chosen.column], b = other[chosen.column];
    if (a === null || b === null) return (a === null) - (b === null);
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return chosen.down ? -order : order;
  }

  function choose() {
    const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
    found = data.cases.filter((row) => {
      if (chosen.verdict && row[VERDICT] !== chosen.verdict) return false;
      const text = row.slice(0, REPORT).join(" ").toLowerCase() + " " + (WORDS[row[VERDICT]] || "");
      return words.every((word) => text.includes(word));
    });
    if (chosen.column >= 0) found.sort(compare);
    shown = 0;
    body.replaceChildren();
    show();
    for (const head of heads) delete head.dataset.order;
    if (chosen.column >= 0) heads[chosen.column].dataset.order = chosen.down ? "down" : "up";
    for (const button of filters.children) button.setAttribute("aria-pressed", String(button.value === chosen.verdict));
    try { sessionStorage.setItem(KEY, JSON.stringify(chosen)); } catch (error) { /* no storage here */ }
  }

  function cell(row, column) {
    const value = row[column], box = document.createElement(column === CASE ? "th" : "td");
    if (column === VERDICT) {
      box.append(element("span", WORDS[value] || String(value), "badge " + (KINDS[value] || "ask")));
    } else if ((column === REPORT || column === THUMBNAIL) && value) {
      const link = element("a", column === REPORT ? WORDS.report : "");
      link.href = encodeURI(row[REPORT] || value);
      if (column === THUMBNAIL) {
        const picture = element("img", "");
        picture.loading = "lazy";
        picture.alt = say("model", row[CASE]);
        picture.src = encodeURI(value);
        link.append(picture);
      }
      box.append(link);
    } else if (column === SCAN && value) {
      box.textContent = WORDS["scan " + value] || String(value);
    } else if (value !== null) {
      box.textContent = typeof value === "number" && !Number.isInteger(value) ? decimal.format(value) : String(value);
    }
    return box;
  }

  function show() {
    const rows = document.createDocumentFragment();
    for (const row of found.slice(shown, shown + STEP)) {
      const line = document.createElement("tr");
      for (let column = 0; column < heads.length; column++) line.append(cell(row, column));
      rows.append(line);
    }
    body.append(rows);
    shown = Math.min(shown + STEP, found.length);
    more.hidden = shown >= found.length;
    more.textContent = say("more", found.length - shown);
  }

  const counts = Object.entries(data.counts).filter((entry) => entry[1] > 0);
  document.getElementById("state").textContent =
    say("cases", data.cases.length) + ", " + (data.running ? say("running", data.running) + "; " : "") +
    say("updated", data.updated) + ", DicomToPrint " + data.version;
  for (const [verdict, count] of [["", data.cases.length], ...counts]) {
    const button = element("button", (verdict ? WORDS[verdict] : WORDS.all) + " " + count);
    button.value = verdict;
    button.addEventListener("click", () => { chosen.verdict = verdict; choose(); });
    filters.append(button);
  }
  heads.forEach((head, column) => head.addEventListener("click", () => {
    chosen.down = chosen.column === column && !chosen.down;
    chosen.column = column;
    choose();
  }));
  search.value = chosen.text;
  search.addEventListener("input", () => { chosen.text = search.value; choose(); });
  more.addEventListener("click", show);
  choose();
  if (data.running) setTimeout(() => location.reload(), 5000);
})();
