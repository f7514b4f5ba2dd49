// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

namespace mayfly::cli {

std::string_view helpText() {
  return R"(mayfly runs Workers, and the code they load at run time, each in a V8 isolate of its own.

  mayfly dev DIR|FILE...     serve, watch the files, reload on change
  mayfly serve DIR|FILE...   serve
  mayfly test DIR|FILE...    run every export that has a test() method
  mayfly run FILE            run a module once, in a sandbox, and print its result as JSON
  mayfly types DIR...        write worker-configuration.d.ts, the types of each worker's env
  mayfly doctor              try the sandbox of this machine from inside, and print what holds

DIR holds a wrangler.jsonc, wrangler.json or wrangler.toml; FILE is such a file or a module (.js, .ts, ...).
The first worker serves HTTP; the others can be bound to it as services.

dev and serve
  --port N                   port, 0 for any that is free (8787)
  --host ADDRESS             address or name to listen on (127.0.0.1)
  --shards N                 event loops, each on a core of its own (one per core)
  --max-header-bytes N, --max-body-bytes N, --header-timeout-ms N, --body-timeout-ms N, --idle-timeout-ms N
                             what a client may send, and how slowly
  --guest-jit LEVEL          what guest cells may compile with: full, no-turbofan (no optimizing compiler but Maglev) or
                             none (nothing, and no WebAssembly) (full)
  --cell-memory-mb N         how much memory one guest cell may use (4096)
  --cell-workers N, --cell-growth-mb N, --cell-age-s N
                             after how many workers, how much growth and which age a guest cell is replaced in good
                             order (20000, a quarter of its memory, 86400)
  --cell-answer-ms N         how long a cell may be silent before it is replaced (10000)
  --control HOST:PORT, --control-token-file FILE
                             also listen for POST /v1/run, which runs code for whoever has the token (off)
  --log-events               a record in the log for each event: outcome, times, memory, subrequests, bytes
  --drain-ms N               how long requests in flight may take when it is told to end (10000)
test
  --filter TEXT              only tests whose name contains TEXT
  --timeout MS               time limit of each test (30000)
  --expose-gc                gc() is there to be called
run
  --input JSON               the input, or - to read it from standard input
  --env K=V                  a variable of `env`; may be repeated
  --cpu-ms N                 limit of processor time (10000)
  --memory-mb N              limit of memory (128)
  --allow ORIGIN             what fetch() may reach, such as https://api.example.com; may be repeated (nothing)
  --timeout MS               limit of time (30000)
  exit status                0 result printed, 1 the code failed, 2 wrong usage, 3 a limit was reached
types
  --output FILE              where to (worker-configuration.d.ts beside the configuration)
  --env-interface NAME       the name of the type (Env)
  --check                    write nothing; exit status 1 when what is there is out of date
dev, serve, test and types
  --env NAME                 take env.NAME of the configuration
dev, serve and test
  --env-file FILE            variables of env, as NAME=value lines; may be repeated (dev, test: .dev.vars, .env)
  --allow-missing-bindings   bindings that mayfly does not have throw when used, instead of stopping the start
all but types and doctor
  --sandbox required|best-effort|off
                             what to do where the machine does not offer all layers of the cells' sandbox: fail, go on
                             with those there are, use none (serve: required, others: best-effort)
  --log pretty|json          how the log is written, to standard error (pretty)
  --verbose                  also say which configuration keys change nothing here
  --help, --version

Examples
  mayfly dev examples/agent-sandbox
  mayfly serve api/ auth/ --port 80 --host 0.0.0.0 --log json
  mayfly test tests/ --filter stream
  echo '{"n": 20}' | mayfly run double.js --input - --cpu-ms 50
)";
}

}  // namespace mayfly::cli
