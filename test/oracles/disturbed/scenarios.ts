import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startCommitProxy } from '../../support/commit-proxy.ts'
import { freePort } from '../../support/serve.ts'
import type { Kind } from '../cuts/kinds.ts'
import { load, type LoadOptions, type Result } from './load.ts'
import { retried } from './operations.ts'
import { startRelay } from './relay.ts'
import { createFolder, removeFolder, type Server, startAudited, startStandby } from './server.ts'

/** Runs a load in `folder` for about a number of seconds. */
export type Scenario = (folder: string, seconds: number, options: LoadOptions) => Promise<Result>

type Disturbance = (server: Server, seconds: number) => Promise<void>

const wait = (seconds: number): Promise<void> => sleep(seconds * 1000)

/** A load on a server of its own. */
function on(disturb: Disturbance, given: LoadOptions = {}): Scenario {
  return async (folder, seconds, options) => {
    const server = await startAudited(folder)
    try {
      const all = { ...given, ...options }
      return await load(
        server.url,
        () => server,
        () => disturb(server, seconds),
        all,
      )
    } finally {
      await server.stop()
    }
  }
}

const undisturbed: Disturbance = (_, seconds) => wait(seconds)

const stopSeconds = 4

/** Stops all processes of the server for longer than a transaction may take, and continues them. */
const stopped: Disturbance = async (server, seconds) => {
  for (let times = 0; times < 3; times++) {
    await wait(seconds / 6)
    server.signal('SIGSTOP')
    await wait(stopSeconds)
    server.signal('SIGCONT')
  }
  await wait(seconds / 2)
}

/** Kills a process of the server, which then ends all others and recovers from its log. */
const crashed: Disturbance = async (server, seconds) => {
  for (let times = 0; times < 3; times++) {
    await wait(seconds / 4)
    server.crash()
  }
  await wait(seconds / 4)
}

/** Names each text, so that the driver prepares it once per connection. */
function namedStatements(): LoadOptions {
  const names = new Map<string, string>()
  const statementNameGenerator = ({ sql }: { readonly sql: string }): string => {
    const name = names.get(sql) ?? `s${names.size}`
    names.set(sql, name)
    return name
  }
  return { adapter: { statementNameGenerator } }
}

function throughPgBouncer(given: LoadOptions = {}): Scenario {
  return async (folder, seconds, options) => {
    const server = await startAudited(folder)
    const port = await freePort()
    const config = join(folder, 'pgbouncer.ini')
    await writeFile(join(folder, 'users.txt'), '"postgres" ""\n')
    await writeFile(
      config,
      `[databases]\n* = host=127.0.0.1 port=${server.port}\n[pgbouncer]\nlisten_addr=127.0.0.1\n` +
        `listen_port=${port}\nauth_type=trust\nauth_file=${folder}/users.txt\npool_mode=transaction\n` +
        `default_pool_size=4\nunix_socket_dir=\nuser=nobody\n`,
    )
    const bouncer = spawn('pgbouncer', ['-q', config], { stdio: 'ignore' })
    const ended = once(bouncer, 'exit')
    const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
    try {
      await wait(0.5)
      return await load(
        url,
        () => server,
        () => wait(seconds),
        { ...given, ...options },
      )
    } finally {
      bouncer.kill()
      await ended
      await server.stop()
    }
  }
}

/** The primary crashes under load, and its synchronous standby takes over. */
const failover: Scenario = async (folder, seconds, options) => {
  const settings = { synchronous_commit: 'on', wal_level: 'replica', max_wal_senders: 5 }
  const primary = await startAudited(folder, settings)
  const other = await createFolder()
  let current = primary
  try {
    const standby = await startStandby(primary, other)
    await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
    await primary.query('SELECT pg_reload_conf()')
    await using relay = await startRelay(() => current.port)
    const url = `postgresql://postgres@127.0.0.1:${relay.port}/postgres`
    const fail = async (): Promise<void> => {
      await wait(seconds / 2)
      await primary.stop()
      await standby.query('SELECT pg_promote()')
      await standby.query(`ALTER SYSTEM SET synchronous_standby_names = ''`)
      await standby.query('SELECT pg_reload_conf()')
      current = standby
      await wait(seconds / 2)
    }
    try {
      return await load(url, () => standby, fail, options)
    } finally {
      await standby.stop()
    }
  } finally {
    await primary.stop()
    await removeFolder(other)
  }
}

/** The disk of the data fills up under load, and is freed again. */
const fullDisk: Scenario = async (folder, seconds, options) => {
  const mount = join(folder, 'disk')
  await mkdir(mount)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m,uid=65534,gid=65534', 'tmpfs', mount])
  try {
    const server = await startAudited(mount, { max_wal_size: '8MB', min_wal_size: '2MB' })
    const ballast = join(mount, 'ballast')
    const fill = async (): Promise<void> => {
      await wait(seconds / 4)
      // Ends when the disk is full.
      const dd = spawn('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'], { stdio: 'ignore' })
      await once(dd, 'exit')
      await wait(seconds / 2)
      await removeFolder(ballast)
      await wait(seconds / 2)
    }
    try {
      return await load(server.url, () => server, fill, options)
    } finally {
      await server.stop()
    }
  } finally {
    execFileSync('umount', ['-l', mount])
  }
}

/**
 * A crash loses the log of a transaction whose COMMIT never arrived, and the server gives its id to the next
 * one, which commits.
 */
const reusedId: Scenario = async (folder, _, options) => {
  const server = await startAudited(folder, { wal_writer_delay: '10s', autovacuum: 'off' })
  await using proxy = await startCommitProxy({ host: '127.0.0.1', port: server.port })
  const ids: string[] = []
  const lose: Kind = {
    name: 'lost',
    run: async (prisma, n) => {
      await prisma.$queryRaw`SELECT 1`
      await prisma.$transaction(async (tx) => {
        await tx.tag.create({ data: { name: n } })
        const [row] = await tx.$queryRaw<{ id: string }[]>`SELECT pg_current_xact_id()::text AS id`
        ids.push(row?.id ?? '')
        proxy.cut = 'lost'
      })
    },
  }
  proxy.lost = async () => {
    server.crash()
    const [row] = await server.query('SELECT pg_current_xact_id()::text AS id')
    ids.push(String(row?.['id']))
  }
  const url = `postgresql://postgres@127.0.0.1:${proxy.port}/postgres`
  try {
    const single = { ...options, kinds: [lose], workers: 1 }
    const result = await load(
      url,
      () => server,
      async () => {},
      single,
    )
    const same = ids.length === 2 && ids[0] === ids[1]
    const failed = same ? [] : [`expected the id ${ids[0]} again, got ${ids[1]}`]
    return { ...result, failed: [...result.failed, ...failed] }
  } finally {
    await server.stop()
  }
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  undisturbed: on(undisturbed),
  cockroach_restart: on(undisturbed, { kinds: [retried] }),
  'named statements': on(undisturbed, namedStatements()),
  pgbouncer: throughPgBouncer(),
  'pgbouncer, named statements': throughPgBouncer(namedStatements()),
  sigstop: on(stopped, { timeoutSeconds: stopSeconds / 2 }),
  crash: on(crashed),
  'crash, id reused': reusedId,
  failover,
  'full disk': fullDisk,
}
