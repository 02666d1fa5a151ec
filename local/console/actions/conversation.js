// The conversation between the parties of a request, once somebody has accepted it.

import { requests } from "../requests.js";

const PARTIES = ["CUSTOMER", "PATIENT", "PHARMACY", "DONOR", "SEEKER", "PROVIDER", "DOCTOR", "HOSPITAL"];

/** Requests of every kind have one. */
const about = (name) => ({ name, label: "About the request", kind: "request" });
const rowsOf = (body) => (Array.isArray(body) ? body : body.messages ?? Object.values(body).find(Array.isArray) ?? []);
const textOf = (message) => message.text ?? message.message ?? message.content ?? "";
const idOf = (message) => message.message_id ?? message.id;

export const conversation = {
  kind: "conversation",
  label: "Conversation",
  actions: [
    {
      id: "conversation.write", title: "Write to the other party", submit: "Send", roles: PARTIES, method: "POST", path: "/requests/{id}/messages/",
      sends: "form", keyed: true,
      fields: [
        about("id"),
        { name: "text", label: "Text", kind: "long", optional: true },
        { name: "audio", label: "Voice", kind: "audio", optional: true },
        { name: "image", label: "Picture", kind: "image", optional: true },
      ],
    },
    {
      id: "conversation.read", title: "Read the conversation", submit: "Read", roles: PARTIES, method: "GET", path: "/requests/{id}/messages/",
      fields: [about("id")], items: rowsOf, says: (body) => `${rowsOf(body).length} messages, oldest first`,
    },
    {
      id: "conversation.say", title: "Write over the socket", submit: "Send", roles: PARTIES, sends: "socket", type: "chat_message",
      replies: ["chat_message_recorded", "message_recorded", "chat_message", "message_sent"],
      fields: [about("request_id"), { name: "text", label: "Text", kind: "long" }],
    },
    { id: "conversation.typing", title: "Say that I am typing", submit: "Typing", roles: PARTIES, sends: "socket", type: "typing_indicator", fields: [about("request_id")] },
    {
      id: "conversation.seen", title: "Say that I have read a message", submit: "Read", roles: PARTIES, sends: "socket", type: "message_read",
      fields: [about("request_id"), { name: "message_id", label: "Message" }],
    },
  ],
  offers: {
    chat_message: [
      { label: "Reply", action: "conversation.write", fill: (m) => ({ id: m.request_id }) },
      { label: "Read", action: "conversation.seen", now: true, fill: (m) => ({ request_id: m.request_id, message_id: idOf(m) }) },
    ],
  },
  says: {
    chat_message: (m) => `${m.sender_name ?? m.from ?? "Somebody"}: “${textOf(m)}”`,
    typing_indicator: (m) => `${m.sender_name ?? m.user_name ?? "Somebody"} is typing`,
  },
  learns: (message) => (message.type === "chat_message" && requests.get(message.request_id) ? { id: message.request_id } : null),
};
