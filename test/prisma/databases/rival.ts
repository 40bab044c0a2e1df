import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Another process with a connection of its own to a SQLite file. */
export interface Rival extends AsyncDisposable {
  /** Runs one statement on its connection: `BEGIN IMMEDIATE` takes the write lock, and keeps it. */
  execute(sql: string): Promise<void>
}

export async function startRival(url: string): Promise<Rival> {
  const program = fileURLToPath(new URL('./rival-process.ts', import.meta.url))
  const child = fork(program, [url], { execArgv: ['--import', 'tsx'] })
  const exit = once(child, 'exit')
  const answer = async (): Promise<void> => {
    const ended = exit.then(([code]) => {
      throw new Error(`the rival: expected an answer, got its end with ${String(code)}`)
    })
    await Promise.race([once(child, 'message'), ended])
  }
  await answer()
  return {
    async execute(sql) {
      child.send(sql)
      await answer()
    },
    async [Symbol.asyncDispose]() {
      child.disconnect()
      await exit
    },
  }
}
