import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { stringify } from 'yaml'
import { freePort } from './free-port.ts'
import { startProgram } from './program.ts'

/** An alert as its receiver gets it. */
export interface Notification {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface Alertmanager {
  /** Host and port. */
  readonly address: string
  /** All notifications, newest last. */
  readonly notifications: readonly Notification[]
  [Symbol.asyncDispose](): Promise<void>
}

interface Routing {
  /** How long an alert waits for others, and for alerts that inhibit it, before its notification. */
  readonly groupWait?: string
  readonly inhibitRules?: readonly unknown[]
}

export async function startAlertmanager(
  file: string,
  { groupWait = '0s', inhibitRules = [] }: Routing = {},
): Promise<Alertmanager> {
  const notifications: Notification[] = []
  const receiver = createServer(async (request, response) => {
    const { alerts } = (await json(request)) as { alerts: Notification[] }
    notifications.push(...alerts)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port: receiverPort } = receiver.address() as { port: number }

  const folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-alertmanager-'))
  const config = {
    route: {
      receiver: 'on-call',
      group_by: ['...'],
      group_wait: groupWait,
      group_interval: '1s',
      repeat_interval: '1h',
    },
    inhibit_rules: inhibitRules,
    receivers: [
      { name: 'on-call', webhook_configs: [{ url: `http://127.0.0.1:${receiverPort}/` }] },
    ],
  }
  await writeFile(join(folder, 'alertmanager.yml'), stringify(config))
  const address = `127.0.0.1:${await freePort()}`
  const program = await startProgram(
    file,
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${folder}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    `http://${address}/-/ready`,
  )
  return {
    address,
    notifications,
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      receiver.close()
      receiver.closeAllConnections()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
