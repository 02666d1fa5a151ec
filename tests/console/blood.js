// Three donors of one city: one asks, one accepts and gives, one ignores.

import { test } from "node:test";

import { Panel, look, sees } from "./stage.js";

export function bloodIsPlayed(stage) {
  let sarah, ravi, maya;

  test("three donors come in together", async () => {
    await stage.page.locator("#entrance").getByRole("button", { name: "All of them: Blood" }).click();
    [sarah, ravi, maya] = await donors(stage.page);
  });

  test("blood is asked for in a city, and its donors are told", async () => {
    const form = await sarah.choose("Ask for blood");
    await form.getByRole("button", { name: "Ask for blood" }).click();
    await sees(form.getByRole("status").filter({ hasText: "Request sent to 2 donors in Kathmandu!" }));
    await ravi.hears("blood_request", "Urgent: O+ needed in Kathmandu! 1 unit(s) for John Doe");
    await maya.hears("blood_request");
  });

  test("one ignores it, one accepts and gives, and who asked sees it", async () => {
    await maya.card("blood_request").getByRole("button", { name: "Ignore" }).click();
    await sees(maya.card("blood_request").locator(".outcome .good"));
    await ravi.card("blood_request").getByRole("button", { name: "Accept", exact: true }).click();
    await sees(ravi.card("blood_request").getByRole("status").filter({ hasText: "You have accepted this request" }));
    await sarah.hears("donor_response", "Ravi Shankar (O+): A donor has accepted your blood request");
    await ravi.card("blood_request").getByRole("button", { name: "I gave" }).click();
    await sarah.hears("donor_response", "A donor has confirmed the donation");
    await sarah.hears("blood_request_completed");
    const mine = await sarah.choose("My requests for blood");
    await mine.getByRole("button", { name: "Show" }).click();
    await sees(mine.locator(".rows li", { hasText: "Completed" }).filter({ hasText: "Ravi Shankar" }));
    await look(stage.page, "Life of a request");
    await stage.page.locator("#life select").selectOption({ index: 0 });
    await sees(stage.page.locator("#life .life", { hasText: "Committed: Blood request completed" }));
  });
}

async function donors(page) {
  const panels = ["Sarah Kumar", "Ravi Shankar", "Maya Gurung"].map((name) => new Panel(page, name));
  await Promise.all(panels.map((panel) => panel.isConnected()));
  return panels;
}
