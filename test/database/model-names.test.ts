import { expect, test } from 'vitest'
import { ModelNames, type NameRules } from '../../src/database/model-names.ts'

const exact: NameRules = { defaultSchema: 'public', ignoresCase: false }

function namesOf(
  tables: readonly (readonly [model: string, table: string, schema?: string])[],
  given: Readonly<Record<string, string>> = {},
): ModelNames {
  const names = new ModelNames(given)
  names.learn(tables.map(([model, table, schema]) => ({ model, table, schema })))
  return names
}

test('compares table names exactly, unless the database ignores case', () => {
  const names = namesOf([['Post', 'Post']])
  expect(names.resolve('Post', undefined, exact)).toBe('Post')
  expect(names.resolve('post', undefined, exact)).toBe('post')
  expect(names.resolve('post', 'public', exact)).toBe('post')
  const ignoresCase = { ...exact, ignoresCase: true }
  expect(names.resolve('post', undefined, ignoresCase)).toBe('Post')
  expect(names.resolve('POST', 'PUBLIC', ignoresCase)).toBe('Post')
})

test('keeps a dot in a table name apart from a schema', () => {
  const names = namesOf([
    ['Archived', 'app.Item', 'arch'],
    ['Item', 'Item', 'app'],
  ])
  expect(names.resolve('Item', 'app', exact)).toBe('Item')
  expect(names.resolve('app.Item', 'arch', exact)).toBe('Archived')
  expect(namesOf([['Archived', 'app.Item', 'arch']]).resolve('Item', 'app', exact)).toBe('Item')
})

test('finds a name without a schema in the default schema first', () => {
  const names = namesOf([
    ['SalesTicket', 'ticket', 'sales'],
    ['Ticket', 'ticket'],
  ])
  expect(names.resolve('ticket', undefined, exact)).toBe('Ticket')
  expect(names.resolve('ticket', 'public', exact)).toBe('Ticket')
  expect(names.resolve('ticket', 'sales', exact)).toBe('SalesTicket')
})

test('finds a name without a schema in another schema if one alone has it', () => {
  const tables = [['SalesTicket', 'ticket', 'sales']] as const
  expect(namesOf(tables).resolve('ticket', undefined, exact)).toBe('SalesTicket')
  const names = namesOf([...tables, ['SupportTicket', 'ticket', 'support']])
  expect(names.resolve('ticket', undefined, exact)).toBe('ticket')
  const unknown = { defaultSchema: undefined, ignoresCase: false }
  expect(namesOf(tables).resolve('ticket', undefined, unknown)).toBe('SalesTicket')
})

test('does not label a table with the name of a model that has another table', () => {
  const names = namesOf([['Post', 'posts']])
  expect(names.resolve('Post', undefined, exact)).toBe('public.Post')
  expect(names.resolve('Post', 'archive', exact)).toBe('archive.Post')
  const unknown = { defaultSchema: undefined, ignoresCase: false }
  expect(names.resolve('Post', undefined, unknown)).toBeUndefined()
  const twice = namesOf([
    ['NewTag', 'Tag', 'tenant'],
    ['OldTag', 'Tag', 'archive'],
    ['Tag', 'tags'],
  ])
  expect(twice.resolve('Tag', undefined, exact)).toBeUndefined()
})

test('prefers the models option, whose keys may be quoted', () => {
  const names = namesOf([['Job', 'job_runs']], {
    'public.job_runs': 'JobRun',
    'arch."app.Item"': 'Archived',
    'my-table': 'Mine',
  })
  expect(names.resolve('job_runs', undefined, exact)).toBe('JobRun')
  expect(names.resolve('job_runs', 'tenant', exact)).toBe('job_runs')
  expect(names.resolve('app.Item', 'arch', exact)).toBe('Archived')
  expect(names.resolve('Item', 'app', exact)).toBe('Item')
  expect(names.resolve('my-table', 'anywhere', exact)).toBe('Mine')
})
