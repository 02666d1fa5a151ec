// What the tests stand on: a local cloud of their own, and the page in Debian's Chromium.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUILT = process.env.CALLOUT_TARGET ?? join(ROOT, "target/debug");
const ARTIFACT = process.env.CALLOUT_ARTIFACT ?? join(BUILT, "bootstrap");
const TEMPLATE = process.env.CALLOUT_TEMPLATE ?? join(ROOT, "template.yaml");
const CHROMIUM = process.env.CALLOUT_CHROMIUM ?? "/usr/bin/chromium";

/** Patience enough for a cold start of every function on a busy machine. */
export const PATIENCE_MS = 30_000;

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
  // A microphone that nobody has to allow, and that hums.
  "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
];

/** Whether the template has the function of that handler: what it has none for cannot be played. */
export function has(handler) {
  return readFileSync(TEMPLATE, "utf8").includes(`Handler: ${handler}\n`);
}

/** Starts a local cloud that keeps nothing: `{url, console, stop}`. */
export async function startCloud() {
  const child = spawn(join(BUILT, "callout"), ["--memory", "--port", "0", "--artifact", ARTIFACT, "--template", TEMPLATE], {
    cwd: ROOT, stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  child.stderr.on("data", (data) => said.push(String(data)));
  const ended = new Promise((resolve) => { child.once("exit", resolve); });
  const console_ = await Promise.race([
    ended.then((code) => { throw new Error(`the cloud ended with ${code}: ${said.join("")}`); }),
    new Promise((resolve) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = line.match(/^\s*Console\s+(\S+)/);
        if (found) resolve(found[1]);
      });
    }),
  ]);
  return {
    console: console_,
    url: new URL(console_).origin,
    async stop() {
      child.kill("SIGINT");
      await ended;
    },
  };
}

/** The browser with nobody's profile in it. */
export async function startBrowser() {
  const profile = await mkdtemp(join(tmpdir(), "callout-console-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM, args: FLAGS, chromiumSandbox: false, viewport: { width: 1440, height: 1000 }, timezoneId: "Asia/Kathmandu",
  });
  return { context, async stop() { await context.close(); await rm(profile, { recursive: true, force: true }); } };
}

/** Opens the console, and notes what no page of it may do. */
export async function openConsole(context, cloud) {
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(PATIENCE_MS);
  const wrongs = [];
  page.on("pageerror", (error) => wrongs.push(String(error)));
  page.on("console", (message) => {
    // That a call was refused, or a network was cut, is part of the story.
    const isPart = /Failed to load resource|ERR_INTERNET_DISCONNECTED|WebSocket connection to/.test(message.text());
    if (message.type() === "error" && !isPart) wrongs.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isLocal = url.hostname === "127.0.0.1" || ["blob:", "data:"].includes(url.protocol);
    if (!isLocal) wrongs.push(`a request left the machine: ${url}`);
  });
  await page.goto(cloud.console);
  await page.locator("body[data-ready]").waitFor();
  return { page, wrongs };
}

/** One person's panel, as somebody at the page uses it. */
export class Panel {
  constructor(page, name) {
    this.page = page;
    this.root = page.locator(`.panel[data-person="${name}"]`);
    this.log = this.root.locator(".log");
  }

  async isConnected() {
    await this.root.locator(".connection[data-state=ready]").waitFor();
  }

  async choose(title) {
    await this.root.getByLabel("What to do", { exact: true }).selectOption({ label: title });
    return this.root.locator("form.action");
  }

  /** The newest card of a type. */
  card(type) {
    return this.log.locator(`.card[data-type="${type}"]`).first();
  }

  async hears(type, text) {
    const card = this.log.locator(`.card[data-type="${type}"]`, text ? { hasText: text } : {}).first();
    await card.waitFor();
    return card;
  }
}

/** Lets people of the demo in, and waits until they are connected. */
export async function letIn(page, ...names) {
  for (const name of names) {
    await page.locator("#entrance").getByRole("button", { name, exact: true }).click();
  }
  const panels = names.map((name) => new Panel(page, name));
  await Promise.all(panels.map((panel) => panel.isConnected()));
  return panels;
}

/** Waits for something to be seen. */
export async function sees(locator) {
  await locator.first().waitFor({ state: "visible" });
}

/** Opens one of the views. */
export async function look(page, name) {
  await page.getByRole("tab", { name }).click();
}

/** Whoever is asked does not answer for so long as `during` takes: the page finds no way back meanwhile. */
export async function withoutTickets(page, during) {
  const refuse = (route) => route.abort();
  await page.route("**/ws/ticket/**", refuse);
  try {
    await during();
  } finally {
    await page.unroute("**/ws/ticket/**", refuse);
  }
}

/** Events that a person's log shows, newest first. */
export async function eventsIn(panel) {
  const events = await panel.log.locator(".card").evaluateAll((cards) => cards.map((card) => card.dataset.event));
  assert.equal(new Set(events).size, events.length, "nothing is shown twice");
  return events;
}

/** A picture for the documentation, made anew only when it is asked for: the page, or one part of it. */
export async function picture(page, name, { size, part } = {}) {
  if (!process.env.CALLOUT_PICTURES) return;
  const path = join(ROOT, "docs/images", `${name}.png`);
  const before = page.viewportSize();
  const door = page.locator(".door > summary");
  if (size) await page.setViewportSize(size);
  await door.click();
  await page.evaluate(() => scrollTo(0, 0));
  await (part ? page.locator(part) : page).screenshot({ path, animations: "disabled" });
  await door.click();
  await page.setViewportSize(before);
  // As small as they can be where that is installed.
  spawnSync("pngquant", ["--force", "--skip-if-larger", "--output", path, "--", path]);
}
