// Speaks to ComfyUI through its own front end in headless Chromium; the deeds are told in `tests/clients/published.py`.
// The server serves the page. Buttons are clicked where the page has them, files chosen where it asks for them.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [deed, url, ...rest] = process.argv.slice(2);
const PATIENCE = { timeout: 60_000 };
const QUIETLY = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function opened(page) {
  // Who has been here before is not greeted with templates.
  await page.request.post(`${url}/api/settings`, { data: { "Comfy.TutorialCompleted": true } });
  // It works without the makers' servers, and this run asks nobody else.
  await page.route(
    (to) => to.protocol.startsWith("http") && to.origin !== url,
    (route) => route.abort(),
  );
  await page.goto(url);
  await page.waitForFunction(() => window.app?.extensionManager && window.app.graph, null, PATIENCE);
  await page.evaluate(() => {
    const heard = (window.heard = { progress: [], titles: [] });
    const { api } = window.app;
    api.addEventListener("progress", ({ detail }) => heard.progress.push([detail.value, detail.max]));
    for (const end of ["execution_success", "execution_interrupted", "execution_error"])
      api.addEventListener(end, ({ detail }) => (heard.end = { end, prompt_id: detail.prompt_id }));
    new MutationObserver(() => heard.titles.push(document.title)).observe(document.head, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
}

async function run(page, file) {
  const graph = JSON.parse(await readFile(file, "utf8"));
  await page.evaluate((graph) => window.app.loadApiJson(graph, "proof"), graph);
  await page.evaluate(() => window.app.extensionManager.command.execute("Comfy.Canvas.FitView"));
  await page.getByRole("button", { name: "Run", exact: true }).click();
}

async function ended(page) {
  await page.waitForFunction(() => window.heard.end, null, PATIENCE);
  return page.evaluate(() => window.heard);
}

const deeds = {
  async paint(page, file, folder) {
    await run(page, file);
    const { end, progress, titles } = await ended(page);
    if (!titles.some((title) => /\d+%/.test(title))) throw new Error(`no progress in the page's title: ${titles}`);
    const shown = await page.waitForFunction(
      () => {
        const imgs = window.app.graph.nodes.find(({ type }) => type === "SaveImage")?.imgs;
        return imgs?.length && imgs.every((img) => img.naturalWidth) && imgs.map((img) => img.src);
      },
      null,
      PATIENCE,
    );
    const pictures = [];
    for (const source of await shown.jsonValue()) {
      pictures.push(join(folder, new URL(source).searchParams.get("filename")));
      await writeFile(pictures.at(-1), await (await page.request.get(source)).body());
    }
    await page.screenshot({ path: join(import.meta.dirname, "painted.png") });
    return { prompt_id: end.prompt_id, progress, pictures };
  },

  async upload(page, picture) {
    await page.evaluate(() =>
      window.app.loadApiJson({ 1: { class_type: "LoadImage", inputs: {}, _meta: { title: "Load Image" } } }, "proof"),
    );
    const chooser = page.waitForEvent("filechooser", PATIENCE);
    const answer = page.waitForResponse((response) => response.url().endsWith("/upload/image"), PATIENCE);
    await page.evaluate(() => window.app.graph.nodes[0].widgets.find(({ name }) => name === "upload").callback());
    await (await chooser).setFiles(picture);
    const told = await (await answer).json();
    await page.waitForFunction(() => window.app.graph.nodes[0].imgs?.[0]?.naturalWidth, null, PATIENCE);
    return told;
  },

  async stop(page, file) {
    await run(page, file);
    await page.waitForFunction(() => window.heard.progress.length, null, PATIENCE);
    await page.getByRole("button", { name: "Cancel current run" }).first().click();
    const { end } = await ended(page);
    return { prompt_id: end.prompt_id, end: end.end.replace("execution_", "") };
  },

  async queue(page) {
    const { Running, Pending } = await page.evaluate(() => window.app.api.getQueue());
    const ids = (items) => items.map(({ prompt }) => prompt[1]);
    return { running: ids(Running), pending: ids(Pending) };
  },
};

const browser = await chromium.launch({ executablePath: process.env.BROWSER_PROGRAM, args: QUIETLY });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await opened(page);
  console.log(JSON.stringify(await deeds[deed](page, ...rest)));
} finally {
  await browser.close();
}
