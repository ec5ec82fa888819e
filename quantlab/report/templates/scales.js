// Ticks: round values, and beginnings of years, months, days and hours.
function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((m) => m * power >= rough * (1 - 1e-9));
}

function valueTicks(low, high, most) {
  const step = roundStep((high - low) / most);
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
}

function logTicks(low, high, most) {
  const ticks = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10)
    ticks.push(...[1, 2, 5].map((m) => m * power).filter((value) => value >= low && value <= high));
  return ticks.length < 3 ? valueTicks(low, high, most).filter((value) => value > 0) : ticks;
}

function tickText(value, step, unit) {
  const [scale, ending] = unit === "fraction" ? [100, "%"] : unit !== "money" || step < 1e6 ? [1, ""] : step < 1e9 ? [1e-6, "M"] : [1e-9, "B"];
  return fixed(value * scale + 0, Math.min(8, Math.max(0, -Math.floor(Math.log10(step * scale) + 1e-9)))) + ending;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const STEPS = [["year", 10], ["year", 5], ["year", 2], ["year", 1], ["month", 6], ["month", 3], ["month", 1],
  ["day", 7], ["day", 1], ["hour", 6], ["hour", 3], ["hour", 1], ["minute", 15], ["minute", 5], ["minute", 1]];
const SECONDS = { year: 31556952, month: 2629746, day: 86400, hour: 3600, minute: 60 };

function* beginnings(from, to, unit, step) {
  const start = date(from), whole = unit === "year" || unit === "month";
  const first = unit === "year" ? start.getUTCFullYear() : unit === "month" ? start.getUTCFullYear() * 12 + start.getUTCMonth() : Math.floor(from / SECONDS[unit]);
  for (let k = Math.ceil(first / step) * step; ; k += step) {
    const at = !whole ? k * SECONDS[unit] : Date.UTC(unit === "year" ? k : Math.floor(k / 12), unit === "year" ? 0 : k % 12) / 1000;
    if (at > to) return;
    if (at > from) yield at;
  }
}

// A beginning as text; what it leaves out, the year or the day, is said where it differs from the tick before.
function timeText(at, unit, before) {
  const year = (time) => date(time).getUTCFullYear(), when = date(at);
  const today = `${when.getUTCDate()} ${MONTHS[when.getUTCMonth()]}`;
  if (SECONDS[unit] < 86400) return before !== undefined && day(at) === day(before) ? when.toISOString().slice(11, 16) : today;
  if (unit === "year" || (unit === "month" && !when.getUTCMonth())) return String(year(at));
  const text = unit === "month" ? MONTHS[when.getUTCMonth()] : today;
  return before !== undefined && year(at) === year(before) ? text : `${text} ${year(at)}`;
}

// The finest step of which at most `most` fit.
function timeTicks(from, to, most) {
  const fits = STEPS.filter(([unit, step]) => (to - from) / SECONDS[unit] / step <= most);
  const [unit, step] = fits[fits.length - 1] || STEPS[0];
  return [...beginnings(from, to, unit, step)].map((at, k, all) => ({ at, text: timeText(at, unit, all[k - 1]) }));
}
