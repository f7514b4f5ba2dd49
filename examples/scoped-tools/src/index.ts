// SPDX-License-Identifier: Apache-2.0
//
// Gives sandboxed code one tool and nothing more. The tool is a class of this worker; `ctx.exports.Calendar({ props
// })` makes a capability of it, already bound to one user. The sandbox can call its methods, but it can neither
// change whose calendar it is nor reach anything else.

import { WorkerEntrypoint } from "cloudflare:workers";

interface Env {
  LOADER: WorkerLoader;
}

const busyHours: Record<string, number[]> = { ada: [9, 10, 14], grace: [11] };

export class Calendar extends WorkerEntrypoint<Env, { user: string }> {
  /** The first free hour of the day at or after `hour`. */
  firstFreeHour(hour: number): number {
    const busy = busyHours[this.ctx.props.user] ?? [];
    while (busy.includes(hour)) hour++;
    return hour;
  }
}

interface Agent extends Rpc.WorkerEntrypointBranded {
  run(): Promise<{ meeting: string; network: string }>;
}

const agentCode = `
  import { WorkerEntrypoint } from "cloudflare:workers";

  export default class extends WorkerEntrypoint {
    async run() {
      const hour = await this.env.CALENDAR.firstFreeHour(9);
      const network = await fetch("https://example.com").then(() => "open", () => "closed");
      return { meeting: hour + ":00", network };
    }
  }
`;

export default {
  async fetch(request, env, ctx) {
    const user = new URL(request.url).searchParams.get("user") ?? "ada";
    const worker = env.LOADER.load({
      compatibilityDate: "2026-11-01",
      mainModule: "agent.js",
      modules: { "agent.js": agentCode },
      env: { CALENDAR: ctx.exports.Calendar({ props: { user } }) },
      globalOutbound: null,
    });
    return Response.json(await worker.getEntrypoint<Agent>().run());
  },
} satisfies ExportedHandler<Env>;
