// A map without tiles: a graticule, a scale, people, requests with their radius, and live positions.

import { HOME } from "./cast.js";
import { announce, button, eachFrame, el, freshId, svg } from "./dom.js";
import { picking } from "./fields.js";
import { View, distanceKm, kilometres, moved, niceStep } from "./geo.js";
import { people } from "./people.js";
import { requests } from "./requests.js";

/** Roles whose place is in their profile; the others stand where the page says. */
const PLACED = new Set(["PHARMACY", "DONOR", "PROVIDER", "HOSPITAL"]);
/** Positions of a move that are still shown. */
const TRAIL = 20;

export function showMap(place) {
  const state = { view: new View(HOME, 30, 800, 600), touched: false, cursor: null, fitted: 0, trails: new Map(), live: new Map() };
  const drawing = svg("svg", { class: "map", tabindex: "0", role: "application", "aria-label": "Map", "aria-describedby": "map-help" });
  const tool = el("select", { id: freshId("tool") });
  const said = el("p", { class: "hint", role: "status" });
  const table = el("div");

  place.replaceChildren(
    el("div", { class: "tools" },
      el("label", { for: tool.id }, "A click"), tool,
      button("Zoom in", () => zoom(1.5)), button("Zoom out", () => zoom(1 / 1.5)), button("Show everybody", () => fit(true))),
    said, drawing,
    el("p", { class: "hint", id: "map-help" }, "Drag to move, wheel to zoom. With the keyboard: arrows move the cross, Enter clicks, + and − zoom."),
    table);

  const draw = eachFrame(() => {
    const { clientWidth, clientHeight } = drawing;
    if (clientWidth === 0) return;
    state.view = new View(state.view.center, state.view.pixelsPerKm, clientWidth, clientHeight);
    drawing.setAttribute("viewBox", `0 0 ${clientWidth} ${clientHeight}`);
    if (!state.touched) fit(false);
    drawing.replaceChildren(...graticule(state.view), ...reaches(state), ...trailMarks(state), ...liveMarks(state), ...needs(state), ...peopleMarks(state), scaleBar(state.view), ...cross(state));
    table.replaceChildren(distances());
  });

  function fit(byHand) {
    if (byHand) state.touched = false;
    const open = requests.list.filter((request) => request.place && !requests.isOver(request));
    const points = [...people.list.map((person) => person.place).filter(Boolean), ...open.flatMap(edgesOf)];
    state.view = state.view.around(points.length > 0 ? points : [HOME]);
    if (byHand) draw();
  }

  function zoom(factor, x, y) {
    state.touched = true;
    state.view = state.view.zoomed(factor, x, y);
    draw();
  }

  function showTools() {
    const before = tool.value;
    const options = [el("option", { value: "measure" }, "measures distances"),
      ...people.list.map((person) => el("option", { value: `move ${person.id}` }, `moves ${person.name}`))];
    if (picking.field) options.unshift(el("option", { value: "pick" }, `fills in “${picking.field.title}”`));
    tool.replaceChildren(...options);
    tool.value = picking.field ? "pick" : before;
    if (tool.selectedIndex < 0) tool.value = "measure";
    said.textContent = picking.field ? `Click where it is to be: ${picking.field.title}` : "";
  }

  async function click(point) {
    const [what, id] = tool.value.split(" ");
    if (what === "pick") return picking.pick(point);
    if (what === "move") return move(people.byId(id), point);
    state.cursor = point;
    const near = people.list.filter((person) => person.place)
      .map((person) => ({ name: person.name, far: distanceKm(point, person.place) }))
      .sort((one, other) => one.far - other.far)
      .map(({ name, far }) => `${name} ${kilometres(far)}`);
    said.textContent = `${point.lat}, ${point.lng}${near.length > 0 ? `: ${near.join(", ")}` : ""}`;
    draw();
    return null;
  }

  async function move(person, point) {
    if (!person) return;
    if (person.role === "PROVIDER") person.link.say({ type: "location_update", ...point });
    if (PLACED.has(person.role)) {
      const answer = await person.request("PATCH", `/${person.role.toLowerCase()}/profile/`, { json: point });
      if (!answer.ok) {
        said.textContent = answer.body?.error ?? "The move was refused";
        return;
      }
      person.takeProfile(answer.body);
    } else {
      person.moveTo(point);
    }
    said.textContent = `${person.name} is at ${point.lat}, ${point.lng}`;
    announce(said.textContent);
  }

  listenToPointer(drawing, state, { draw, zoom, click });
  listenToKeys(drawing, state, { draw, zoom, click });
  picking.addEventListener("change", () => {
    showTools();
    if (picking.field) {
      document.querySelector("[data-view=map][role=tab]").click();
      drawing.focus();
    }
  });
  people.addEventListener("change", () => { follow(state); showTools(); draw(); });
  people.addEventListener("passing", ({ detail }) => { hearDistance(state, detail); draw(); });
  requests.addEventListener("change", draw);
  requests.addEventListener("select", draw);
  new ResizeObserver(draw).observe(drawing);
  showTools();
  draw();
  return draw;
}

