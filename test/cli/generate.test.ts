import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { projectRoot } from '../docs/pages.ts'
import { findTool } from '../monitoring/tools.ts'
import { runCommand } from './run-command.ts'

const promtool = findTool('promtool')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prisma-prometheus-command-'))
})
afterEach(() => rm(folder, { recursive: true }))

const read = (path: string): Promise<string> => readFile(join(folder, path), 'utf8')

test('writes the files of the package and prints their names', async () => {
  const { code, out } = await runCommand('rules', 'alerts', 'dashboards', '--out', folder)
  expect(code).toBe(0)
  const files = out.trim().split('\n')
  expect(files.length).toBeGreaterThan(8)
  // The page is made from docs/runbooks.md, which is shipped.
  for (const file of files.filter((name) => !name.endsWith('.html'))) {
    const shipped = file.replace(folder, join(projectRoot, 'monitoring'))
    expect(await readFile(file, 'utf8')).toBe(await readFile(shipped, 'utf8'))
  }
})

test('puts the prefix, the client and the runbooks everywhere', async () => {
  await runCommand(
    ...`rules alerts dashboards --out ${folder} --prefix shop_ --client main`.split(' '),
    ...'--runbooks https://wiki/runbooks'.split(' '),
  )
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const text = await readFile(join(file.parentPath, file.name), 'utf8')
    expect(text.match(/\bprisma_\w+|client=~|unpkg/g), file.name).toBeNull()
  }
  const alerts = await read('rules/prisma.alerts.yml')
  expect(alerts).toContain('job_client:shop_operation_errors:ratio_rate1h > 0.0144')
  expect(alerts).toContain('shop_pool_acquire_duration_seconds_sum{client="main"}')
  expect(alerts).toContain('runbook_url: ')
  expect(alerts).toContain('https://wiki/runbooks#prismapoolexhausted')
  const dashboard = JSON.parse(await read('dashboards/prisma-overview.json')) as {
    uid: string
    templating: { list: { name: string }[] }
  }
  const overview = await read('dashboards/prisma-overview.json')
  expect(overview).toContain('"url": "https://wiki/runbooks#prismapoolexhausted"')
  expect(dashboard.uid).toBe('shop-overview')
  expect(dashboard.templating.list.map(({ name }) => name)).toEqual([
    'datasource',
    'job',
    'instance',
  ])
})

test('links to no runbooks without their address', async () => {
  await runCommand('alerts', 'dashboards', '--out', folder)
  expect(await read('rules/prisma.alerts.yml')).not.toContain('runbook_url')
  expect(await read('dashboards/prisma-overview.json')).not.toContain('#prisma')
})

interface AlertGroups {
  readonly groups: readonly { readonly rules: readonly { readonly annotations: Annotations }[] }[]
}
type Annotations = Readonly<Record<string, string>>

test('writes a page of runbooks that every link of the alerts finds', async () => {
  const url = 'https://wiki/runbooks.html'
  await runCommand(
    ...`alerts --out ${folder} --runbooks ${url} --prefix shop_`.split(' '),
    ...'--set rollbackRatio=0.3'.split(' '),
  )
  const { groups } = parse(await read('rules/prisma.alerts.yml')) as AlertGroups
  const links = groups.flatMap(({ rules }) =>
    rules.map(({ annotations }) => annotations['runbook_url']),
  )
  expect(links.length).toBeGreaterThan(20)
  const page = await read('runbooks.html')
  expect(page).toContain('<meta charset="utf-8">')
  const targets = new Set(Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => `${url}#${id}`))
  expect(links.filter((link) => !targets.has(link ?? ''))).toEqual([])
  expect(page).toContain('<td><code>rollbackRatio</code></td><td>0.3, by default 0.1</td>')
  expect(page).toContain('sum by (instance) (shop_transactions_in_flight)')
  expect(page).not.toMatch(/\bprisma_(?!prometheus)\w|\*\*|\]\(|<script/)
})

test('sets thresholds', async () => {
  await runCommand(
    ...`rules alerts --out ${folder} --set latencySeconds=0.1`.split(' '),
    ...'--set errorObjective=0.99 --expected P2002'.split(' '),
  )
  const rules = await read('rules/prisma.rules.yml')
  expect(rules).toContain('le="0.1"')
  expect(rules).toContain('code!~"P2002"')
  const alerts = await read('rules/prisma.alerts.yml')
  expect(alerts).toContain('ratio_rate1h > 0.144')
})

