// One chart of a stack: its curves, its axis of values, its trades, and what they are at the pointed bar.
const EDGE = { left: 64, right: 10, top: 8, bottom: 20 };

// Of every pixel column the first, lowest, highest and last value are drawn: no spike is lost, however many bars.
function curvePath(curve, from, to, x, y, width) {
  let path = "", pen = "M", column = NaN, first, low, high, last;
  const emit = (at, value) => { path += pen + at.toFixed(1) + " " + y(value).toFixed(1); pen = "L"; };
  const flush = () => {
    if (!isNaN(column)) for (const value of new Set([first, low, high, last])) emit(column, value);
    column = NaN;
  };
  for (let k = from; k < to; k++) {
    const value = curve.values[k];
    if (isNaN(value)) { flush(); pen = "M"; continue; }
    if (to - from <= 2 * width) { emit(x(curve.row(k)), value); continue; }
    const at = Math.round(x(curve.row(k)));
    if (at !== column) { flush(); [column, first, low, high] = [at, value, value, value]; }
    low = Math.min(low, value); high = Math.max(high, value); last = value;
  }
  flush();
  if (curve.kind === "area" && path) path += `L${x(curve.row(to - 1)).toFixed(1)} ${y(0)}L${x(curve.row(from)).toFixed(1)} ${y(0)}Z`;
  return path;
}

class Curve {
  constructor({ name, kind, colour, rows, values }) {
    Object.assign(this, { name, kind, colour, rows: rows && unpacked(rows), values: unpacked(values) });
  }
  row(k) { return this.rows ? this.rows[k] : k; }
  place(row) { return this.rows ? place(this.rows, row) : Math.min(Math.max(0, Math.ceil(row)), this.values.length); }
  // The last value at or before a bar.
  at(row) { return this.values[Math.max(0, this.place(row + 1) - 1)]; }
  // Places of the values in sight, and one beyond each end, so that lines run to the edge.
  span(from, to) { return [Math.max(0, this.place(from) - 1), Math.min(this.values.length, this.place(to) + 1)]; }
}

class Panel {
  constructor(spec, stack) {
    Object.assign(this, { spec, stack, log: spec.starts_log, chosen: 0, curves: spec.series.map((one) => new Curve(one)) });
    this.keys = make("span", { class: "tool" });
    this.plot = shape("svg", { x: EDGE.left, y: 0, overflow: "hidden" });
    this.ticks = shape("g");
    this.drawing = shape("svg", { height: spec.height, "aria-hidden": "true" }, this.ticks, this.plot);
    this.legend();
    this.figure = make("figure", { "data-panel": spec.title }, make("figcaption", {}, make("h3", {}, spec.title), this.keys, ...this.tools()), this.drawing);
  }

  tools() {
    const tools = [];
    if (this.spec.chooses && this.curves.length > 1)
      tools.push(this.list = choice("Symbol", this.curves.map((one, k) => [k, one.name]), (k) => this.choose(+k)));
    if (this.spec.chooses) tools.push(...["long entry", "short entry", "exit"].map((text) => make("span", { class: `key ${text.split(" ")[0]}` }, text)));
    if (this.spec.log) {
      const button = make("button", { type: "button", "aria-pressed": String(this.log), "data-tool": "log", onclick: () => {
        this.log = !this.log;
        button.setAttribute("aria-pressed", this.log);
        this.stack.draw();
      } }, "log scale");
      tools.push(make("span", { class: "grow" }), button);
    }
    return tools;
  }

  // Embedded money has few digits: cents would be invented.
  said(value) { return this.spec.unit === "money" && Math.abs(value) >= 1000 ? fixed(value, 0) : said(value, this.spec.unit); }

  choose(k) {
    this.chosen = k;
    if (this.list) this.list.value = k;
    this.legend();
    this.stack.draw();
  }

  get shown() {
    return this.spec.chooses ? [this.curves[this.chosen]] : this.curves.filter((one) => !this.stack.hidden.has(one.name));
  }

  range(from, to) {
    let low = Infinity, high = -Infinity;
    for (const curve of this.shown) {
      if (curve.kind === "area") [low, high] = [Math.min(low, 0), Math.max(high, 0)];
      const [start, stop] = curve.span(from, to);
      for (let k = start; k < stop; k++) {
        const value = curve.values[k];
        if (value < low && (!this.log || value > 0)) low = value;
        if (value > high) high = value;
      }
    }
    if (!isFinite(low)) return [0, 1];
    const room = (high - low) * 0.04 || Math.max(Math.abs(low) * 0.05, 0.01); // so that no curve touches the frame
    const zero = low < high && this.shown.some((curve) => curve.kind === "area"); // which stands on its axis
    return [zero && low === 0 ? 0 : this.log ? low * 0.97 : low - room, zero && high === 0 ? 0 : high + room];
  }

