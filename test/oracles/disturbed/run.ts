import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/serve.ts'
import { load, type Result, retried } from './load.ts'
import {
  dataFolder,
  findPostgres,
  remove,
  type Server,
  startAudited,
  startStandby,
} from './server.ts'

/** `npm run truth:disturbed -- [scenario…] [--seconds 5]`: operations on servers that are disturbed. */
const given = process.argv.slice(2)
const at = given.indexOf('--seconds')
const duration = at < 0 ? 5 : Number(given[at + 1])
const wanted = given.filter((word, index) => !word.startsWith('--') && index !== at + 1)

type Scenario = (folder: string) => Promise<Result>

/** Starts a server for one scenario. */
const on =
  (scenario: (server: Server, folder: string) => Promise<Result>): Scenario =>
  async (folder) => {
    const server = await startAudited(folder)
    try {
      return await scenario(server, folder)
    } finally {
      await server.stop('SIGQUIT')
    }
  }

/** A relay whose target can change, as the address of a database does in a failover. */
async function startRelay(target: () => number): Promise<{ port: number; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target() })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.pipe(upstream)
    upstream.pipe(client)
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

async function throughPgBouncer(server: Server, folder: string): Promise<Result> {
  const port = await freePort()
  const config = join(folder, 'pgbouncer.ini')
  await writeFile(join(folder, 'users.txt'), '"postgres" ""\n')
  await writeFile(
    config,
    `[databases]\n* = host=127.0.0.1 port=${server.port}\n[pgbouncer]\nlisten_addr=127.0.0.1\n` +
      `listen_port=${port}\nauth_type=any\nauth_file=${folder}/users.txt\npool_mode=transaction\n` +
      `default_pool_size=4\nunix_socket_dir=\nuser=nobody\n`,
  )
  const bouncer = spawn('pgbouncer', ['-q', config], { stdio: 'ignore' })
  try {
    await sleep(500)
    const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
    return await load(
      url,
      () => server,
      (seconds) => seconds(duration),
    )
  } finally {
    bouncer.kill()
  }
}

async function stopped(server: Server): Promise<Result> {
  const group = -(server.process.pid ?? 0)
  return load(
    server.url,
    () => server,
    async (seconds) => {
      for (let times = 0; times < 3; times++) {
        await seconds(duration / 6)
        process.kill(group, 'SIGSTOP')
        await seconds(2)
        process.kill(group, 'SIGCONT')
      }
      await seconds(duration / 2)
    },
  )
}

/** The primary crashes under load, and its synchronous standby takes over. */
const failover: Scenario = async (folder) => {
  const settings = { synchronous_commit: 'on', wal_level: 'replica', max_wal_senders: 5 }
  const primary = await startAudited(folder, settings)
  const other = await dataFolder()
  let current = primary
  try {
    const standby = await startStandby(primary, other)
    await primary.query(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
    await primary.query('SELECT pg_reload_conf()')
    const relay = await startRelay(() => current.port)
    const url = `postgresql://postgres@127.0.0.1:${relay.port}/postgres`
    const result = await load(
      url,
      () => standby,
      async (seconds) => {
        await seconds(duration / 2)
        await primary.stop('SIGQUIT')
        await standby.query('SELECT pg_promote()')
        await standby.query(`ALTER SYSTEM SET synchronous_standby_names = ''`)
        await standby.query('SELECT pg_reload_conf()')
        current = standby
        await seconds(duration / 2)
      },
    )
    relay.close()
    await standby.stop('SIGQUIT')
    return result
  } finally {
    await primary.stop('SIGQUIT')
    await remove(other)
  }
}

/** The disk of the data fills up under load, and is freed again. */
const fullDisk: Scenario = async (folder) => {
  const mount = join(folder, 'disk')
  await mkdir(mount)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=100m,uid=65534,gid=65534', 'tmpfs', mount])
  try {
    const limits = { max_wal_size: '8MB', min_wal_size: '2MB', restart_after_crash: 'on' }
    const server = await startAudited(mount, limits)
    const ballast = join(mount, 'ballast')
    const fill = (): void => {
      // Writes until no block is left.
      spawnDd(ballast)
    }
    try {
      return await load(
        server.url,
        () => server,
        async (seconds) => {
          await seconds(duration / 4)
          fill()
          await seconds(duration / 2)
          await remove(ballast)
          await seconds(duration / 2)
        },
      )
    } finally {
      await server.stop('SIGQUIT')
    }
  } finally {
    execFileSync('umount', ['-l', mount])
  }
}

function spawnDd(file: string): void {
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=64k'], { stdio: 'ignore' })
  } catch {
    // It ends when the disk is full.
  }
}

const scenarios: Readonly<Record<string, Scenario>> = {
  undisturbed: on((server) =>
    load(
      server.url,
      () => server,
      (seconds) => seconds(duration),
    ),
  ),
  cockroach_restart: on((server) =>
    load(
      server.url,
      () => server,
      (seconds) => seconds(duration),
      { only: [retried] },
    ),
  ),
  pgbouncer: on(throughPgBouncer),
  'named-statements': on((server) => {
    const names = new Map<string, string>()
    const statementNameGenerator = ({ sql }: { sql: string }): string => {
      const name = names.get(sql) ?? `s${names.size}`
      names.set(sql, name)
      return name
    }
    const options = { adapter: { statementNameGenerator } }
    return load(
      server.url,
      () => server,
      (seconds) => seconds(duration),
      options,
    )
  }),
  sigstop: on(stopped),
  failover,
  'full-disk': fullDisk,
}

if (findPostgres() === undefined) {
  console.log("Skipped: Debian's package postgresql is not installed")
  process.exit(0)
}
console.log('| scenario | operations | rejected | rows committed | rows unknown | failed |')
console.log('| --- | --- | --- | --- | --- | --- |')
for (const [name, scenario] of Object.entries(scenarios)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const folder = await dataFolder()
  try {
    const { operations, rejected, committed, unknown, failed } = await scenario(folder)
    const numbers = [operations, rejected, committed, unknown, failed.length]
    console.log(`| ${name} | ${numbers.map((value) => value.toLocaleString('en')).join(' | ')} |`)
    for (const sentence of failed) console.log(`  ${sentence}`)
    if (failed.length > 0) process.exitCode = 1
  } finally {
    await remove(folder)
  }
}
process.exit()
