"use strict";

// Shows an OpenAPI (Swagger 2.0) file. All text goes in as text nodes, never as HTML.

function el(tag, props, ...children) {
  const node = Object.assign(document.createElement(tag), props || {});
  for (const c of children) if (c != null) node.append(c);
  return node;
}

function paragraphs(text) {
  const box = el("div");
  for (const part of (text || "").split(/\n\s*\n/)) if (part.trim()) box.append(el("p", null, part.trim()));
  return box;
}

function refName(schema) {
  return schema && schema.$ref ? schema.$ref.split("/").pop() : "";
}

function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return refName(schema);
  if (schema.type === "array") return typeName(schema.items) + "[]";
  if (schema.additionalProperties) return "map of " + typeName(schema.additionalProperties);
  return (schema.type || "object") + (schema.format ? " (" + schema.format + ")" : "");
}

// innerSchema finds the message inside a list or a map.
function innerSchema(schema) {
  if (!schema) return null;
  if (schema.type === "array") return innerSchema(schema.items);
  if (schema.additionalProperties) return innerSchema(schema.additionalProperties);
  return schema;
}

function resolve(api, schema) {
  const inner = innerSchema(schema);
  return inner && inner.$ref ? (api.definitions || {})[refName(inner)] : inner;
}

// schemaView lists the fields of a message; nested messages unfold when they are opened.
function schemaView(api, schema, depth) {
  const def = resolve(api, schema);
  const box = el("div");
  if (!def) return box;
  if (def.enum) {
    box.append(paragraphs(def.description), el("p", null, "One of: ", el("code", null, def.enum.join(", "))));
    return box;
  }
  if (!def.properties) return box;
  const table = el("table");
  for (const [name, field] of Object.entries(def.properties)) {
    const about = el("td", null, paragraphs(field.description || field.title));
    const nested = resolve(api, field);
    if (nested && (nested.properties || nested.enum) && depth < 8) {
      const more = el("details", null, el("summary", null, typeName(field)));
      more.addEventListener("toggle", () => {
        if (more.open && more.children.length === 1) more.append(schemaView(api, field, depth + 1));
      });
      about.append(more);
    }
    table.append(el("tr", null, el("td", null, el("code", null, name)), el("td", { className: "type" }, typeName(field)), about));
  }
  box.append(table);
  return box;
}

function parameterTable(list) {
  const table = el("table", null, el("tr", null, el("th", null, "parameter"), el("th", null, "in"), el("th", null, "type"), el("th", null, "meaning")));
  for (const p of list) {
    const about = el("td", null, paragraphs(p.description));
    const values = p.enum || (p.items && p.items.enum);
    if (values) about.append(el("p", null, "One of: ", el("code", null, values.join(", "))));
    table.append(el("tr", null,
      el("td", null, el("code", null, p.name), p.required ? " *" : ""),
      el("td", null, p.in), el("td", { className: "type" }, typeName(p)), about));
  }
  return table;
}

function curl(verb, path, op) {
  const body = (op.parameters || []).some((p) => p.in === "body");
  let text = "curl " + (verb === "get" ? "" : "-X " + verb.toUpperCase() + " ") + "'" + location.origin + path + "'";
  if (body) text += " \\\n  -H 'Content-Type: application/json' -d '{}'";
  return text;
}

function operationView(api, verb, path, op) {
  const box = el("article", { id: op.operationId || verb + path });
  box.append(el("h2", null, el("span", { className: "verb " + verb }, verb.toUpperCase()), " ", path));
  if (op.summary) box.append(el("p", null, el("strong", null, op.summary)));
  box.append(paragraphs(op.description));
  const params = (op.parameters || []).filter((p) => p.in !== "body");
  if (params.length) box.append(parameterTable(params));
  for (const p of (op.parameters || []).filter((q) => q.in === "body")) {
    box.append(el("details", { open: true }, el("summary", null, "Request body: ", el("code", null, typeName(p.schema))), schemaView(api, p.schema, 0)));
  }
  for (const [code, answer] of Object.entries(op.responses || {})) {
    box.append(el("details", null, el("summary", null, "Answer " + code + ": ", el("code", null, typeName(answer.schema))),
      paragraphs(answer.description), schemaView(api, answer.schema, 0)));
  }
  box.append(el("pre", null, curl(verb, path, op)));
  return box;
}

async function main() {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error("openapi.json: " + answer.status);
  const api = await answer.json();
  const info = api.info || {};
  document.title = info.title || document.title;
  document.getElementById("title").textContent = info.title || "API reference";
  document.getElementById("version").textContent = info.version || "";
  document.getElementById("description").append(paragraphs(info.description));
  const index = document.getElementById("index");
  const operations = document.getElementById("operations");
  operations.textContent = "";
  const all = [];
  for (const [path, item] of Object.entries(api.paths || {})) {
    for (const [verb, op] of Object.entries(item)) {
      if (!op || !op.responses) continue;
      const view = operationView(api, verb, path, op);
      const link = el("li", null, el("a", { href: "#" + view.id }, el("span", { className: "verb " + verb }, verb.toUpperCase()), " ", path));
      operations.append(view);
      index.append(link);
      all.push({ view, link, text: (verb + " " + path + " " + (op.summary || "") + " " + (op.description || "")).toLowerCase() });
    }
  }
  document.getElementById("filter").addEventListener("input", (event) => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const o of all) o.view.hidden = o.link.hidden = !words.every((w) => o.text.includes(w));
  });
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

main().catch((error) => {
  document.getElementById("operations").textContent = "The API description cannot be shown: " + error.message;
});
