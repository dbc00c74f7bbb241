// ApexCharts behind three functions. Options come as data from C#: a text that begins with "--" is a colour token (with "/8C" also its opacity),
// one with "format:" names a formatter below, so that nothing is ever evaluated.

const live = new Set();
let library;

const formatters = {
  none: () => "",
  count: value => value == null ? "" : Math.round(value).toLocaleString("en-US"),
  seconds: value => Math.round(value).toLocaleString("en-US") + " s",
  latency: value => value == null ? "–" : three(10 ** value) + " ms",
  plain: value => value == null ? "–" : three(value),
  percent: value => value == null ? "–" : three(value) + "%",
  nines: value => percentile(value),
};

/** Three significant digits, thousands with commas. */
function three(value) {
  if (value >= 999.5) return Math.round(value).toLocaleString("en-US");
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value >= .9995 || value === 0 ? value.toFixed(2) : value.toFixed(3);
}

function percentile(nines) {
  const share = 100 * (1 - 10 ** -nines);
  return "p" + (nines < 1 ? share.toFixed(0) : nines < 2 ? share.toFixed(1) : share.toFixed(2)).replace(/\.?0+$/, "") || "p0";
}

function resolve(value, style) {
  if (typeof value === "string") {
    if (value.startsWith("--")) { const [token, alpha = ""] = value.split("/"); return style.getPropertyValue(token).trim() + alpha; }
    return value.startsWith("format:") ? formatters[value.slice(7)] : value;
  }
  if (Array.isArray(value)) return value.map(item => resolve(item, style));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, style)]));
  return value;
}

const points = data => data.map(p => p.length === 3 ? { x: p[0], y: p[1] == null ? null : [p[1], p[2]] } : { x: p[0], y: p[1] });

/** What is drawn beside the data: ticks of the axes, events, the playhead, names at the ends of lines. */
function annotations(chart) {
  const { options, series, element } = chart;
  const style = getComputedStyle(element);
  const given = resolve(options.annotations ?? {}, style);
  return { yaxis: given.yaxis ?? [], xaxis: [...(given.xaxis ?? []), ...playhead(chart, style)], points: [...(given.points ?? []), ...endLabels(chart, style)] };
}

function playhead({ now, options }, style) {
  if (now == null) return [];
  const width = (options.xaxis.max - options.xaxis.min) * .006;
  return [{ x: now - width / 2, x2: now + width / 2, fillColor: style.getPropertyValue("--accent").trim(), opacity: 1, borderColor: style.getPropertyValue("--ink").trim(), strokeDashArray: 0 }];
}

/** Names stand at the last point, moved apart where lines end close together. */
function endLabels({ options, series, element, now, apex }, style) {
  const plot = apex?.w?.globals?.gridHeight || element.clientHeight - 45, lineHeight = 13;
  const y = options.yaxis[0];
  const ends = series.filter(s => s.label).map(s => ({ s, last: s.data.findLast(p => p[1] != null) })).filter(e => e.last)
    .map(e => ({ ...e, px: plot * (1 - (e.last[1] - y.min) / (y.max - y.min)) })).sort((a, b) => a.px - b.px);
  let above = -Infinity;
  for (const end of ends) { end.at = Math.max(end.px, above + lineHeight); above = end.at; }
  let below = plot + 2;
  for (const end of ends.toReversed()) { end.at = Math.min(end.at, below); below = end.at - lineHeight; }
  return ends.map(({ s, last, px, at }) => ({
    x: last[0], y: last[1], marker: { size: 0 },
    label: {
      text: s.label, textAnchor: "start", offsetX: now == null ? 6 : 10, offsetY: at - px + 12, borderWidth: 0,
      style: { background: "transparent", color: style.getPropertyValue(s.strong ? "--ink" : "--ink-3").trim(), fontSize: "11.5px", fontWeight: s.strong ? 500 : 400, padding: { left: 0, right: 0, top: 0, bottom: 0 } },
    },
  }));
}

function drawn(chart) {
  const style = getComputedStyle(chart.element);
  const { annotations: _, ...rest } = chart.options;
  return { ...resolve(rest, style), series: chart.series.map(({ data, ...s }) => ({ ...resolve(s, style), data: points(data) })), annotations: annotations(chart) };
}

/** Draws a chart; answers the handle that the others take. */
export async function create(element, libraryUrl, options, series, now) {
  library ??= import(libraryUrl).then(module => module.default ?? globalThis.ApexCharts);
  const ApexCharts = await library;
  const chart = { element, options, series, now };
  chart.apex = new ApexCharts(element, drawn(chart));
  await chart.apex.render();
  live.add(chart);
  return { chart, update, append, dispose };

  /** Everything anew: other axes, other series. */
  function update(newOptions, newSeries, newNow) {
    Object.assign(chart, { options: newOptions, series: newSeries, now: newNow });
    return chart.apex.updateOptions(drawn(chart), false, false);
  }

  /** Further points of the same series. */
  function append(more, newNow) {
    more.forEach((data, i) => chart.series[i].data.push(...data));
    chart.now = newNow;
    return chart.apex.updateOptions({ series: drawn(chart).series, annotations: annotations(chart) }, false, false);
  }

  function dispose() {
    live.delete(chart);
    chart.apex.destroy();
  }
}

document.addEventListener("wobble:theme", () => { for (const chart of live) chart.apex.updateOptions(drawn(chart), false, false); });
