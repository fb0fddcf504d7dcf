// Speaks to ComfyUI through @saintno/comfyui-sdk; the deeds are told in `tests/clients/published.py`.
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { CallWrapper, ComfyApi, PromptBuilder } from "@saintno/comfyui-sdk";

const [deed, url, ...rest] = process.argv.slice(2);

async function callOf(api, file) {
  const graph = JSON.parse(await readFile(file, "utf8"));
  const saving = Object.keys(graph).find((id) => graph[id].class_type === "SaveImage");
  return new CallWrapper(api, new PromptBuilder(graph, [], ["pictures"]).setOutputNode("pictures", saving));
}

const deeds = {
  async paint(api, file, folder) {
    const progress = [];
    let prompt_id;
    const call = (await callOf(api, file))
      .onProgress(({ value, max }) => progress.push([value, max]))
      .onFinished((_, id) => (prompt_id = id));
    const done = await call.run();
    if (!done) throw new Error("the call has failed");
    const pictures = [];
    for (const info of done.pictures.images) {
      pictures.push(join(folder, info.filename));
      await writeFile(pictures.at(-1), Buffer.from(await (await api.getImage(info)).arrayBuffer()));
    }
    return { prompt_id, progress, pictures };
  },

  async upload(api, picture) {
    const told = await api.uploadImage(await readFile(picture), basename(picture), { subfolder: "references" });
    if (!told) throw new Error("the upload was refused");
    return { name: told.info.filename, subfolder: told.info.subfolder };
  },

  async stop(api, file) {
    const ended = { prompt_id: null, end: "no end was told" };
    const call = (await callOf(api, file))
      .onProgress(() => api.interrupt())
      .onFailed((error, id) => Object.assign(ended, { prompt_id: id, end: error.message.toLowerCase() }))
      .onFinished((_, id) => Object.assign(ended, { prompt_id: id, end: "success" }));
    await call.run();
    return { ...ended, end: ended.end.includes("interrupted") ? "interrupted" : ended.end };
  },

  async queue(api) {
    const { queue_running, queue_pending } = await api.getQueue();
    const ids = (items) => items.map(([, id]) => id);
    return { running: ids(queue_running), pending: ids(queue_pending) };
  },
};

const api = new ComfyApi(url);
await api.init().waitForReady();
console.log(JSON.stringify(await deeds[deed](api, ...rest)));
// Its watch over the connection would keep the program alive.
api.destroy();
process.exit(0);
