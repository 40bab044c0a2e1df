import type { FamilyData } from '../collect/metric-family.ts'
import type { Deadline } from './deadline.ts'

/** The families of this process, or of this thread. */
export interface Local {
  /**
   * All of them, collected as for a scrape, or those that are there at the deadline. Rejects where the
   * registry as a whole cannot be read.
   */
  collect(deadline: Deadline): Promise<FamilyData[]>
  /** Those that only have to be copied, no collector called. */
  copy(): Promise<FamilyData[]>
  /** What of them can be had at once. */
  copyNow(): FamilyData[]
}
