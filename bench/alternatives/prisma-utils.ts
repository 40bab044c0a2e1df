import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import * as promClient from 'prom-client'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { type AnyRegistry, type Samples, samplesOf } from '../samples.ts'
import { importFile } from './packages.ts'

interface PrismaUtils {
  prismaClientFactory(
    client: typeof PrismaClient,
    options: ConstructorParameters<typeof PrismaClient>[0],
    library: { readonly promClient: unknown },
  ): PrismaClient
}

interface WithPrismaUtils {
  readonly extended: (adapter: SqlDriverAdapterFactory) => PrismaClient
  readonly samples: () => Promise<Samples>
}

const [major = 0] = process.versions.node.split('.').map(Number)

/** The clients of `@lokalise/prisma-utils`; it records with prom-client where its own peer cannot run. */
export async function withPrismaUtils(): Promise<WithPrismaUtils> {
  // The factory alone: the package's index also needs @lokalise/node-core.
  const path = '@lokalise/prisma-utils/dist/factory/prismaClientFactory.js'
  const { prismaClientFactory } = (await importFile(path)) as PrismaUtils
  const library: unknown = major >= 22 ? await import('@prometheus-io/client') : promClient
  const { register } = library as { readonly register: AnyRegistry }
  return {
    extended: (adapter) =>
      // Its default isolation level is a setting of the transactions, not a cost of the metrics.
      prismaClientFactory(
        PrismaClient,
        { adapter, transactionOptions: {} },
        { promClient: library },
      ),
    samples: () => samplesOf(register),
  }
}
