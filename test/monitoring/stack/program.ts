import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** A third-party server that a test runs. */
export interface Program {
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts `file` and waits until `readyUrl` answers.
 *
 * @throws with the program's output if it exits before that.
 */
export async function startProgram(
  file: string,
  args: readonly string[],
  readyUrl: string,
): Promise<Program> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000)
    })
  }
  while (!(await answers(readyUrl))) {
    if (child.exitCode !== null) throw new Error(`${file} has ended: ${output}`)
    await sleep(100)
  }
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url)
    return response.ok
  } catch {
    return false
  }
}
