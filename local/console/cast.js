// The people of the demo, by name. Each registers by the code in their mail the first time, and signs in
// after that; their passwords are made here and stay in this browser.

import { moved } from "./geo.js";
import { people, register, resetPassword, sendCode, signIn } from "./people.js";

/** Kathmandu, where the scenario comes from. */
export const HOME = { lat: 27.7172, lng: 85.324 };

const at = (northKm, eastKm = 0) => {
  const { lat, lng } = moved(HOME, northKm, eastKm);
  return { lat, lng };
};

/** `needs` names who must be there first, and what their id is called in the profile. */
export const CAST = [
  { kind: "Medicine", name: "Sita Sharma", role: "CUSTOMER", stands: at(0) },
  { kind: "Medicine", name: "Pharmacy A", role: "PHARMACY", profile: { ...at(0.8), address: "A Street" } },
  { kind: "Medicine", name: "Pharmacy B", role: "PHARMACY", profile: { ...at(-2.4), address: "B Street" } },
  { kind: "Medicine", name: "Pharmacy C", role: "PHARMACY", profile: { ...at(1.5, 4.03), address: "C Street" } },
  { kind: "Medicine", name: "Pharmacy D", role: "PHARMACY", profile: { ...at(-9, -12), address: "D Street" } },
  { kind: "Blood", name: "Sarah Kumar", role: "DONOR", profile: { blood_group: "O+", city: "Kathmandu", ...at(-0.6, 0.7) } },
  { kind: "Blood", name: "Ravi Shankar", role: "DONOR", profile: { blood_group: "O+", city: "Kathmandu", ...at(1.2, -1.4) } },
  { kind: "Blood", name: "Maya Gurung", role: "DONOR", profile: { blood_group: "O-", city: "Kathmandu", ...at(-3, 2.1) } },
  { kind: "Work", name: "Anil Thapa", role: "SEEKER", stands: at(0.3, -0.5) },
  { kind: "Work", name: "Bina Rai", role: "PROVIDER", profile: { service_type: "worker", ...at(1.6, 1.1), service_coverage_area: 10 } },
  { kind: "Consultations", name: "Hari Adhikari", role: "PATIENT", stands: at(-1, -0.9) },
  { kind: "Consultations", name: "Valley Hospital", role: "HOSPITAL", profile: { hospital_name: "Valley Hospital", city: "Kathmandu", ...at(-0.9, 1.8) } },
  {
    kind: "Consultations", name: "Dr. Leela Joshi", role: "DOCTOR", profile: { specialty: "Cardiology" },
    needs: { hospital_id: "Valley Hospital" },
  },
];

const addressOf = (member) => `${member.name.toLowerCase().replaceAll(/[^a-z]+/g, ".")}@console.example`;

/** Adds one of the cast to the page. */
export async function bring(member) {
  const here = people.list.find((person) => person.made === member.name);
  if (here) return here;
  const profile = { ...member.profile };
  for (const [field, name] of Object.entries(member.needs ?? {})) {
    const needed = await bring(CAST.find((other) => other.name === name));
    profile[field] = needed.id;
  }
  const person = await enter(member, profile);
  person.made = member.name;
  if (member.stands) person.moveTo(member.stands);
  person.save();
  return person;
}

async function enter(member, profile) {
  const email = addressOf(member);
  const known = passwords()[email];
  if (known) {
    try {
      return await signIn(email, known, member.name);
    } catch {
      // The stack was reset, or another browser set another password.
    }
  }
  const password = freshPassword();
  const code = await sendCode(email);
  const number = 10 + CAST.indexOf(member);
  const person = { email, password, name: member.name, phone_number: `98412345${number}`, ...profile };
  try {
    const entered = await register(member.role, person, code);
    keep(email, password);
    return entered;
  } catch (error) {
    if (error.answer?.body?.code !== "email_taken") throw error;
  }
  await resetPassword(email, code, password);
  keep(email, password);
  return signIn(email, password, member.name);
}

function freshPassword() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return `demo-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function passwords() {
  return JSON.parse(localStorage.getItem("cast") ?? "{}");
}

function keep(email, password) {
  localStorage.setItem("cast", JSON.stringify({ ...passwords(), [email]: password }));
}
