// Cucumber Messages (ndjson) to one HTML page: node acceptance.mjs <messages> <page> <title>
import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CucumberHtmlStream } from "@cucumber/html-formatter";

const [messages, page, title] = process.argv.slice(2);

// Pictures are what a product owner looks for: shown at once. All other evidence stays folded.
const openPictures = `<script>
new MutationObserver(() => {
  for (const folded of document.querySelectorAll("details:not([data-seen])")) {
    folded.dataset.seen = "";
    folded.open = folded.querySelector("img") !== null;
  }
}).observe(document.body, { childList: true, subtree: true });
</script>
<style>details img { max-width: min(100%, 24rem) }</style>
`;

async function* envelopes() {
  for await (const line of createInterface({ input: createReadStream(messages, "utf-8") })) yield JSON.parse(line);
}

// The formatter has no option for its title and for more script: its template comes in chunks, cut at these places.
const ours = new Transform({
  transform(chunk, _, done) {
    const text = chunk.toString();
    done(null, text === "Cucumber" ? title : text.replace('<div id="content">', openPictures + '<div id="content">'));
  },
});
await pipeline(Readable.from(envelopes()), new CucumberHtmlStream(), ours, createWriteStream(page));
