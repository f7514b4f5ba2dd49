// SPDX-License-Identifier: Apache-2.0
//
// An npm registry on loopback that has what is installed here, in the versions that are.

import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { root } from "../e2e/harness.mjs";

const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));

/** Version to folder. */
function foldersOf(name) {
  const folders = Object.keys(lock.packages).filter((path) => path.endsWith(`node_modules/${name}`));
  const installed = folders.filter((folder) => existsSync(join(root, folder, "package.json")));
  return new Map(installed.map((folder) => [lock.packages[folder].version, join(root, folder)]));
}

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
function tarball(folder) {
  const files = readdirSync(folder, { recursive: true })
    .filter(
      (file) => !/(^|\/)node_modules(\/|$)|\.map$|\.d\.[cm]?ts$/.test(file) && statSync(join(folder, file)).isFile(),
    )
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
    const folders = name === undefined ? new Map() : foldersOf(name);
    const folder = folders.get(version);
    if (folders.size === 0 || (version && !folder)) return void response.writeHead(404).end("{}");
    if (folder) return void response.end(tarball(folder));
    const versions = Object.fromEntries(
      [...folders].map(([one, its]) => {
        const manifest = JSON.parse(readFileSync(join(its, "package.json"), "utf8"));
        return [one, { ...manifest, dist: { tarball: `${url}/${name}/-/${one}.tgz` } }];
      }),
    );
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ name, "dist-tags": { latest: [...folders.keys()].sort().at(-1) }, versions }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const close = () => (server.closeAllConnections(), server.close());
  return { url, requests, close };
}
