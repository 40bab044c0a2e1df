import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

export interface Example {
  /** What the example has printed. */
  output(): string
  /** Waits for a line of the output to match, and gives its first group. */
  printed(pattern: RegExp): Promise<string>
  /** Sends a signal to it and all that it started, as a terminal does, and waits for the end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** What the example's embedded server keeps in the temporary folder. */
  files(): Promise<string[]>
}

/** Starts what `npm start` starts, in a process and a temporary folder of its own. */
export async function startExample(env: NodeJS.ProcessEnv = {}): Promise<Example> {
  const folder = await mkdtemp(join(tmpdir(), 'example-'))
  // Postgres runs as another user where the tests run as root.
  await chmod(folder, 0o755)
  const child = spawn(process.execPath, ['--import', 'tsx', 'example/main.ts'], {
    env: { ...process.env, PORT: '0', DATABASE_URL: undefined, TMPDIR: folder, ...env },
    detached: true,
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const exit = once(child, 'exit')

  onTestFinished(async () => {
    if (isRunning(child)) child.kill('SIGTERM')
    await exit
    await rm(folder, { recursive: true, force: true })
  })

  return {
    output: () => output,
    async printed(pattern) {
      while (isRunning(child)) {
        const match = pattern.exec(output)
        if (match) return match[1] ?? match[0]
        await sleep(20)
      }
      throw new Error(`example: expected it to print ${pattern}, got:\n${output}`)
    },
    async end(signalToSend) {
      if (child.pid !== undefined) process.kill(-child.pid, signalToSend)
      const [code, signal] = await exit
      return { code, signal }
    },
    files: async () => {
      const entries = await readdir(folder, { recursive: true })
      return entries.filter((entry) => entry.startsWith('prisma-prometheus-'))
    },
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}
