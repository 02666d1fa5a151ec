// The console against a stack that does not serve it: by its two URLs, with what only a local cloud shows left out.
// A second local cloud stands for it, whose mail the test reads as its owner would.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Panel, look, sees, startCloud } from "./stage.js";

const EMAIL = "hari@example.com";
const PASSWORD = "a password of 4 words";

export function anotherStackIsUsed(stage) {
  test("another stack is used by its two URLs", async (context) => {
    const other = await startCloud();
    context.after(() => other.stop());
    const { page } = stage;
    const { socket_url: socket } = await (await fetch(`${other.url}/_local/stack`)).json();
    await page.getByText("Another stack").click();
    await page.getByLabel("HTTP URL", { exact: true }).fill(other.url);
    await page.getByLabel("WebSocket URL").fill(socket);
    await page.getByRole("button", { name: "Go there" }).click();
    await sees(page.locator("#stack", { hasText: `On ${other.url}` }));
    await page.locator("body[data-ready]").waitFor();
    assert.equal(await page.locator(".panel").count(), 0, "the people of one stack are strangers to another");
    assert.equal(await page.locator(".cast").count(), 0);

    await page.getByText("Open a new account").click();
    const form = page.locator("details[open].entry form");
    await form.getByLabel("E-mail").fill(EMAIL);
    await form.getByLabel("Password").fill(PASSWORD);
    await form.getByLabel("Name").fill("Hari Adhikari");
    await form.getByRole("button", { name: "Register" }).click();
    await sees(form.getByText("A code was sent."));
    const { mail } = await (await fetch(`${other.url}/_local/mail?to=${EMAIL}&wait=20`)).json();
    await form.getByLabel("Code from the mail").fill(mail[0].text.match(/\d{6}/)[0]);
    await form.getByRole("button", { name: "Register" }).click();
    const hari = new Panel(page, "Hari Adhikari");
    await hari.isConnected();
    await hari.hears("connection", "Connected to customer channel");
    await look(page, "Functions");
    await sees(page.locator("#functions", { hasText: "Only the local cloud shows this." }));
  });
}
