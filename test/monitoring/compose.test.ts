import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { projectRoot } from '../docs/pages.ts'
import { inhibitionRules } from '../../src/monitoring/inhibitions.ts'
import { findTool } from './tools.ts'

const folder = join(projectRoot, 'example/stack')
const promtool = findTool('promtool')
const amtool = findTool('amtool')

function readYaml(path: string): unknown {
  return parse(readFileSync(join(folder, path), 'utf8'))
}

interface Service {
  readonly image?: string
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>
}

const { services } = readYaml('compose.yaml') as { services: Readonly<Record<string, Service>> }

test.skipIf(promtool === undefined)('promtool accepts the configuration of Prometheus', () => {
  const output = execFileSync(
    promtool as string,
    ['check', 'config', '--syntax-only', join(folder, 'prometheus.yml')],
    { encoding: 'utf8' },
  )
  expect(output).toContain('SUCCESS')
})

test('gives Alertmanager the inhibition rules of the package', () => {
  const { inhibit_rules } = readYaml('alertmanager.yml') as { inhibit_rules: unknown }
  expect(inhibit_rules).toEqual(inhibitionRules().inhibit_rules)
})

test.skipIf(amtool === undefined)('amtool accepts the configuration of Alertmanager', () => {
  const output = execFileSync(
    amtool as string,
    ['check-config', join(folder, 'alertmanager.yml')],
    {
      encoding: 'utf8',
    },
  )
  expect(output).toContain('SUCCESS')
})

test('every file that the services mount or build exists', () => {
  const paths = Object.values(services).flatMap(({ volumes = [], build }) => [
    ...volumes.map((volume) => volume.split(':')[0] as string),
    ...(build === undefined ? [] : [join(build.context, build.dockerfile)]),
  ])
  expect(paths.length).toBeGreaterThan(4)
  expect(paths.filter((path) => !existsSync(join(folder, path)))).toEqual([])
})

test('the image starts the same program as `npm start`', () => {
  const [, command = '[]'] =
    /^CMD (.+)$/m.exec(readFileSync(join(folder, 'Dockerfile'), 'utf8')) ?? []
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  expect(`exec ${(JSON.parse(command) as string[]).join(' ')}`).toBe(scripts.start)
})

test('the services reach each other by name', () => {
  const { scrape_configs, alerting } = readYaml('prometheus.yml') as {
    scrape_configs: { static_configs: { targets: string[] }[] }[]
    alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] }
  }
  const targets = [...scrape_configs, ...alerting.alertmanagers].flatMap(({ static_configs }) =>
    static_configs.flatMap((config) => config.targets),
  )
  const { datasources } = readYaml('grafana/provisioning/datasources/prometheus.yml') as {
    datasources: { url: string }[]
  }
  const hosts = [...targets, ...datasources.map(({ url }) => new URL(url).host)]
  expect(hosts).toEqual(['application:3000', 'alertmanager:9093', 'prometheus:9090'])
  for (const host of hosts) expect(Object.keys(services)).toContain(host.split(':')[0])
  for (const { depends_on = [] } of Object.values(services)) {
    const needed = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)
    expect(Object.keys(services)).toEqual(expect.arrayContaining(needed))
  }
})

test('Grafana reads the dashboards from their mount', () => {
  const { providers } = readYaml('grafana/provisioning/dashboards/prisma.yml') as {
    providers: { options: { path: string } }[]
  }
  const mounts = services['grafana']?.volumes?.map((volume) => volume.split(':')[1])
  expect(mounts).toContain(providers[0]?.options.path)
  const compose = readFileSync(join(folder, 'compose.yaml'), 'utf8')
  const [, home = ''] = /DASHBOARD_PATH: \S+\/(\S+)/.exec(compose) ?? []
  expect(existsSync(join(projectRoot, 'monitoring/dashboards', home))).toBe(true)
})

test('ports are published on localhost only, and images have versions', () => {
  for (const { ports = [], image } of Object.values(services)) {
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
    if (image !== undefined && !/:.*\d/.test(image)) throw new Error(`${image} has no version`)
  }
})
