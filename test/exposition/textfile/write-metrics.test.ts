import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Gauge, Registry } from 'prom-client'
import { expect, onTestFinished, test } from 'vitest'
import { metricsResponse, writeMetrics } from '../../../src/index.ts'
import { findTool } from '../../monitoring/tools.ts'
import { startProgram } from '../../monitoring/stack/program.ts'
import { ownMetrics, samplesOf, sqliteClient } from '../../opentelemetry/registry.ts'
import { freePort } from '../../support/serve.ts'

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'prisma-prometheus-textfile-'))
  // node_exporter may run as another user.
  await chmod(path, 0o755)
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

test('writes the answer of the endpoint and no other file', async () => {
  const registry = new Registry()
  await using subject = await sqliteClient({ registry })
  await subject.client.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  ownMetrics(registry).sizes.observe({ kind: 'image' }, 5)
  const path = await folder()
  const file = join(path, 'job.prom')
  await writeMetrics(file, { registry })
  const written = await readFile(file, 'utf8')
  const response = await metricsResponse(new Request('http://localhost/metrics'), { registry })
  const endpointsOwn = /^(?:# (?:HELP|TYPE) )?prisma_exposition_.*\n/gm
  expect(written).toBe((await response.text()).replaceAll(endpointsOwn, ''))
  expect(written).toContain('prisma_model_inserts_total{client="default",model="Tag"} 2')
  expect(await readdir(path)).toEqual(['job.prom'])
})

const nodeExporter = findTool('prometheus-node-exporter', 'node_exporter')

test.skipIf(nodeExporter === undefined)('writes a file that node_exporter serves', async () => {
  const registry = new Registry()
  await using subject = await sqliteClient({ registry })
  await subject.client.tag.createMany({ data: [{ name: 'a' }, { name: 'b' }] })
  const path = await folder()
  await writeMetrics(join(path, 'job.prom'), { registry })
  const address = `127.0.0.1:${await freePort()}`
  const parameters = [
    '--collector.disable-defaults',
    '--collector.textfile',
    `--collector.textfile.directory=${path}`,
    `--web.listen-address=${address}`,
  ]
  const url = `http://${address}/metrics`
  await using _ = await startProgram(nodeExporter as string, parameters, url)
  const served = samplesOf(await (await fetch(url)).text())
  expect(served['node_textfile_scrape_error']).toBe(0)
  expect(served).toMatchObject(samplesOf(await readFile(join(path, 'job.prom'), 'utf8')))
})

test('replaces the file atomically', async () => {
  const registry = new Registry()
  const gauge = new Gauge({ name: 'last', help: 'Last', labelNames: ['n'], registers: [registry] })
  for (let n = 0; n < 2000; n++) gauge.set({ n }, n)
  const file = join(await folder(), 'job.prom')
  await writeMetrics(file, { registry })
  const { size } = await stat(file)
  for (let left = 30; left > 0; left--) {
    const writing = Promise.all([
      writeMetrics(file, { registry }),
      writeMetrics(file, { registry }),
    ])
    for (let reads = 20; reads > 0; reads--) expect(await readFile(file)).toHaveLength(size)
    await writing
  }
})

test('keeps the old file if a metric cannot be read', async () => {
  const registry = new Registry()
  const gauge = new Gauge({ name: 'last', help: 'Last', registers: [registry] })
  gauge.set(1)
  const path = await folder()
  const file = join(path, 'job.prom')
  await writeMetrics(file, { registry })
  const collect = (): never => {
    throw new Error('no reading')
  }
  Object.assign(gauge, { collect })
  await expect(writeMetrics(file, { registry })).rejects.toThrow('no reading')
  Object.assign(gauge, { collect: () => new Promise(() => {}) })
  await expect(writeMetrics(file, { registry, timeoutSeconds: 0.1 })).rejects.toThrow('"last"')
  expect(await readFile(file, 'utf8')).toContain('last 1')
  expect(await readdir(path)).toEqual(['job.prom'])
})

test('leaves no temporary file if the path cannot be written', async () => {
  const registry = new Registry()
  const path = await folder()
  const none = writeMetrics(join(path, 'missing', 'job.prom'), { registry })
  await expect(none).rejects.toThrow('ENOENT')
  await expect(writeMetrics(join(path, 'job.txt'), { registry })).rejects.toThrow(
    'writeMetrics(path): expected the path of a file that ends in .prom',
  )
  await expect(
    writeMetrics(join(path, 'job.prom'), { regstry: registry } as never),
  ).rejects.toThrow('options: expected only registry, timeoutSeconds')
  expect(await readdir(path)).toEqual([])
})
