// Panels above each other on one time axis: what is in sight, what is pointed at, and how a reader moves them.
const SPANS = [["1M", 1], ["6M", 6], ["1Y", 12], ["5Y", 60]];
const KEYS = "Arrow keys pan, plus and minus zoom, Home shows all, comma and full stop move the pointer.";
const LEAST = 5; // bars in sight

class Stack {
  constructor(host, data) {
    this.count = data.axis.n;
    this.rows = data.axis.rows && unpacked(data.axis.rows);
    this.times = unpacked(data.axis.time).map((time) => time * data.axis.unit);
    this.trades = data.trades && new Trades(data.trades);
    this.hidden = new Set();
    this.fingers = new Map();
    this.view = [0, this.count - 1];
    this.panels = data.panels.map((spec) => new Panel(spec, this));
    this.panels.slice(1).forEach((panel) => { if (panel.curves.length > 8) panel.keys.remove(); });
    this.now = make("span", { class: "now" });
    this.live = make("p", { class: "said", "aria-live": "polite" });
    this.frame = make("div", { class: "panels", tabindex: 0, role: "group", "aria-roledescription": "linked charts",
      "aria-label": `${host.dataset.summary} ${KEYS}`, onkeydown: (event) => this.key(event) },
      this.toolbar(), ...this.panels.map((panel) => panel.figure), this.live);
    host.prepend(this.frame);
    this.panels.forEach((panel) => this.listen(panel.drawing));
    new ResizeObserver(() => requestAnimationFrame(() => this.draw())).observe(this.frame);
  }

  toolbar() {
    const button = (text, action) => make("button", { type: "button", "data-span": text, onclick: () => { action(); this.announce(); } }, text);
    return make("div", { class: "tool bar" }, ...SPANS.map(([text, months]) => button(text, () => this.last(months))), button("All", () => this.show(0, this.count - 1)),
      this.now, make("span", { class: "grow" }), make("span", { class: "hint" }, "drag to zoom · double-click for all · Ctrl + wheel"));
  }

  // Bars and times: a bar that is not embedded has the time of the next one that is.
  time(row) { return this.times[Math.min(this.times.length - 1, this.rows ? place(this.rows, row) : Math.max(0, Math.round(row)))]; }
  rowAt(seconds) {
    const k = Math.min(place(this.times, seconds), this.times.length - 1);
    return this.rows ? this.rows[k] : k;
  }
  nearest(row) {
    if (!this.rows) return Math.round(row);
    const k = place(this.rows, row);
    return k && (k === this.rows.length || row - this.rows[k - 1] < this.rows[k] - row) ? this.rows[k - 1] : this.rows[k];
  }

  get inside() { return Math.max(50, this.width - EDGE.left - EDGE.right); }
  x(row) { return (this.inside * (row - this.view[0])) / (this.view[1] - this.view[0] || 1); }
  row(x) { return this.view[0] + (x / this.inside) * (this.view[1] - this.view[0]); }

  show(from, to) {
    const most = this.count - 1, span = Math.min(most, Math.max(Math.min(LEAST, most), to - from));
    const start = Math.min(Math.max(0, (from + to - span) / 2), most - span);
    this.view = [start, start + span];
    this.draw();
  }
  zoom(factor, row) { this.show(row - (row - this.view[0]) * factor, row + (this.view[1] - row) * factor); }
  pan(part) { // of what is in sight
    const [from, to] = this.view, step = Math.max(-from, Math.min(this.count - 1 - to, part * (to - from)));
    this.show(from + step, to + step);
  }
  last(months) {
    const end = date(this.time(this.view[1]));
    end.setUTCMonth(end.getUTCMonth() - months);
    this.show(this.rowAt(end / 1000), this.view[1]);
  }

  draw() {
    this.width = this.frame.clientWidth - 2 * parseFloat(getComputedStyle(this.frame).paddingLeft);
    if (this.width <= 0) return; // printed: the still pictures stand there
    const [from, to] = this.view.map((row) => this.time(row));
    this.ticks = timeTicks(from, to, Math.max(2, this.inside / 95)).map(({ at, text }) => ({ row: this.rowAt(at), text }))
      .filter((tick, k, all) => !k || this.x(tick.row) - this.x(all[k - 1].row) > 40);
    for (const panel of this.panels) panel.draw(this.view, this.width, (row) => this.x(row));
    this.point(this.pointed);
  }

