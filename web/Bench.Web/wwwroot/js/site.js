// Comforts on top of pages that work without it: theme switch, copy buttons, chart cursor, news of fresh results. No dependencies.
"use strict";
(function () {
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));

  // Theme: system, light, dark; theme.js applies the stored choice before the first paint.
  const themes = ["system", "light", "dark"];
  function paintTheme(button) {
    const theme = document.documentElement.dataset.theme || "system";
    const word = theme[0].toUpperCase() + theme.slice(1);
    button.setAttribute("aria-label", "Theme: " + theme);
    $(".word", button).textContent = word;
  }
  const switcher = $("[data-theme-switch]");
  if (switcher) {
    paintTheme(switcher);
    switcher.addEventListener("click", () => {
      const root = document.documentElement;
      const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
      if (next === "system") delete root.dataset.theme; else root.dataset.theme = next;
      try { if (next === "system") localStorage.removeItem("theme"); else localStorage.setItem("theme", next); } catch { /* not remembered */ }
      paintTheme(switcher);
    });
  }

  // One polite place for short messages.
  const voice = document.createElement("p");
  voice.className = "vh";
  voice.setAttribute("role", "status");
  document.body.append(voice);
  const say = text => { voice.textContent = text; };

  document.addEventListener("click", event => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(copy.dataset.copy).then(
        () => { copy.textContent = "Copied"; say("Copied"); setTimeout(() => { copy.textContent = "Copy"; }, 2000); },
        () => say("The browser does not allow copying here"));
    }
    // The drawing as pixels, twice as many as it has units, so that it stays sharp on slides.
    const png = event.target.closest("[data-png]");
    if (png) {
      event.preventDefault();
      const image = new Image();
      image.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.width = image.width * 2;
        canvas.height = image.height * 2;
        const context = canvas.getContext("2d");
        context.fillStyle = getComputedStyle(document.body).backgroundColor;
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(image, 0, 0, canvas.width, canvas.height);
        canvas.toBlob(blob => {
          const link = document.createElement("a");
          link.href = URL.createObjectURL(blob);
          link.download = "bench.png";
          link.click();
          setTimeout(() => URL.revokeObjectURL(link.href), 10000);
        });
      };
      image.onerror = () => say("The drawing could not be read");
      image.src = png.getAttribute("href");
    }
    // A filter list closes when something else is pressed.
    $$("details.filter[open]").forEach(open => { if (!open.contains(event.target)) open.open = false; });
  });
  document.addEventListener("keydown", event => {
    if (event.key === "Escape") {
      $$("details.filter[open]").forEach(open => { open.open = false; $("summary", open).focus(); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const link = $$("a[data-key]").find(a => a.dataset.key === event.key);
    if (link) link.click();
  });

  // Chart cursor: the numbers of all series at one length, read from the table behind the chart.
  function chart(figure) {
    const plots = $("[data-plots]", figure), rows = $$("table[data-points] tbody tr[data-n]", figure);
    if (!plots || rows.length === 0) return;
    const lengths = Array.from(new Set(rows.map(row => +row.dataset.n))).sort((a, b) => a - b);
    let index = -1, pinned = false;
    const tip = document.createElement("div"), line = document.createElement("div");
    tip.className = "tip"; line.className = "cursor"; tip.hidden = line.hidden = true;
    plots.append(line, tip);
    plots.tabIndex = 0;
    plots.setAttribute("role", "group");
    plots.setAttribute("aria-label", "Chart cursor: arrow keys move by length, Enter pins, Escape closes");

    const svg = () => $$("svg.plot", plots).find(one => one.clientWidth > 0);
    function place(one, n) {
      const box = one.getBoundingClientRect(), outer = plots.getBoundingClientRect(), scale = box.width / one.viewBox.baseVal.width;
      const mark = $$(".mark[data-n='" + n + "']", one)[0];
      const x = mark ? +/translate\(([\d.]+)/.exec(mark.getAttribute("transform"))[1] : +one.dataset.x1;
      return { x: box.left - outer.left + x * scale, top: box.top - outer.top + one.dataset.y0 * scale, bottom: box.top - outer.top + one.dataset.y1 * scale, width: outer.width };
    }
    function show(next) {
      const one = svg();
      if (!one) return;
      index = Math.max(0, Math.min(lengths.length - 1, next));
      const n = lengths[index], at = place(one, n);
      const here = rows.filter(row => +row.dataset.n === n).sort((a, b) => (+(a.dataset.v || Infinity)) - (+(b.dataset.v || Infinity)));
      const table = document.createElement("table"), body = document.createElement("tbody");
      table.createCaption().textContent = "N = " + n;
      for (const row of here) {
        const line = document.createElement("tr"), name = document.createElement("th"), value = document.createElement("td"), ratio = document.createElement("td");
        const swatch = document.createElement("span");
        swatch.className = "swatch " + (row.dataset.colour || "");
        name.append(swatch, row.dataset.series);
        name.scope = "row";
        value.className = ratio.className = "num";
        value.textContent = row.dataset.end || row.cells[2].textContent;
        ratio.textContent = row.dataset.end ? "" : row.cells[5].textContent;
        line.append(name, value, ratio);
        body.append(line);
      }
      table.append(body);
      tip.replaceChildren(table);
      tip.hidden = line.hidden = false;
      line.style.left = at.x + "px"; line.style.top = at.top + "px"; line.style.height = (at.bottom - at.top) + "px";
      const right = at.x > at.width / 2;
      tip.style.left = right ? "auto" : (at.x + 14) + "px";
      tip.style.right = right ? (at.width - at.x + 14) + "px" : "auto";
      tip.style.top = (at.top + 4) + "px";
      const first = here[0];
      say(n + " tokens: " + here.slice(0, 3).map(row => row.dataset.series + " " + (row.dataset.end || row.cells[2].textContent)).join(", ") + (here.length > 3 ? ", and " + (here.length - 3) + " more" : "") + (first ? "" : "nothing"));
    }
    function hide() { if (!pinned) { tip.hidden = line.hidden = true; index = -1; } }

    plots.addEventListener("pointermove", event => {
      const one = svg();
      if (!one || pinned) return;
      const outer = plots.getBoundingClientRect(), x = event.clientX - outer.left;
      let best = 0, distance = Infinity;
      lengths.forEach((n, i) => { const d = Math.abs(place(one, n).x - x); if (d < distance) { distance = d; best = i; } });
      if (best !== index) show(best);
    });
    plots.addEventListener("pointerleave", hide);
    plots.addEventListener("focusout", hide);
    plots.addEventListener("keydown", event => {
      const moves = { ArrowRight: index + 1, ArrowLeft: index < 0 ? lengths.length - 1 : index - 1, Home: 0, End: lengths.length - 1 };
      if (event.key in moves) { event.preventDefault(); show(moves[event.key]); }
      else if (event.key === "Enter" && index >= 0) { pinned = !pinned; tip.classList.toggle("pinned", pinned); }
      else if (event.key === "Escape") { pinned = false; tip.classList.remove("pinned"); hide(); }
    });
  }

  // Pointing at a name in the legend fades the other curves.
  function legend(from) {
    $$("[data-legend]", from).forEach(row => {
      const others = on => $$("figure[data-chart] [data-series]:not(tr)").forEach(mark => mark.classList.toggle("faded", on && mark.dataset.series !== row.dataset.legend));
      ["pointerenter", "focusin"].forEach(name => row.addEventListener(name, () => others(true)));
      ["pointerleave", "focusout"].forEach(name => row.addEventListener(name, () => others(false)));
    });
  }

  function enhance(from) {
    $$("figure[data-chart]", from).forEach(chart);
    legend(from);
  }
  enhance(document);

  // News of fresh results. The page changes by itself only while a first fill is under way and nobody is using it.
  const news = document.createElement("button");
  news.className = "news"; news.type = "button"; news.hidden = true;
  document.body.append(news);
  news.addEventListener("click", () => refresh(true));
  let seen = null, tag = null;

  async function refresh(asked) {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) { await answer.text(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html"), main = $("main", fresh);
    if (!main) return;
    $("main").replaceChildren(...main.childNodes);
    const foot = $(".foot", fresh);
    if (foot) $(".foot").replaceWith(foot);
    enhance($("main"));
    news.hidden = true;
    seen = null; tag = null;
    if (asked) { $("main").focus(); say("The page shows the newest results"); }
  }

  async function look() {
    const live = $("[data-live]");
    if (!live || document.hidden) return;
    try {
      const headers = tag ? { "if-none-match": tag } : {};
      const answer = await fetch(live.dataset.live + (seen === null ? "" : "?after=" + encodeURIComponent(seen)), { headers, cache: "no-store" });
      // An answer that is not read to its end counts as broken off once it is collected.
      if (answer.status !== 200) { await answer.text(); return; }
      tag = answer.headers.get("etag");
      const found = await answer.json();
      if (seen === null) { seen = found.last; return; }
      if (found.count === 0) return;
      const main = $("main"), busy = main.matches(":hover") || main.contains(document.activeElement) && document.activeElement !== main;
      if ("liveSwap" in live.dataset && found.active && !busy && scrollY < 80) { await refresh(false); return; }
      news.textContent = found.count + (found.count === 1 ? " new result – show" : " new results – show");
      if (news.hidden) say(news.textContent);
      news.hidden = false;
    } catch { /* The server is away; the next look tells. */ }
  }
  if ($("[data-live]")) {
    look();
    setInterval(look, 3000);
  }
})();
