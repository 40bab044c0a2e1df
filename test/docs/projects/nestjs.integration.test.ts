import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDatabase } from '../../support/database/database.ts'
import { createPageProject } from './page-project.ts'
import { snippets } from '../pages.ts'

const page = 'docs/nestjs.md'

/** NestJS's newest major version in CommonJS; 12 is ESM, which jest in CommonJS cannot load on Node 20. */
const nest = ['common@11.2.10', 'core@11.2.10', 'platform-express@11.2.10', 'testing@11.2.6']

const tools = [
  'jest@30.5.2',
  'ts-jest@29.4.15',
  'typescript@5.9.3',
  '@types/jest@30.0.0',
  'supertest@7.3.2',
  '@types/supertest@7.2.1',
]

/** The generator of `nest new`. */
const schematics = '@nestjs/schematics@11.1.0'

interface Template {
  readonly jest: object
}

test('a new NestJS project in CommonJS compiles, passes its tests and serves its metrics', async () => {
  await using database = await createDatabase()
  const project = await createPageProject({
    manifest: { name: 'shop', private: true },
    neighbours: ['@prisma/client', '@prisma/adapter-pg', 'prom-client', 'rxjs', 'reflect-metadata'],
    packages: [
      ...nest.map((name) => `@nestjs/${name}`),
      ...tools,
      '@types/express@5.0.6',
      '@types/node@20.19.43',
    ],
    environment: { DATABASE_URL: database.url },
  })
  try {
    await project.writePage(page)
    await newNestProject(project.directory, project.run, project.write)
    const generator = snippets.find((one) => one.page === page && one.language === 'prisma')
    await project.generate(generator?.code ?? '')

    // `nest build` without a configuration of its own.
    expect(await project.run('tsc', '-p', 'tsconfig.json')).toBe('')
    expect(await project.run('jest', '--ci')).toMatch(/Tests: +3 passed, 3 total/)

    await using server = await project.start('/', process.execPath, 'dist/main.js')
    const workspaces = await database.query<{ id: number }>('SELECT id FROM "Workspace"')
    const path = `/workspaces/${workspaces[0]?.id}/alerts`
    const alerts = (await (await fetch(server.url + path)).json()) as unknown[]
    expect(alerts).toHaveLength(1)
    const scrape = await (await fetch(`${server.url}/metrics`)).text()
    for (const line of [
      'prisma_operation_duration_seconds_count{client="default",model="Alert",operation="findMany"} 1',
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/workspaces/:workspace/alerts",http_response_status_code="200"} 1',
      'prisma_scope_operations_count{client="default",scope="GET /workspaces/:workspace/alerts"} 1',
      'alerts_open 1',
    ]) {
      expect(scrape).toContain(`\n${line}\n`)
    }
  } finally {
    await project.remove()
  }
}, 600_000)

/** The files of `nest new`, from its own templates. */
async function newNestProject(
  directory: string,
  run: (command: string, ...parameters: string[]) => Promise<string>,
  write: (files: Record<string, string>) => Promise<void>,
): Promise<void> {
  await run('npm', 'pack', schematics, '--prefer-offline', '--silent', '--pack-destination', '.')
  const packed = `nestjs-schematics-${schematics.split('@').at(-1)}.tgz`
  await run('tar', '-xzf', packed)
  const template = join(directory, 'package/dist/lib/application/files/ts')
  const fill = async (name: string): Promise<string> =>
    (await readFile(join(template, name), 'utf8')).replaceAll(/<%= strict %>/g, 'true')
  const { jest } = JSON.parse(await fill('package.json')) as Template
  const transform = JSON.parse(
    await readFile(join(directory, 'jest.transform.json'), 'utf8'),
  ) as object
  const manifest = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as object
  await write({
    'package.json': JSON.stringify({ ...manifest, jest: { ...jest, ...transform } }),
    'tsconfig.json': await fill('tsconfig.json'),
  })
  await run('rm', '-r', 'package', packed)
}