/** Remembers where people were before they moved. */
function follow(state) {
  for (const person of people.list) {
    if (!person.place) continue;
    const trail = state.trails.get(person.id) ?? [];
    const last = trail.at(-1);
    if (last?.lat !== person.place.lat || last?.lng !== person.place.lng) state.trails.set(person.id, [...trail, person.place].slice(-TRAIL));
  }
}

/** How far somebody on the way still is: a ring around the need. */
function hearDistance(state, { message }) {
  const request = requests.get(message.request_id);
  if (message.type !== "distance_update" || !request?.place) return;
  state.live.set(request.id, { at: request.place, km: message.distance_km });
}

/** Lines of latitude and longitude, with their degrees. */
function graticule(view) {
  const step = niceStep((160 / view.pixelsPerKm) / 111.2);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const top = view.toPlace(0, 0);
  const bottom = view.toPlace(view.width, view.height);
  const marks = [];
  for (let n = Math.ceil(bottom.lat / step); n * step <= top.lat && marks.length < 100; n += 1) {
    const { y } = view.toScreen({ lat: n * step, lng: view.center.lng });
    marks.push(svg("line", { class: "grid", x1: 0, x2: view.width, y1: y, y2: y }), svg("text", { class: "degrees", x: 4, y: y - 3 }, `${(n * step).toFixed(digits)}°`));
  }
  const from = top.lng <= bottom.lng ? top.lng : top.lng - 360;
  for (let n = Math.ceil(from / step); n * step <= bottom.lng && marks.length < 200; n += 1) {
    const { x } = view.toScreen({ lat: view.center.lat, lng: n * step });
    marks.push(svg("line", { class: "grid", x1: x, x2: x, y1: 0, y2: view.height }), svg("text", { class: "degrees", x: x + 3, y: 12 }, `${(n * step).toFixed(digits)}°`));
  }
  return marks;
}

function scaleBar(view) {
  const km = niceStep(160 / view.pixelsPerKm);
  const length = km * view.pixelsPerKm;
  const y = view.height - 14;
  return svg("g", { class: "scale" },
    svg("path", { d: `M12 ${y - 6}V${y}H${12 + length}V${y - 6}` }),
    svg("text", { x: 18, y: y - 5 }, km >= 1 ? `${km} km` : `${Math.round(km * 1000)} m`));
}

/** The places that a request reaches farthest to. */
function edgesOf({ place: at, radius_km: radius }) {
  return radius ? [moved(at, radius, 0), moved(at, -radius, 0), moved(at, 0, radius), moved(at, 0, -radius)] : [at];
}

/** The requests that have a place, oldest first, and how each is drawn. */
function placed(view) {
  return requests.list.filter((request) => request.place).slice(0, 40).reverse().map((request) => ({
    request, at: view.toScreen(request.place),
    classes: ["request", request.kind, requests.isOver(request) ? "over" : "", requests.selected === request.id ? "selected" : ""].join(" "),
  }));
}

/** How far requests reach, and who was told of the one that is looked at. */
function reaches({ view }) {
  return placed(view).map(({ request, at, classes }) => {
    const mark = svg("g", { class: classes });
    if (request.radius_km) mark.append(svg("circle", { class: "reach", cx: at.x, cy: at.y, r: request.radius_km * view.pixelsPerKm }));
    if (requests.selected !== request.id) return mark;
    for (const person of people.list) {
      if (!request.told.has(person.id) || !person.place) continue;
      const end = view.toScreen(person.place);
      mark.append(svg("line", { class: "told", x1: at.x, y1: at.y, x2: end.x, y2: end.y }),
        svg("text", { class: "distance", x: (at.x + end.x) / 2 + 4, y: (at.y + end.y) / 2 + 4 }, kilometres(distanceKm(request.place, person.place))));
    }
    return mark;
  });
}

/** Where the needs are: a pin above whoever stands there. */
function needs({ view }) {
  return placed(view).map(({ request, at, classes }) => svg("g", { class: classes, transform: `translate(${at.x} ${at.y - 12})` },
    svg("path", { class: "need", d: "M0 0L-7 -10A8 8 0 1 1 7 -10Z" }),
    svg("title", {}, `${request.title} (${request.status ?? ""})`)));
}

