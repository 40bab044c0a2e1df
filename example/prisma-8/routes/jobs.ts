import { route, type Route } from '../../api/router.ts'
import type { Db } from '../client.ts'
import { type JobName, jobs, runJob } from '../jobs.ts'

export function jobRoutes(db: Db): Route[] {
  return [
    route('GET', '/jobs', async () => {
      const runs = db.orm.public.JobRun.orderBy((run) => run.startedAt.desc()).limit(20)
      return { status: 200, body: await runs.all() }
    }),

    route('POST', '/jobs/:name/runs', async ({ params: { name } }) => {
      if (!Object.hasOwn(jobs, name)) return { status: 404, body: { error: 'no such job' } }
      await runJob(db, name as JobName)
      return { status: 204 }
    }),
  ]
}
