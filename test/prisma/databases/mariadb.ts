import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { MariaDbContainer } from '@testcontainers/mariadb'
import { createConnection, type PoolConfig } from 'mariadb'
import { Wait } from 'testcontainers'
import { noHealthCheck, obstacleToContainers } from '../../support/database/server.ts'
import { actions, type AuditedDatabase, tables, writesOf } from './audited.ts'

const image = process.env['MARIADB_IMAGE'] ?? 'mariadb:11.8'

/** Why there is no MariaDB to test on; undefined where there is one. */
export async function obstacleToMariadb(): Promise<string | undefined> {
  const obstacle = await obstacleToContainers(image)
  if (obstacle !== undefined && process.env['REQUIRE_CONTAINERS'] === '1') {
    throw new Error(`REQUIRE_CONTAINERS=1: expected a container of ${image}, got: ${obstacle}`)
  }
  return obstacle
}

export interface MariadbServer extends AsyncDisposable {
  readonly createDatabase: () => Promise<AuditedDatabase & { readonly config: PoolConfig }>
}

/** Starts a MariaDB for the tests of one file. */
export async function startMariadb(): Promise<MariadbServer> {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  const container = await new MariaDbContainer(image)
    .withRootPassword('root')
    .withHealthCheck(noHealthCheck)
    // The server that initialises the data listens on no port.
    .withWaitStrategy(Wait.forLogMessage(/port: 3306/))
    .withCommand([
      'mariadbd',
      '--max-connections=300',
      '--innodb-lock-wait-timeout=1',
      '--innodb-flush-log-at-trx-commit=0',
    ])
    .start()
  const remove = (): void => {
    spawnSync('docker', ['rm', '--force', '--volumes', container.getId()])
  }
  process.once('exit', remove)
  const config = {
    host: container.getHost(),
    port: container.getPort(),
    user: 'root',
    password: 'root',
  }
  return {
    createDatabase: () => createDatabase(config),
    async [Symbol.asyncDispose]() {
      await container.stop()
      process.off('exit', remove)
    },
  }
}

async function createDatabase(
  server: PoolConfig,
): Promise<AuditedDatabase & { readonly config: PoolConfig }> {
  const database = `test_${randomUUID().replaceAll('-', '')}`
  const beside = await createConnection({ ...server, multipleStatements: true })
  await beside.query(`CREATE DATABASE ${database}; USE ${database}`)
  await beside.query(
    await readFile(new URL('../../fixtures/mariadb/schema.sql', import.meta.url), 'utf8'),
  )
  await beside.query(auditTriggers)
  const config = { ...server, database, connectionLimit: 12 }
  return {
    config,
    adapter: () => new PrismaMariaDb(config),
    async audit() {
      const notes: { table_name: string; action: string; rows: bigint }[] = await beside.query(
        'SELECT table_name, action, COUNT(*) AS `rows` FROM audit_notes GROUP BY table_name, action',
      )
      return writesOf(
        notes.map(({ table_name: table, action, rows }) => ({ table, action, rows: Number(rows) })),
      )
    },
    async busy() {
      return beside.query(
        `SELECT info, command FROM information_schema.processlist
         WHERE db = ? AND id <> CONNECTION_ID() AND command <> 'Sleep'
         UNION ALL
         SELECT trx_query, trx_state FROM information_schema.innodb_trx
         JOIN information_schema.processlist ON id = trx_mysql_thread_id AND db = ?`,
        [database, database],
      )
    },
    async [Symbol.asyncDispose]() {
      await beside.query(`DROP DATABASE ${database}`)
      await beside.end()
    },
  }
}

/** MariaDB runs no triggers for what foreign keys do: every note is a statement's. */
const auditTriggers = [
  'CREATE TABLE audit_notes (table_name VARCHAR(64) NOT NULL, action VARCHAR(6) NOT NULL)',
  ...tables.flatMap((table) =>
    actions.map(
      (action) =>
        `CREATE TRIGGER audit_${action}_${table} AFTER ${action} ON \`${table}\` FOR EACH ROW INSERT INTO audit_notes VALUES ('${table}', '${action}')`,
    ),
  ),
].join(';\n')
