// What every account can do: its inbox, its profile, how it is told, its devices.

import { people } from "../people.js";

const EVERYBODY = ["CUSTOMER", "PHARMACY", "DONOR", "SEEKER", "PROVIDER", "PATIENT", "DOCTOR", "HOSPITAL", "ADMIN"];
const PLACED = ["PHARMACY", "DONOR", "PROVIDER", "HOSPITAL"];
const TOPICS = ["medicine", "blood", "work", "consultation", "conversation"];

const refreshed = (body, _, person) => person.takeProfile(body);

export const account = {
  kind: "account",
  label: "Account",
  actions: [
    {
      id: "account.inbox", title: "Inbox", submit: "Show", roles: EVERYBODY, method: "GET", path: "/notifications/", sends: "query",
      fields: [
        { name: "unread", label: "Which", kind: "choice", options: [["false", "All that are current"], ["true", "Unread"]] },
        { name: "limit", label: "At most", kind: "number", value: 20 },
      ],
      items: (body) => body.notifications.map(({ title, message, type, status, request_id, created_at }) => ({ title, message, type, status, request_id, created_at })),
      says: (body) => `${body.notifications.length} shown`,
    },
    {
      id: "account.read", title: "Mark all as read", roles: EVERYBODY, method: "POST", path: "/notifications/read/", body: () => ({ all: true }),
      after: (_, __, person) => person.dispatchEvent(new Event("inbox")),
    },
    { id: "account.preferences", title: "How I am told", submit: "Show", roles: EVERYBODY, method: "GET", path: "/notifications/preferences/", items: (body) => [body], says: () => "As it is now" },
    {
      id: "account.prefer", title: "Change how I am told", submit: "Change", roles: EVERYBODY, method: "PUT", path: "/notifications/preferences/",
      fields: [
        { name: "topic", label: "Of", kind: "choice", options: TOPICS },
        { name: "push", label: "By push", kind: "yesno", value: true },
        { name: "mail", label: "By mail", kind: "yesno", value: false },
      ],
      body: ({ topic, push, mail }) => ({ topics: { [topic]: { push, mail } } }), says: () => "Changed",
    },
    {
      id: "account.device", title: "Register a device for push", submit: "Register", roles: EVERYBODY, method: "POST", path: "/api/1/profiles/fcm-token/",
      fields: [{ name: "fcm_token", label: "Its FCM token", wide: true, value: (person) => `console-device-of-${person?.id ?? "nobody"}` }],
    },
    {
      id: "account.no-device", title: "Remove a device", submit: "Remove", roles: EVERYBODY, method: "DELETE", path: "/api/1/profiles/fcm-token/",
      fields: [{ name: "fcm_token", label: "Its FCM token", wide: true, value: (person) => `console-device-of-${person?.id ?? "nobody"}` }],
    },
    { id: "account.profile", title: "My profile", submit: "Show", roles: EVERYBODY, method: "GET", path: "/{role}/profile/", fields: [], items: (body) => [body], says: () => "As it is now", after: refreshed },
    {
      id: "account.move", title: "Move to another place", submit: "Move", roles: PLACED, method: "PATCH", path: "/{role}/profile/",
      fields: [{ name: "place", label: "Where", kind: "place", names: { lat: "lat", lng: "lng" } }], says: () => "Moved", after: refreshed,
    },
    {
      id: "account.rename", title: "Change name or number", submit: "Change", roles: EVERYBODY, method: "PATCH", path: "/{role}/profile/",
      fields: [
        { name: "name", label: "Name", value: (person) => person?.profile.name },
        { name: "phone_number", label: "Phone number", value: (person) => person?.profile.phone_number },
      ],
      says: () => "Changed", after: refreshed,
    },
    { id: "account.delete", title: "Delete the account", roles: EVERYBODY, method: "DELETE", path: "/{role}/profile/", hint: "There is no way back.", after: (_, __, person) => people.remove(person) },
    { id: "account.ping", title: "Ping over the socket", submit: "Ping", roles: EVERYBODY, sends: "socket", type: "ping", replies: ["pong"], says: () => "pong" },
    { id: "account.deliveries", title: "Delivery rates", submit: "Show", roles: ["ADMIN"], method: "GET", path: "/admin/deliveries/", items: (body) => body.deliveries ?? [body] },
  ],
  offers: {},
  says: { connection: (m) => m.message, error: (m) => m.error },
  learns: () => null,
};
