import type { PrismaClient } from '../prisma/generated/client.ts'

interface Operation {
  readonly name: string
  run(client: PrismaClient): Promise<unknown>
}

const pageSize = 50

/** The operations that are measured. */
export const operations = {
  /** One statement that finds one row by its key. */
  findFirst: {
    name: '`findFirst` by key',
    run: (client) => client.tag.findFirst({ where: { id: 1 } }),
  },
  /** A typical list of an application. */
  page: {
    name: `\`findMany\` of ${pageSize} rows with two relations`,
    run: (client) =>
      client.alert.findMany({
        orderBy: { id: 'asc' },
        take: pageSize,
        include: { tags: true, workspace: true },
      }),
  },
  /** A row and a link to another one; Prisma runs them in a transaction. */
  create: {
    name: '`create` with a nested `connect`, a transaction of six statements',
    run: (client) =>
      client.alert.create({
        data: { title: 'measured', workspaceId: 1, tags: { connect: { id: 1 } } },
      }),
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations
export const operationNames: readonly OperationName[] = ['findFirst', 'page', 'create']

/** Creates the rows that the operations use. */
export async function populate(client: PrismaClient): Promise<void> {
  await client.workspace.create({ data: { id: 1, slug: 'measured', name: 'measured' } })
  await client.tag.create({ data: { id: 1, name: 'urgent' } })
  for (let i = 0; i < pageSize; i++) await operations.create.run(client)
}
