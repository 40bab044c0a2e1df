import {
  clientCatalogue,
  defaultPrefix,
  expositionCatalogue,
  processCatalogue,
} from '../metrics/catalogue.ts'
import { dashboardUid } from './annotations.ts'
import { nativeForm } from './native-form.ts'
import { runbookUrl } from './rule-files.ts'
import { defaultSettings, type MonitoringSettings } from './settings.ts'

interface Dashboard {
  readonly uid?: string
  readonly templating?: { readonly list?: readonly { readonly name: string }[] }
}

/** Names of metrics that carry the prefix, and of recorded series that are computed from them. */
const prefixedName = new RegExp(
  `(?:(?<=:)|(?<![\\w:])(?=(?:${[clientCatalogue, processCatalogue, expositionCatalogue]
    .flatMap((catalogue) => Object.values(catalogue))
    .map(({ name }) => name)
    .join('|')})))${defaultPrefix}`,
  'g',
)

/** Adapts a dashboard of `monitoring/dashboards` to the settings: prefix, client, runbook address. */
export function dashboardFor(template: object, settings: MonitoringSettings): object {
  const { prefix, client, runbooks, expectedCodes, histograms } = settings
  const linked = runbooks === undefined ? template : withRunbooks(template, runbooks)
  const adapted = mapStrings(linked, (text) => {
    const named = text
      .replaceAll(prefixedName, prefix)
      .replaceAll(
        `code!~"${defaultSettings.expectedCodes}"`,
        () => `code!~${JSON.stringify(expectedCodes)}`,
      )
      .replaceAll(/(?<=\/d\/)prisma-\w+/g, (uidOf) => dashboardUid(uidOf, prefix))
    const formed = histograms === 'native' ? nativeForm(named, prefix) : named
    return client === undefined
      ? formed
      : formed.replaceAll('client=~"$client"', `client=${JSON.stringify(client)}`)
  }) as Dashboard
  const { uid, templating } = adapted
  return {
    ...adapted,
    ...(prefix !== defaultPrefix && uid !== undefined ? { uid: dashboardUid(uid, prefix) } : {}),
    ...(client !== undefined && templating?.list !== undefined
      ? {
          templating: {
            ...templating,
            list: templating.list.filter(({ name }) => name !== 'client'),
          },
        }
      : {}),
  }
}

/** Adds a link to each panel whose description names a runbook, and to the column `runbook`. */
function withRunbooks(value: unknown, page: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withRunbooks(item, page))
  if (typeof value !== 'object' || value === null) return value
  const mapped = Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, withRunbooks(entry, page)]),
  )
  const { matcher, properties } = mapped as {
    readonly matcher?: { readonly options?: unknown }
    readonly properties?: readonly unknown[]
  }
  if (matcher?.options === 'runbook' && properties !== undefined) {
    const url = `${page}#\${__value.text}`
    const links = { id: 'links', value: [{ title: 'Runbook', url, targetBlank: true }] }
    return { ...mapped, properties: [...properties, links] }
  }
  const [text, alert] = / Runbook: (\w+)\.$/.exec(String(mapped['description'])) ?? []
  if (text === undefined || alert === undefined) return mapped
  const link = {
    title: text.slice(1, -1),
    type: 'link',
    url: runbookUrl(page, alert),
    targetBlank: true,
  }
  return { ...mapped, links: [link] }
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, mapStrings(entry, map)]),
  )
}
