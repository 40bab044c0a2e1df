// npm run monitoring: writes the rules and dashboards of `monitoring/`. A test fails when they are stale.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { monitoringFiles } from './monitoring-files.ts'

const root = new URL('../monitoring/', import.meta.url)
for (const folder of ['rules/', 'alertmanager/', 'dashboards/']) {
  rmSync(new URL(folder, root), { recursive: true, force: true })
}
for (const { path, text } of monitoringFiles()) {
  const file = new URL(path, root)
  mkdirSync(new URL('.', file), { recursive: true })
  writeFileSync(file, text)
}
