// Whether everybody can use it: contrast and names by axe, light and dark, phone and wide screen, keyboard alone.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";

import { Panel, look, picture, sees } from "./stage.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const VIEWS = ["Map", "Life of a request", "Mail and pushes", "Functions"];

export function looksAreFit(stage) {
  /** What axe finds against WCAG 2.2 A and AA. */
  async function findings() {
    await stage.page.evaluate(await readFile(AXE, "utf8"));
    const found = await stage.page.evaluate(() => axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
    }));
    return found.violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`));
  }

  for (const scheme of ["light", "dark"]) {
    test(`nothing is against WCAG AA in ${scheme}`, async () => {
      await stage.page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      for (const view of VIEWS) {
        await look(stage.page, view);
        assert.deepEqual(await findings(), [], view);
      }
      await look(stage.page, "Map");
      if (scheme === "dark") await picture(stage.page, "console-dark", { size: { width: 1920, height: 1080 } });
    });
  }

  test("the switch is stronger than the system", async () => {
    const ground = () => stage.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await stage.page.emulateMedia({ colorScheme: "dark" });
    const dark = await ground();
    await stage.page.getByRole("button", { name: "Colours: system" }).click();
    const light = await ground();
    assert.notEqual(light, dark);
    assert.deepEqual(await findings(), []);
    await stage.page.emulateMedia({ colorScheme: "light" });
    await stage.page.getByRole("button", { name: "Colours: light" }).click();
    assert.equal(await ground(), dark);
    assert.deepEqual(await findings(), []);
    await stage.page.getByRole("button", { name: "Colours: dark" }).click();
    assert.equal(await ground(), light);
  });

  test("on a phone one thing is shown at a time, and nothing is wider than the screen", async () => {
    await stage.page.setViewportSize({ width: 375, height: 740 });
    for (const view of ["People", ...VIEWS]) {
      await look(stage.page, view);
      const wide = await stage.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${view} is ${wide} px too wide`);
      assert.equal(await stage.page.locator(".view:visible").count(), 1);
      assert.deepEqual(await findings(), [], view);
    }
    await look(stage.page, "People");
    await picture(stage.page, "console-phone", { size: { width: 375, height: 740 } });
    await stage.page.setViewportSize({ width: 2200, height: 1200 });
    await look(stage.page, "Map");
    const columns = await stage.page.locator("#panels").evaluate((panels) => getComputedStyle(panels).gridTemplateColumns.split(" ").length);
    assert.ok(columns >= 3, "panels stand side by side");
    await stage.page.setViewportSize({ width: 1440, height: 1000 });
  });

  test("the keyboard alone asks, changes the view, and moves somebody on the map", async () => {
    const { page } = stage;
    const sita = new Panel(page, "Sita Sharma");
    const form = await sita.choose("Ask for medicine");
    await form.getByLabel("Quantity").focus();
    await page.keyboard.type("7");
    await page.keyboard.press("Enter");
    await sees(form.getByRole("status").filter({ hasText: "Medicine request sent to 2" }));

    await page.getByRole("tab", { name: "Map" }).focus();
    await page.keyboard.press("ArrowRight");
    await sees(page.locator("#life:visible"));
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Life of a request");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid", "where the focus is can be seen");
    await page.keyboard.press("ArrowLeft");

    await page.getByLabel("A click").selectOption({ label: "moves Pharmacy A" });
    const before = await page.locator('[data-person="Pharmacy A"] circle').getAttribute("cx");
    await page.locator("svg.map").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await sees(page.locator("#map [role=status]", { hasText: "Pharmacy A is at" }));
    const after = await page.locator('[data-person="Pharmacy A"] circle').getAttribute("cx");
    assert.notEqual(after, before);
  });

  test("a place is picked on the map for a form", async () => {
    const { page } = stage;
    const form = await new Panel(page, "Sita Sharma").choose("Ask for medicine");
    const before = await form.getByLabel("Latitude").inputValue();
    await form.getByRole("button", { name: "Pick on the map" }).click();
    await page.locator("svg.map").click({ position: { x: 200, y: 150 } });
    assert.notEqual(await form.getByLabel("Latitude").inputValue(), before);
  });
}
