import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Plant, ServiceMessage } from './service/messages.ts'
import type { ReportedLine } from './service/application.ts'

/** A running service. */
export interface ServiceProcess extends AsyncDisposable {
  readonly url: string
  readonly routes: readonly string[]
  readonly jobs: readonly string[]
  /** Lines that callbacks have reported since the fault was planted. */
  readonly lines: readonly ReportedLine[]
  /** Changes the code of routes or jobs. */
  plant(plant: Plant): Promise<void>
}

const main = fileURLToPath(new URL('./service/main.ts', import.meta.url))

export async function startService(
  version: '7' | '8',
  databaseUrl: string,
  slowUrl: string,
): Promise<ServiceProcess> {
  const child = fork(main, [version, databaseUrl, slowUrl], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const lines: ReportedLine[] = []
  let planted = false
  const listening = new Promise<Extract<ServiceMessage, { kind: 'listening' }>>(
    (resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`the service has ended with code ${code}`)))
      child.on('message', (message: ServiceMessage) => {
        if (message.kind === 'listening') resolve(message)
        if (message.kind === 'line' && planted) lines.push(message)
      })
    },
  )
  const { url, scopes } = await listening
  return {
    url,
    routes: scopes.filter((scope) => scope.includes(' ')),
    jobs: scopes.filter((scope) => !scope.includes(' ')),
    lines,
    async plant(plant) {
      planted = true
      child.send(plant)
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
