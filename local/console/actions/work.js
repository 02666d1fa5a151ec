// Work orders: a seeker finds providers who are active for work nearby and assigns one; the provider says yes or no.

import { place } from "../geo.js";

const SEEKER = ["SEEKER"];
const PROVIDER = ["PROVIDER"];
const BOTH = ["SEEKER", "PROVIDER"];
const kind = "work";

const order = { name: "id", label: "Work order", kind: "request", of: kind };
const at = { name: "place", label: "Where the work is", kind: "place", names: { lat: "latitude", lng: "longitude" } };

/** The endpoints of work wrap what they answer. */
const dataOf = (body) => body.data ?? body;
const rowsOf = (body) => {
  const data = dataOf(body);
  return Array.isArray(data) ? data : Object.values(data).find(Array.isArray) ?? [];
};

const idOf = (shown) => shown.work_order_id ?? shown.work_id ?? shown.id;

const learnt = (shown, more = {}) => ({
  id: idOf(shown), kind, status: shown.status, title: `${shown.service_type ?? "Work"}: ${shown.message ?? "an order"}`,
  place: place(shown.latitude, shown.longitude), taker: shown.status === "accepted" ? shown.provider_name : null, ...more,
});

const end = (id, title, submit, status) => ({
  id: `work.${id}`, title, submit, roles: BOTH, method: "POST", path: `/api/1/profiles/work-orders/{id}/${id}/`, keyed: true,
  fields: [order], learns: (_, sent) => [{ id: sent.id, kind, status }],
});

export const work = {
  kind,
  label: "Work",
  actions: [
    {
      id: "work.find", title: "Find active providers", submit: "Find", roles: SEEKER, method: "GET",
      path: "/api/1/profiles/active-providers/", sends: "query",
      fields: [
        { ...at, label: "Around" },
        { name: "radius_km", label: "Within (km)", kind: "number", value: 10 },
        { name: "service_type", label: "Service", value: "worker", optional: true },
      ],
      items: rowsOf, says: (body) => `${rowsOf(body).length} shown, nearest first`,
    },
    {
      id: "work.assign", title: "Assign work", roles: SEEKER, method: "POST", path: "/api/1/profiles/assign-work/", keyed: true,
      fields: [
        { name: "provider_id", label: "Provider", kind: "account", of: "PROVIDER" },
        { name: "service_type", label: "Service", value: "worker" },
        { name: "message", label: "What is to be done", kind: "long", value: "Need help with painting work" },
        at,
      ],
      learns: (body, sent, person) => [learnt({ ...sent, status: "pending", ...dataOf(body) }, { by: person.id })],
    },
    {
      id: "work.orders", first: true, title: "Work orders", submit: "Show", roles: BOTH, method: "GET", path: "/api/1/profiles/work-orders/",
      items: rowsOf, says: (body) => `${rowsOf(body).length} shown`, learns: (body) => rowsOf(body).map((shown) => learnt(shown)),
    },
    {
      id: "work.status", title: "Am I active for work?", submit: "Say so", roles: PROVIDER, method: "PATCH", path: "/api/1/profiles/provider-status/",
      fields: [
        { name: "is_active_for_work", label: "Active for work", kind: "yesno", value: true },
        { name: "place", label: "Where I am", kind: "place", names: { lat: "latitude", lng: "longitude" }, optional: true },
      ],
      after: (_, sent, person) => { if (sent.latitude !== undefined) person.moveTo(place(sent.latitude, sent.longitude)); },
    },
    {
      id: "work.respond", title: "Answer a work order", submit: "Answer", roles: PROVIDER, method: "POST",
      path: "/api/1/profiles/work-orders/{id}/respond/", keyed: true,
      fields: [order, { name: "accepted", label: "Accept it", kind: "yesno", value: true }],
      learns: (_, sent) => [{ id: sent.id, kind, status: sent.accepted ? "accepted" : "rejected" }],
    },
    {
      id: "work.respond-socket", title: "Answer over the socket", submit: "Answer", roles: PROVIDER, sends: "socket",
      type: "work_response", replies: ["work_response_recorded"], says: (body) => `Recorded: ${body.status}`,
      fields: [{ ...order, name: "work_id" }, { name: "accepted", label: "Accept it", kind: "yesno", value: true }],
    },
    {
      id: "work.move", title: "Say where I am, over the socket", submit: "I am here", roles: PROVIDER, sends: "socket", type: "location_update",
      fields: [{ name: "place", label: "Where I am", kind: "place", names: { lat: "lat", lng: "lng" } }],
      after: (_, sent, person) => person.moveTo(place(sent.lat, sent.lng)),
    },
    end("complete", "Complete a work order", "Complete it", "completed"),
    end("cancel", "Cancel a work order", "Cancel it", "cancelled"),
    {
      id: "work.deliveries", title: "How a work order was delivered", submit: "Show", roles: BOTH, method: "GET",
      path: "/api/1/profiles/work-orders/{id}/notifications/", fields: [order], items: rowsOf,
      says: (body) => `${rowsOf(body).length} attempts`,
    },
  ],
  offers: {
    work_assigned: [
      { label: "Accept", action: "work.respond", now: true, class: "primary", fill: (m) => ({ id: idOf(m), accepted: true }) },
      { label: "Reject", action: "work.respond", now: true, fill: (m) => ({ id: idOf(m), accepted: false }) },
    ],
  },
  says: {
    work_assigned: (m) => `${m.seeker_name ?? "Somebody"} needs a ${m.service_type ?? "provider"}: ${m.message ?? ""}`,
    distance_update: (m) => `The provider is ${m.distance_km} km away`,
  },
  learns(message, person) {
    const id = idOf(message);
    switch (message.type) {
      case "work_assigned": return { ...learnt({ status: "pending", ...message }), told: { account: person.id, distance_km: message.distance_km } };
      case "work_response": return { id, kind, status: message.accepted ? "accepted" : "rejected", by: person.id, taker: message.accepted ? message.provider_name : null };
      case "work_completed": return { id, kind, status: "completed" };
      case "work_expired":
      case "work_cancelled": return { id, kind, status: "cancelled" };
      default: return null;
    }
  },
};
