// SPDX-License-Identifier: Apache-2.0
// The npm package readable-stream: Node's own streams, as its project publishes them for other places.
declare module "readable-stream/lib/stream.js" {
  const stream: any;
  export default stream;
}
declare module "readable-stream/lib/internal/streams/utils.js" {
  const utils: any;
  export default utils;
}
