import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { snippets } from '../docs/pages.ts'
import { findTool } from './tools.ts'

const promtool = findTool('promtool')
const configs = snippets.filter(({ code }) => code.startsWith('scrape_configs:'))

/** The errors of promtool; empty if it accepts the configuration. */
function complaints(config: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'prisma-prometheus-config-'))
  try {
    const file = join(folder, 'prometheus.yml')
    // Debian's promtool is built without Kubernetes; only the relabelling can be checked.
    const kubernetes = /kubernetes_sd_configs:\n\s+- role: pod/
    writeFileSync(file, config.replace(kubernetes, 'static_configs: []'))
    // Files with credentials belong to the reader.
    const { status, stdout, stderr } = spawnSync(
      promtool as string,
      ['check', 'config', '--syntax-only', file],
      { encoding: 'utf8' },
    )
    return status === 0 ? '' : stdout + stderr
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.skipIf(promtool === undefined).for(configs)(
  'promtool accepts the scrape configuration at $page:$line',
  ({ code }) => {
    expect(complaints(code)).toBe('')
  },
)

test.skipIf(promtool === undefined)('promtool rejects a broken scrape configuration', () => {
  const [first] = configs
  expect(complaints(`${first?.code}\n    scrape_intervall: 1s`)).toContain('scrape_intervall')
})
