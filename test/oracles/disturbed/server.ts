import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { applyMigrations, migrationsDirectory } from '../../../example/database/apply-migrations.ts'
import { execute } from '../../support/database/templates.ts'
import { freePort } from '../../support/serve.ts'

type Settings = Readonly<Record<string, string | number>>

/** A Postgres of Debian's package, which a scenario stops, fills and replaces. */
export interface Server {
  readonly port: number
  readonly url: string
  /** Runs SQL on a connection of its own; waits while the server starts up or recovers. */
  query(sql: string): Promise<Record<string, unknown>[]>
  /** Sends a signal to the server and to each of its processes. */
  signal(signal: NodeJS.Signals): void
  /** Kills one process: the server ends all others, and recovers from its log. */
  crash(): void
  stop(): Promise<void>
}

const packages = '/usr/lib/postgresql'

/** The folder of Debian's programs; undefined if the package `postgresql` is not installed. */
export function findPostgres(): string | undefined {
  if (!existsSync(packages)) return undefined
  return readdirSync(packages)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(packages, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'pg_basebackup')))
}

// Postgres does not run as root.
const user =
  process.getuid?.() === 0
    ? {
        uid: Number(execFileSync('id', ['-u', 'nobody'])),
        gid: Number(execFileSync('id', ['-g', 'nobody'])),
      }
    : undefined

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 60,
  fsync: 'off',
  deadlock_timeout: '50ms',
}

/** Creates a folder for data, owned by the user of the server. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'disturbed-'))
  if (user) await chown(folder, user.uid, user.gid)
  return folder
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Starts an audited database with the schema of the example. */
export async function startAudited(folder: string, extra: Settings = {}): Promise<Server> {
  const options = ['-D', join(folder, 'data'), '-U', 'postgres', '--auth=trust', '--no-sync']
  await run('initdb', [...options, '--encoding=UTF8', '--locale=C', '--wal-segsize=1'])
  const server = await start(folder, extra)
  await applyMigrations(server.url, migrationsDirectory)
  const audit = await readFile(new URL('../../support/database/audit.sql', import.meta.url), 'utf8')
  // Unlogged tables are not replicated, and are empty after a crash.
  await execute(server.url, audit.replaceAll('UNLOGGED', ''))
  // The operations find rows by name in a table that grows.
  await execute(server.url, 'CREATE INDEX ON job_runs (name)')
  return server
}

/** Starts a standby that streams from a server. */
export async function startStandby(primary: Server, folder: string): Promise<Server> {
  const source = `host=127.0.0.1 port=${primary.port} user=postgres`
  await run('pg_basebackup', ['-D', join(folder, 'data'), '-R', '-X', 'stream', '-d', source])
  return start(folder, {})
}

async function start(folder: string, extra: Settings): Promise<Server> {
  const port = await freePort()
  const given = Object.entries({ ...settings, port, ...extra })
  const child = spawn(
    join(findPostgres() ?? '', 'postgres'),
    ['-D', join(folder, 'data'), ...given.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...user, cwd: folder, detached: true, stdio: 'ignore' },
  )
  const ended = once(child, 'exit')
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of processesOf(child)) process.kill(pid, name)
  }
  // A stopped process handles no signal but SIGKILL.
  const killAtExit = (): void => signal('SIGKILL')
  process.once('exit', killAtExit)
  const server: Server = {
    port,
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async query(sql) {
      for (let attempt = 0; ; attempt++) {
        try {
          return await queryOnce(server.url, sql)
        } catch (error) {
          if (attempt > 300 || child.exitCode !== null) throw error
          await sleep(50)
        }
      }
    },
    signal,
    crash() {
      const victim = processesOf(child).at(-1)
      if (victim !== undefined && victim !== child.pid) process.kill(victim, 'SIGKILL')
    },
    async stop() {
      process.off('exit', killAtExit)
      child.kill('SIGQUIT')
      await ended
    },
  }
  await server.query('SELECT 1')
  return server
}

/** A Postgres and its processes, which are in sessions of their own. */
function processesOf({ pid, exitCode, signalCode }: ChildProcess): number[] {
  if (pid === undefined || exitCode !== null || signalCode !== null) return []
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return [pid, ...children.split(' ').filter(Boolean).map(Number)]
}

async function queryOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const path = join(findPostgres() ?? '', program)
  const child = spawn(path, args, { ...user, cwd: tmpdir(), stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${program}: expected exit code 0, got ${code}`)
}
