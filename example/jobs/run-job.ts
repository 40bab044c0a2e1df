import { metrics, type Prisma } from '../prisma.ts'
import { jobs, type JobName } from './jobs.ts'

/** Runs a job as a scope of its own, so that it is counted apart from the request that started it. */
export function runJob(prisma: Prisma, name: JobName): Promise<void> {
  return metrics.scope(name, () => run(prisma, name))
}

/** Runs the job in one transaction, which fails as a whole, and always records the run. */
async function run(prisma: Prisma, name: JobName): Promise<void> {
  const start = performance.now()
  const { id } = await prisma.jobRun.create({ data: { name } })
  let outcome: 'SUCCEEDED' | 'FAILED' = 'FAILED'
  try {
    await prisma.$transaction((tx) => jobs[name](tx), { timeout: 500 })
    outcome = 'SUCCEEDED'
  } finally {
    await prisma.jobRun.update({
      where: { id },
      data: {
        outcome,
        finishedAt: new Date(),
        durationSeconds: (performance.now() - start) / 1000,
      },
    })
  }
}
