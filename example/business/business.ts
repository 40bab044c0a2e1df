import type { Metrics, Prisma } from '../prisma.ts'
import { showAlertsOpen } from './alerts-open.ts'
import { countAlertsRaised } from './alerts-raised.ts'
import { countAlertsResolved } from './alerts-resolved.ts'
import { countDriftEvents } from './drift-events.ts'
import { countFailedChecks } from './failed-checks.ts'
import { timeJobRuns } from './job-runs.ts'
import { showQualityScore } from './quality-score.ts'
import { countValueSecured } from './value-secured.ts'

/** The business metrics of the application. Its queries contain no code for them. */
export function measureBusiness(metrics: Metrics, prisma: Prisma): void {
  countAlertsRaised(metrics)
  countAlertsResolved(metrics)
  showAlertsOpen(metrics, prisma)
  countDriftEvents(metrics, prisma)
  showQualityScore(metrics, prisma)
  countFailedChecks(metrics)
  timeJobRuns(metrics)
  countValueSecured(metrics)
}
