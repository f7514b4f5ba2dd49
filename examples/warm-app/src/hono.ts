// SPDX-License-Identifier: Apache-2.0
//
// Hono's smallest preset as a set of modules for the loader. Each file keeps its path below `dist`, so that the imports
// between them hold. (Code that comes from users is best bundled before it is stored; this keeps the example plain.)

import compose from "../../../node_modules/hono/dist/compose.js";
import context from "../../../node_modules/hono/dist/context.js";
import routeHelper from "../../../node_modules/hono/dist/helper/route/index.js";
import honoBase from "../../../node_modules/hono/dist/hono-base.js";
import httpException from "../../../node_modules/hono/dist/http-exception.js";
import preset from "../../../node_modules/hono/dist/preset/tiny.js";
import request from "../../../node_modules/hono/dist/request.js";
import requestConstants from "../../../node_modules/hono/dist/request/constants.js";
import router from "../../../node_modules/hono/dist/router.js";
import patternRouter from "../../../node_modules/hono/dist/router/pattern-router/router.js";
import body from "../../../node_modules/hono/dist/utils/body.js";
import buffer from "../../../node_modules/hono/dist/utils/buffer.js";
import constants from "../../../node_modules/hono/dist/utils/constants.js";
import crypto from "../../../node_modules/hono/dist/utils/crypto.js";
import html from "../../../node_modules/hono/dist/utils/html.js";
import mount from "../../../node_modules/hono/dist/utils/mount.js";
import url from "../../../node_modules/hono/dist/utils/url.js";

export const honoModules: Record<string, string> = {
  "hono/compose.js": compose,
  "hono/context.js": context,
  "hono/helper/route/index.js": routeHelper,
  "hono/hono-base.js": honoBase,
  "hono/http-exception.js": httpException,
  "hono/preset/tiny.js": preset,
  "hono/request.js": request,
  "hono/request/constants.js": requestConstants,
  "hono/router.js": router,
  "hono/router/pattern-router/router.js": patternRouter,
  "hono/utils/body.js": body,
  "hono/utils/buffer.js": buffer,
  "hono/utils/constants.js": constants,
  "hono/utils/crypto.js": crypto,
  "hono/utils/html.js": html,
  "hono/utils/mount.js": mount,
  "hono/utils/url.js": url,
};
