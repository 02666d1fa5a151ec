// A patient, a hospital and its doctor, from the question to the treatment.

import { test } from "node:test";

import { Panel, look, sees } from "./stage.js";

export function consultationsArePlayed(stage) {
  let hari, hospital, doctor;

  /** Opens the form beside a message, and sends it as it stands. */
  async function answer(panel, card, offer, press) {
    await card.getByRole("button", { name: offer, exact: true }).click();
    const form = panel.root.locator("form.action");
    await form.getByRole("button", { name: press, exact: true }).click();
    await sees(form.locator(".outcome .good"));
  }

  /** Presses the button beside a message that does it at once. */
  async function press(card, offer) {
    await card.getByRole("button", { name: offer, exact: true }).click();
    await sees(card.locator(".outcome .good"));
  }

  test("a patient asks a hospital, which gives it to its doctor", async () => {
    await stage.page.locator("#entrance").getByRole("button", { name: "All of them: Consultations" }).click();
    [hari, hospital, doctor] = ["Hari Adhikari", "Valley Hospital", "Dr. Leela Joshi"].map((name) => new Panel(stage.page, name));
    await Promise.all([hari, hospital, doctor].map((one) => one.isConnected()));
    const form = await hari.choose("Ask for a consultation");
    await form.getByRole("button", { name: "Ask for a consultation" }).click();
    await sees(form.locator(".outcome .good"));
    await answer(hospital, await hospital.hears("send_notification", "Hospital new consultation"), "Accept", "Accept");
    await hari.hears("send_notification", "Patient doctor response");
  });

  test("the doctor offers, the patient accepts, and a treatment is agreed on", async () => {
    await answer(doctor, await doctor.hears("send_notification", "Doctor consultation request assigned"), "Offer an appointment", "Answer");
    await press(await hari.hears("send_notification", "Doctor consultation response accepted"), "Accept the offer");
    await answer(doctor, await doctor.hears("send_notification", "Patient offer accepted"), "Suggest a treatment", "Suggest a treatment");
    await press(await hospital.hears("send_notification", "Hospital selected by doctor"), "Accept");
    await hari.hears("send_notification", "The hospital has accepted your doctor's suggestion");
    await look(stage.page, "Life of a request");
    await stage.page.locator("#life select").selectOption({ index: 0 });
    await sees(stage.page.locator("#life .life", { hasText: "Hospital selected by doctor" }));
  });
}
