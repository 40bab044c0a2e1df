// The service of the drill, a process of its own: `main.ts VERSION DATABASE_URL SLOW_URL`.
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { collectDefaultMetrics, register } from 'prom-client'
import { listen } from '../../example/listen.ts'
import { exposeMetrics } from '../../src/index.ts'
import { exposeEventLoopDelay } from '../../src/metrics/event-loop-delay.ts'
import type { Application, ReportedLine } from './application.ts'
import type { Plant, ServiceMessage } from './messages.ts'

const [, , version, databaseUrl = '', slowUrl = ''] = process.argv

/** A job runs every 40 s of the unshortened clock. */
const jobEveryMilliseconds = 2000

/** The delay of the event loop covers one to two minutes of the unshortened clock. */
exposeEventLoopDelay(register, 'prisma_', 3000)

const send = (message: ServiceMessage): void => {
  process.send?.(message)
}

async function open(report: (line: ReportedLine) => void): Promise<Application> {
  if (version === '8') {
    const { openPrisma8 } = await import('./prisma-8.ts')
    return openPrisma8(databaseUrl, report)
  }
  const { openPrisma7 } = await import('./prisma-7.ts')
  return openPrisma7(databaseUrl, report)
}

const application = await open((line) => send({ kind: 'line', ...line }))
for (let attempt = 1; ; attempt++) {
  try {
    await application.readIds()
    break
  } catch (error) {
    // On a busy machine the first connection can take longer than the pool waits.
    if (attempt === 10) throw error
  }
}
// The service is warm before it is scraped: the rules see its start 20 times as long.
for (let round = 0; round < 20; round++) {
  for (const { path, run } of application.routes) await run(application.idFor(path))
}
register.resetMetrics()
collectDefaultMetrics()

let planted: Plant | undefined
let calls = 0

async function disturb(place: string): Promise<void> {
  if (planted?.places.includes(place) !== true) return
  await application.disturbances[planted.fault]?.({ slowUrl, calls: calls++, place })
}

const app = express()
for (const { method, path, run } of application.routes) {
  const name = `${method.toUpperCase()} ${path}`
  app[method](path, async (_request, response) => {
    await disturb(name)
    response.json(await run(application.idFor(path)))
  })
}
app.use(((error, _request, response, _next) => {
  response.status(500).json({ error: error instanceof Error ? error.name : 'unknown' })
}) satisfies express.ErrorRequestHandler)

process.env['PORT'] = '0'
const service = await listen(exposeMetrics(app, { live: true, onError: () => undefined }))

async function repeat(name: string, job: () => Promise<unknown>): Promise<void> {
  for (;;) {
    await application
      .scope(name, async () => {
        // This job returns before its work: it succeeds without doing anything.
        if (planted?.fault === 'idle-job' && planted.places.includes(name)) return
        await disturb(name)
        await job()
      })
      .catch(() => undefined)
    await sleep(jobEveryMilliseconds)
  }
}
for (const [name, job] of Object.entries(application.jobs)) void repeat(name, job)

process.on('message', (plant: Plant) => {
  planted = plant
  send({ kind: 'planted' })
  setInterval(() => application.reportOpenTransactions(), 1000)
})
// The drill has ended.
process.once('disconnect', () => process.exit(0))

send({
  kind: 'listening',
  url: service.url,
  scopes: [
    ...application.routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`),
    ...Object.keys(application.jobs),
  ],
})
