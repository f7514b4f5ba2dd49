// SPDX-License-Identifier: Apache-2.0
// How long a response may be kept: https://www.rfc-editor.org/rfc/rfc9111 as Workers apply it, with their times for
// responses that do not say (https://developers.cloudflare.com/cache/how-to/configure-cache-status-code/).

const minutes = new Map([[200, 120], [301, 120], [302, 20], [303, 20], [404, 3], [410, 3]]);

/** The directives of Cache-Control, in lower case, with their values ("" without). */
function directives(header: string | null): Map<string, string> {
  const found = new Map<string, string>();
  for (const part of header?.match(/(?:[^,"]|"[^"]*")+/g) ?? []) {
    const equals = part.indexOf("=");
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? "" : part.slice(equals + 1).trim().replace(/^"(.*)"$/, "$1");
    if (name !== "" && !found.has(name)) found.set(name, value);
  }
  return found;
}

/** In ms; 0 for a response that must not be kept. */
export function lifetimeMs(status: number, headers: Headers, nowMs: number): number {
  const control = directives(headers.get("cache-control"));
  const keepsCookies = control.get("private")?.toLowerCase().split(",").some((name) => name.trim() === "set-cookie") ?? false;
  if (headers.has("set-cookie") && !keepsCookies) return 0;
  if (control.has("no-store") || control.has("no-cache") || control.get("private") === "") return 0;
  for (const name of ["s-maxage", "max-age"]) {
    const seconds = control.get(name);
    if (seconds !== undefined) return /^\d+$/.test(seconds) ? Math.min(Number(seconds), 2 ** 31) * 1000 : 0;
  }
  const expires = headers.get("expires");
  if (expires !== null) {
    const at = Date.parse(expires);
    return Number.isNaN(at) ? 0 : Math.max(0, at - nowMs);
  }
  return (minutes.get(status) ?? 0) * 60_000;
}
