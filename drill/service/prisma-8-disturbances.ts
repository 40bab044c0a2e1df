import type { Disturbance } from './application.ts'
import type { Db } from './prisma-8.ts'

/**
 * The faults that are code of the service. A callback must report a line that follows a comment
 * `planted`.
 */
export function disturbances(db: Db): Readonly<Record<string, Disturbance>> {
  const { Post, Tag } = db.orm.public
  return {
    'n-plus-one': async () => {
      for (let id = 1; id <= 15; id++) {
        // planted
        await Post.first({ id })
      }
    },

    'fetch-in-transaction': async ({ slowUrl }) => {
      // planted
      await db.transaction(async (tx) => {
        await tx.orm.public.User.first({ id: 1 })
        const response = await fetch(slowUrl)
        await response.text()
      })
    },

    'unique-storm': async () => {
      for (let attempt = 0; attempt < 50; attempt++) {
        // planted
        await Tag.create({ name: 'urgent' }).catch(() => undefined)
      }
    },
  }
}
