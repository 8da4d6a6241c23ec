// Asks the process of a run how it stands, once a second; less often while nobody looks, or nobody answers.
"use strict";
(() => {
  const run = globalThis.galapagosRun;
  if (!run) return;
  const { root } = run;
  let since = null, failures = 0, losses = 0;
  root.dataset.lost = 0;
  const look = async () => {
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 5000);
    let pause = document.hidden ? 5000 : 1000;
    try {
      const answer = await fetch(root.dataset.source, { cache: "no-store", signal: stop.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      const view = await answer.json();
      failures = 0;
      since = null;
      run.quiet(null);
      run.show(view);
      if (view.state === "finished" || view.state === "failed") return;
    } catch {
      failures += 1;
      since = since || Date.now();
      pause = Math.min(5000, 500 * 2 ** failures);
      if (failures === 2) root.dataset.lost = ++losses;
      if (failures > 1)
        run.quiet(run.isOver() ? "The process is gone: this is the last that it said."
          : `No answer for ${run.duration((Date.now() - since) / 1000)}: trying again.`);
    } finally {
      clearTimeout(timer);
    }
    setTimeout(look, pause);
  };
  look();
})();
