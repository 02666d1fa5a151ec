// Consultations: a patient asks a hospital, which gives it to a doctor, who makes an offer and suggests a treatment.

const PATIENT = ["PATIENT"];
const HOSPITAL = ["HOSPITAL"];
const DOCTOR = ["DOCTOR"];
const ALL = ["PATIENT", "HOSPITAL", "DOCTOR"];
const kind = "consultation";

const consultation = { name: "id", label: "Consultation", kind: "request", of: kind };

/** Tomorrow at ten, as a field for a moment takes it. */
const tomorrow = () => {
  const day = new Date(Date.now() + 86_400_000);
  const two = (number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T10:00`;
};

const rowsOf = (body) => (Array.isArray(body) ? body : Object.values(body).find(Array.isArray) ?? []);
const idOf = (data) => data.consultation_request_id ?? data.id;
const titleOf = ({ description }) => (description ? `Consultation: ${description}` : null);
const learnt = (shown, by) => ({ id: idOf(shown), kind, status: shown.status, by, title: titleOf(shown) });

export const consultations = {
  kind,
  label: "Consultations",
  actions: [
    {
      id: "consultation.ask", title: "Ask for a consultation", roles: PATIENT, method: "POST", path: "/api/consultation-request/", keyed: true,
      fields: [
        { name: "hospital_id", label: "Hospital", kind: "account", of: "HOSPITAL" },
        { name: "specialty", label: "Specialty", value: "Cardiology", optional: true },
        { name: "description", label: "What it is about", kind: "long", value: "Chest pain for two days" },
        { name: "preferred_date", label: "Preferred time", kind: "moment", optional: true },
      ],
      learns: (body, sent, person) => [learnt({ ...sent, ...(body.data ?? body) }, person.id)],
    },
    {
      id: "consultation.list", first: true, title: "Consultations", submit: "Show", roles: ALL, method: "GET", path: "/api/consultation-request/",
      items: rowsOf, says: (body) => `${rowsOf(body).length} shown`, learns: (body) => rowsOf(body).map((shown) => learnt(shown)),
    },
    {
      id: "consultation.accept", title: "Accept a consultation", submit: "Accept", roles: HOSPITAL, method: "POST", path: "/api/consultation-request/{id}/accept/", keyed: true,
      fields: [
        consultation,
        { name: "doctor_id", label: "Doctor", kind: "account", of: "DOCTOR" },
        { name: "appointment_date", label: "Appointment", kind: "moment", optional: true },
      ],
    },
    {
      id: "consultation.offer", title: "Offer an appointment", submit: "Answer", roles: DOCTOR, method: "POST", path: "/api/consultation-response/{id}/doctor-response/", keyed: true,
      fields: [
        consultation,
        { name: "status", label: "Answer", kind: "choice", options: [["Offered", "Offer"], ["Declined", "Decline"]] },
        { name: "appointment_date", label: "Appointment", kind: "moment", value: tomorrow },
        { name: "price", label: "Price", kind: "number", optional: true },
        { name: "message", label: "Message", kind: "long", optional: true },
      ],
    },
    { id: "consultation.accept-offer", title: "Accept the doctor's offer", submit: "Accept", roles: PATIENT, method: "POST", path: "/api/consultation-response/{id}/accept-offer/", keyed: true, fields: [consultation] },
    {
      id: "consultation.suggest", title: "Suggest a treatment", roles: DOCTOR, method: "POST", path: "/api/doctor-suggest/", keyed: true,
      fields: [
        { ...consultation, name: "consultation_request_id" },
        { name: "hospital_id", label: "Hospital", kind: "account", of: "HOSPITAL" },
        { name: "suggestion", label: "Suggestion", kind: "long", value: "An angiogram within the week" },
      ],
    },
    { id: "consultation.accept-suggestion", title: "Accept a suggested treatment", submit: "Accept", roles: HOSPITAL, method: "POST", path: "/api/doctor-suggest/{id}/hospital-accept/", keyed: true, fields: [consultation] },
    { id: "consultation.cancel", title: "Cancel a consultation", submit: "Cancel it", roles: ["PATIENT", "HOSPITAL"], method: "POST", path: "/api/consultation-request/{id}/cancel/", keyed: true, fields: [consultation] },
    { id: "consultation.complete", title: "Complete a consultation", submit: "Complete it", roles: ["HOSPITAL", "DOCTOR"], method: "POST", path: "/api/consultation-request/{id}/complete/", keyed: true, fields: [consultation] },
    { id: "consultation.suggestions", title: "Suggested treatments", submit: "Show", roles: ALL, method: "GET", path: "/api/doctor-suggest/", items: rowsOf, says: (body) => `${rowsOf(body).length} shown` },
  ],
  /** By channel, for all of them have one type. */
  offers: {
    "hospital-new-consultation": [{ label: "Accept", action: "consultation.accept", class: "primary", fill: (m) => ({ id: idOf(m.data) }) }],
    "doctor-consultation-request-assigned": [{ label: "Offer an appointment", action: "consultation.offer", class: "primary", fill: (m) => ({ id: idOf(m.data) }) }],
    "doctor-consultation-response-accepted": [{ label: "Accept the offer", action: "consultation.accept-offer", now: true, class: "primary", fill: (m) => ({ id: idOf(m.data) }) }],
    "patient-offer-accepted": [{ label: "Suggest a treatment", action: "consultation.suggest", fill: (m) => ({ consultation_request_id: idOf(m.data) }) }],
    "hospital-selected-by-doctor": [{ label: "Accept", action: "consultation.accept-suggestion", now: true, class: "primary", fill: (m) => ({ id: m.data.id ?? idOf(m.data) }) }],
  },
  says: { send_notification: (m) => m.data?.message ?? m.channel },
  learns(message) {
    if (message.type !== "send_notification" || !message.data) return null;
    return { id: idOf(message.data), kind, status: message.data.status, title: titleOf(message.data) };
  },
};
