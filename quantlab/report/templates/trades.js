// All trades, read from columns; a table of them that sorts, filters and turns pages.
const PAGE = 50;
const COLUMNS = [["symbol"], ["side"], ["entry", "time"], ["exit", "time"], ["bars", "count", "bars_held"], ["quantity", "price"], ["entry price", "price", "entry_price"],
  ["exit price", "price", "exit_price"], ["profit", "money"], ["return", "fraction"], ["worst", "fraction"], ["best", "fraction"]];

class Trades {
  constructor(data) {
    this.data = data;
    this.count = data.long.length;
    this.columns = data.strategy ? [["strategy"], ...COLUMNS] : COLUMNS;
    [this.entryBar, this.exitBar] = [unpacked(data.entry_bar), unpacked(data.exit_bar)];
    this.times = { entry: unpacked(data.entry), exit: unpacked(data.exit) };
    this.all = Array.from({ length: this.count }, (_, k) => k);
  }
  name(column, k) { return this.data[column].names[this.data[column].codes[k]]; }
  symbol(k) { return this.name("symbol", k); }
  of(symbol) { return this.all.filter((k) => this.symbol(k) === symbol); }
  value([label, unit, name], k) {
    if (label === "side") return this.data.long[k] ? "long" : "short";
    if (unit === "time") return label === "exit" && this.data.open[k] ? null : this.times[label][k];
    return unit ? this.data[name || label][k] : this.name(label, k);
  }
  text(column, k) {
    const value = this.value(column, k);
    if (column[1] === "time") return value === null ? "open, at mark" : moment(value);
    return column[1] ? said(value, column[1]) : value;
  }
}

class TradeTable {
  constructor(still, stack) {
    Object.assign(this, { trades: stack.trades, stack, shown: stack.trades.all, page: 0, wanted: { text: "", symbol: "", side: "", outcome: "" } });
    this.body = make("tbody");
    this.count = make("span", { "aria-live": "polite" });
    const headings = this.trades.columns.map(([label, unit]) => make("th", { scope: "col", class: unit && unit !== "time" ? "n" : null }, label));
    sortable(headings, (k, way) => { this.order = [this.trades.columns[k], way]; this.update(); });
    [this.back, this.next] = [["Previous", -1], ["Next", 1]].map(([text, step]) => make("button", { type: "button", onclick: () => { this.page += step; this.draw(); } }, text));
    const left = this.trades.data.left_out;
    still.replaceWith(make("section", { class: "table wide trades" }, make("h3", {}, "Trades"), this.filters(),
      make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...headings)), this.body)),
      make("div", { class: "tool" }, this.back, this.next, this.count),
      left ? make("p", { class: "note" }, `The ${fixed(this.trades.count, 0)} trades of the largest profit or loss; ${fixed(left, 0)} are not on this page.`) : ""));
    this.update();
  }

  filters() {
    const want = (name) => (value) => { this.wanted[name] = value; this.update(); };
    const names = this.trades.data.symbol.names;
    const text = make("input", { type: "search", placeholder: "filter: text or date", "aria-label": "Filter trades by text", oninput: () => want("text")(text.value.toLowerCase()) });
    return make("div", { class: "tool" }, text, choice("Symbol", [["", "all symbols"], ...names.map((name) => [name, name])], want("symbol")),
      choice("Side", [["", "long and short"], ["long", "long"], ["short", "short"]], want("side")),
      choice("Outcome", [["", "winners and losers"], ["won", "winners"], ["lost", "losers"], ["open", "open"]], want("outcome")));
  }

  fits(k) {
    const { text, symbol, side, outcome } = this.wanted, { data } = this.trades;
    const became = data.open[k] ? "open" : data.profit[k] > 0 ? "won" : "lost";
    return (!symbol || this.trades.symbol(k) === symbol) && (!side || (side === "long") === Boolean(data.long[k])) && (!outcome || outcome === became)
      && (!text || this.trades.columns.some((column) => (!column[1] || column[1] === "time" || column[0] === "side") && this.trades.text(column, k).toLowerCase().includes(text)));
  }

  update() {
    this.shown = this.trades.all.filter((k) => this.fits(k));
    if (this.order) {
      const [column, way] = this.order;
      this.shown.sort((a, b) => compared(this.trades.value(column, a), this.trades.value(column, b), way) || a - b);
    }
    this.page = 0;
    this.draw();
  }

  draw() {
    const start = this.page * PAGE, stop = Math.min(start + PAGE, this.shown.length);
    this.body.replaceChildren(...this.shown.slice(start, stop).map((k) => make("tr", {}, ...this.trades.columns.map((column, place) => this.cell(column, k, place)))));
    this.back.disabled = !start;
    this.next.disabled = stop === this.shown.length;
    this.count.textContent = this.shown.length ? `${fixed(start + 1, 0)} to ${fixed(stop, 0)} of ${fixed(this.shown.length, 0)} trades, profit together ${said(this.shown.reduce((sum, k) => sum + this.trades.data.profit[k], 0), "money")}` : "no trade fits";
  }

  cell(column, k, place) {
    const text = this.trades.text(column, k), value = this.trades.value(column, k);
    const signed = column[0] === "profit" || column[0] === "return";
    const shown = place ? text : make("button", { type: "button", title: "show on the charts", onclick: () => this.stack.showTrade(k) }, text);
    return make("td", { class: `${column[1] && column[1] !== "time" ? "n" : ""} ${signed && value ? (value > 0 ? "gain" : "loss") : ""}` }, shown);
  }
}
