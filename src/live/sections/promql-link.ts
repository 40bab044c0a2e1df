import type { LinkCell } from './table.ts'

/** A link to the PromQL expressions of a row's figures. */
export function promqlLink(labels: Readonly<Record<string, string>>): LinkCell {
  return { text: 'PromQL', href: `promql?${new URLSearchParams(labels).toString()}` }
}
