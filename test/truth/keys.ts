import type { Random } from './random.ts'

/**
 * The keys that operations choose from: so few that they meet rows that are there, and rows that are
 * not, about equally often. That makes unique violations, missing records and broken references
 * happen by themselves.
 */
export const workspaceId = (random: Random): number => 1 + random.below(8)
export const slug = (random: Random): string => `ws-${random.below(10)}`
export const sourceId = (random: Random): string => uuid(1, random.below(14))
export const alertId = (random: Random): string => uuid(2, random.below(40))
export const reportId = (random: Random): string => uuid(3, random.below(30))
export const jobId = (random: Random): number => 1 + random.below(60)
export const tagName = (random: Random): string => `tag-${random.below(40)}`
export const day = (random: Random): Date => new Date(Date.UTC(2026, 0, 1 + random.below(9)))
export const number = (random: Random): number => random.below(1000) / 10

function uuid(table: number, row: number): string {
  return `00000000-0000-4000-8000-${String(table).padStart(4, '0')}${String(row).padStart(8, '0')}`
}
