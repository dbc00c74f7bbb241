// ApexCharts behind three functions. Options come as data from C#: a text that begins with "--" is a colour token (with "/8C" also its opacity),
// one with "format:" names a formatter below, so that nothing is ever evaluated.

// A phone: names and values need other places.
const narrowBelow = 520;
const live = new Set();
let library;

const formatters = {
  none: () => "",
  count: value => value == null ? "" : Math.round(value).toLocaleString("en-US"),
  seconds: value => Math.round(value).toLocaleString("en-US") + " s",
  latency: value => value == null ? "–" : three(10 ** value) + " ms",
  plain: value => value == null ? "–" : three(value),
  percent: value => value == null ? "–" : three(value) + "%",
  nines: value => value < .0005 ? "fastest" : percentile(value),
};

/** Three significant digits, thousands with commas: as C# writes them everywhere else. */
export function three(value) {
  const size = Math.abs(value);
  if (size >= 999.5) return Math.round(value).toLocaleString("en-US");
  return size === 0 ? "0" : value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= .9995 ? 2 : size >= .0995 ? 3 : 4);
}

/** 1 is p90, 2 is p99: how many nines a percentile has. */
export function percentile(nines) {
  // A tick of the axis may come as 2.9999999.
  nines = Math.round(nines * 1e4) / 1e4;
  const share = 100 * (1 - 10 ** -nines), digits = Math.max(0, Math.ceil(nines - 1e-6) - 2) + (nines % 1 > .001 ? 1 : 0);
  return "p" + share.toFixed(digits).replace(/\.0+$/, "");
}

// The last second carries the unit.
const axis = options => value => Math.round(value).toLocaleString("en-US") + (value >= options.xaxis.max - 1e-6 ? " s" : "");

/** The axis of percentiles: each with how rare it is, where there is room. */
export const rarity = hasRoom => value => {
  const whole = Math.round(value);
  if (whole < 1) return hasRoom ? ["0", "fastest"] : "0";
  return hasRoom ? [percentile(whole), "1 in " + (10 ** whole).toLocaleString("en-US")] : percentile(whole);
};

function resolve(value, style, options) {
  if (typeof value === "string") {
    if (value.startsWith("--")) { const [token, alpha = ""] = value.split("/"); return style.getPropertyValue(token).trim() + alpha; }
    return value === "format:axis" ? axis(options) : value === "format:percentiles" ? rarity(!options.isNarrow) : value.startsWith("format:") ? formatters[value.slice(7)] : value;
  }
  if (Array.isArray(value)) return value.map(item => resolve(item, style, options));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, style, options)]));
  return value;
}

const points = data => data.map(p => p.length === 3 ? { x: p[0], y: p[1] == null ? [null, null] : [p[1], p[2]] } : { x: p[0], y: p[1] });

/** What is drawn beside the data: ticks of the axes, events, the playhead, names at the ends of lines. */
function annotations(chart) {
  const { options, series, element } = chart;
  const style = getComputedStyle(element);
  const given = resolve(options.annotations ?? {}, style);
  if (isNarrow(chart)) for (const { x, label } of given.points ?? []) if (label && x < .5) Object.assign(label, { textAnchor: "start", offsetX: 8, offsetY: 18 });
  return { yaxis: given.yaxis ?? [], xaxis: [...(given.xaxis ?? []), ...playhead(chart, style)], points: [...(given.points ?? []), ...endLabels(chart, style)] };
}

function playhead({ now, options }, style) {
  if (now == null) return [];
  const width = (options.xaxis.max - options.xaxis.min) * .006;
  return [{ x: now - width / 2, x2: now + width / 2, fillColor: style.getPropertyValue("--accent").trim(), opacity: 1, borderColor: style.getPropertyValue("--ink").trim(), strokeDashArray: 0 }];
}

