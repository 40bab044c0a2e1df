import type { Prisma } from '../../prisma.ts'
import { type JobName, jobs } from '../../jobs/jobs.ts'
import { runJob } from '../../jobs/run-job.ts'
import { route, type Route } from '../router.ts'

export function jobRoutes(prisma: Prisma): Route[] {
  return [
    route('GET', '/jobs', async () => {
      const runs = await prisma.jobRun.findMany({ orderBy: { startedAt: 'desc' }, take: 20 })
      return { status: 200, body: runs }
    }),

    route('POST', '/jobs/:name/runs', async ({ params: { name } }) => {
      if (!Object.hasOwn(jobs, name)) return { status: 404, body: { error: 'no such job' } }
      await runJob(prisma, name as JobName)
      return { status: 204 }
    }),
  ]
}
