// The API's page, and the map of the site against its official schema.
import { accessible, desktop, phone } from "./harness.mjs";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { validateXML } from "xmllint-wasm";

// The schema of sitemaps takes elements of others only where their schema is there: the links to other languages.
const links = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/1999/xhtml">
<xs:element name="link"><xs:complexType><xs:attribute name="rel" use="required" fixed="alternate"/><xs:attribute name="hreflang" use="required" type="xs:language"/><xs:attribute name="href" use="required" type="xs:anyURI"/></xs:complexType></xs:element></xs:schema>`;
const both = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:import namespace="http://www.sitemaps.org/schemas/sitemap/0.9" schemaLocation="sitemap.xsd"/><xs:import namespace="http://www.w3.org/1999/xhtml" schemaLocation="links.xsd"/></xs:schema>`;

export default async function ({ base, walk }) {
  await walk("a request is tried where it is described, by keyboard only", desktop, async (page) => {
    await page.goto(base + "/api");
    const operation = page.locator("main details", { hasText: "/api/v1/units/{id}/verdicts" }).first();
    await operation.locator("summary").focus();
    await page.keyboard.press("Enter");
    await operation.locator("input").first().fill("324");
    await operation.locator("input").first().press("Enter");
    const told = operation.locator("pre");
    await told.filter({ hasText: "200" }).waitFor();
    assert.match(await told.innerText(), /GET \/api\/v1\/units\/324\/verdicts[\s\S]*etag:[\s\S]*"criteria_passed"/);
    await accessible(page);
  });

  await walk("the examples of the API are links without JavaScript", { ...phone, javaScriptEnabled: false }, async (page) => {
    await page.goto(base + "/en/api");
    await page.locator("main details", { hasText: "/api/v1/search" }).first().locator("summary").click();
    await page.locator("main details[open] a").first().click();
    assert.match(await page.innerText("body"), /Xã Tân Trào/);
  });

  await walk("the map of the site is what its official schema says", phone, async () => {
    const schema = readFileSync(createRequire(import.meta.url).resolve("sitemap/package.json").replace("package.json", "schema/sitemap.xsd"), "utf8");
    const xml = await (await fetch(`${base}/sitemap.xml?phan=1`)).text();
    const files = [{ fileName: "sitemap.xsd", contents: schema }, { fileName: "links.xsd", contents: links }];
    const check = (contents) => validateXML({ xml: [{ fileName: "map.xml", contents }], schema: [{ fileName: "both.xsd", contents: both }], preload: files, initialMemoryPages: 1024, maxMemoryPages: 16384 });
    const { valid, errors } = await check(xml);
    assert(valid, errors.slice(0, 3).map((error) => error.message).join("\n"));
    // A map that is none is seen.
    assert.equal((await check(xml.replace("<loc>", "<lok>").replace("</loc>", "</lok>"))).valid, false);
  });
}
