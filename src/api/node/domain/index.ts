// SPDX-License-Identifier: Apache-2.0
// node:domain: errors go to their promises, events and the request. https://nodejs.org/api/domain.html
import { EventEmitter } from "mayfly:node/events";
import { notImplemented } from "mayfly:node/internal";

const refused = (name: string): never => {
  throw notImplemented(`domain.${name}`);
};

class Domain extends EventEmitter {
  members: unknown[] = [];
  add(): never {
    return refused("add");
  }
  remove(): never {
    return refused("remove");
  }
  bind(): never {
    return refused("bind");
  }
  intercept(): never {
    return refused("intercept");
  }
  run(): never {
    return refused("run");
  }
  enter(): never {
    return refused("enter");
  }
  exit(): never {
    return refused("exit");
  }
}
const create = (): Domain => new Domain();

export default { Domain, active: null, create, createDomain: create };