/** Names stand at the last point, moved apart where lines end close together. */
function endLabels(chart, style) {
  const { options, series, element, now, apex } = chart;
  const plot = apex?.w?.globals?.gridHeight || element.clientHeight - 45, lineHeight = 13;
  const y = options.yaxis[0];
  const ends = series.filter(s => s.label).map(s => ({ s, last: s.data.findLast(p => p[1] != null) })).filter(e => e.last)
    .map(e => ({ ...e, px: plot * (1 - (e.last[1] - y.min) / (y.max - y.min)) })).sort((a, b) => a.px - b.px);
  let above = -Infinity;
  for (const end of ends) { end.at = Math.max(end.px, above + lineHeight); above = end.at; }
  let below = plot + 2;
  for (const end of ends.toReversed()) { end.at = Math.min(end.at, below); below = end.at - lineHeight; }
  // Long names don't fit beside a narrow plot: they stand in it, above the end of their line.
  const inside = isNarrow(chart) && ends.some(end => end.s.label.length > 8);
  return ends.map(({ s, last, px, at }) => ({
    x: last[0], y: last[1], marker: { size: 0 },
    label: {
      text: s.label, textAnchor: inside ? "end" : "start", offsetX: inside ? -2 : now == null ? 6 : 10, offsetY: at - px + (inside ? 2 : 12), borderWidth: 0,
      style: { background: "transparent", color: style.getPropertyValue(s.strong ? "--ink" : "--ink-3").trim(), fontSize: "11.5px", fontWeight: s.strong ? 500 : 400, padding: { left: 0, right: 0, top: 0, bottom: 0 } },
    },
  }));
}

const isNarrow = chart => chart.element.clientWidth < narrowBelow;

function drawn(chart) {
  const style = getComputedStyle(chart.element);
  const { annotations: _, ...rest } = structuredClone(chart.options);
  if (isNarrow(chart)) rest.grid.padding.right = Math.min(rest.grid.padding.right, 46);
  return { ...resolve(rest, style, { ...rest, isNarrow: isNarrow(chart) }), series: chart.series.map(({ data, ...s }) => ({ ...resolve(s, style), data: points(data) })), annotations: annotations(chart) };
}

// Charts are drawn one at a time, each after a frame was painted: figures, strips and tables of a new second don't wait for them.
const waiting = new Map();
let turn = Promise.resolve();

// A tab that is hidden meanwhile gets no frame.
const painted = () => new Promise(resolve => { requestAnimationFrame(() => setTimeout(resolve)); setTimeout(resolve, 250); });

// What is drawn in a hidden tab nobody sees.
const seen = () => document.hidden ? new Promise(resolve => document.addEventListener("visibilitychange", () => resolve(), { once: true })) : undefined;

/** Asks for a chart to be drawn with what it holds when its turn comes; `whole`: with its axes, not its data alone. */
function draw(chart, whole) {
  const isAsked = waiting.has(chart);
  waiting.set(chart, whole || waiting.get(chart) === true);
  if (isAsked) return;
  turn = turn.then(seen).then(painted).then(() => show(chart)).catch(error => { if (live.has(chart)) console.error(error); });
}

function show(chart) {
  const isWhole = waiting.get(chart);
  waiting.delete(chart);
  if (!live.has(chart) || !chart.element.isConnected) return;
  const all = drawn(chart);
  if (!chart.apex) {
    chart.apex = new chart.ApexCharts(chart.element, all);
    return chart.apex.render();
  }
  // The x axis again, or ApexCharts would fit it to the data.
  return chart.apex.updateOptions(isWhole ? all : { series: all.series, annotations: all.annotations, xaxis: all.xaxis }, false, false);
}

/** Makes a chart, which is drawn when its turn comes; answers the handle that the others take. */
export async function create(element, libraryUrl, options, series, now) {
  library ??= import(libraryUrl).then(module => module.default ?? globalThis.ApexCharts);
  const chart = { element, options, series, now, ApexCharts: await library, apex: null };
  live.add(chart);
  draw(chart, true);
  return { chart, update, append, dispose };

  /** Everything anew: other axes, other series. */
  function update(newOptions, newSeries, newNow) {
    Object.assign(chart, { options: newOptions, series: newSeries, now: newNow });
    draw(chart, true);
  }

  /** Further points of the same series. */
  function append(more, newNow) {
    more.forEach((data, i) => chart.series[i].data.push(...data));
    chart.now = newNow;
    draw(chart, false);
  }

  function dispose() {
    live.delete(chart);
    waiting.delete(chart);
    chart.apex?.destroy();
  }
}

document.addEventListener("wobble:theme", () => { for (const chart of live) draw(chart, true); });
