// Requests by time and latency on a canvas: one hue, its strength the logarithm of the count. Redrawn at its own width, so that text never scales.

const margin = { left: 40, top: 6, bottom: 22 };
const count = value => Math.round(value).toLocaleString("en-US");
const tick = value => value.toLocaleString("en-US", { maximumFractionDigits: 4 });

/** Draws a map into the element; answers the handle. */
export function create(element, model, columns) {
  const canvas = element.appendChild(document.createElement("canvas"));
  const resized = new ResizeObserver(() => paint());
  const themed = () => paint();
  let width = 0;
  resized.observe(element);
  document.addEventListener("wobble:theme", themed);
  document.fonts?.ready.then(themed);
  paint();
  return { draw, dispose };

  /** Columns that are new, or with adds = false all of them. */
  function draw(newModel, more, adds) {
    model = newModel;
    columns = adds ? columns.concat(more) : more;
    paint();
  }

  function dispose() {
    resized.disconnect();
    document.removeEventListener("wobble:theme", themed);
    canvas.remove();
  }

  function paint() {
    width = element.clientWidth;
    const height = element.clientHeight, scale = Math.min(2, devicePixelRatio || 1);
    if (!width || !height) return;
    canvas.width = width * scale; canvas.height = height * scale;
    canvas.style.cssText = `width:${width}px;height:${height}px`;
    const g = canvas.getContext("2d"), style = getComputedStyle(element), colour = name => style.getPropertyValue(name).trim();
    g.scale(scale, scale);
    const narrow = width < 420, plot = { x: margin.left, y: margin.top, w: width - margin.left - (narrow ? 6 : 62), h: height - margin.top - margin.bottom };
    cells(g, plot, colour(model.hue), scale);
    axes(g, plot, narrow, colour);
    if (!narrow) legend(g, plot, colour);
    if (model.now != null) playhead(g, plot, colour);
  }

  function strength(requests) {
    return Math.min(1, .07 + .93 * Math.log1p(requests) / Math.log1p(Math.max(model.most, 1)));
  }

  function cells(g, plot, hue, scale) {
    const snap = value => Math.round(value * scale) / scale, row = plot.h / model.rows;
    g.fillStyle = hue;
    for (const column of columns) {
      const x0 = snap(plot.x + column.from / model.total * plot.w), x1 = snap(plot.x + (column.from + column.length) / model.total * plot.w);
      for (let i = 0; i < column.cells.length; i += 2) {
        const bottom = plot.y + plot.h - column.cells[i] * row;
        g.globalAlpha = strength(column.cells[i + 1]);
        g.fillRect(x0, snap(bottom - row), Math.max(x1 - x0, 1 / scale), snap(bottom) - snap(bottom - row));
      }
    }
    g.globalAlpha = 1;
  }

  function axes(g, plot, narrow, colour) {
    const y = ms => plot.y + plot.h * (1 - Math.log(ms / model.least) / Math.log(model.greatest / model.least));
    g.strokeStyle = colour("--line-2"); g.fillStyle = colour("--ink-3"); g.font = `11.5px ${colour("--sans")}`; g.lineWidth = 1;
    g.beginPath();
    g.moveTo(plot.x - .5, plot.y); g.lineTo(plot.x - .5, plot.y + plot.h + .5); g.lineTo(plot.x + plot.w, plot.y + plot.h + .5);
    g.textAlign = "right"; g.textBaseline = "middle";
    for (const ms of model.ticks) { const at = Math.round(y(ms)) + .5; g.moveTo(plot.x - 4, at); g.lineTo(plot.x, at); g.fillText(tick(ms), plot.x - 8, at); }
    g.stroke();
    g.textBaseline = "alphabetic";
    model.seconds.forEach((second, i) => {
      const last = i === model.seconds.length - 1;
      if (narrow && i % 2 && !last) return;
      g.textAlign = last ? "right" : i ? "center" : "left";
      g.fillText(count(second) + (last ? " s" : ""), plot.x + second / model.total * plot.w, plot.y + plot.h + 17);
    });
  }

  function legend(g, plot, colour) {
    const x = plot.x + plot.w + 12, steps = [1, .66, .33, 0];
    steps.forEach((step, i) => { g.globalAlpha = .07 + .93 * step; g.fillStyle = colour(model.hue); g.fillRect(x, plot.y + 4 + i * 13, 10, 13); });
    g.globalAlpha = 1; g.fillStyle = colour("--ink-3"); g.textAlign = "left";
    g.fillText(count(model.most), x + 14, plot.y + 14);
    g.fillText("1", x + 14, plot.y + 54);
    g.fillText("req/s", x, plot.y + 74);
    g.fillText("a cell", x, plot.y + 87);
  }

  function playhead(g, plot, colour) {
    const x = plot.x + Math.min(model.now, model.total) / model.total * plot.w;
    g.fillStyle = colour("--accent"); g.strokeStyle = colour("--ink"); g.lineWidth = .75;
    g.fillRect(x - 1.5, plot.y, 4, plot.h); g.strokeRect(x - 1.5, plot.y, 4, plot.h);
  }
}
