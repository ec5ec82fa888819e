// Numbers and times: out of the page's data, and as people read them.
function unpacked({ e, d }) {
  let sum = 0; // of integers, so that no rounding adds up
  const scale = 10 ** Math.abs(e);
  return Float64Array.from(d, (step) => (step === null ? NaN : e < 0 ? (sum += step) / scale : (sum += step) * scale));
}

const fixed = (value, digits) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

function said(value, unit) {
  if (value === null || !isFinite(value)) return "n/a";
  if (unit === "fraction") return fixed(value * 100, Math.abs(value) >= 0.0995 ? 1 : 2) + "%";
  if (unit === "count") return fixed(value, Number.isInteger(value) ? 0 : 1);
  if (unit === "price") return value.toLocaleString("en-US", { maximumSignificantDigits: 6 });
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
