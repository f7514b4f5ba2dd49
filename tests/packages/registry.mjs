// SPDX-License-Identifier: Apache-2.0
//
// An npm registry on loopback that has what is installed here: for each package one version, the installed one.

import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "../e2e/harness.mjs";

const folderOf = (name) => join(root, "node_modules", name);
const manifestOf = (name) => JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8"));

/** A file of a tar archive. Long paths go into the prefix, as ustar has it. */
function tarEntry(path, body) {
  const header = Buffer.alloc(512);
  const cut = path.length > 100 ? path.indexOf("/", path.length - 101) : -1;
  header.write(path.slice(cut + 1), 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(`${body.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("00000000000\0", 136);
  header.write("        0ustar\x0000", 148); // the checksum counts as spaces
  if (cut > 0) header.write(path.slice(0, cut), 345);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** The package as `npm pack` would make it: everything but what is installed in it, below `package/`. */
export function tarball(name) {
  const folder = folderOf(name);
  const files = readdirSync(folder, { recursive: true })
    .filter((file) => !/(^|\/)node_modules(\/|$)|\.map$|\.d\.[cm]?ts$/.test(file) && statSync(join(folder, file)).isFile())
    .sort();
  const entries = files.map((file) => tarEntry(`package/${file}`, readFileSync(join(folder, file))));
  return gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]), { level: 1 });
}

/** Starts it: { url, requests, close() }. `requests` are the paths that were asked for. */
export async function startRegistry() {
  const requests = [];
  const server = http.createServer((request, response) => {
    const path = decodeURIComponent(request.url);
    requests.push(path);
    const [, name, version] = path.match(/^\/((?:@[^/]+\/)?[^/@]+)(?:\/-\/([^/]+)\.tgz)?$/) ?? [];
    if (name === undefined || !existsSync(join(folderOf(name), "package.json"))) return void response.writeHead(404).end("{}");
    if (version !== undefined) return void response.end(tarball(name));
    const manifest = manifestOf(name);
    const dist = { tarball: `${url}/${name}/-/${manifest.version}.tgz` };
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ name, "dist-tags": { latest: manifest.version }, versions: { [manifest.version]: { ...manifest, dist } } }),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const close = () => (server.closeAllConnections(), server.close());
  return { url, requests, close };
}
