// Everything below only adds to a page that is whole without it.
document.documentElement.classList.add("live");

const stacks = [...document.querySelectorAll(".linked")].map((host) => new Stack(host, JSON.parse(host.querySelector("script").textContent)));
document.querySelectorAll("table.sortable").forEach(sortRows);
const still = [...document.querySelectorAll("section[data-role=trades]")];
if (still.length && stacks[0] && stacks[0].trades) {
  still.slice(1).forEach((section) => section.remove());
  new TradeTable(still[0], stacks[0]);
}

const dark = matchMedia("(prefers-color-scheme: dark)").matches;
const theme = make("button", { type: "button", class: "theme", onclick: () => {
  const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  theme.textContent = now === "dark" ? "Dark" : "Light";
} }, dark ? "Light" : "Dark");
document.querySelector("header").append(theme);
// Paper has no folds.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
