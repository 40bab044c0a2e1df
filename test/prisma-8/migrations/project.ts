import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig as defineConfigForPostgres } from '@prisma/orm-postgres/config'
import {
  createControlClient,
  executeContractEmit,
  executeMigrationPlanCommand,
} from '@prisma/orm-toolchain/cli/control-api'
import { expect, onTestFinished } from 'vitest'

/** Prisma 8's `defineConfig` of one database. */
type DefineConfig = (options: {
  readonly contract: string
  readonly output: string
  readonly migrations: { readonly dir: string }
}) => Parameters<typeof createControlClient>[0] &
  Parameters<typeof executeContractEmit>[0]['config']

export const first = `// use prisma-8
model Tag {
  id   Int    @id @default(autoincrement())
  name String @unique
}
`
export const second = `${first}
model Note {
  id   Int    @id @default(autoincrement())
  text String
}
`

/** An application with migrations, which Prisma's own code plans and applies. */
export async function createProject(
  connection: string,
  defineConfig: DefineConfig = defineConfigForPostgres,
  dependency = '@prisma/orm-postgres',
) {
  const project = await mkdtemp(join(tmpdir(), 'prisma-8-migrations-'))
  onTestFinished(() => rm(project, { recursive: true }))
  const dependencies = { [dependency]: '*' }
  await writeFile(join(project, 'package.json'), JSON.stringify({ dependencies }))
  const contract = join(project, 'contract.prisma')
  const migrationsDir = join(project, 'migrations')
  const config = defineConfig({ contract, output: project, migrations: { dir: migrationsDir } })
  const control = createControlClient(config)
  await control.connect(connection)
  /** The contract that the latest migration leads to. */
  let from: string | undefined
  onTestFinished(() => control.close())
  const readContract = async (): Promise<unknown> =>
    JSON.parse(await readFile(join(project, 'contract.json'), 'utf8'))
  return {
    directory: join(migrationsDir, 'app'),
    /** Changes the contract and plans the migration to it. */
    async plan(name: string, text: string): Promise<unknown> {
      await writeFile(contract, text)
      await executeContractEmit({ config, projectDir: project, cwd: project })
      const folders = { cwd: project, projectDir: project }
      const options = { config, ...folders, name, client: control, ...(from && { from }) }
      const planned = await executeMigrationPlanCommand(options, Date.now())
      if (!planned.ok) throw planned.failure
      from = planned.value.to
      return await readContract()
    },
    async migrate(): Promise<void> {
      const options = { contract: await readContract(), migrationsDir }
      expect(await control.migrate(options)).toMatchObject({ ok: true })
    },
    async initialize(): Promise<void> {
      const options = { contract: await readContract(), migrationsDir }
      expect(await control.dbInit({ ...options, mode: 'apply' })).toMatchObject({ ok: true })
    },
  }
}
