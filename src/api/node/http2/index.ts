// SPDX-License-Identifier: Apache-2.0
// node:http2: fetch() speaks HTTP/2 where its server does. https://nodejs.org/api/http2.html
import { refuseAll, refusedClass } from "mayfly:node/internal";

export default {
  Http2ServerRequest: refusedClass("Http2ServerRequest", "http2.Http2ServerRequest"),
  Http2ServerResponse: refusedClass("Http2ServerResponse", "http2.Http2ServerResponse"),
  constants: Object.freeze({
    HTTP2_HEADER_AUTHORITY: ":authority", HTTP2_HEADER_METHOD: ":method", HTTP2_HEADER_PATH: ":path", HTTP2_HEADER_PROTOCOL: ":protocol",
    HTTP2_HEADER_SCHEME: ":scheme", HTTP2_HEADER_STATUS: ":status", NGHTTP2_CANCEL: 8, NGHTTP2_INTERNAL_ERROR: 2, NGHTTP2_NO_ERROR: 0,
    NGHTTP2_PROTOCOL_ERROR: 1, NGHTTP2_REFUSED_STREAM: 7,
  }),
  sensitiveHeaders: Symbol("sensitiveHeaders"),
  ...refuseAll("connect createSecureServer createServer getDefaultSettings getPackedSettings getUnpackedSettings performServerHandshake", "http2."),
};
