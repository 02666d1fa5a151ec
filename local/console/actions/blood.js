// Requests for blood: one donor asks those of a city or around a place, who promise a unit and confirm that they gave.

import { place } from "../geo.js";

const DONOR = ["DONOR"];
const kind = "blood";

const request = { name: "requestId", label: "Request", kind: "request", of: kind };

/** What a donor does about a request, by its id alone. */
const move = (id, title, submit, path) => ({ id, title, submit, roles: DONOR, method: "POST", path, fields: [request] });

const learnt = (shown, by) => ({
  id: shown.id ?? shown.requestId, kind, status: shown.status, by,
  title: `${shown.units} × ${shown.bloodGroup} for ${shown.patientName}`,
  place: place(shown.lat, shown.lng), radius_km: shown.radius_km,
});

const row = ({ id, status, bloodGroup, units, urgency, hospitalName, city, distance_km, patientNumber, attenderNumber,
  myResponse, notifiedCount, acceptedCount, confirmedCount, rejectedCount, responders }) => ({
  id, status, bloodGroup, units, urgency, hospitalName, city, distance_km, patientNumber, attenderNumber,
  myResponse, notifiedCount, acceptedCount, confirmedCount, rejectedCount, responders,
});

export const blood = {
  kind,
  label: "Blood",
  actions: [
    {
      id: "blood.ask", title: "Ask for blood", roles: DONOR, method: "POST", path: "/api/donor/requests/", keyed: true,
      fields: [
        { name: "bloodGroup", label: "Blood group", kind: "choice", options: ["O+", "O-", "A+", "A-", "B+", "B-", "AB+", "AB-"] },
        { name: "units", label: "Units", kind: "number", value: 1 },
        { name: "urgency", label: "Urgency", kind: "choice", options: ["Critical", "Urgent", "Moderate"] },
        { name: "patientName", label: "Patient", value: "John Doe" },
        { name: "patientNumber", label: "Patient's number", value: "+91 9876543210" },
        { name: "attenderName", label: "Attender", value: "Jane Doe" },
        { name: "attenderNumber", label: "Attender's number", value: "+91 9876543211" },
        { name: "hospitalName", label: "Hospital", value: "Apollo Hospital" },
        { name: "location", label: "Its address", value: "123 Main St" },
        { name: "city", label: "City", value: (person) => person?.profile.city ?? "" },
        { name: "match", label: "Who is told", kind: "choice", options: [["", "Everybody"], ["compatible", "Those whose blood fits"]] },
        { name: "place", label: "Around a place instead of the city", kind: "place", names: { lat: "lat", lng: "lng" }, optional: true },
        { name: "radius_km", label: "Within (km)", kind: "number", optional: true },
      ],
      learns: (body, sent, person) => [learnt({ ...sent, id: body.requestId, status: "Active" }, person.id)],
    },
    {
      id: "blood.mine", first: true, title: "My requests for blood", submit: "Show", roles: DONOR, method: "GET", path: "/api/donor/my-requests/",
      items: (body) => body.map(row), says: (body) => `${body.length} shown`,
      learns: (body, _, person) => body.map((shown) => learnt(shown, person.id)),
    },
    {
      id: "blood.active", title: "Active requests near me", submit: "Show", roles: DONOR, method: "GET",
      path: "/api/donor/active-requests/", sends: "query",
      fields: [
        { name: "blood_group", label: "For blood group", kind: "choice", options: [["", "Any"], "O+", "O-", "A+", "A-", "B+", "B-", "AB+", "AB-"] },
        { name: "place", label: "Around", kind: "place", names: { lat: "lat", lng: "lng" }, optional: true },
        { name: "radius_km", label: "Within (km)", kind: "number", optional: true },
      ],
      items: (body) => body.map(row), says: (body) => `${body.length} shown`, learns: (body) => body.map((shown) => learnt(shown)),
    },
    move("blood.accept", "Accept a request for blood", "Accept", "/api/donor/accept-request/"),
    move("blood.ignore", "Ignore a request for blood", "Ignore", "/api/donor/ignore-request/"),
    move("blood.call", "Say that I call the attender", "I call", "/api/donor/call/"),
    move("blood.withdraw", "Withdraw from a request for blood", "Withdraw", "/api/donor/withdraw-request/"),
    move("blood.confirm", "Confirm that I gave blood", "I gave", "/api/donor/confirm-donation/"),
    {
      id: "blood.close", title: "Close my request for blood", submit: "Close it", roles: DONOR, method: "POST", path: "/api/donor/requests/complete/",
      fields: [request, { name: "status", label: "As", kind: "choice", options: ["Completed", "Cancelled"] }],
      learns: (_, sent) => [{ id: sent.requestId, kind, status: sent.status }],
    },
  ],
  offers: {
    blood_request: [
      { label: "Accept", action: "blood.accept", now: true, class: "primary", fill: (m) => ({ requestId: m.requestId }) },
      { label: "I call", action: "blood.call", now: true, fill: (m) => ({ requestId: m.requestId }) },
      { label: "Ignore", action: "blood.ignore", now: true, fill: (m) => ({ requestId: m.requestId }) },
      { label: "I gave", action: "blood.confirm", now: true, fill: (m) => ({ requestId: m.requestId }) },
    ],
  },
  says: {
    blood_request: (m) => `${m.message} ${m.units} unit(s) for ${m.patientName}, ${m.hospitalName}${m.distance_km === null ? "" : `, ${m.distance_km} km away`}`,
    donor_response: (m) => `${m.name ?? "A donor"} (${m.bloodGroup}): ${m.message}`,
  },
  learns(message, person) {
    const id = message.requestId;
    switch (message.type) {
      case "blood_request": return { ...learnt(message), told: { account: person.id, distance_km: message.distance_km } };
      case "donor_response": return { id, kind, by: person.id, taker: message.response === "Accepted" ? message.name : null };
      case "blood_request_completed": return { id, kind, status: "Completed" };
      case "blood_request_cancelled": return { id, kind, status: "Cancelled" };
      case "blood_request_covered": return { id, kind };
      case "blood_request_all_ignored": return { id, kind };
      default: return null;
    }
  },
};
