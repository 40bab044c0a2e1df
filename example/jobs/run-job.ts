import type { Prisma } from '../prisma.ts'
import { jobs, type JobName } from './jobs.ts'

/** Runs a job in one transaction, which fails as a whole, and keeps a record of the run. */
export async function runJob(prisma: Prisma, name: JobName): Promise<void> {
  const start = performance.now()
  const run = await prisma.jobRun.create({ data: { name } })
  let outcome: 'SUCCEEDED' | 'FAILED' = 'FAILED'
  try {
    await prisma.$transaction((tx) => jobs[name](tx), { timeout: 500 })
    outcome = 'SUCCEEDED'
  } finally {
    await prisma.jobRun.update({
      where: { id: run.id },
      data: {
        outcome,
        finishedAt: new Date(),
        durationSeconds: (performance.now() - start) / 1000,
      },
    })
  }
}