interface RuleGroups {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[]
}

test.skipIf(promtool === undefined)('promtool accepts rules for any settings', async () => {
  const expected = 'P20\\d{2}|(?:un)?known|[a-z]+'
  const client = 'it"s\\\u007F\u0085\u2028\u{F0000}'
  const settings = ['--prefix', 'a:b_', '--client', client, '--expected', expected]
  await runCommand('rules', 'alerts', '--out', folder, ...settings)
  const { groups } = parse(await read('rules/prisma.rules.yml')) as RuleGroups
  const exprs = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)).join('\n')
  expect(exprs).toContain(`client=${JSON.stringify(client)}`)
  expect(exprs).toContain(`code!~${JSON.stringify(expected)}`)
  const files = ['prisma.rules.yml', 'prisma.alerts.yml'].map((file) => join(folder, 'rules', file))
  expect(
    execFileSync(promtool as string, ['check', 'rules', ...files], { encoding: 'utf8' }),
  ).toMatch(/SUCCESS[\s\S]*SUCCESS/)
})

test('writes a PrometheusRule and ConfigMaps', async () => {
  await runCommand('rules', 'alerts', 'dashboards', '--out', folder, '--format', 'kubernetes')
  const rule = parse(await read('prisma.prometheusrule.yml')) as {
    kind: string
    spec: { groups: { rules: unknown[] }[] }
  }
  expect(rule.kind).toBe('PrometheusRule')
  await runCommand('rules', 'alerts', '--out', folder)
  const groups = await Promise.all(
    ['rules', 'alerts'].map(
      async (kind) => (parse(await read(`rules/prisma.${kind}.yml`)) as typeof rule.spec).groups,
    ),
  )
  expect(rule.spec.groups).toEqual(groups.flat())

  const map = parse(await read('prisma-model.configmap.yml')) as { data: Record<string, string> }
  const shipped = join(projectRoot, 'monitoring/dashboards/prisma-model.json')
  expect(JSON.parse(map.data['prisma-model.json'] as string)).toEqual(
    JSON.parse(await readFile(shipped, 'utf8')),
  )
})

test('links alerts to the dashboards of a Grafana, under the prefix', async () => {
  const link = ['--grafana', 'https://grafana.example/base/', '--prefix', 'shop_']
  await runCommand('alerts', 'dashboards', '--out', folder, ...link)
  const alerts = await read('rules/prisma.alerts.yml')
  expect(alerts).toContain('https://grafana.example/base/d/shop-requests?var-job=')
  expect(alerts).not.toContain('/d/prisma-')
  const overview = await read('dashboards/prisma-overview.json')
  expect(overview).toContain('"uid": "shop-overview"')
  expect(overview).toContain('/d/shop-model?var-model=')
  const wrong = await runCommand('alerts', '--out', folder, '--grafana', 'grafana')
  expect(wrong.code).toBe(2)
  expect(wrong.error).toContain('--grafana: expected a URL')
})

