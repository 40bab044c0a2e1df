import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { monitoringFiles } from '../../scripts/monitoring-files.ts'
import { projectRoot } from '../docs/pages.ts'

const folder = join(projectRoot, 'monitoring')

test('monitoring/ is up to date (`npm run monitoring` writes it)', () => {
  const written = ['rules', 'alertmanager', 'dashboards'].flatMap((kind) =>
    readdirSync(join(folder, kind)).map((name) => `${kind}/${name}`),
  )
  const files = monitoringFiles()
  expect(written.toSorted()).toEqual(files.map(({ path }) => path).toSorted())
  for (const { path, text } of files) {
    expect(readFileSync(join(folder, path), 'utf8'), path).toBe(text)
  }
})
