// The conversation between the parties of a request, once somebody has accepted it.

import { people } from "../people.js";
import { requests } from "../requests.js";

const PARTIES = ["CUSTOMER", "PATIENT", "PHARMACY", "DONOR", "SEEKER", "PROVIDER", "DOCTOR", "HOSPITAL"];

/** Requests of every kind have one. */
const about = (name) => ({ name, label: "About the request", kind: "request" });
const rowsOf = (body) => (Array.isArray(body) ? body : body.messages ?? Object.values(body).find(Array.isArray) ?? []);
const senderOf = (message) => people.nameOf(message.sender_id ?? message.account) ?? (message.sender_type ?? "somebody").toLowerCase();

/** Who is meant, where a request has several conversations. */
const other = { name: "with", label: "With", kind: "account", optional: true, hint: "Only where several people have accepted" };

export const conversation = {
  kind: "conversation",
  label: "Conversation",
  actions: [
    {
      id: "conversation.write", title: "Write to the other party", submit: "Send", roles: PARTIES, method: "POST", path: "/requests/{id}/messages/",
      sends: "form", keyed: true, says: () => "Sent",
      fields: [
        about("id"),
        other,
        { name: "text", label: "Text", kind: "long", optional: true },
        { name: "audio", label: "Voice", kind: "audio", optional: true },
        { name: "image", label: "Picture", kind: "image", optional: true },
      ],
    },
    {
      id: "conversation.read", title: "Read the conversation", submit: "Read", roles: PARTIES, method: "GET", path: "/requests/{id}/messages/", sends: "query",
      fields: [about("id"), other], items: rowsOf, says: (body) => `${rowsOf(body).length} messages, oldest first`,
    },
    {
      id: "conversation.say", title: "Write over the socket", submit: "Send", roles: PARTIES, sends: "socket", type: "chat_message",
      replies: ["message_sent"], says: () => "Sent",
      fields: [about("request_id"), { name: "text", label: "Text", kind: "long" }],
    },
    {
      id: "conversation.typing", title: "Say that I am typing", submit: "Say so", roles: PARTIES, sends: "socket", type: "typing_indicator",
      fields: [about("request_id"), { name: "is_typing", label: "Typing", kind: "yesno", value: true }],
    },
    {
      id: "conversation.seen", title: "Say that I have read a message", submit: "Read", roles: PARTIES, sends: "socket", type: "message_read",
      fields: [about("request_id"), { name: "sequence", label: "Up to number", kind: "number" }],
    },
    {
      id: "conversation.history", title: "Read the conversation over the socket", submit: "Read", roles: PARTIES, sends: "socket",
      type: "request_chat_history", replies: ["chat_history"], fields: [about("request_id")], items: rowsOf, says: (body) => `${rowsOf(body).length} messages`,
    },
  ],
  offers: {
    chat_message: [
      { label: "Reply", action: "conversation.write", fill: (m) => ({ id: m.request_id }) },
      { label: "Read", action: "conversation.seen", now: true, fill: (m) => ({ request_id: m.request_id, sequence: m.sequence }) },
    ],
  },
  says: {
    chat_message: (m) => `${senderOf(m)}: ${m.text ? `“${m.text}”` : m.message_type ?? ""}`,
    typing_indicator: (m) => `${senderOf(m)} ${m.is_typing === false ? "stopped typing" : "is typing"}`,
    message_delivered: (m) => `${senderOf(m)} has the messages up to number ${m.delivered}`,
    message_read: (m) => `${senderOf(m)} has read up to number ${m.read}`,
  },
  learns: (message) => (message.type === "chat_message" && requests.get(message.request_id) ? { id: message.request_id } : null),
};
