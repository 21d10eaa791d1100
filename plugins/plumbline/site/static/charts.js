// Draws the page's series with uPlot: the observed line, thresholds as steps, incidents shaded,
// and a mark of its own shape for each status that is not well. Colours are the style sheet's.
(() => {
  "use strict";
  const WRONG = ["WARNING", "CRITICAL", "ERROR"];
  const HEIGHT = 280;
  const PRINTED_WIDTH = 640;
  let printing = false;

  function colour(name) {
    const style = getComputedStyle(document.documentElement);
    return style.getPropertyValue(printing ? `--print-${name}` : `--${name}`).trim();
  }

  function shape(context, status, x, y, size) {
    context.beginPath();
    if (status === "WARNING") {
      context.moveTo(x, y - size);
      context.lineTo(x + size, y + size);
      context.lineTo(x - size, y + size);
      context.closePath();
    } else if (status === "CRITICAL") {
      context.rect(x - size, y - size, 2 * size, 2 * size);
    } else {
      context.moveTo(x, y - size);
      context.lineTo(x + size, y);
      context.lineTo(x, y + size);
      context.lineTo(x - size, y);
      context.closePath();
    }
    context.fill();
  }

  function shades(plot, series) {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const shade of series.shades) {
      const [first, last] = [series.at[0], series.at[series.at.length - 1]];
      if (shade.to < first || shade.from > last) continue;
      const left = plot.valToPos(Math.max(shade.from, first), "x", true);
      const right = Math.max(plot.valToPos(Math.min(shade.to, last), "x", true), left + 2);
      ctx.fillStyle = colour("shade");
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.fillStyle = colour(shade.status.toLowerCase());
      ctx.fillRect(left, bbox.top, right - left, 3 * devicePixelRatio);
    }
    ctx.restore();
  }

  function marks(plot, series) {
    const { ctx, bbox } = plot;
    const size = 3.5 * devicePixelRatio;
    ctx.save();
    series.at.forEach((at, index) => {
      const status = series.statuses[index];
      if (!WRONG.includes(status)) return;
      const value = series.observed[index];
      const y = value === null ? bbox.top + bbox.height - size : plot.valToPos(value, "y", true);
      ctx.fillStyle = colour(status.toLowerCase());
      shape(ctx, status, plot.valToPos(at, "x", true), y, size);
    });
    ctx.restore();
  }

  // Commits that changed the suite or the model: a line with a mark at its top.
  function changes(plot, series) {
    const { ctx, bbox } = plot;
    const [first, last] = [series.at[0], series.at[series.at.length - 1]];
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("link");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const change of series.changes) {
      if (change.at < first || change.at > last) continue;
      const x = plot.valToPos(change.at, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const size = 4 * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x - size, bbox.top);
      ctx.lineTo(x + size, bbox.top);
      ctx.lineTo(x, bbox.top + 1.5 * size);
      ctx.closePath();
      ctx.fill();
    }
    ctx.restore();
  }

  function lowAndHigh(plot, low, high) {
    if (low === null || high === null) return [0, 1];
    if (low === high) return [low - 1, high + 1];
    const pad = (high - low) * 0.08;
    return [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
  }

  function draw(element, series) {
    const readout = element.parentElement.querySelector(".readout");
    const date = new Intl.DateTimeFormat("en-GB", {
      timeZone: series.zone, day: "numeric", month: "short", year: "numeric",
    });
    const day = new Intl.DateTimeFormat("en-GB", { timeZone: series.zone, day: "numeric", month: "short" });
    const hour = new Intl.DateTimeFormat("en-GB", { timeZone: series.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    // a run at midnight judged the day that ended
    const moment = (at) => {
      const [on, time] = [date.format(new Date((at - 1) * 1000)), hour.format(new Date(at * 1000))];
      return time === "00:00" ? `end of ${on}` : `${on} ${time}`;
    };
    const short = (tick, step) => {
      if (step >= 86400) return day.format(new Date((tick - 1) * 1000));
      const time = hour.format(new Date(tick * 1000));
      return time === "00:00" ? day.format(new Date(tick * 1000)) : time;
    };
    const counts = series.observed.every((value) => value === null || Number.isInteger(value));
    const level = (tick) => {
      if (series.unit === "%") return `${tick} %`;
      return counts && !Number.isInteger(tick) ? "" : `${tick}`;
    };
    const axis = () => ({
      stroke: colour("quiet"),
      grid: { stroke: colour("rule"), width: 1 },
      ticks: { stroke: colour("rule"), width: 1 },
      font: "12px system-ui, sans-serif",
    });
    const options = {
      width: printing ? PRINTED_WIDTH : Math.max(element.clientWidth, 200),
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), series.zone),
      scales: { y: { range: lowAndHigh } },
      axes: [
        { ...axis(), size: 32, values: (plot, ticks, index, space, step) => ticks.map((tick) => short(tick, step)) },
        {
          ...axis(),
          size: 56,
          values: (plot, ticks) => ticks.map((tick) => level(tick)),
        },
      ],
      series: [
        {},
        { stroke: colour("line"), width: 2, points: { show: series.at.length < 40, size: 4 } },
        ...series.lines.map((line) => ({
          stroke: colour(line.severity),
          width: 1.5,
          dash: line.severity === "critical" ? [8, 4] : [3, 4],
          points: { show: false },
          paths: uPlot.paths.stepped({ align: 1 }),
          spanGaps: true,
        })),
      ],
      hooks: {
        drawAxes: [(plot) => shades(plot, series)],
        draw: [(plot) => changes(plot, series), (plot) => marks(plot, series)],
        setCursor: [(plot) => {
          const index = plot.cursor.idx;
          if (index === null || index === undefined) return;
          const since = index > 0 ? series.at[index - 1] : -Infinity;
          const changed = series.changes.filter((one) => one.at > since && one.at <= series.at[index]);
          const said = changed.map((one) => `; changed by ${one.text}`).join("");
          readout.textContent = `${moment(series.at[index])}: ${series.shown[index]}, ${series.statuses[index]}${said}`;
        }],
      },
    };
    const data = [series.at, series.observed, ...series.lines.map((line) => line.values)];
    return new uPlot(options, data, element);
  }

  // Days that are over come from files of their own, one a month, and are put before what the page
  // itself holds.
  function joined(series) {
    const parts = [...(self.plumblineMonths ?? []), series].filter((part) => part.at.length);
    if (parts.length < 2) return series;
    parts.sort((one, other) => one.at[0] - other.at[0]);
    const kinds = new Map();
    for (const part of parts) {
      const seen = {};
      for (const line of part.lines) {
        const kind = `${line.severity} ${line.fails}`;
        seen[kind] = (seen[kind] ?? 0) + 1;
        line.kind = `${kind} ${seen[kind]}`;
        kinds.set(line.kind, { severity: line.severity, fails: line.fails });
      }
    }
    const all = (name) => parts.flatMap((part) => part[name]);
    const lines = [...kinds].map(([kind, line]) => ({
      ...line,
      values: parts.flatMap((part) => part.lines.find((one) => one.kind === kind)?.values ?? part.at.map(() => null)),
    }));
    return {
      ...series, lines, at: all("at"), observed: all("observed"), shown: all("shown"),
      statuses: all("statuses"),
    };
  }

  function keys(element, series, plot) {
    let index = series.at.length - 1;
    element.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Home") index = 0;
      else if (event.key === "End") index = series.at.length - 1;
      else if (step) index = Math.min(Math.max(index + step, 0), series.at.length - 1);
      else return;
      event.preventDefault();
      const left = plot().valToPos(series.at[index], "x");
      plot().setCursor({ left, top: 0 });
    });
  }

  for (const element of document.querySelectorAll("[data-chart]")) {
    const series = joined(JSON.parse(document.getElementById(element.dataset.chart).textContent));
    let plot = draw(element, series);
    const again = () => {
      plot.destroy();
      plot = draw(element, series);
    };
    keys(element, series, () => plot);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    let width = element.clientWidth;
    new ResizeObserver(() => {
      if (printing || element.clientWidth === width) return;
      width = element.clientWidth;
      plot.setSize({ width: Math.max(width, 200), height: HEIGHT });
    }).observe(element);
    addEventListener("beforeprint", () => { printing = true; again(); });
    addEventListener("afterprint", () => { printing = false; again(); });
  }
})();
