import { outputFiles, type OutputFile } from '../src/monitoring/formats.ts'
import { alertRuleFile, recordingRuleFile } from '../src/monitoring/rule-files.ts'
import { defaultSettings } from '../src/monitoring/settings.ts'
import { dashboards } from './dashboards/dashboards.ts'

/** What `monitoring/` holds, by the path in it. */
export function monitoringFiles(): OutputFile[] {
  const rules = recordingRuleFile(defaultSettings)
  const alerts = alertRuleFile(defaultSettings)
  return outputFiles({ rules, alerts, inhibitions: true, dashboards: dashboards() }, 'files')
}
