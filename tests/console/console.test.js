// The console as somebody at it uses it. One local cloud and one page for all of it: each part begins where the
// one before it ended.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { bloodIsPlayed } from "./blood.js";
import { connectionsBreak } from "./connections.js";
import { consultationsArePlayed } from "./consultations.js";
import { conversationsAreHeld } from "./conversations.js";
import { anotherStackIsUsed } from "./deployed.js";
import { looksAreFit } from "./looks.js";
import { medicineIsPlayed } from "./medicine.js";
import { has, openConsole, startBrowser, startCloud } from "./stage.js";
import { workIsPlayed } from "./work.js";

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
if (has("work.assign")) workIsPlayed(stage);
if (has("consultations.create")) consultationsArePlayed(stage);
if (has("conversations.send_message")) conversationsAreHeld(stage);
connectionsBreak(stage);
looksAreFit(stage);
anotherStackIsUsed(stage);

test("nothing went wrong on the page, and no request left the machine", () => {
  assert.deepEqual(stage.wrongs, []);
});