  point(row) {
    this.pointed = row === undefined || row < this.view[0] || row > this.view[1] ? undefined : row;
    const told = this.pointed ?? Math.floor(this.view[1]);
    this.now.textContent = this.pointed === undefined ? `${moment(this.time(this.view[0]))} to ${moment(this.time(this.view[1]))}` : moment(this.time(told));
    for (const panel of this.panels) {
      panel.line.setAttribute("visibility", this.pointed === undefined ? "hidden" : "visible");
      for (const end of ["x1", "x2"]) panel.line.setAttribute(end, this.x(told));
      panel.tell(told);
    }
  }
  pick(from, to) {
    for (const { picked } of this.panels) {
      picked.setAttribute("x", Math.min(from, to));
      picked.setAttribute("width", Math.abs(to - from));
    }
  }
  announce() {
    const told = this.pointed === undefined ? "" : this.panels.flatMap((panel) => panel.shown.slice(0, 3).map((curve) => `${curve.name} ${panel.said(curve.at(this.pointed))}`)).join(", ");
    this.live.textContent = `${this.now.textContent} ${told}`;
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.draw();
  }
  lift(name) {
    for (const path of this.frame.querySelectorAll("path[data-name]")) path.classList.toggle("dim", name !== null && path.dataset.name !== name);
  }
  showTrade(k) {
    const [entry, exit] = [this.trades.entryBar[k], this.trades.exitBar[k]], room = Math.max(20, exit - entry);
    const panel = this.panels.find((one) => one.spec.chooses), named = panel ? panel.curves.findIndex((one) => one.name === this.trades.symbol(k)) : -1;
    if (named >= 0) panel.choose(named);
    this.show(entry - room, exit + room);
    this.point(this.nearest(entry));
    this.frame.focus();
    this.announce();
  }

  key(event) {
    if (event.target !== this.frame || event.altKey || event.ctrlKey || event.metaKey) return;
    const middle = this.pointed ?? (this.view[0] + this.view[1]) / 2, step = this.rows ? this.count / this.rows.length : 1;
    const action = {
      ArrowLeft: () => this.pan(-0.1), ArrowRight: () => this.pan(0.1), Home: () => this.show(0, this.count - 1),
      "+": () => this.zoom(0.7, middle), "=": () => this.zoom(0.7, middle), "-": () => this.zoom(1 / 0.7, middle),
      ",": () => this.point(this.nearest(Math.max(this.view[0], middle - step))), ".": () => this.point(this.nearest(Math.min(this.view[1], middle + step))),
    }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
    this.announce();
  }

  listen(drawing) {
    const at = (event) => Math.max(0, Math.min(this.inside, event.clientX - drawing.getBoundingClientRect().left - EDGE.left));
    const on = (name, action) => drawing.addEventListener(name, action, { passive: false });
    on("pointerdown", (event) => {
      this.fingers.set(event.pointerId, at(event));
      if (event.pointerType === "mouse" && event.button === 0) this.start = at(event);
      if (event.isTrusted) drawing.setPointerCapture(event.pointerId);
    });
    on("pointermove", (event) => {
      const before = [...this.fingers.values()];
      if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, at(event));
      if (this.fingers.size === 2) return this.pinch(before, [...this.fingers.values()]);
      if (this.start !== undefined) this.pick(this.start, at(event));
      this.point(this.nearest(this.row(at(event))));
    });
    const end = (event) => {
      this.fingers.delete(event.pointerId);
      const start = this.start, stop = at(event);
      this.start = undefined;
      this.pick(0, 0);
      if (event.type === "pointerup" && start !== undefined && Math.abs(stop - start) > 4) this.show(...[this.row(start), this.row(stop)].sort((a, b) => a - b));
    };
    on("pointerup", end);
    on("pointercancel", end);
    on("pointerleave", () => { if (this.start === undefined) this.point(); });
    on("dblclick", () => this.show(0, this.count - 1));
    on("wheel", (event) => { // the page scrolls unless the charts were clicked, or Ctrl is held (as a pinch does)
      if (!event.ctrlKey && !this.frame.contains(document.activeElement)) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX / this.inside);
      else this.zoom(1.002 ** event.deltaY, this.row(at(event)));
    });
  }
  // Two fingers keep the bars they were put on.
  pinch([a, b], [c, d]) {
    if (Math.abs(c - d) < 10) return;
    const [left, right] = [this.row(a), this.row(b)], perPixel = (right - left) / (d - c);
    this.show(left - c * perPixel, left + (this.inside - c) * perPixel);
  }
}
