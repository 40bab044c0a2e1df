import type { Detail } from '../src/index.ts'

/** How many series the example exposes: `DETAIL=low npm start`. */
export const detail = (process.env['DETAIL'] ?? 'normal') as Detail
