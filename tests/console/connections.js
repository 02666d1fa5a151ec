// Connections that break: they come back by themselves, later and later, and nothing is lost or shown twice.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Panel, eventsIn, sees, withoutTickets } from "./stage.js";

export function connectionsBreak(stage) {
  const panel = (name) => new Panel(stage.page, name);
  const waits = (one, text) => sees(one.root.locator(".connection[data-state=waiting]", { hasText: text }));

  /** Sita asks so often; each time the server is content. */
  async function ask(times) {
    const sita = panel("Sita Sharma");
    for (let time = 0; time < times; time += 1) {
      const form = await sita.choose("Ask for medicine");
      await form.getByLabel("Quantity").fill(String(40 + time));
      const before = await sita.root.locator("form.action .outcome .good").count();
      assert.equal(before, 0, "a fresh form");
      await form.getByRole("button", { name: "Ask for medicine" }).click();
      await sees(form.getByRole("status").filter({ hasText: "Medicine request sent to 2" }));
      // Another action in between makes the form anew.
      await sita.choose("My requests for medicine");
    }
  }

  /** Each of the requests is shown once to each pharmacy. */
  async function nothingIsLost(times) {
    for (const name of ["Pharmacy A", "Pharmacy B"]) {
      const one = panel(name);
      await one.isConnected();
      for (let time = 0; time < times; time += 1) await one.hears("new_request", `needs ${40 + time} ×`);
      const events = await eventsIn(one);
      assert.ok(events.length >= times);
      for (let time = 0; time < times; time += 1) {
        assert.equal(await one.log.locator(".card[data-type=new_request]", { hasText: `needs ${40 + time} ×` }).count(), 1);
      }
    }
  }

  test("connections that the cloud cuts off come back with what was missed", async () => {
    await withoutTickets(stage.page, async () => {
      const cut = await fetch(`${stage.cloud.url}/_local/sockets/drop`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
      assert.ok((await cut.json()).dropped >= 6);
      // From half a second on, each wait is twice as long as the one before, but for chance.
      await waits(panel("Pharmacy A"), /Try 3 in (1\.\d|2\.0) s/);
      await ask(3);
    });
    await nothingIsLost(3);
    const missed = panel("Pharmacy A").log.locator(".card .tag", { hasText: "missed" });
    assert.equal(await missed.count(), 3);
  });

  test("a network that is gone is noticed, and found again", async () => {
    const { context } = stage.browser;
    await context.setOffline(true);
    await waits(panel("Pharmacy B"), "Reconnecting");
    await waits(panel("Sita Sharma"), "Reconnecting");
    await context.setOffline(false);
    for (const name of ["Sita Sharma", "Pharmacy A", "Pharmacy B"]) await panel(name).isConnected();
    await nothingIsLost(3);
  });

  test("a reload keeps who is here, and what they were told", async () => {
    const before = await eventsIn(panel("Pharmacy A"));
    await stage.page.reload();
    await panel("Pharmacy A").isConnected();
    const after = await eventsIn(panel("Pharmacy A"));
    assert.deepEqual(after.filter((event) => before.includes(event)), before);
    await nothingIsLost(3);
  });

  test("who disconnects stays away until they connect", async () => {
    const one = panel("Pharmacy B");
    await one.root.getByRole("button", { name: "Disconnect" }).click();
    await sees(one.root.locator(".connection[data-state=off]"));
    await one.root.getByRole("button", { name: "Connect", exact: true }).click();
    await one.isConnected();
  });
}
