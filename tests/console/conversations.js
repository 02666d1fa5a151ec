// Whoever asked and whoever accepted write to each other.

import { test } from "node:test";

import { Panel, sees } from "./stage.js";

export function conversationsAreHeld(stage) {
  test("a customer writes, and the pharmacy reads it and replies", async () => {
    const [sita, a] = ["Sita Sharma", "Pharmacy A"].map((name) => new Panel(stage.page, name));
    // The request that was answered with a voice is Pharmacy A's.
    const answer = await sita.hears("pharmacy_response", "Pharmacy A accepted");
    const request = JSON.parse(await answer.locator("pre").first().textContent()).request_id;
    const form = await sita.choose("Write to the other party");
    await form.getByLabel("About the request").fill(request);
    await form.getByLabel("Text").fill("Is it ready?");
    await form.getByRole("button", { name: "Send" }).click();
    const asked = await a.hears("chat_message", "Sita Sharma: “Is it ready?”");
    await asked.getByRole("button", { name: "Read", exact: true }).click();
    await sees(sita.root.getByRole("status").filter({ hasText: "Pharmacy A has read up to number 1" }));
    await asked.getByRole("button", { name: "Reply" }).click();
    const reply = a.root.locator("form.action");
    await reply.getByLabel("Text").fill("In an hour");
    await reply.getByRole("button", { name: "Send" }).click();
    await sita.hears("chat_message", "Pharmacy A: “In an hour”");
  });
}
