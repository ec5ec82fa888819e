// Numbers and times: out of the page's data, and as people read them.
function unpacked({ e, d }) {
  const scale = 10 ** Math.abs(e), values = new Float64Array(d.length);
  let sum = 0; // of integers, so that no rounding adds up
  for (let k = 0; k < d.length; k++) values[k] = d[k] === null ? NaN : e < 0 ? (sum += d[k]) / scale : (sum += d[k]) * scale;
  return values;
}

// A format is made once and kept: making one takes far longer than using it.
const FORMATS = new Map();
function fixed(value, digits) {
  if (!FORMATS.has(digits)) FORMATS.set(digits, new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return FORMATS.get(digits).format(value);
}
const PRICE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });

function said(value, unit) {
  if (value === null || !isFinite(value)) return "n/a";
  if (unit === "fraction") return fixed(value * 100, Math.abs(value) >= 0.0995 ? 1 : 2) + "%";
  if (unit === "count") return fixed(value, Number.isInteger(value) ? 0 : 1);
  if (unit === "price") return PRICE.format(value);
  return fixed(value, 2);
}

// Times are wall-clock seconds; the browser's own zone must not move them.
const date = (seconds) => new Date(seconds * 1000);
const day = (seconds) => date(seconds).toISOString().slice(0, 10);
const moment = (seconds) => (seconds % 86400 ? date(seconds).toISOString().slice(0, 16).replace("T", " ") : day(seconds));

// Place of the first of the ascending `values` that is not below `value`.
function place(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
