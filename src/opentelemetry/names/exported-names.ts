import type { Attributes } from '@opentelemetry/api'
import {
  type AttributeMapping,
  partsOf,
  type SemanticConvention,
  semanticConventions,
} from './semantic-conventions.ts'
import type { Snapshot } from '../snapshot.ts'
import type { DatabaseAttributes } from './database-attributes.ts'

/** The name of a family in the export. */
export interface ExportedName {
  readonly name: string
  readonly unit: string
  /** A gauge that is exported as an UpDownCounter. */
  readonly upDownCounter: boolean
  /** Whether each outcome of a histogram is a point of its own. */
  readonly byOutcome: boolean
  readonly attributes: (labels: Labels) => Attributes
}

type Labels = Readonly<Record<string, string>>

type Family = Pick<Snapshot, 'name' | 'catalogueName' | 'type'>

/** All names as /metrics shows them. */
export function prometheusName({ name, type }: Family): ExportedName {
  return {
    name,
    unit: partsOf(name, type).unit,
    upDownCounter: false,
    byOutcome: false,
    attributes: present,
  }
}

/** Names by OpenTelemetry's conventions; those without one keep their own, with dots and without unit. */
export function openTelemetryName(family: Family, databases: DatabaseAttributes): ExportedName {
  const { name, catalogueName, type } = family
  const convention = catalogueName === undefined ? undefined : semanticConventions[catalogueName]
  if (convention !== undefined) {
    const prefix = databases.prefixOf(family)
    return {
      name: convention.name,
      unit: convention.unit,
      upDownCounter: convention.upDownCounter === true,
      byOutcome: convention.byOutcome === true,
      attributes: (labels) => conventional(convention, prefix, labels, databases),
    }
  }
  const { stem, unit } = partsOf(name, type)
  // Which underscores of the application's own names separate namespaces is not known here.
  const dotted = catalogueName === undefined ? stem : stem.replaceAll('_', '.')
  return { name: dotted, unit, upDownCounter: false, byOutcome: false, attributes: present }
}

/** An empty label is an absent one, as in Prometheus. */
function present(labels: Labels): Attributes {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

function conventional(
  { attributes: mappings, subject }: SemanticConvention,
  prefix: string,
  labels: Labels,
  databases: DatabaseAttributes,
): Attributes {
  const attributes: Attributes = {}
  for (const [label, value] of Object.entries(labels)) {
    if (value === '') continue
    const mapping = mappings[label]
    const mapped = mapping === undefined ? value : valueOf(mapping, value)
    if (mapped !== undefined) attributes[mapping?.name ?? label] = mapped
  }
  const { client = '' } = labels
  if (subject === 'pool') attributes['db.client.connection.pool.name'] = client
  if (subject !== 'http') {
    const { 'db.system.name': system, ...connection } = databases.of(prefix, client)
    return { 'db.system.name': system, ...(subject === 'database' && connection), ...attributes }
  }
  const status = attributes['http.response.status_code']
  if (typeof status === 'number' && status >= 500) attributes['error.type'] = String(status)
  return attributes
}

function valueOf({ values, type }: AttributeMapping, value: string): string | number | undefined {
  if (values !== undefined && value in values) return values[value]
  const number = Number(value)
  return type === 'integer' && Number.isInteger(number) ? number : value
}
