import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { exposeMetrics, type ExpositionOptions, prismaMetrics } from '../../src/index.ts'
import { type Connected, connect, gate } from '../events/connect.ts'
import { executablePath, launch } from './browser.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Service {
  readonly url: string
  readonly server: Server
  /** Paths of the requests so far. */
  readonly requests: string[]
}

async function serveLive(
  { registry }: Pick<Connected, 'registry'>,
  options: Partial<ExpositionOptions> = {},
  port = 0,
): Promise<Service> {
  const requests: string[] = []
  const listener = exposeMetrics(undefined, { registry, live: true, ...options })
  const server = createServer((req, res) => {
    requests.push(req.url ?? '')
    listener(req, res)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, requests }
}

describe.runIf(executablePath !== undefined)('a browser', { timeout: 120_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch(executablePath ?? '')
  }, 60_000)
  afterAll(() => browser?.close())

  /** A page and everything that it complained about. */
  async function open(
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<{ readonly page: Page; readonly complaints: string[] }> {
    const context = await browser.newContext(options)
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${url}/metrics/live`)
    return { page, complaints }
  }

  const isLive = (page: Page): Promise<unknown> => page.waitForSelector('#status >> text=/^Live/')

  const violations = async (page: Page): Promise<string[]> => {
    const session = await page.context().newCDPSession(page)
    await session.send('Runtime.evaluate', { expression: axe })
    return page.evaluate(
      "axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes[0].html))",
    )
  }

  test.each([
    ['light', 1440],
    ['dark', 1440],
    ['dark', 360],
  ] as const)(
    'fills its sections in the %s scheme at %d pixels, accessible and within its policy',
    async (colorScheme, width) => {
      const connected = await connect()
      const { prisma, metrics } = connected
      const { url } = await serveLive(connected)
      const { page, complaints } = await open(url, {
        colorScheme,
        viewport: { width, height: 900 },
      })
      await isLive(page)
      await metrics.scope('nightly', async () => {
        for (let index = 0; index < 12; index += 1) {
          await prisma.tag.findFirst({ where: { name: `secret-value-${index}` } })
        }
      })
      await prisma.tag.create({ data: { name: 'secret-name' } })
      await prisma.tag.create({ data: { name: 'secret-name' } }).catch(() => undefined)
      await page.waitForSelector('#suspects >> text=nightly')
      await page.waitForSelector('#operations >> text=Tag.findFirst')
      await page.waitForSelector('#scopes >> text=nightly')
      await page.waitForSelector('#jobs >> text=nightly')
      await page.waitForSelector('#slow-and-failed >> text=P2002')
      await page.waitForSelector('#versions >> text=7.')
      expect(await page.locator('.plot canvas').count()).toBe(5)
      expect(await page.locator('#suspects').textContent()).toContain('browser.integration.test.ts')
      expect(await page.content()).not.toContain('secret')
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      expect(await violations(page)).toEqual([])
      expect(complaints).toEqual([])
    },
  )

  test('sorts, filters, changes its range and follows its links', async () => {
    const connected = await connect()
    const { prisma } = connected
    const { url } = await serveLive(connected)
    const { page, complaints } = await open(url)
    await isLive(page)
    for (let call = 0; call < 5; call += 1) await prisma.tag.findMany()
    await prisma.workspace.count()
    const first = page.locator('#operations tbody th').first()
    await page.waitForSelector('#operations >> text=Workspace.count')
    await page.getByRole('button', { name: 'Operation', exact: true }).click()
    await expect.poll(() => first.textContent()).toBe('Tag.findMany')
    await page.keyboard.press('Enter')
    await expect.poll(() => first.textContent()).toBe('Workspace.count')
    await page.getByLabel('Filter').first().fill('tag.')
    await expect.poll(() => page.locator('#operations tbody tr').count()).toBe(1)
    await page.getByRole('button', { name: '15 min' }).click()
    await page.waitForSelector('[data-plot="operations-plot"] h3 >> text=last 15 min')
    await page.locator('#lights a').first().click()
    await page.waitForSelector('h1 >> text=Runbooks')
    await page.goBack()
    await page.locator('#operations a').first().click()
    await page.waitForSelector('dd >> text=histogram_quantile')
    expect(complaints).toEqual([])
  })

  test('turns the light of an exhausted pool on, and off again', async () => {
    const connected = await connect({ max: 2 })
    const { prisma } = connected
    const { url } = await serveLive(connected)
    await prisma.tag.count()
    const { page } = await open(url)
    const held = gate()
    const holders = [1, 2].map(() => prisma.$transaction(() => held.passed))
    const waiting = sleep(500).then(() => prisma.tag.count())
    const light = (state: string): Promise<number> =>
      page.locator(`.light.${state}`, { hasText: 'PoolExhausted' }).count()
    await expect.poll(() => light('firing.critical'), { timeout: 30_000 }).toBe(1)
    held.open()
    await Promise.all([...holders, waiting])
    await expect.poll(() => light('ok'), { timeout: 30_000 }).toBe(1)
  })

  test('connects again after a restart, and shows it', async () => {
    const connected = await connect()
    const first = await serveLive(connected)
    const { page } = await open(first.url)
    await isLive(page)
    await page.waitForSelector('#status >> text=Live')
    const { port } = first.server.address() as AddressInfo
    const closed = new Promise((resolve) => first.server.close(resolve))
    // An open page does not keep a server that stops.
    await closed
    await page.waitForSelector('#status.stale')
    const registry = new Registry()
    prismaMetrics({ registry })
    await serveLive({ registry }, {}, port)
    await expect
      .poll(() => page.locator('#status').textContent(), { timeout: 60_000 })
      .toContain('The process has restarted.')
  })

  test('asks for a password, and takes the token', async () => {
    const connected = await connect()
    const { url } = await serveLive(connected, { authorize: { bearer: 'a token' } })
    const refused = await browser.newContext()
    onTestFinished(() => refused.close())
    // The browser would ask its user; without one it gives up.
    const visit = (await refused.newPage()).goto(`${url}/metrics/live`)
    await expect(visit).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS')
    const response = await fetch(`${url}/metrics/live`)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/Bearer.*Basic|Basic.*Bearer/)
    const { page } = await open(url, { httpCredentials: { username: 'me', password: 'a token' } })
    await isLive(page)
    expect(await page.content()).not.toContain('a token')
  })

  test('opens one stream for eight tabs, which leaves connections for others', async () => {
    const connected = await connect()
    const { url, requests } = await serveLive(connected)
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const pages: Page[] = []
    for (let tab = 0; tab < 8; tab += 1) {
      const page = await context.newPage()
      await page.goto(`${url}/metrics/live`)
      pages.push(page)
    }
    for (const page of pages) await isLive(page)
    const streams = requests.filter((path) => path.endsWith('/events')).length
    expect(streams).toBeGreaterThan(0)
    expect(streams).toBeLessThan(8)
    await pages[7]?.evaluate("fetch('live/page.css').then((response) => response.text())")
  })
})

test('weighs less than 150 kB with gzip', async () => {
  const { url } = await serveLive(await connect())
  const files = ['', '/page.css', '/page.js', '/plots.js', '/stream.js', '/tables.js', '/icon.svg']
  const plots = ['/uPlot.iife.min.js', '/uPlot.min.css', '/snapshot']
  let bytes = 0
  for (const file of [...files, ...plots]) {
    const response = await fetch(`${url}/metrics/live${file}`)
    expect(response.status, file).toBe(200)
    bytes += gzipSync(await response.text()).length
  }
  expect(bytes).toBeLessThan(150_000)
})
