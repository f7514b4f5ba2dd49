// SPDX-License-Identifier: Apache-2.0

import { RpcTarget, newHttpBatchRpcSession, newMessagePortRpcSession, newWorkersRpcResponse } from "capnweb";
import { equal, rejects, same } from "../../conformance/check.js";

class User extends RpcTarget {
  constructor(name) {
    super();
    this.name_ = name;
  }
  get name() {
    return this.name_;
  }
  orders() {
    return [1, 2, 3];
  }
}
class Api extends RpcTarget {
  login(name) {
    if (name === "") throw new RangeError("who?");
    return new User(name);
  }
  each(values, callback) {
    return Promise.all(values.map((value) => callback(value)));
  }
  when() {
    return { at: new Date(0), big: 10n ** 20n, bytes: new Uint8Array([1, 2]) };
  }
}

export default async function () {
  const { port1, port2 } = new MessageChannel();
  newMessagePortRpcSession(port1, new Api());
  using api = newMessagePortRpcSession(port2);
  const user = api.login("ada"); // what is called on it goes along with the call
  same([await user.name, await user.orders()], ["ada", [1, 2, 3]]);
  same(await api.each([1, 2], (value) => value * 10), [10, 20]);
  same(await api.when(), { at: new Date(0), big: 10n ** 20n, bytes: new Uint8Array([1, 2]) });
  same(
    await api
      .login("ada")
      .orders()
      .map((id) => ({ id })),
    [{ id: 1 }, { id: 2 }, { id: 3 }],
  );
  await rejects(api.login(""), { name: "RangeError", message: "who?" });

  // Several calls in one HTTP request, which the worker's side of the package answers.
  const { fetch } = globalThis;
  globalThis.fetch = async (url, init) => newWorkersRpcResponse(new Request(url, init), new Api());
  try {
    const batch = newHttpBatchRpcSession("https://api.example/");
    const orders = batch.login("grace").orders();
    equal((await Promise.all([orders, batch.login("grace").name])).join(), "1,2,3,grace");
  } finally {
    globalThis.fetch = fetch;
  }
}
