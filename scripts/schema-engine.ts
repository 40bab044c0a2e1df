import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg'

export type SchemaEngine = engine.SchemaEngine

/**
 * The engine behind `prisma migrate` on the database of `url`, in its WebAssembly build: that comes
 * from npm with everything else, where the CLI downloads a binary.
 */
export async function connectSchemaEngine(url: string): Promise<SchemaEngine> {
  await (instantiated ??= instantiate())
  return engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', 'datasource db {\n  provider = "postgresql"\n}\n']] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString: url })),
  )
}

// @types/node leaves this global to the DOM's types.
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>
}

let instantiated: Promise<void> | undefined

async function instantiate(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm')
  const bytes = await readFile(join(dirname(entry), 'schema_engine_bg.wasm'))
  const wasm = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': { ...engine } })
  const { __wbg_set_wasm: setWasm } = engine
  setWasm(wasm.instance.exports)
  const { __wbindgen_start: start } = wasm.instance.exports
  if (typeof start === 'function') start()
}

/** The SQL that leads from one Prisma schema to another; from the empty database without `from`. */
export async function migrationSql(
  schemaEngine: SchemaEngine,
  { from, to }: { readonly from?: string; readonly to: string },
): Promise<string> {
  const diff = await schemaEngine.diff({
    from: from === undefined ? { tag: 'empty' } : datamodel(from),
    to: datamodel(to),
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  return diff.stdout ?? ''
}

function datamodel(content: string): Extract<engine.DiffTarget, { tag: 'schemaDatamodel' }> {
  return { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] }
}
