// SPDX-License-Identifier: Apache-2.0
// node:sqlite: a worker has no databases of its own. https://nodejs.org/api/sqlite.html
import { refuse, refusedClass } from "mayfly:node/internal";

export default {
  DatabaseSync: refusedClass("DatabaseSync", "sqlite.DatabaseSync"), StatementSync: refusedClass("StatementSync", "sqlite.StatementSync"),
  backup: refuse("backup", "sqlite.backup"),
  constants: Object.freeze({
    SQLITE_CHANGESET_OMIT: 0, SQLITE_CHANGESET_REPLACE: 1, SQLITE_CHANGESET_ABORT: 2, SQLITE_CHANGESET_DATA: 1, SQLITE_CHANGESET_NOTFOUND: 2,
    SQLITE_CHANGESET_CONFLICT: 3, SQLITE_CHANGESET_CONSTRAINT: 4, SQLITE_CHANGESET_FOREIGN_KEY: 5, SQLITE_OK: 0, SQLITE_DENY: 1, SQLITE_IGNORE: 2,
  }),
};
