import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { executeContractEmit } from '@prisma/orm-toolchain/cli/control-api'

/**
 * Writes the Prisma 8 contracts of the tests, `contract.json` and `contract.d.ts` beside each
 * `contract.prisma`: `npm run contracts`. `prisma contract emit` does the same, but needs Node 22.18.
 */

// Imported when used: that of SQLite needs `node:sqlite`, which Node 20 lacks.
const facades = {
  postgres: () => import('@prisma/orm-postgres/config'),
  sqlite: () => import('@prisma/orm-sqlite/config'),
}

export interface ContractSource {
  /** The folder of the emitted files. */
  readonly folder: string
  readonly target: keyof typeof facades
  /** The schema of Prisma 7 that the contract is made from; `contract.prisma` in the folder if omitted. */
  readonly prisma7Schema?: string
}

export const contracts: readonly ContractSource[] = [
  { folder: path('test/fixtures/prisma-8'), target: 'postgres' },
  { folder: path('test/fixtures/prisma-8-sqlite'), target: 'sqlite' },
  {
    folder: path('example/prisma-8/contract'),
    target: 'postgres',
    prisma7Schema: path('prisma/schema.prisma'),
  },
]

function path(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url))
}

async function configOf({ folder, target, prisma7Schema }: ContractSource, output: string) {
  if (prisma7Schema !== undefined) {
    const facade = await facades.postgres()
    return facade.defineConfig({ contract: facade.prisma7Schema(prisma7Schema), output })
  }
  const { defineConfig } = await facades[target]()
  return defineConfig({ contract: join(folder, 'contract.prisma'), output })
}

/** The text of the files, by name, that Prisma emits for a contract. */
export async function emitContract(source: ContractSource): Promise<Record<string, string>> {
  // Prisma reads from package.json which package the types are imported from, and refuses two.
  const project = await mkdtemp(join(tmpdir(), 'prisma-prometheus-contract-'))
  try {
    const name = `@prisma/orm-${source.target}`
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ dependencies: { [name]: '*' } }),
    )
    const config = await configOf(source, project)
    await executeContractEmit({ config, projectDir: project, cwd: project })
    const names = ['contract.json', 'contract.d.ts']
    const texts = await Promise.all(names.map((file) => readFile(join(project, file), 'utf8')))
    return Object.fromEntries(names.map((file, index) => [file, texts[index] ?? '']))
  } finally {
    await rm(project, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const source of contracts) {
    for (const [name, text] of Object.entries(await emitContract(source)))
      await writeFile(join(source.folder, name), text)
  }
}
