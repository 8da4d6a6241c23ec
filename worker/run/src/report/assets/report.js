// Draws the charts of the page from the JSON in it, and lets the reader choose a map. Without it the still pictures stay.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const faint = name => colour(name) + "40";
  const amount = v => v == null ? "-" : Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en-US") : String(Number(v.toPrecision(4)));
  const percent = v => v == null ? "-" : (v * 100).toFixed(1) + " %";
  const day = (_, s) => s == null ? "-" : new Date(s * 1000).toISOString().replace("T", " ").slice(0, 16);
  const utc = s => uPlot.tzDate(new Date(s * 1000), "Etc/UTC");

  const axis = (more) => Object.assign({ stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line"), width: 1 }, size: 76 }, more);
  const line = (label, name, value, more) => Object.assign({ label, stroke: colour(name), width: 1.5, points: { show: false }, value: (_, v) => value(v) }, more);

  // The holdout is shaded, and the interval at the end of the training is a bar.
  const marks = account => ({
    drawAxes: [u => {
      if (account.holdout == null) return;
      const from = Math.max(u.valToPos(account.holdout, "x", true), u.bbox.left), to = u.bbox.left + u.bbox.width;
      if (from >= to) return;
      u.ctx.save();
      u.ctx.fillStyle = colour("shade");
      u.ctx.globalCompositeOperation = "destination-over";
      u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height);
      u.ctx.restore();
    }],
    draw: [u => {
      if (account.interval == null || !u.scales.y.distr || u.scales.y.distr !== 3) return;
      const [at, low, high] = account.interval;
      const x = Math.round(u.valToPos(at, "x", true)), y0 = u.valToPos(low, "y", true), y1 = u.valToPos(high, "y", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
      const foot = 5 * devicePixelRatio;
      u.ctx.save();
      u.ctx.beginPath();
      u.ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
      u.ctx.clip();
      u.ctx.strokeStyle = colour("ink");
      u.ctx.lineWidth = 2 * devicePixelRatio;
      u.ctx.beginPath();
      u.ctx.moveTo(x - foot, y0); u.ctx.lineTo(x + foot, y0);
      u.ctx.moveTo(x, y0); u.ctx.lineTo(x, y1);
      u.ctx.moveTo(x - foot, y1); u.ctx.lineTo(x + foot, y1);
      u.ctx.stroke();
      u.ctx.restore();
    }],
  });

  const cursor = { sync: { key: "time" }, drag: { x: true, y: false } };

  const charts = {
    equity: () => {
      const account = data.account;
      const values = [account.time, account.account], series = [{ label: "UTC", value: day }, line("Winner", "ours", amount)];
      if (account.market) {
        values.push(account.market);
        series.push(line("Buy and hold", "other", amount));
      }
      // The band is known at some bars: between them it is drawn straight, on the axis as it is.
      const bands = [];
      if (account.band) {
        const { time, low, high } = account.band;
        const edge = ends => {
          let i = 0;
          return account.time.map(t => {
            if (t < time[0] || t > time[time.length - 1]) return null;
            while (i + 1 < time.length && time[i + 1] < t) i++;
            if (i + 1 === time.length) return ends[i];
            const share = (t - time[i]) / (time[i + 1] - time[i]);
            return ends[i] * (ends[i + 1] / ends[i]) ** share;
          });
        };
        values.push(edge(high), edge(low));
        const none = { stroke: "transparent", width: 0 };
        series.push(line("5 in 100 above", "ours", amount, none), line("5 in 100 below", "ours", amount, none));
        bands.push({ series: [series.length - 2, series.length - 1], fill: colour("ours") + "26" });
      }
      const inside = (_, low, high) => {
        const bar = account.interval || [];
        low = Math.min(low, bar[1] ?? low);
        high = Math.max(high, bar[2] ?? high);
        return low > 0 && high > low ? [low / 1.05, high * 1.05] : low > 0 ? [low / 1.1, low * 1.1] : [1, 10];
      };
      const levels = (u, _, low, high) => {
        for (const steps of [[1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9], [1, 1.5, 2, 3, 4, 5, 7], [1, 2, 5], [1]]) {
          const all = [];
          for (let d = Math.floor(Math.log10(low)); d <= Math.ceil(Math.log10(high)); d++)
            for (const s of steps) if (s * 10 ** d >= low && s * 10 ** d <= high) all.push(s * 10 ** d);
          if (all.length <= 10 || steps.length === 1) return all;
        }
      };
      return { height: 380, values, options: {
        series, bands, cursor, tzDate: utc, hooks: marks(account),
        scales: { y: { distr: 3, range: inside } },
        axes: [axis({ size: 54 }), axis({ splits: levels, filter: (_, s) => s, values: (_, all) => all.map(amount) })],
      } };
    },
    drawdown: () => {
      const account = data.account;
      return { height: 190, values: [account.time, account.drawdown.map(v => v == null ? null : -v)], options: {
        series: [{ label: "UTC", value: day }, line("Drawdown", "ours", percent, { fill: faint("ours") })],
        cursor, tzDate: utc, hooks: marks(account),
        scales: { y: { range: (_, low) => [Math.min(low * 1.05, -0.01), 0] } },
        axes: [axis({ size: 54 }), axis({ values: (_, all) => all.map(v => Math.round(v * 100) + " %") })],
      } };
    },
    search: () => {
      const search = data.search;
      return { height: 260, values: [search.number, search.best, search.median, search.diversity], options: {
        series: [{ label: "Generation" }, line("Best", "ours", amount, { width: 2 }), line("Median", "other", amount, { spanGaps: true }),
          line("Diversity", "ring", percent, { scale: "share", dash: [5, 4] })],
        scales: { x: { time: false }, share: { range: [0, 1] } },
        axes: [axis({ size: 40, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000] }), axis({}),
          axis({ side: 1, scale: "share", grid: { show: false }, values: (_, all) => all.map(v => Math.round(v * 100) + " %") })],
      } };
    },
  };

  const drawn = [];
  const draw = () => {
    while (drawn.length) drawn.pop().destroy();
    for (const place of document.querySelectorAll(".plot")) {
      const name = place.dataset.chart;
      if (!charts[name] || (name !== "search" && !data.account)) continue;
      const figure = place.parentElement;
      figure.classList.add("drawn");
      const { height, values, options } = charts[name]();
      drawn.push(new uPlot(Object.assign({ width: Math.max(280, figure.clientWidth), height }, options), values, place));
    }
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = document.body.clientWidth;
  addEventListener("resize", () => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    for (const chart of drawn)
      chart.setSize({ width: Math.max(280, chart.root.parentElement.parentElement.clientWidth), height: chart.height });
  });

  const maps = [...document.querySelectorAll("figure.map")];
  if (maps.length > 1) {
    const label = document.createElement("label"), select = document.createElement("select");
    label.className = "control";
    label.append("Genes ", select);
    for (const map of maps) select.add(new Option(map.dataset.pair));
    select.addEventListener("change", () => maps.forEach((map, i) => { map.hidden = i !== select.selectedIndex; }));
    maps[0].before(label);
  }
})();
