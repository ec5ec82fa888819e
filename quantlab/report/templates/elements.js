// Building blocks of the page. Text always goes in as text, never as markup, so no name can do anything.
const DRAWING = (document.querySelector("svg") || {}).namespaceURI; // spares the page an address

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const make = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
const shape = (tag, attributes, ...children) => filled(document.createElementNS(DRAWING, tag), attributes, children);

function choice(label, options, onchange) {
  const list = make("select", { "aria-label": label, onchange: () => onchange(list.value) });
  list.append(...options.map(([value, text]) => make("option", { value }, text)));
  return list;
}
