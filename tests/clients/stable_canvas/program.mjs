// Speaks to ComfyUI through @stable-canvas/comfyui-client; the deeds are told in `tests/clients/published.py`.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@stable-canvas/comfyui-client";

const [deed, url, ...rest] = process.argv.slice(2);

async function graphIn(file) {
  return JSON.parse(await readFile(file, "utf8"));
}

const deeds = {
  async paint(client, file, folder) {
    const progress = [];
    const done = await client.enqueue(await graphIn(file), {
      disable_random_seed: true,
      progress: ({ value, max }) => progress.push([value, max]),
    });
    const pictures = [];
    for (const { data: address } of done.images) {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      pictures.push(join(folder, new URL(address).searchParams.get("filename")));
      await writeFile(pictures.at(-1), Buffer.from(await answer.arrayBuffer()));
    }
    return { prompt_id: done.prompt_id, progress, pictures };
  },

  async stop(client, file) {
    let running;
    const end = new Promise((resolve) => {
      client.on("progress", ({ prompt_id }) => client.interrupt(prompt_id));
      client.on("execution_interrupted", ({ prompt_id }) => prompt_id === running && resolve("interrupted"));
      client.on("execution_success", () => resolve("success"));
    });
    const prompt = await graphIn(file);
    running = (await client.queuePrompt(0, { prompt, workflow: {} })).prompt_id;
    return { prompt_id: running, end: await end };
  },

  async queue(client) {
    const { Running, Pending } = await client.getQueue();
    const ids = (items) => items.map(([, id]) => id ?? null);
    return { running: ids(Running), pending: ids(Pending) };
  },
};

const client = new Client({ api_host: new URL(url).host });
await client.connect();
console.log(JSON.stringify(await deeds[deed](client, ...rest)));
client.close();
