// The console as somebody at it uses it. One local cloud and one page for all of it: each part begins where the
// one before it ended.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { bloodIsPlayed } from "./blood.js";
import { connectionsBreak } from "./connections.js";
import { anotherStackIsUsed } from "./deployed.js";
import { looksAreFit } from "./looks.js";
import { medicineIsPlayed } from "./medicine.js";
import { openConsole, startBrowser, startCloud } from "./stage.js";

const stage = {};

before(async () => {
  [stage.cloud, stage.browser] = await Promise.all([startCloud(), startBrowser()]);
  Object.assign(stage, await openConsole(stage.browser.context, stage.cloud));
});

after(async () => {
  await stage.browser?.stop();
  await stage.cloud?.stop();
});

medicineIsPlayed(stage);
bloodIsPlayed(stage);
connectionsBreak(stage);
looksAreFit(stage);
anotherStackIsUsed(stage);

test("nothing went wrong on the page, and no request left the machine", () => {
  assert.deepEqual(stage.wrongs, []);
});
