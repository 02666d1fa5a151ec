// A seeker finds a provider who is active for work, assigns an order, and sees them come nearer.

import { test } from "node:test";

import { Panel, look, sees } from "./stage.js";

export function workIsPlayed(stage) {
  let anil, bina;

  /** Does an action, and reads what came of it. */
  async function act(panel, title, press, outcome) {
    const form = await panel.choose(title);
    await form.getByRole("button", { name: press, exact: true }).click();
    await sees(form.getByRole("status").filter({ hasText: outcome }));
    return form;
  }

  test("a provider is active for work, and a seeker finds them", async () => {
    await stage.page.locator("#entrance").getByRole("button", { name: "All of them: Work" }).click();
    [anil, bina] = ["Anil Thapa", "Bina Rai"].map((name) => new Panel(stage.page, name));
    await Promise.all([anil.isConnected(), bina.isConnected()]);
    await act(bina, "Am I active for work?", "Say so", "Provider status updated");
    const found = await act(anil, "Find active providers", "Find", "1 shown, nearest first");
    await sees(found.locator(".rows li", { hasText: "Bina Rai" }));
  });

  test("work is assigned, accepted, and the provider comes nearer", async () => {
    await act(anil, "Assign work", "Assign work", "Work assigned successfully");
    const order = await bina.hears("work_assigned", "Anil Thapa needs a worker: Need help with painting work");
    await order.getByRole("button", { name: "Accept", exact: true }).click();
    await anil.hears("work_response", "Your work order has been accepted");
    const form = await bina.choose("Say where I am, over the socket");
    await form.getByLabel("Latitude").fill("27.725");
    await form.getByRole("button", { name: "I am here" }).click();
    await sees(anil.root.getByRole("status").filter({ hasText: /The provider is \d\.\d+ km away/ }));
    await look(stage.page, "Map");
    await sees(stage.page.locator("svg.map .live", { hasText: "on the way" }));
  });

  test("the work is completed, and both see it", async () => {
    await act(anil, "Complete a work order", "Complete it", "Work order completed");
    const done = await bina.hears("work_completed", "completed by the seeker");
    await sees(done.locator(".tag.state", { hasText: "completed" }));
    await look(stage.page, "Life of a request");
    await stage.page.locator("#life select").selectOption({ index: 0 });
    await sees(stage.page.locator("#life .life", { hasText: "Committed: Work completed" }));
  });
}
