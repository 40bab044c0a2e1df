// npm run images:live: draws the live page of the example, after some minutes of its traffic.
//   -- --seconds N    of traffic (default 150)
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyMigrations } from '../example/database/apply-migrations.ts'
import { startEmbeddedPostgres } from '../example/database/embedded-postgres.ts'
import { listen } from '../example/listen.ts'
import { connectService } from '../example/service.ts'
import { driveTraffic } from '../example/traffic/drive-traffic.ts'
import { exposeMetrics } from '../src/index.ts'
import { startLivePictures } from './images/live-pictures.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '150' } } })

process.env['PORT'] = '0'
await using database = await startEmbeddedPostgres()
await applyMigrations(database.url)
await using connected = connectService(database.url)
const { api } = connected
await using service = await listen(exposeMetrics(api, { route: api.routeOf, live: true }))
await using traffic = driveTraffic(service.url)
console.log(traffic.description)
await using pictures = await startLivePictures()
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await pictures.open(service.url, colorScheme)
  await sleep((Number(values.seconds) * 1000) / 2)
  const path = fileURLToPath(new URL(`../docs/images/live-${colorScheme}.png`, import.meta.url))
  await page.screenshot({ path, fullPage: process.env['FULL'] !== undefined })
}