  draw([from, to], width, x) {
    const [low, high] = this.range(from, to), scale = this.log && low > 0 ? Math.log10 : (value) => value;
    const inside = this.spec.height - EDGE.top - EDGE.bottom;
    const y = (value) => EDGE.top + (inside * (scale(high) - scale(value))) / (scale(high) - scale(low));
    this.drawing.setAttribute("width", width);
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${this.spec.height}`);
    this.plot.setAttribute("width", width - EDGE.left - EDGE.right);
    this.plot.setAttribute("height", this.spec.height - EDGE.bottom);
    this.ticks.replaceChildren(...this.valueTicks(low, high, width, y, scale), ...this.timeTicks(width, x));
    this.line = shape("line", { class: "cursor", y2: this.spec.height, visibility: "hidden" });
    this.picked = shape("rect", { class: "picked", y: 0, height: this.spec.height, width: 0 });
    const paths = this.shown.map((curve) => shape("path", { class: `${curve.kind} c${curve.colour}`, "data-name": curve.name,
      d: curvePath(curve, ...curve.span(from, to), x, y, width) }));
    this.plot.replaceChildren(...paths.reverse(), ...this.marks(from, to, x, y), this.line, this.picked);
  }

  valueTicks(low, high, width, y, scale) {
    const most = Math.min(6, this.spec.height / 35);
    const ticks = scale === Math.log10 ? logTicks(low, high, most) : valueTicks(low, high, most);
    return ticks.flatMap((value, k) => [
      shape("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
      shape("text", { class: "y", x: EDGE.left - 6, y: y(value) + 4 }, tickText(value, scale === Math.log10 && ticks.length > 2 ? Math.min(value, 1) : Math.abs(ticks[1] - ticks[0]) || 1, this.spec.unit)),
    ]);
  }

  timeTicks(width, x) {
    const foot = this.spec.height - EDGE.bottom;
    return this.stack.ticks.flatMap(({ row, text }) => {
      const at = EDGE.left + x(row);
      return [shape("line", { class: "grid", x1: at, x2: at, y1: EDGE.top, y2: foot }), at > width - 20 ? "" : shape("text", { class: "x", x: at, y: foot + 15 }, text)];
    });
  }

  // Entries point at their price, from below when bought and from above when sold short; a diamond ends a trade.
  marks(from, to, x, y) {
    const trades = this.spec.chooses && this.stack.trades;
    if (!trades) return [];
    const paths = { won: "", lost: "", long: "", short: "", exit: "" }, taken = new Set();
    const seen = trades.of(this.shown[0].name).filter((k) => trades.exitBar[k] >= from && trades.entryBar[k] <= to);
    const mark = (kind, row, price, outline) => {
      const at = `${Math.round(x(row))} ${Math.round(y(price))}`, near = kind + Math.round(x(row) / 3) + " " + Math.round(y(price) / 3);
      if (!taken.has(near)) paths[kind] += `M${at}${outline}`;
      taken.add(near);
    };
    for (const k of seen) {
      const [entry, exit] = [[trades.entryBar[k], trades.data.entry_price[k]], [trades.exitBar[k], trades.data.exit_price[k]]];
      mark(...(trades.data.long[k] ? ["long", ...entry, "l5 9h-10z"] : ["short", ...entry, "l5-9h-10z"]));
      if (!trades.data.open[k]) mark("exit", ...exit, "m-4 0l4-4 4 4-4 4z");
      if (seen.length <= 150) paths[trades.data.profit[k] > 0 ? "won" : "lost"] += `M${x(entry[0]).toFixed(1)} ${y(entry[1]).toFixed(1)}L${x(exit[0]).toFixed(1)} ${y(exit[1]).toFixed(1)}`;
    }
    return Object.entries(paths).map(([kind, d]) => shape("path", { class: kind === "won" || kind === "lost" ? kind : `marker ${kind}`, d }));
  }

  // Names of the curves; where there are several, pressing a name hides its curve in all panels.
  legend() {
    this.values = this.shown.map(() => make("b"));
    this.buttons = this.shown.map((curve, k) => {
      if (this.shown.length < 2) return make("span", { class: `key c${curve.colour}` }, curve.name, this.values[k]);
      return make("button", { type: "button", class: `key c${curve.colour}`, "aria-pressed": "true", onclick: () => this.stack.toggle(curve.name),
        onpointerenter: () => this.stack.lift(curve.name), onpointerleave: () => this.stack.lift(null) }, curve.name, this.values[k]);
    });
    this.named = this.shown;
    this.keys.replaceChildren(...this.buttons);
  }

  tell(row) {
    this.named.forEach((curve, k) => {
      this.values[k].textContent = this.said(curve.at(row));
      if (this.named.length > 1) this.buttons[k].setAttribute("aria-pressed", !this.stack.hidden.has(curve.name));
    });
  }
}
