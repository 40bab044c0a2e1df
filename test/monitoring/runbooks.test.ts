import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { alertRules } from '../../src/monitoring/alert-rules.ts'
import { defaultSettings } from '../../src/monitoring/settings.ts'
import { projectRoot } from '../docs/pages.ts'

const page = readFileSync(join(projectRoot, 'docs/runbooks.md'), 'utf8')
const [, ...sections] = page.split(/^## (?=Prisma)/m)

test('every alert has a runbook, and every runbook an alert', () => {
  const alerts = alertRules(defaultSettings).flatMap(({ rules }) => rules.map(({ alert }) => alert))
  const headings = sections.map((section) => section.split('\n')[0])
  expect(new Set(headings)).toEqual(new Set(alerts))
})

test('every runbook has a meaning, an impact, three queries for the cause, and instructions', () => {
  for (const section of sections) {
    const parts = [...section.matchAll(/^\*\*(.+)\.\*\*/gm)].map(([, part]) => part)
    expect(parts, section.split('\n')[0]).toEqual([
      'Meaning',
      'Impact',
      'Culprit or victim',
      'Find the cause',
      'What to do',
    ])
    const [question = '', cause = ''] = section.split(/^\*\*Find the cause\.\*\*/m)
    expect(question.match(/```promql/g), section.split('\n')[0]).toHaveLength(1)
    expect(cause.match(/```promql/g)?.length, section.split('\n')[0]).toBeGreaterThanOrEqual(2)
  }
})
