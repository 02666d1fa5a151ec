// Requests for medicine: asked around a place or of one pharmacy, answered by pharmacies; the first yes has it.

import { place } from "../geo.js";

const ASKING = ["CUSTOMER", "PATIENT"];
const kind = "medicine";

const aboutRequest = (status) => (_, sent) => [{ id: sent.id, kind, status }];
const request = (name = "id") => ({ name, label: "Request", kind: "request", of: kind });

/** What the server shows of a request. */
const learnt = (shown, by) => ({
  id: shown.id, kind, status: shown.status, by, taker: shown.pharmacy_name,
  title: `${shown.quantity} × medicine for ${shown.patient_name}`,
  place: place(shown.patient_lat, shown.patient_lng), radius_km: shown.radius_km,
});

const listed = (body, person) => (body.requests ?? []).map((shown) => learnt(shown, ASKING.includes(person.role) ? person.id : undefined));

const row = (shown) => ({
  id: shown.id, status: shown.status, quantity: shown.quantity, patient: shown.patient_name,
  within: shown.radius_km && `${shown.radius_km} km`, distance_km: shown.distance_km, told: shown.pharmacies_notified,
  taken_by: shown.pharmacy_name, my_response: shown.my_response, image: shown.image,
});

export const medicine = {
  kind,
  label: "Medicine",
  actions: [
    {
      id: "medicine.ask", title: "Ask for medicine", roles: ASKING, method: "POST", path: "/medicine/request/",
      sends: "form", keyed: true,
      fields: [
        { name: "place", label: "Where the patient is", kind: "place", names: { lat: "patient_lat", lng: "patient_lng" } },
        { name: "radius_km", label: "Within (km)", kind: "number", value: 5 },
        { name: "quantity", label: "Quantity", kind: "number", value: 1 },
        { name: "image", label: "Prescription", kind: "image", optional: true },
      ],
      learns: (body, _, person) => [learnt(body.data, person.id)],
    },
    {
      id: "medicine.ask-one", title: "Ask one pharmacy", roles: ASKING, method: "POST", path: "/medicine/request/",
      sends: "form", keyed: true,
      fields: [
        { name: "pharmacy", label: "Pharmacy", kind: "account", of: "PHARMACY" },
        { name: "quantity", label: "Quantity", kind: "number", value: 1 },
        { name: "image", label: "Prescription", kind: "image", optional: true },
      ],
      learns: (body, _, person) => [learnt(body.data, person.id)],
    },
    {
      id: "medicine.mine", first: true, title: "My requests for medicine", submit: "Show", roles: ASKING, method: "GET", path: "/medicine/request/",
      items: (body) => body.requests.map(row), says: (body) => `${body.requests.length} shown`,
      learns: (body, _, person) => listed(body, person),
    },
    {
      id: "medicine.read", title: "Read a request for medicine", submit: "Read", roles: [...ASKING, "PHARMACY"], method: "GET",
      path: "/medicine/request/{id}/", fields: [request()], items: (body) => [body], says: () => "As it is now",
    },
    {
      id: "medicine.cancel", title: "Cancel a request for medicine", submit: "Cancel it", roles: ASKING, method: "POST",
      path: "/medicine/request/{id}/cancel/", keyed: true, fields: [request()], learns: aboutRequest("CANCELLED"),
    },
    {
      id: "medicine.complete", title: "Complete a request for medicine", submit: "Complete it", roles: ASKING, method: "POST",
      path: "/medicine/request/{id}/complete/", keyed: true, fields: [request()], learns: aboutRequest("COMPLETED"),
    },
    {
      id: "medicine.respond", title: "Answer a request for medicine", submit: "Answer", roles: ["PHARMACY"], method: "POST",
      path: "/medicine/response/", sends: "form", keyed: true,
      fields: [
        request("request_id"),
        { name: "response_type", label: "Answer", kind: "choice", options: [["ACCEPTED", "Accept"], ["REJECTED", "Reject"]] },
        { name: "text_message", label: "Message", kind: "long", optional: true },
        { name: "audio", label: "Voice", kind: "audio", optional: true },
      ],
    },
    {
      id: "medicine.respond-socket", title: "Answer over the socket", submit: "Answer", roles: ["PHARMACY"], sends: "socket",
      type: "response", replies: ["response_recorded"],
      fields: [
        request("request_id"),
        { name: "response_type", label: "Answer", kind: "choice", options: [["ACCEPTED", "Accept"], ["REJECTED", "Reject"]] },
        { name: "text_message", label: "Message", kind: "long", optional: true },
      ],
    },
    {
      id: "medicine.open", first: true, title: "Open requests for medicine", submit: "Show", roles: ["PHARMACY"], method: "GET", path: "/medicine/request/",
      items: (body) => body.requests.map(row),
      says: (body) => `${body.stats.open} open; accepted ${body.stats.accepted}, rejected ${body.stats.rejected} so far`,
      learns: (body, _, person) => listed(body, person),
    },
    {
      id: "medicine.pharmacies", title: "Pharmacies near a place", submit: "Find", roles: ASKING, method: "GET", path: "/pharmacy/", sends: "query",
      fields: [
        { name: "place", label: "Around", kind: "place", names: { lat: "lat", lng: "lng" } },
        { name: "radius_km", label: "Within (km)", kind: "number", value: 10 },
      ],
      items: (body) => body.pharmacies, says: (body) => `${body.pharmacies.length} shown, nearest first`,
    },
  ],
  offers: {
    new_request: [
      { label: "Accept", action: "medicine.respond", now: true, class: "primary", fill: (m) => ({ request_id: m.request_id, response_type: "ACCEPTED" }) },
      { label: "Reject", action: "medicine.respond", now: true, fill: (m) => ({ request_id: m.request_id, response_type: "REJECTED" }) },
      { label: "Answer with words or voice", action: "medicine.respond", fill: (m) => ({ request_id: m.request_id }) },
    ],
    pharmacy_response: [
      { label: "Complete", action: "medicine.complete", now: true, fill: (m) => ({ id: m.request_id }) },
    ],
  },
  says: {
    new_request: (m) => `${m.patient_name} needs ${m.quantity} × medicine${m.distance_km === null ? "" : `, ${m.distance_km} km away`}`,
    pharmacy_response: (m) => `${m.pharmacy_name} ${m.response_type === "ACCEPTED" ? "accepted" : "rejected"}${m.text_message ? `: “${m.text_message}”` : ""}`,
    response_recorded: (m) => m.message,
  },
  learns(message, person) {
    const id = message.request_id;
    switch (message.type) {
      case "new_request": return {
        id, kind, status: "PENDING", title: `${message.quantity} × medicine for ${message.patient_name}`,
        place: message.patient_location && place(message.patient_location.lat, message.patient_location.lng),
        told: { account: person.id, distance_km: message.distance_km },
      };
      case "pharmacy_response": return message.response_type === "ACCEPTED"
        ? { id, kind, status: "ACCEPTED", by: person.id, taker: message.pharmacy_name } : { id, kind, by: person.id };
      case "request_taken": return { id, kind, status: "ACCEPTED" };
      case "request_cancelled": return { id, kind, status: "CANCELLED" };
      case "request_completed": return { id, kind, status: "COMPLETED" };
      default: return null;
    }
  },
};
