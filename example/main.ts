import { exposeMetrics } from '../src/index.ts'
import { createApi } from './api/api.ts'
import { applyMigrations } from './database/apply-migrations.ts'
import { openDatabase } from './database/open-database.ts'
import { listen } from './listen.ts'
import { connectPrisma } from './prisma.ts'
import { stopSignal } from './stop-signal.ts'
import { driveTraffic } from './traffic/drive-traffic.ts'

const stopped = stopSignal()

// `await using` closes everything in reverse order, also after an error.
await using database = await openDatabase()
await applyMigrations(database.url)
await using monitoring = connectPrisma(database.url)
const api = createApi(monitoring.prisma)
await using service = await listen(exposeMetrics(api, { route: api.routeOf }))
await using traffic = driveTraffic(service.url)

console.log(`
  Database  ${database.description}
  Metrics   ${service.url}/metrics
  Service   ${service.url}/alerts  ${service.url}/workspaces  ${service.url}/reports/summary
  Traffic   ${traffic.description}

  Press Ctrl-C to stop.
`)
await stopped
