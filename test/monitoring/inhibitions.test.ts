import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { inhibitionRules, inhibitions } from '../../src/monitoring/inhibitions.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { runCommand } from '../cli/run-command.ts'
import { type Alertmanager, startAlertmanager } from './stack/alertmanager.ts'
import { findTool } from './tools.ts'

const alertmanagerFile = findTool('alertmanager', 'prometheus-alertmanager')
const amtool = findTool('amtool')

const rules = alertRules(defaultSettings).flatMap((group) => group.rules)

test('names alerts that exist, and labels that both alerts have', () => {
  for (const { causes, symptoms, equal } of inhibitions) {
    for (const name of [...causes, ...symptoms]) {
      const rule = rules.find(({ alert }) => alert === name)
      expect(rule, name).toBeDefined()
      for (const label of equal) {
        expect(rule?.expr, `${name} by ${label}`).toMatch(new RegExp(`by \\([^)]*\\b${label}\\b`))
      }
    }
    expect(causes.filter((cause) => symptoms.includes(cause))).toEqual([])
  }
})

test('inhibits in one direction only', () => {
  const over = inhibitions.flatMap(({ causes, symptoms }) =>
    causes.flatMap((cause) => symptoms.map((symptom) => `${cause} over ${symptom}`)),
  )
  const reversed = new Set(over.map((pair) => pair.split(' over ').toReversed().join(' over ')))
  expect(over.filter((pair) => reversed.has(pair))).toEqual([])
})

test('writes a part of the configuration of Alertmanager, and a resource of Kubernetes', async () => {
  const { out, code } = await runCommand('inhibitions', '--out', '-')
  expect(code).toBe(0)
  expect(parse(out)).toEqual(inhibitionRules())
  const resource = await runCommand('inhibitions', '--out', '-', '--format', 'kubernetes')
  expect(parse(resource.out)).toMatchObject({
    kind: 'AlertmanagerConfig',
    spec: { inhibitRules: { length: inhibitions.length } },
  })
})

test.skipIf(amtool === undefined)('amtool accepts the inhibition rules', async () => {
  const { out } = await runCommand('inhibitions', '--out', '-')
  const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-inhibitions-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'alertmanager.yml')
  writeFileSync(file, `route: { receiver: none }\nreceivers: [{ name: none }]\n${out}`)
  const output = execFileSync(amtool as string, ['check-config', file], { encoding: 'utf8' })
  expect(output).toContain(`${inhibitions.length} inhibit rules`)
})

test.skipIf(alertmanagerFile === undefined)(
  'silences the symptoms of a cause on a real Alertmanager, and nothing else',
  { timeout: 60_000 },
  async () => {
    await using alertmanager = await startAlertmanager(alertmanagerFile as string, {
      groupWait: '1s',
      inhibitRules: inhibitionRules().inhibit_rules,
    })
    const labels = { job: 'shop', client: 'default', instance: 'a:1' }
    const other = { ...labels, client: 'batch' }
    await send(alertmanager, [
      { alertname: 'PrismaEventLoopBlocked', job: 'shop', instance: 'a:1' },
      { alertname: 'PrismaPoolExhausted', ...labels },
      { alertname: 'PrismaSlowOperations', ...labels, model: 'Alert', operation: 'create' },
      { alertname: 'PrismaNPlusOne', ...labels, scope: 'GET /', model: 'Alert' },
      { alertname: 'PrismaPoolExhausted', ...other, job: 'mail' },
      { alertname: 'PrismaLatencyBudgetBurn', job: 'mail', client: 'batch' },
      { alertname: 'PrismaLatencyBudgetBurn', job: 'mail', client: 'default' },
      { alertname: 'PrismaOperationFailing', ...other, job: 'mail', code: 'P2036' },
      { alertname: 'PrismaOperationFailing', ...other, job: 'mail', code: 'unknown' },
      { alertname: 'PrismaOperationFailing', ...other, job: 'mail', code: 'P2002' },
      { alertname: 'PrismaMigrationFailed', job: 'report', client: 'default' },
      { alertname: 'PrismaErrorBudgetBurn', job: 'report', client: 'default' },
      { alertname: 'PrismaRollbackRatio', job: 'report', client: 'default' },
      { alertname: 'PrismaWriteConflicts', job: 'report', client: 'default' },
    ])
    await expect
      .poll(() => notified(alertmanager), { timeout: 15_000 })
      .toEqual([
        'PrismaEventLoopBlocked shop ',
        'PrismaLatencyBudgetBurn mail default',
        'PrismaMigrationFailed report default',
        'PrismaNPlusOne shop default',
        'PrismaOperationFailing mail batch P2002',
        'PrismaPoolExhausted mail batch',
        'PrismaWriteConflicts report default',
      ])
  },
)

function notified({ notifications }: Alertmanager): string[] {
  return notifications
    .map(({ labels: { alertname, job, client = '', code } }) =>
      [alertname, job, client, ...(code === undefined ? [] : [code])].join(' '),
    )
    .toSorted()
}

/** Sends firing alerts, as Prometheus does. */
async function send(
  { address }: Alertmanager,
  alerts: readonly Readonly<Record<string, string>>[],
): Promise<void> {
  const response = await fetch(`http://${address}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts.map((labels) => ({ labels }))),
  })
  expect(response.status).toBe(200)
}
