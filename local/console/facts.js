// What somebody else's JSON says, as names and values: always text.

import { el, title, webLink } from "./dom.js";

const DEEPEST = 3;

/** The fields of an object that say something, those of the first line first. */
export function factsOf(value, depth = 0) {
  if (value === null || typeof value !== "object") return document.createTextNode(String(value));
  const entries = Object.entries(value).filter(([, one]) => one !== null && one !== "" && one !== undefined);
  return el("dl", { class: "facts" }, ...entries.flatMap(([name, one]) => [
    el("dt", {}, title(name)),
    el("dd", {}, fact(name, one, depth)),
  ]));
}

function fact(name, value, depth) {
  if (Array.isArray(value)) {
    if (value.length === 0) return "none";
    if (depth >= DEEPEST) return JSON.stringify(value);
    return el("ul", {}, ...value.slice(0, 50).map((one) => el("li", {}, factsOf(one, depth + 1))));
  }
  if (typeof value === "object") return depth >= DEEPEST ? JSON.stringify(value) : factsOf(value, depth + 1);
  return mediaOf(name, value) ?? String(value);
}

/** Something to look at or listen to, if that is what a field links to. */
export function mediaOf(name, value) {
  const link = /audio|image|picture|photo|media|url/i.test(name) ? webLink(value) : null;
  if (!link) return null;
  const label = title(name);
  if (/audio|voice/i.test(name)) return el("audio", { controls: true, preload: "none", src: link, "aria-label": label });
  const anchor = el("a", { href: link, target: "_blank", rel: "noopener noreferrer" });
  anchor.append(/image|picture|photo/i.test(name) ? el("img", { src: link, alt: label, loading: "lazy" }) : label);
  return anchor;
}
