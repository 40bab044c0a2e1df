import { exposeMetrics } from '../src/index.ts'
import { applyMigrations } from './database/apply-migrations.ts'
import { detail } from './detail.ts'
import { openDatabase } from './database/open-database.ts'
import { listen } from './listen.ts'
import { stopSignal } from './stop-signal.ts'
import { driveTraffic } from './traffic/drive-traffic.ts'

// `PRISMA=8 npm start` serves the same routes with Prisma 8.
const version = process.env['PRISMA'] === '8' ? 8 : 7
const { connectService } =
  version === 8 ? await import('./prisma-8/service.ts') : await import('./service.ts')

const stopped = stopSignal()

// `await using` closes everything in reverse order, also after an error.
await using database = await openDatabase()
await applyMigrations(database.url)
await using connected = connectService(database.url)
const { api } = connected
await using service = await listen(exposeMetrics(api, { route: api.routeOf, live: true, detail }))
await using traffic = driveTraffic(service.url)

console.log(`
  Live      ${service.url}/metrics/live
            Open this page first. Without the option authorize it answers only at localhost and IP addresses.
  Database  ${database.description}
  Client    Prisma ${version}
  Metrics   ${service.url}/metrics
  Service   ${service.url}/alerts  ${service.url}/workspaces  ${service.url}/reports/summary
  Traffic   ${traffic.description}

  Press Ctrl-C to stop.
`)
await stopped
