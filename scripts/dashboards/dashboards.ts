import { budgets } from './budgets.ts'
import { buildDashboard } from './build.ts'
import { business } from './business.ts'
import { errors } from './errors.ts'
import { model } from './model.ts'
import { overview } from './overview.ts'
import type { DashboardPlan } from './panel.ts'
import { requests } from './requests.ts'
import { transactions } from './transactions.ts'

export const dashboardPlans: readonly DashboardPlan[] = [
  overview,
  model,
  transactions,
  errors,
  requests,
  business,
  budgets,
]

/** File name → dashboard. */
export function dashboards(): Record<string, object> {
  return Object.fromEntries(
    dashboardPlans.map((plan) => [`${plan.name}.json`, buildDashboard(plan)]),
  )
}