function peopleMarks({ view }) {
  return people.list.filter((person) => person.place).map((person) => {
    const { x, y } = view.toScreen(person.place);
    const isRight = x > view.width - 130;
    return svg("g", { class: `someone ${person.role.toLowerCase()} ${person.link.state === "ready" ? "" : "away"}`, "data-person": person.name },
      svg("circle", { cx: x, cy: y, r: 11 }),
      svg("text", { class: "letter", x, y: y + 4 }, person.role.charAt(0)),
      svg("text", { class: "name", x: isRight ? x - 15 : x + 15, y: y + 4, "text-anchor": isRight ? "end" : "start" }, person.name));
  });
}

/** Rings that narrow as somebody comes nearer. */
function liveMarks({ view, live }) {
  return [...live.entries()].filter(([id]) => !requests.isOver(requests.get(id))).map(([, { at, km }]) => {
    const { x, y } = view.toScreen(at);
    const radius = km * view.pixelsPerKm;
    return svg("g", { class: "live" }, svg("circle", { cx: x, cy: y, r: radius }),
      svg("text", { class: "name", x: x + 4, y: y - radius - 4 }, `on the way, ${kilometres(km)}`));
  });
}

function trailMarks({ view, trails }) {
  return [...trails.values()].filter((trail) => trail.length > 1).map((trail) => {
    const points = trail.map((point) => view.toScreen(point)).map(({ x, y }) => `${x},${y}`);
    return svg("polyline", { class: "trail", points: points.join(" ") });
  });
}

/** Where a click of the keyboard goes, and where distances were measured from. */
function cross({ view, cursor }) {
  if (!cursor) return [];
  const { x, y } = view.toScreen(cursor);
  return [svg("path", { class: "cross", d: `M${x - 14} ${y}H${x + 14}M${x} ${y - 14}V${y + 14}` })];
}

/** The same for those who do not see the map: how far everybody is from the open requests. */
function distances() {
  const open = requests.list.filter((request) => request.place && !requests.isOver(request)).slice(0, 5);
  const placed = people.list.filter((person) => person.place);
  if (open.length === 0 || placed.length === 0) return el("p", { class: "hint" }, "Distances are listed here once there is a request with a place.");
  return el("div", { class: "wide", role: "region", "aria-label": "Distances", tabindex: "0" },
    el("table", {}, el("caption", {}, "Distances from the open requests"),
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Request"), ...placed.map((person) => el("th", { scope: "col" }, person.name)))),
      el("tbody", {}, ...open.map((request) => el("tr", {}, el("th", { scope: "row" }, request.title),
        ...placed.map((person) => el("td", {}, kilometres(distanceKm(request.place, person.place)))))))));
}

function listenToPointer(drawing, state, { draw, zoom, click }) {
  let from = null;
  drawing.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY, view: state.view, far: false };
    drawing.setPointerCapture(event.pointerId);
  });
  drawing.addEventListener("pointermove", (event) => {
    if (!from) return;
    const dx = from.x - event.clientX;
    const dy = from.y - event.clientY;
    if (Math.hypot(dx, dy) > 4) from.far = true;
    if (!from.far) return;
    state.touched = true;
    state.view = from.view.shifted(dx, dy);
    draw();
  });
  drawing.addEventListener("pointerup", (event) => {
    const box = drawing.getBoundingClientRect();
    const wasClick = from && !from.far;
    from = null;
    if (wasClick) click(state.view.toPlace(event.clientX - box.left, event.clientY - box.top));
  });
  drawing.addEventListener("pointercancel", () => { from = null; });
  drawing.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = drawing.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
}

function listenToKeys(drawing, state, { draw, zoom, click }) {
  drawing.addEventListener("keydown", (event) => {
    const far = event.shiftKey ? 60 : 12;
    const [dx, dy] = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key] ?? [0, 0];
    if (dx !== 0 || dy !== 0) {
      const now = state.view.toScreen(state.cursor ?? state.view.center);
      const next = { x: now.x + dx, y: now.y + dy };
      state.cursor = state.view.toPlace(next.x, next.y);
      const isInside = next.x >= 0 && next.y >= 0 && next.x <= state.view.width && next.y <= state.view.height;
      if (!isInside) { state.touched = true; state.view = state.view.shifted(dx * 4, dy * 4); }
      draw();
    } else if (event.key === "Enter" || event.key === " ") {
      click(state.cursor ?? state.view.center);
    } else if (event.key === "+" || event.key === "=") {
      zoom(1.5);
    } else if (event.key === "-") {
      zoom(1 / 1.5);
    } else {
      return;
    }
    event.preventDefault();
  });
}