test('queries native histograms with --histograms native', async () => {
  await runCommand('rules', 'alerts', 'dashboards', '--out', folder, '--histograms', 'native')
  const files = [
    'rules/prisma.rules.yml',
    'rules/prisma.alerts.yml',
    'dashboards/prisma-model.json',
    'dashboards/prisma-overview.json',
  ]
  const classic = /(?:prisma|http_server)_\w+(?:_seconds|_rows|_operations)_(?:bucket|sum|count)\b/
  for (const file of files) {
    const written = await read(file)
    expect(written).toMatch(/histogram_(?:quantile|count)\(/)
    expect(written).not.toMatch(classic)
  }
  const wrong = await runCommand('rules', '--out', folder, '--histograms', 'both')
  expect(wrong.code).toBe(2)
  expect(wrong.error).toContain('--histograms: expected classic, native, got "both"')
})

test('excludes the expected codes from everything that counts failures', async () => {
  await runCommand('rules', 'dashboards', '--out', folder, '--expected', 'P2002|P9$')
  const files = [
    'rules/prisma.rules.yml',
    'dashboards/prisma-overview.json',
    'dashboards/prisma-errors.json',
  ]
  for (const file of files) {
    const text = await read(file)
    expect(text, file).toContain('P2002|P9$')
    expect(text, file).not.toContain('P2002|P2003|P2025')
  }
})

test("writes the dashboard of the example's metrics only on request", async () => {
  const without = await runCommand('dashboards', '--out', folder)
  expect(without.out).not.toContain('prisma-business')
  const asked = await runCommand('dashboards', '--out', folder, '--example')
  expect(asked.out).toContain('prisma-business.json')
})

test('writes the catalogue', async () => {
  await runCommand('catalogue', '--out', folder, '--prefix', 'shop_')
  const metrics = JSON.parse(await read('catalogue.json')) as { name: string }[]
  expect(metrics.find(({ name }) => name === 'shop_operation_rows')).toEqual({
    name: 'shop_operation_rows',
    type: 'histogram',
    help: expect.any(String) as string,
    labels: ['client', 'model', 'operation'],
    buckets: expect.arrayContaining([5000]) as number[],
  })
})

test('writes the catalogue alone, and overwrites no file with other content', async () => {
  for (const format of ['files', 'kubernetes']) {
    const { out } = await runCommand('catalogue', '--out', folder, '--format', format)
    expect(out, format).toBe(`${join(folder, 'catalogue.json')}\n`)
  }
})

test('reports invalid arguments and exits with 2', async () => {
  const wrong = [
    [],
    ['rule', '--out', folder],
    ['rules'],
    ['rules', '--out', ''],
    ['rules', '--out', folder, '--prefix', '1x'],
    ['rules', '--out', folder, '--set', 'latency=1'],
    ['rules', '--out', folder, '--set', 'latencySeconds=fast'],
    ['rules', '--out', folder, '--set', 'errorObjective=99.9'],
    ['rules', '--out', folder, '--set', 'largeResultRows=2000'],
    ['rules', '--out', folder, '--set', 'rollbackRatio=2'],
    ['rules', '--out', folder, '--set', 'jobFailureRatio=1'],
    ['rules', '--out', folder, '--set', 'writeSurgeFactor=1'],
    ['rules', '--out', folder, '--set', 'poolWaitSeconds=0'],
    ['rules', '--out', folder, '--set', 'scopeOperations=1000'],
    ['rules', '--out', folder, '--set', 'slowOperations=0x10'],
    ['rules', '--out', folder, '--set', 'slowOperations=1=2'],
    ['alerts', '--out', folder, '--runbooks', 'docs/runbooks.md'],
    ['help', 'everything'],
    ['rules', '--out', folder, '--expected', '('],
    ['rules', '--out', folder, '--expected', 'P2002"'],
    ['rules', '--out', folder, '--expected', '(?!P2002).*'],
    ['rules', '--out', folder, '--format', 'xml'],
    ['rules', '--to', folder],
    ['check'],
    ['check', 'localhost:3000'],
    ['check', 'http://127.0.0.1:1/', '--timeout', '5000000'],
    ['check', 'http://127.0.0.1:1/', '--timeout', 'NaN'],
    ['check', 'http://127.0.0.1:1/', '--max-values', 'Infinity'],
  ]
  const messages = []
  for (const args of wrong) {
    const { code, error } = await runCommand(...args)
    expect(code).toBe(2)
    messages.push(error.split('\n')[0]?.slice(0, 110))
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "prisma-prometheus: expected what to write, or check URL, got nothing",
      "prisma-prometheus: expected rules, alerts, inhibitions, dashboards, catalogue or check, got "rule"",
      "prisma-prometheus: --out: expected a folder, or - to print, got nothing",
      "prisma-prometheus: --out: expected a folder, or - to print, got nothing",
      "prisma-prometheus: --prefix: expected letters, digits and underscores, no digit first, got "1x"",
      "prisma-prometheus: --set: expected NAME=VALUE with one of errorObjective, latencyObjective, latencySeconds, sl",
      "prisma-prometheus: --set latencySeconds: expected a number greater than 0, got "fast"",
      "prisma-prometheus: --set errorObjective: expected a ratio between 0 and 1, got "99.9"",
      "prisma-prometheus: --set largeResultRows: expected a bound of its buckets (0, 1, 2, 5, 10, 25, 50, 100, 250, 5",
      "prisma-prometheus: --set rollbackRatio: expected a ratio of at least 0 and below 1, got "2"",
      "prisma-prometheus: --set jobFailureRatio: expected a ratio of at least 0 and below 1, got "1"",
      "prisma-prometheus: --set writeSurgeFactor: expected a number greater than 1, got "1"",
      "prisma-prometheus: --set poolWaitSeconds: expected a number greater than 0, got "0"",
      "prisma-prometheus: --set scopeOperations: expected a number below its last bucket bound (1000), got "1000"",
      "prisma-prometheus: --set slowOperations: expected a number of at least 0, got "0x10"",
      "prisma-prometheus: --set slowOperations: expected a number of at least 0, got "1=2"",
      "prisma-prometheus: --runbooks: expected a URL such as https://wiki.example/runbooks, got "docs/runbooks.md"",
      "prisma-prometheus: help: expected alerts, check, thresholds, got "everything"",
      "prisma-prometheus: --expected: expected a regular expression such as P2002|P20\\d\\d, got "("",
      "prisma-prometheus: --expected: expected a regular expression such as P2002|P20\\d\\d, got "P2002\\""",
      "prisma-prometheus: --expected: expected a regular expression such as P2002|P20\\d\\d, got "(?!P2002).*"",
      "prisma-prometheus: --format: expected files, kubernetes, got "xml"",
      "prisma-prometheus: Unknown option '--to'",
      "prisma-prometheus: check: expected a URL such as http://localhost:3000/metrics, got nothing",
      "prisma-prometheus: check: expected a URL such as http://localhost:3000/metrics, got localhost:3000",
      "prisma-prometheus: --timeout: expected a number greater than 0 and at most 2147483, got "5000000"",
      "prisma-prometheus: --timeout: expected a number greater than 0 and at most 2147483, got "NaN"",
      "prisma-prometheus: --max-values: expected a number greater than 0, got "Infinity"",
    ]
  `)
})

test.for<readonly [string, string]>([
  ['poolWaitSeconds=10', 'its alert never fires'],
  ['transactionSeconds=30', 'its alert never fires'],
  ['errorObjective=0.9', 'cannot burn 14.4 times too fast'],
])('warns of an alert that cannot fire with %s', async ([assignment, note]) => {
  const { code, error } = await runCommand('alerts', '--out', folder, '--set', assignment)
  expect(code).toBe(0)
  expect(error).toContain(note)
})

test('warns of a latency that is not a default bucket bound', async () => {
  const { code, error } = await runCommand('rules', '--out', folder, '--set', 'latencySeconds=0.2')
  expect(code).toBe(0)
  expect(error).toContain('latencySeconds=0.2 is not a bound of the default buckets')
  expect((await runCommand('rules', '--out', folder)).error).toBe('')
})

test('exits with 3 if the folder cannot be written', async () => {
  const { code, error } = await runCommand('rules', '--out', join(projectRoot, 'package.json'))
  expect(code).toBe(3)
  expect(error).toContain('package.json')
})

test('writes every file if the reader closes the pipe early, like head', async () => {
  const args = ['src/cli/main.ts', 'rules', 'alerts', 'catalogue', '--out', folder]
  const program = spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: projectRoot })
  program.stdout.destroy()
  let complaint = ''
  program.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  expect(await once(program, 'close')).toEqual([0, null])
  expect(complaint).toBe('')
  expect(await readdir(folder, { recursive: true })).toEqual(
    expect.arrayContaining(['catalogue.json', 'rules/prisma.alerts.yml', 'rules/prisma.rules.yml']),
  )
})

test('prints the files with --out -, and a part of the usage with help TOPIC', async () => {
  const { code, out } = await runCommand('alerts', '--out', '-', '--set', 'rollbackRatio=0.3')
  expect(code).toBe(0)
  expect(parse(out)).toHaveProperty('groups')
  expect(out).toContain('> 0.3')
  const help = await runCommand('help', 'thresholds')
  expect(help.out).toContain('rollbackRatio')
  expect(help.out).not.toContain('--token')
  expect((await runCommand('help')).out).toBe((await runCommand('-h')).out)
  expect((await runCommand('-v')).out).toBe((await runCommand('--version')).out)
})

test('prints the usage with --help, and the version with --version', async () => {
  const { code, out } = await runCommand('--help')
  expect(code).toBe(0)
  for (const word of ['rules', 'dashboards', 'check URL', 'jobStalledSeconds', 'Exit codes']) {
    expect(out).toContain(word)
  }
  expect((await runCommand('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/)
})
