// Shows a run: while it goes on, from what its process answers, again and again; in a report, from the JSON that is in the page.
// Names come from manifests and from other machines: they become text, never markup.
"use strict";
(() => {
  const root = document.getElementById("run");
  if (!root) return;
  const source = root.dataset.source, still = document.getElementById("view");
  const heading = source ? "h2" : "h3";

  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const number = v => v == null ? "-" : Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en-US") : String(Number(v.toPrecision(4)));
  const count = v => v == null ? "-" : Math.round(v).toLocaleString("en-US");
  const short = v => {
    if (v == null) return "-";
    for (const [size, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) if (v >= size) return Number((v / size).toPrecision(3)) + " " + name;
    return String(Number(v.toPrecision(3)));
  };
  const percent = v => v == null ? "-" : Math.round(v * 100) + " %";
  const duration = s => {
    if (s == null) return "-";
    s = Math.round(s);
    const d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
    return d ? `${d} d ${h} h` : h ? `${h} h ${m} min` : m ? `${m} min ${s % 60} s` : `${s} s`;
  };
  const clock = (ms, now) => {
    const text = new Date(ms).toISOString();
    return text.slice(0, 10) === new Date(now).toISOString().slice(0, 10) ? text.slice(11, 19) : text.slice(0, 16).replace("T", " ");
  };

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {}))
      if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  // What is new is put there; what has not changed stays, with its focus and its selection.
  const shown = new Map();
  const changed = (key, value) => {
    const text = JSON.stringify(value);
    if (shown.get(key) === text) return false;
    shown.set(key, text);
    return true;
  };

  const section = (id, title, ...children) =>
    make("section", { id, class: "bare", "aria-labelledby": id + "-h" }, make(heading, { id: id + "-h" }, title), ...children);
  const table = (caption, header) => {
    const body = make("tbody"), head = make("tr");
    for (const [i, name] of header.entries()) {
      const words = name.startsWith("~");
      head.append(make("th", { scope: "col", class: i && !words ? "n" : null }, words ? name.slice(1) : name));
    }
    const wide = make("div", { class: "wide", role: "region", "aria-label": caption, tabindex: "0" },
      make("table", null, make("caption", null, caption), make("thead", null, head), body));
    return { wide, body };
  };
  // A row: its name, then texts (numbers to the right), or elements.
  const fill = (key, body, rows) => {
    if (!changed(key, rows.map(row => row.map(cell => cell instanceof Node ? cell.outerHTML : cell)))) return;
    body.replaceChildren(...rows.map(([name, ...cells]) => make("tr", null, make("th", { scope: "row", class: "name" }, name),
      ...cells.map(cell => cell instanceof Node ? make("td", null, cell) : make("td", { class: "n" }, cell)))));
  };

  const words = { preparing: "Preparing", running: "Running", walk_forward: "Walk-forward", testing: "Testing the winner",
    finished: "Finished", failed: "Failed", interrupted: "Interrupted" };

  // The parts, made once.
  const title = make("h1"), about = make("p", { class: "note" });
  const word = make("strong"), message = make("span");
  const state = make("p", { class: "state", role: "status" }, word, message);
  const lost = make("p", { class: "lost", role: "alert", hidden: true });
  const bar = make("progress", { "aria-label": "Generations", max: "1", value: "0" });
  const tiles = make("dl", { class: "tiles" });
  const verdict = make("p", { class: "verdict", hidden: true });
  const place = make("p", { hidden: true });
  const fitnessPlot = make("div", { class: "chart", role: "img" }), quotaPlot = make("div", { class: "chart", role: "img" });
  const fitness = section("fitness", "Fitness", fitnessPlot);
  const speciesTable = table("Species: what each has reached, and what it may ask for next", ["Species", "Best fitness", "Next generation", "Share"]);
  const quotas = section("quotas", "Species", speciesTable.wide, quotaPlot);
  const genes = table("Genes", ["Gene", "Value"]), metrics = table("Metrics on the training rows", ["Metric", "Value"]);
  const bestName = make("p");
  const bestParts = make("div", { class: "two" }, make("section", null, genes.wide), make("section", null, metrics.wide));
  const best = section("best", "Best individual", bestName, bestParts);
  const frontNote = make("p", { class: "note" });
  const frontPlace = make("div");
  const front = section("front-now", "Front", frontNote, frontPlace);
  const workersTable = table("Workers", ["Worker", "Slots", "Running", "Waiting", "Out", "Evaluated", "A second", "~Busy", "Oldest batch", "Heard of"]);
  const workNote = make("p", { class: "note" });
  const workers = section("workers", "Workers and batches", workNote, workersTable.wide);
  const list = make("ol", { class: "events", tabindex: "0", "aria-label": "Events, newest first" });
  const events = section("events", "Events", list);
  const foot = make("p", { class: "note" });

  const parts = source
    ? [make("header", null, title, about), lost, state, bar, verdict, place, tiles, fitness, quotas, best, front, workers, events, foot]
    : [tiles, quotas, best, front];
  root.replaceChildren(...parts);

  // Charts.
  const axis = more => Object.assign({ stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, size: 64 }, more);
  const whole = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000];
  const hue = i => `hsl(${(210 + i * 137.5) % 360} 62% ${matchMedia("(prefers-color-scheme: dark)").matches ? 64 : 40}%)`;
  const line = (label, stroke, more) => Object.assign({ label, stroke, width: 1.5, points: { show: false }, value: (_, v) => number(v) }, more);
  const charts = {};
  const chart = (name, place, columns, series, axes, scales) => {
    const key = JSON.stringify(series.map(s => s.label));
    const width = Math.max(260, place.clientWidth), there = charts[name];
    if (there && there.key === key) {
      if (there.plot.width !== width) there.plot.setSize({ width, height: 260 });
      there.plot.setData(columns);
      return;
    }
    if (there) there.plot.destroy();
    const options = { width, height: 260, series, axes, scales, cursor: { drag: { x: true, y: false } } };
    charts[name] = { key, plot: new uPlot(options, columns, place) };
  };
  const draw = view => {
    const h = view.history, objective = view.job.objectives[0] || "fitness";
    const numbers = h.generation, last = numbers.length - 1;
    if (source && numbers.length) {
      const scales = { x: { time: false }, share: { range: [0, 1] } };
      const axes = [axis({ size: 40, incrs: whole }), axis({}),
        axis({ side: 1, scale: "share", grid: { show: false }, values: (_, all) => all.map(v => Math.round(v * 100) + " %") })];
      chart("fitness", fitnessPlot, [numbers, h.best, h.median, h.diversity],
        [{ label: "Generation" }, line("Best " + objective, colour("ours"), { width: 2 }), line("Median", colour("other"), { spanGaps: true }),
          line("Diversity", colour("ring"), { scale: "share", dash: [5, 4], value: (_, v) => percent(v) })], axes, scales);
      fitnessPlot.setAttribute("aria-label", `Best ${objective} by generation: ${number(h.best[0])} after the first, ${number(h.best[last])} after generation ${numbers[last]}; median ${number(h.median[last])}, diversity ${percent(h.diversity[last])}`);
    }
    quotaPlot.hidden = !(numbers.length && h.quotas.length > 1);
    if (!quotaPlot.hidden) {
      chart("quotas", quotaPlot, [numbers, ...h.quotas],
        [{ label: "Generation" }, ...view.species.map((s, i) => line(s.name, hue(i)))],
        [axis({ size: 40, incrs: whole }), axis({})], { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(high, 1)] } });
      quotaPlot.setAttribute("aria-label", "Individuals that each species may ask for, by generation; the last values are in the table");
    }
  };

  const genome = pairs => pairs.map(([name, value]) => name + " " + value).join(", ");

  const tile = (name, value, more) => make("div", null, make("dt", null, name), make("dd", null, value, ...(more ? [make("small", null, more)] : [])));

  const showTiles = view => {
    const e = view.evaluations, w = view.work, all = [];
    const windows = view.walk_forward;
    all.push(windows ? ["Windows", `${windows.done}/${windows.windows}`, `generation ${windows.generation}/${windows.generations}`]
      : ["Generation", `${view.generation}/${view.generations}`, view.individuals ? `${count(view.individuals)} of ${count(view.job.population)} individuals` : ""]);
    if (source) all.push(["Time left", view.end ? "-" : duration(view.eta_seconds), view.end ? "" : "at the present pace"]);
    all.push(["Best " + (view.job.objectives[0] || "fitness"), number(view.best && view.best.fitness), view.best ? view.best.strategy : ""]);
    all.push(["Different individuals", count(e.distinct), `${count(e.cached)} known before, ${count(e.failed)} failed`]);
    if (source) {
      all.push(["Individuals a second", short(view.per_second), view.strategy_bars_per_second ? short(view.strategy_bars_per_second) + " strategy-bars/s" : ""]);
      all.push(["Workers", count(w.workers.length + w.more), `${count(w.busy)} of ${count(w.slots)} slots busy`]);
      all.push(["Batches out", count(w.batches), w.queued == null ? `${count(w.out)} individuals` : `${count(w.out)} individuals, ${count(w.queued)} queued`]);
    }
    if (e.set_aside) all.push(["Set aside", count(e.set_aside), "could not be evaluated"]);
    if (changed("tiles", all)) tiles.replaceChildren(...all.map(one => tile(...one)));
  };

  const showBest = view => {
    best.hidden = !view.best;
    if (!view.best) return;
    const { strategy, fitness, genome, metrics: values, since } = view.best;
    write(bestName, `${strategy}, ${view.job.objectives[0] || "fitness"} ${number(fitness)}` + (since == null ? "" : `, found in generation ${since}`));
    fill("genes", genes.body, genome);
    fill("metrics", metrics.body, values.map(([name, value]) => [name, number(value)]));
    metrics.wide.parentElement.hidden = !values.length;
  };

  let frontTable = null;
  const showFront = view => {
    front.hidden = !view.front;
    if (!view.front) return;
    if (!frontTable) {
      frontTable = table("Points of the front: the knee, and the best of each objective", ["Point", "~Strategy", ...view.job.objectives, "~Genes"]);
      frontPlace.replaceChildren(frontTable.wide);
    }
    write(frontNote, `${count(view.front.count)} individuals are beaten everywhere by no other; the volume that they dominate is ${number(view.front.hypervolume)}.`);
    fill("front", frontTable.body, view.front.points.map(p =>
      [p.name, make("span", null, p.strategy), ...p.values.map(number), make("span", null, genome(p.genome))]));
  };

  const showWork = view => {
    const w = view.work;
    const ended = view.end ? "The run is over: nobody evaluates any more. " : "";
    const none = w.workers.length ? "" : ended || "No worker is there yet. ";
    write(workNote, none + `${count(w.done)} batches are done.` + (w.more ? ` ${count(w.more)} further workers are not shown.` : ""));
    workersTable.wide.hidden = !w.workers.length;
    fill("workers", workersTable.body, w.workers.map(one => {
      const busy = make("span", null, make("meter", { min: "0", max: "1", value: one.busy_share.toFixed(2), "aria-label": "Busy share" }), " " + percent(one.busy_share));
      return [one.name, count(one.slots), count(one.running), count(one.waiting), count(one.out), count(one.evaluated), short(one.per_second), busy,
        one.oldest_seconds == null ? "-" : one.oldest_seconds.toFixed(1) + " s", one.heard_seconds < 2 ? "now" : duration(one.heard_seconds) + " ago"];
    }));
  };

  const showEvents = view => {
    if (!changed("events", [view.events, view.event_count])) return;
    const items = view.events.slice().reverse().map(event =>
      make("li", { class: event.kind }, make("time", { datetime: new Date(event.time).toISOString() }, clock(event.time, view.time)), event.text));
    const more = view.event_count - view.events.length;
    if (more > 0) items.push(make("li", null, `${count(more)} older events are not shown`));
    list.replaceChildren(...items);
  };

  const verdicts = { True: ["yes", "Validated"], False: ["no", "Not validated"], Unknown: ["unknown", "Undecided"] };
  const showEnd = view => {
    const end = view.end;
    verdict.hidden = !(end && end.summary && end.validated);
    if (!verdict.hidden) {
      const [kind, text] = verdicts[end.validated] || verdicts.Unknown;
      verdict.className = "verdict " + kind;
      if (changed("verdict", end)) verdict.replaceChildren(make("strong", null, text), end.summary);
    }
    place.hidden = !(end && end.place);
    if (!place.hidden && changed("place", end.place))
      place.replaceChildren(view.state === "finished" ? "The report: " : "To go on: ", make("code", null, end.place));
  };

  let latest = null, views = 0;
  const show = view => {
    latest = view;
    root.dataset.views = ++views;
    root.dataset.state = view.state;
    root.dataset.generation = view.generation;
    showTiles(view);
    showBest(view);
    showFront(view);
    fill("species", speciesTable.body, view.species.map(s => [s.name, number(s.best), count(s.quota), s.quota == null ? "-" : percent(s.quota / Math.max(1, view.job.population))]));
    if (source) {
      const job = view.job;
      write(title, job.name);
      const symbols = job.symbols.join(", ") + (job.symbol_count > job.symbols.length ? ` and ${job.symbol_count - job.symbols.length} more` : "");
      write(about, `${job.namespace} · ${job.dataset} ${symbols} ${job.interval} · population ${count(job.population)} · ${job.objectives.join(", ")}`);
      const text = words[view.state] || view.state;
      write(word, text);
      const unjudged = view.end && !view.end.validated ? view.end.summary : "";
      write(message, view.message || unjudged);
      state.className = "state " + view.state;
      document.title = (view.end ? text : `${view.generation}/${view.generations}`) + " " + job.name + " - Galapagos";
      const windows = view.walk_forward && view.walk_forward.windows ? view.walk_forward : null;
      bar.max = Math.max(1, windows ? windows.windows : view.generations);
      bar.value = view.state === "finished" ? bar.max : windows ? windows.done : view.generation + Math.min(1, view.individuals / Math.max(1, job.population));
      showEnd(view);
      showWork(view);
      showEvents(view);
      if (changed("foot", [view.version, job.inputs_digest, view.end && view.end.result_digest])) {
        foot.replaceChildren(`Galapagos ${view.version}, engine ${job.engine}. Times are UTC. Inputs `, make("code", null, job.inputs_digest), ". ");
        if (view.end && view.end.result_digest) foot.append("Result ", make("code", null, view.end.result_digest), ". ");
        if (root.dataset.timeline) foot.append(make("a", { href: root.dataset.timeline, download: job.name + "-timeline.json" }, "Timeline of the batches"), " (Perfetto opens it).");
      }
    }
    draw(view);
  };

  const again = () => {
    for (const name of Object.keys(charts)) { charts[name].plot.destroy(); delete charts[name]; }
    if (latest) draw(latest);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  let width = document.body.clientWidth;
  addEventListener("resize", () => {
    if (document.body.clientWidth === width || !latest) return;
    width = document.body.clientWidth;
    draw(latest);
  });

  if (!source) {
    if (still) show(JSON.parse(still.textContent));
    return;
  }

  // What asks for the view tells it here.
  root.addEventListener("view", event => {
    lost.hidden = true;
    show(event.detail);
  });
  root.addEventListener("silence", event => {
    lost.hidden = false;
    write(lost, latest && latest.end ? "The process is gone: this is the last that it said." : `No answer for ${duration(event.detail)}: trying again.`);
    state.classList.add("lost");
  });
})();
