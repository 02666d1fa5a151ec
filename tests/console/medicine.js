// The seed's scenario: a customer and two pharmacies, both of which accept; and what the views show of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { letIn, look, picture, sees } from "./stage.js";

const HOSTILE = '<img src=x onerror="document.title=\'taken over\'">';

export function medicineIsPlayed(stage) {
  let sita, a, b, winner, loser;

  test("a customer and two pharmacies come in by the codes in their mail", async () => {
    [sita, a, b] = await letIn(stage.page, "Sita Sharma", "Pharmacy A", "Pharmacy B");
    await sita.hears("connection", "Connected to customer channel");
    await a.hears("connection", "Connected to pharmacy channel");
    await look(stage.page, "Mail and pushes");
    await sees(stage.page.locator("#captured .card", { hasText: "to pharmacy.a@console.example" }).locator(".code"));
  });

  test("what the server says is wrong stands beside the field", async () => {
    const form = await sita.choose("Ask for medicine");
    await form.getByLabel("Within (km)").fill("99");
    await form.getByLabel("Quantity").fill("0");
    await form.getByRole("button", { name: "Ask for medicine" }).click();
    await sees(form.locator(".problem", { hasText: "must be between 1 and 50" }));
    const radius = form.getByLabel("Within (km)");
    assert.equal(await radius.getAttribute("aria-invalid"), "true");
    const described = await radius.getAttribute("aria-describedby");
    assert.match(await stage.page.locator(`#${described}`).textContent(), /between 1 and 50/);
    assert.ok(await radius.evaluate((input) => input === document.activeElement), "the first wrong field has the focus");
    await sees(form.getByRole("alert"));
  });

  test("a device is registered, so that its owner is pushed", async () => {
    const form = await b.choose("Register a device for push");
    await form.getByRole("button", { name: "Register" }).click();
    await sees(form.getByRole("status").filter({ hasText: "FCM token updated successfully" }));
  });

  test("she asks with a prescription, and both are told", async () => {
    const form = await sita.choose("Ask for medicine");
    await form.getByLabel("Quantity").fill("2");
    await form.getByRole("button", { name: "Draw a prescription" }).click();
    await sees(form.locator(".chosen", { hasText: "prescription.png" }));
    await form.getByRole("button", { name: "Ask for medicine" }).click();
    await sees(form.getByRole("status").filter({ hasText: "Medicine request sent to 2 nearby pharmacies" }));
    const near = await a.hears("new_request", "Sita Sharma needs 2 × medicine, 0.8 km away");
    await b.hears("new_request", "2.4 km away");
    const shown = near.locator("img");
    await shown.scrollIntoViewIfNeeded();
    await shown.evaluate((image) => image.decode());
    await look(stage.page, "Mail and pushes");
    await sees(stage.page.locator("#captured .card", { hasText: "New Medicine Request" }).filter({ hasText: "the device of Pharmacy B" }));
  });

  test("the map has people, the request with its radius, and distances", async () => {
    await look(stage.page, "Map");
    const map = stage.page.locator("svg.map");
    for (const name of ["Sita Sharma", "Pharmacy A", "Pharmacy B"]) await sees(map.locator(`[data-person="${name}"]`));
    await sees(map.locator(".request.medicine .reach"));
    await sees(map.locator(".scale"));
    await sees(map.locator(".distance", { hasText: "0.80 km" }));
    const table = stage.page.getByRole("table", { name: "Distances from the open requests" });
    const names = await table.locator("thead th").allTextContents();
    const far = await table.locator("tbody tr").first().locator("td").allTextContents();
    const distances = Object.fromEntries(names.slice(1).map((name, number) => [name, far[number]]));
    assert.deepEqual(distances, { "Sita Sharma": "0 m", "Pharmacy A": "0.80 km", "Pharmacy B": "2.40 km" });
  });

  test("both accept at the same moment: one has it, and everybody sees who", async () => {
    const accept = (panel) => panel.card("new_request").getByRole("button", { name: "Accept", exact: true });
    const buttons = await Promise.all([accept(a).elementHandle(), accept(b).elementHandle()]);
    // No mouse presses two buttons at once.
    await stage.page.evaluate((both) => both.forEach((one) => one.click()), buttons);
    const response = await sita.hears("pharmacy_response", "accepted");
    const text = await response.locator(".says").textContent();
    [winner, loser] = text.includes("Pharmacy A") ? [a, b] : [b, a];
    await sees(winner.card("new_request").getByRole("status").filter({ hasText: "Response recorded. Customer will be notified." }));
    await sees(loser.card("new_request").getByRole("alert").filter({ hasText: "This request has already been assigned to a pharmacy" }));
    await loser.hears("request_taken", "This request has been accepted by another pharmacy");
    await sees(sita.card("pharmacy_response").locator(".tag.state", { hasText: "ACCEPTED" }));
    assert.equal(await sita.log.locator(".card[data-type=pharmacy_response]").count(), 1);
    assert.equal(await winner.log.locator(".card[data-type=request_taken]").count(), 0);
    await picture(stage.page, "console", { size: { width: 1920, height: 1080 } });
  });

  test("the life of the request is told: committed, delivered, accepted, taken", async () => {
    await look(stage.page, "Life of a request");
    const life = stage.page.locator("#life");
    const step = (says) => life.locator(".life > li", { has: stage.page.locator("strong", { hasText: says }) });
    const name = await winner.root.getAttribute("data-person");
    const other = await loser.root.getAttribute("data-person");
    await sees(step("Asked by Sita Sharma"));
    const told = step("Committed: New request");
    for (const line of ["Pharmacy A: socket delivered after", "Pharmacy B: socket delivered after", "Pharmacy B: push sent after", "Pharmacy A: has it after"]) {
      await sees(told.locator("li", { hasText: line }));
    }
    await sees(step(`${name}: Accepted`));
    await sees(step("Committed: Pharmacy response").locator("li", { hasText: "Sita Sharma: socket delivered after" }));
    await sees(step("Committed: Request taken").locator("li", { hasText: `${other}: socket` }));
    await picture(stage.page, "console-life", { part: "#life" });
  });

  test("the functions are shown with what they did", async () => {
    await look(stage.page, "Functions");
    const row = stage.page.locator("#functions tr", { has: stage.page.getByRole("rowheader", { name: "CreateMedicineRequestFunction" }) });
    await sees(row);
    const [invocations, coldStarts, errors] = await row.locator("td").allTextContents();
    assert.deepEqual([invocations, coldStarts, errors], ["2", "1", "0"]);
    assert.match(await row.locator("td").last().textContent(), /^\d+ of \d+ MiB$/);
    await picture(stage.page, "console-functions", { part: "#functions" });
  });

  test("a voice is recorded and heard, and markup that somebody sends is only text", async () => {
    const ask = await sita.choose("Ask for medicine");
    await ask.getByRole("button", { name: "Ask for medicine" }).click();
    await sees(ask.getByRole("status").filter({ hasText: "Medicine request sent to 2" }));
    const open = a.log.locator(".card[data-type=new_request]", { hasText: "PENDING" }).first();
    await open.getByRole("button", { name: "Answer with words or voice" }).click();
    const form = a.root.locator("form.action");
    await form.getByLabel("Message").fill(HOSTILE);
    await form.getByRole("button", { name: "Record" }).click();
    await form.getByRole("button", { name: /^Stop \((6|7|8|9)\d\d ms|^Stop \(\d\.\d+ s/ }).click();
    await sees(form.locator(".chosen audio"));
    await form.getByRole("button", { name: "Answer", exact: true }).click();
    const heard = await sita.hears("pharmacy_response", HOSTILE);
    const voice = heard.locator("audio");
    await voice.evaluate((audio) => new Promise((resolve, reject) => {
      audio.onloadedmetadata = resolve;
      audio.onerror = () => reject(new Error("the voice does not play"));
      audio.load();
      audio.preload = "metadata";
    }));
    assert.equal(await stage.page.title(), "Callout console");
    assert.equal(await heard.locator("img").count(), 0);
  });
}
