// npm run images:drill: draws the live page 60 s after each fault, and checks that the culprit is in view.
//   -- --faults a,b    only these (default: all)
//   -- --seed N        where they are planted (default 1)
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { startLivePictures } from '../scripts/images/live-pictures.ts'
import { Seeded } from '../test/events/seeded.ts'
import { type DatabaseServer, startDatabaseServer } from './database.ts'
import type { Fault } from './faults/fault.ts'
import { faults } from './faults/faults.ts'
import { startLoad } from './load.ts'
import { startService } from './service-process.ts'
import { startSlowServer } from './slow-server.ts'

const { values } = parseArgs({
  options: { faults: { type: 'string' }, seed: { type: 'string', default: '1' } },
})
const wanted = values.faults?.split(',')
const chosen = faults.filter(({ name }) => wanted?.includes(name) ?? true)

await using slow = await startSlowServer()
await using pictures = await startLivePictures()

/** Draws the page, and returns the texts in view that name the culprit. */
async function draw(fault: Fault, server: DatabaseServer): Promise<string[]> {
  const random = new Seeded(Number(values.seed))
  const databaseUrl = await server.createDatabase(fault.name)
  await using service = await startService('7', databaseUrl, slow.url)
  await using load = startLoad(service.url, service.routes, random)
  void load
  const page = await pictures.open(service.url)
  await sleep((fault.compares === true ? 240 : 30) * 1000)
  const target = fault.choose(random, service)
  await service.plant({ fault: fault.name, places: target.places })
  await using outside = await fault.plant?.(target, { databaseUrl })
  void outside
  await sleep(60_000)
  const path = new URL(`../docs/images/live/${fault.name}.png`, import.meta.url)
  await page.screenshot({ path: fileURLToPath(path), timeout: 120_000 })
  return inView(page, target.names)
}

/** The names of the culprit that the status lights contain without scrolling. */
async function inView(page: Page, names: readonly string[]): Promise<string[]> {
  const texts: string[] = []
  for (const light of await page.locator('.light.firing').all()) {
    const box = await light.boundingBox()
    const text = (await light.textContent()) ?? ''
    const isVisible = box !== null && box.y + box.height <= (page.viewportSize()?.height ?? 0)
    if (isVisible && names.some((name) => text.includes(name))) texts.push(text)
  }
  return texts
}

let missed = 0
for (const fault of chosen) {
  await using server = await startDatabaseServer('7')
  const texts = await draw(fault, server).catch((error: unknown) => {
    console.error(error)
    return []
  })
  if (texts.length === 0) missed += 1
  console.log(`${fault.name}: ${texts[0] ?? 'MISSED: no light in view names the culprit'}`)
}
process.exitCode = missed === 0 ? 0 : 1
