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
  readonly folder: string
  readonly target: keyof typeof facades
}

export const contracts: readonly ContractSource[] = [
  { folder: fixture('prisma-8'), target: 'postgres' },
]

function fixture(name: string): string {
  return fileURLToPath(new URL(`../test/fixtures/${name}`, import.meta.url))
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
    const contract = join(source.folder, 'contract.prisma')
    const { defineConfig } = await facades[source.target]()
    const config = defineConfig({ contract, output: project })
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
